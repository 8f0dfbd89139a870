/**
 * Certificates of best responses: an upper bound on all utilities, from an affine function below the price p, in plain
 * 64-bit arithmetic and with a bound on its rounding. It holds for all multipliers, however rough and whatever solver
 * they come from: see docs/certificates.md.
 *
 * From the last layer down, weights a_K = W_K of the groups are divided among their elements, by multipliers lambda_kge
 * >= 0 with sum_e lambda_kge = a_kg; the groups of the layer below get the weights a_{k-1} = sum_ge lambda_kge W_kge. A
 * maximum is at least any mean of its elements, and all weights are at least 0, so that
 *
 *   p(x) >= <s, x> + c   with   s = A_K + sum lambda_kge A_kge   and   c = sum lambda_kge c_kge,   for all x,
 *
 * and <t, x> - p(x) <= sum_j max(0, t_j - s_j) - c on the box [0, 1]^m. With the dual values of an
 * optimum as multipliers this is the maximum itself: strong duality. Where x is kept in order, x_1 >= ... >= x_m, the
 * box is the simplex of the corners (1, ..., 1, 0, ..., 0), and the bound is max_k sum_{j <= k} (t_j - s_j) - c,
 * k = 0..m.
 *
 * @module
 */
import { LARGEST_MAGNITUDE, roundingFactors } from "../../networks/groupmax_price.ts";
import type { AffineMaps } from "./program.ts";

/** An affine function below a price: p(x) >= <slope, x> + constant for all x, but for rounding. */
export interface Support {
  /** s `[m]`. */
  readonly slope: Float64Array;
  /** c. */
  readonly constant: number;
  /** The absolute values that were added up for both. */
  readonly magnitude: number;
}

/**
 * The affine function below p that multipliers give.
 *
 * @param multipliers One for each element `[K E G]`, in the order of {@linkcode AffineMaps}. Negative ones and NaN
 * count as 0, and those of elements that are never the largest. Those of a group are scaled to add up to the group's
 * weight; where all are 0 its elements get equal shares.
 */
export function supportBelow(maps: AffineMaps, multipliers: Float64Array): Support {
  const { size, positive, free, offset, spread, outPositive, outFree, rounding: { never } } = maps;
  const { goods: m, layers: K, groups: G, groupSize: E } = size;
  const slope = Float64Array.from(outFree);
  const share = (r: number) => multipliers[r] > 0 && !never[r] ? multipliers[r] : 0; // 0 for NaN, too
  let constant = 0, magnitude = maps.outSpread, above = outPositive;
  for (let k = K - 1; k >= 0; k--) {
    const below = new Float64Array(G);
    for (let g = 0; g < G; g++) {
      const first = k * E * G + g;
      let sum = 0, possible = 0;
      for (let r = first; r < first + E * G; r += G) sum += share(r), possible += 1 - never[r];
      for (let r = first; r < first + E * G; r += G) {
        const lambda = above[g] * (sum > 0 ? share(r) / sum : (1 - never[r]) / possible);
        if (lambda === 0) continue;
        constant += lambda * offset[r];
        magnitude += lambda * (spread[r] + Math.abs(offset[r]));
        for (let j = 0; j < m; j++) slope[j] += lambda * free[r * m + j];
        for (let i = 0; i < G; i++) below[i] += lambda * positive[r * G + i];
      }
    }
    above = below;
  }
  return { slope, constant, magnitude };
}

/**
 * An upper bound on the utilities <t, x> - p(x) of all x in the box, or of those with x_1 >= ... >= x_m where the
 * network takes sums of the largest coordinates. Rounding is in it; infinite where products may overflow.
 */
export function utilityBound(
  { size, rounding }: AffineMaps,
  { slope, constant, magnitude }: Support,
  type: ArrayLike<number>,
): number {
  let bound = 0, sum = 0, worth = 0;
  for (let j = 0; j < slope.length; j++) {
    worth += Math.abs(type[j]);
    sum += size.sumsOfLargest ? type[j] - slope[j] : Math.max(0, type[j] - slope[j]);
    bound = Math.max(bound, sum);
  }
  const { relative, absolute } = roundingFactors(size, size.groups * size.groupSize);
  bound += relative * (magnitude + rounding.magnitude) + absolute * worth - constant;
  return rounding.magnitude < LARGEST_MAGNITUDE && !Number.isNaN(bound) ? bound : Infinity;
}
