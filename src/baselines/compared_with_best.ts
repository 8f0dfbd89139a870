/**
 * A mechanism beside the best simple one, on the same profiles.
 *
 * @module
 */
import type { Row } from "../display.ts";
import { differenceOf, type EachUtility } from "../mechanisms/evaluate.ts";
import { amount, plainAmount } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import type { MeasuredReference, ReferenceUtility } from "./reference_utilities.ts";

/** How much more a mechanism earns than the best simple one, on the same profiles or rows. */
export interface Comparison {
  /** The simple mechanism. */
  readonly best: ReferenceUtility;
  readonly difference: number;
  readonly standardError: number;
  /** A 95% interval of the difference. */
  readonly interval: readonly [number, number];
}

/**
 * Compares what was measured of a mechanism with the best of the simple ones, measured on the same profiles; nothing where
 * there is none.
 */
export function comparedWithBest(
  own: EachUtility,
  references: readonly MeasuredReference[],
): Comparison | undefined {
  const [best] = references.filter(({ upperBound }) => !upperBound).toSorted((a, b) => b.utility - a.utility);
  if (!best) return undefined;
  const { mean: difference, ...rest } = differenceOf(own, best.each);
  return { best, difference, ...rest };
}

/** A comparison as a row. */
export function comparisonInWords(problem: MechanismProblem, comparison: Comparison): Required<Row> {
  const { best, difference, standardError, interval: [low, high] } = comparison;
  const where = problem.distribution.data ? "rows" : "profiles", plain = (value: number) => plainAmount(problem, value);
  return [
    "above the best",
    `${difference >= 0 ? "+" : ""}${plain(difference)} +- ${amount(problem, standardError)}`,
    `compared with ${best.name} on the same ${where}; 95% interval ${plain(low)} to ${plain(high)}`,
  ];
}
