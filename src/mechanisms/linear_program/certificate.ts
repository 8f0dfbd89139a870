/**
 * Certificates of best responses: an upper bound on all utilities, from an affine function below f, in plain 64-bit
 * arithmetic. The bound holds for all multipliers, however rough and whatever solver they come from, but for rounding
 * (about 1e-15 of the numbers that are added up).
 *
 * From the last layer down, weights a_K = W_K of the groups are divided among their elements, by multipliers lambda_kge
 * >= 0 with sum_e lambda_kge = a_kg; the groups of the layer below get the weights a_{k-1} = sum_ge lambda_kge W_kge. A
 * maximum is at least any mean of its elements, and all weights are at least 0, so that
 *
 *   f(x) >= <s, x> + c   with   s = A_K + sum lambda_kge A_kge   and   c = b_K + sum lambda_kge b_kge,   for all x,
 *
 * and <t, x> - f(x) + f(0) <= sum_j max(0, t_j - s_j) - c + f(0) on the box [0, 1]^m. With the dual values of an
 * optimum as multipliers this is the maximum itself: strong duality. Where x is kept in order, x_1 >= ... >= x_m, the
 * box is the simplex of the corners (1, ..., 1, 0, ..., 0), and the bound is max_k sum_{j <= k} (t_j - s_j) - c + f(0),
 * k = 0..m.
 *
 * @module
 */
import type { AffineMaps } from "./program.ts";

/** An affine function below f: f(x) >= <slope, x> + constant for all x. */
export interface Support {
  /** s `[m]`. */
  readonly slope: Float64Array;
  /** c. */
  readonly constant: number;
}

/**
 * The affine function below f that multipliers give.
 *
 * @param multipliers One for each element `[K E G]`, in the order of {@linkcode AffineMaps}. Negative ones and NaN
 * count as 0. Those of a group are scaled to add up to the group's weight; where all are 0 its elements get equal
 * shares.
 */
export function supportBelow(maps: AffineMaps, multipliers: Float64Array): Support {
  const { size, positive, free, offset, outPositive, outFree, outOffset } = maps;
  const { goods: m, layers: K, groups: G, groupSize: E } = size;
  const slope = Float64Array.from(outFree);
  let constant = outOffset, above = outPositive;
  for (let k = K - 1; k >= 0; k--) {
    const below = new Float64Array(G);
    for (let g = 0; g < G; g++) {
      const first = k * E * G + g;
      let sum = 0;
      for (let r = first; r < first + E * G; r += G) sum += share(multipliers[r]);
      for (let r = first; r < first + E * G; r += G) {
        const lambda = above[g] * (sum > 0 ? share(multipliers[r]) / sum : 1 / E);
        if (lambda === 0) continue;
        constant += lambda * offset[r];
        for (let j = 0; j < m; j++) slope[j] += lambda * free[r * m + j];
        for (let i = 0; i < G; i++) below[i] += lambda * positive[r * G + i];
      }
    }
    above = below;
  }
  return { slope, constant };
}

/** A multiplier, or 0 where it is negative or NaN. */
const share = (multiplier: number): number => multiplier > 0 ? multiplier : 0;

/**
 * An upper bound on the utilities <t, x> - f(x) + f(0) of all x in the box, or of those with x_1 >= ... >= x_m
 * (`inOrder`).
 */
export function utilityBound(
  { slope, constant }: Support,
  type: ArrayLike<number>,
  atZero: number,
  inOrder = false,
): number {
  let bound = 0, sum = 0;
  for (let j = 0; j < slope.length; j++) {
    sum += inOrder ? type[j] - slope[j] : Math.max(0, type[j] - slope[j]);
    bound = Math.max(bound, sum);
  }
  return bound + atZero - constant;
}
