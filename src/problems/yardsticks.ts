/**
 * What a learned mechanism's revenue is compared with.
 *
 * @module
 */
import { knownOptimum, type KnownValue, separableOptimum } from "./known_values.ts";
import type { MechanismProblem } from "./problem.ts";
import { tableOneSettings } from "./settings.ts";

/** What is known about a problem, to compare with. */
export interface Yardsticks {
  readonly optimum?: KnownValue;
  /** Of the best mechanism that sells each good by itself. */
  readonly separable?: number;
  /** What the paper's Table 1 has for TEDI. */
  readonly paper?: number;
}

/** What is known about a problem. */
export function yardsticks(problem: MechanismProblem): Yardsticks {
  return {
    optimum: knownOptimum(problem),
    separable: separableOptimum(problem),
    paper: tableOneSettings.find(({ setting }) => setting === problem.name)?.tedi,
  };
}
