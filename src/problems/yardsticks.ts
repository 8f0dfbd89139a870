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

/** `revenue` as a share of a yardstick, for people; nothing where the yardstick is not above 0. */
export function percentOf(yardstick: number, revenue: number): string {
  return yardstick > 0 ? `${(revenue / yardstick * 100).toFixed(1)}%` : "";
}

/** The same as words to add to the yardstick. */
export function shareInWords(yardstick: number, revenue: number): string {
  const percent = percentOf(yardstick, revenue);
  return percent && `revenue is ${percent} of it`;
}
