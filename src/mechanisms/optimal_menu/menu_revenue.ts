/**
 * What a menu earns from one participant with finitely many types.
 *
 * @module
 */
import { TIE_BREAK } from "../../kernels/best_responses/best_response.ts";
import type { WeightedTypes } from "./menu.ts";

/** Outcomes `[K, m]` and their prices `[K]`. */
export interface Menu {
  readonly outcomes: Float64Array;
  readonly prices: Float64Array;
}

/**
 * The principal's expected utility where each type takes its best entry, or nothing for nothing. Of entries whose
 * utilities are within {@linkcode TIE_BREAK} times the largest type's total value of the best, it takes that from which
 * the principal has the most.
 *
 * @param cost The cost of a unit.
 */
export function menuRevenue(
  { types, weights }: WeightedTypes,
  m: number,
  cost: number,
  { outcomes, prices }: Menu,
): number {
  const worth = (r: number, k: number) => {
    let sum = 0;
    for (let j = 0; j < m; j++) sum += types[r * m + j] * outcomes[k * m + j];
    return sum - prices[k];
  };
  const gains = prices.map((price, k) => {
    let units = 0;
    for (let j = 0; j < m; j++) units += outcomes[k * m + j];
    return price - cost * units;
  });
  let most = 0;
  for (let r = 0; r < weights.length; r++) {
    most = Math.max(most, types.subarray(r * m, (r + 1) * m).reduce((a, b) => a + b, 0));
  }
  let revenue = 0;
  for (let r = 0; r < weights.length; r++) {
    let best = 0, taken = 0;
    for (let k = 0; k < prices.length; k++) best = Math.max(best, worth(r, k));
    let found = best <= TIE_BREAK * most;
    for (let k = 0; k < prices.length; k++) {
      if (worth(r, k) >= best - TIE_BREAK * most && (!found || gains[k] > taken)) found = true, taken = gains[k];
    }
    revenue += weights[r] * taken;
  }
  return revenue;
}
