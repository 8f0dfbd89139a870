/**
 * What a learned mechanism's revenue is compared with.
 *
 * @module
 */
import { knownOptimum, type KnownValue, separableOptimum } from "./known_values.ts";
import type { MechanismProblem } from "./problem.ts";
import { tableOneSettings } from "./settings.ts";

/** What is known about a problem, to compare with. */
export interface ReferenceMechanisms {
  readonly optimum?: KnownValue;
  /** Of the best mechanism that sells each good by itself. */
  readonly separable?: number;
  /** What the paper's Table 1 has for TEDI. */
  readonly paper?: number;
}

/** What is known about a problem. */
export function referenceMechanisms(problem: MechanismProblem): ReferenceMechanisms {
  return {
    optimum: knownOptimum(problem),
    separable: separableOptimum(problem),
    paper: tableOneSettings.find(({ setting }) => setting === problem.name)?.tedi,
  };
}

/** `revenue` as a share of a reference, for people; nothing where the reference is not above 0. */
export function percentOf(reference: number, revenue: number): string {
  return reference > 0 ? `${(revenue / reference * 100).toFixed(1)}%` : "";
}

/** The same as words to add to the reference. */
export function shareInWords(reference: number, revenue: number): string {
  const percent = percentOf(reference, revenue);
  return percent && `revenue is ${percent} of it`;
}
