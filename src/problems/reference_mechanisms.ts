/**
 * What is known about a problem, from proofs and from the paper: what a learned mechanism's revenue is compared with.
 *
 * @module
 */
import { knownOptimum, type KnownValue, separableOptimum } from "./known_values.ts";
import type { MechanismProblem } from "./problem.ts";
import { printedValue } from "./table_one.ts";

/** The principal's expected utility under reference mechanisms; each is undefined where it is not known. */
export interface ReferenceMechanisms {
  /** The best truthful mechanism. */
  readonly optimum?: KnownValue;
  /** Separable-OPT: the best mechanism that treats each good by itself. */
  readonly separable?: number;
  /** TEDI, as the paper's Table 1 prints it. */
  readonly paperTedi?: number;
}

/** What is known about a problem. */
export function referenceMechanisms(problem: MechanismProblem): ReferenceMechanisms {
  const printed = printedValue("TEDI", problem.name);
  return {
    optimum: knownOptimum(problem),
    separable: separableOptimum(problem),
    paperTedi: typeof printed === "number" ? printed : undefined,
  };
}

/** The same as fields of what programs are told. */
export function referenceFields({ optimum, separable, paperTedi }: ReferenceMechanisms): Record<string, unknown> {
  return {
    // Undefined where nothing is known, which JSON leaves out.
    knownOptimum: optimum?.value,
    knownOptimumSource: optimum?.name,
    knownOptimumProved: optimum?.proved,
    separableOptimum: separable,
    paperTedi,
  };
}

/** What people are told that an optimum is: `known optimum`, or `conjectured optimum` where nobody proved it. */
export function optimumInWords({ proved }: KnownValue): string {
  return `${proved ? "known" : "conjectured"} optimum`;
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
