/**
 * The auction of one good by virtual values.
 *
 * Source: Myerson, "Optimal auction design", Mathematics of Operations Research 6, 1981, with the costs of section 4.1 of
 * the paper.
 *
 * @module
 */
import type { IronedValue } from "../problems/ironed_value.ts";
import type { GoodRule } from "./auction.ts";

/**
 * Sells one good to the participants with s_i = phi_i(t_i) - c^d > 0, where together they pay for its production:
 * sum_k s_k^+ > c^p. Virtual values may be other ones for each participant.
 *
 * Participant i wins where s_i > max(0, c^p - sum_{k != i} s_k^+), and pays the least type for which that is so.
 *
 * @param virtualValues phi_i, for each participant.
 */
export function sellByVirtualValue(
  virtualValues: readonly IronedValue[],
  productionCost: number,
  duplicationCost: number,
): GoodRule {
  const scores = new Float64Array(virtualValues.length);
  return (types, prices) => {
    let sum = 0;
    for (let i = 0; i < types.length; i++) {
      scores[i] = Math.max(0, virtualValues[i].of(types[i]) - duplicationCost);
      sum += scores[i];
    }
    for (let i = 0; i < types.length; i++) {
      const others = sum - scores[i], least = duplicationCost + Math.max(0, productionCost - others);
      const price = scores[i] > 0 ? virtualValues[i].typeAbove(least) : Infinity;
      prices[i] = types[i] >= price ? price : Infinity;
    }
  };
}
