/**
 * A mechanism beside the best simple one, on the same profiles.
 *
 * @module
 */
import type { Row } from "../display.ts";
import { differenceOf, type EachUtility, evaluateEach } from "../mechanisms/evaluate.ts";
import { amount, plainAmount } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import type { ReferenceUtility } from "./reference_utilities.ts";

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
 * Compares what was measured of a mechanism with the best of the simple ones, on the same profiles; nothing where there is
 * none.
 */
export async function comparedWithBest(
  problem: MechanismProblem,
  own: EachUtility,
  references: readonly ReferenceUtility[],
  options: { readonly profiles: number; readonly seed: number },
): Promise<Comparison | undefined> {
  const [best] = references.filter(({ mechanism, upperBound }) => mechanism && !upperBound)
    .toSorted((a, b) => b.utility - a.utility);
  if (!best) return undefined;
  const { mean: difference, ...rest } = differenceOf(own, await evaluateEach(problem, best.mechanism!, options));
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
