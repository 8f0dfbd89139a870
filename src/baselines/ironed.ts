/**
 * Virtual values from samples, and the auction of one good by them.
 *
 * Source: Myerson, "Optimal auction design", Mathematics of Operations Research 6, 1981, section 6 (ironing), with the
 * costs of section 4.1 of the paper.
 *
 * @module
 */
import type { GoodRule } from "./auction.ts";

/** An ironed virtual value, a step function that does not fall in the type. */
export interface IronedValue {
  /** phi(t), minus infinity below every value of the sample that is worth a price. */
  of(type: number): number;
  /** The least type with phi(t) > `value`, infinity where there is none. */
  typeAbove(value: number): number;
  /** The least type with phi(t) >= `value`, infinity where there is none. */
  typeFrom(value: number): number;
}

/**
 * The ironed virtual value of the distribution that a sample is.
 *
 * The price v sells with the frequency q(v) of values of at least v. The revenues q v as points over q have a least
 * concave majorant, and phi(t) is its slope where t is: between two corners one price is as good as the other, and there
 * phi is one number. The corners are values of the sample, so nothing is assumed of a density, and atoms are right.
 *
 * @param values Values of a good, at least one, each at least 0. They are sorted.
 */
export function ironedValue(values: Float64Array): IronedValue {
  values.sort();
  const N = values.length;
  // Corners (q, q v) from right below q = 0 on; the value of corner k is the price at which q_k buy.
  const q = [0], revenue = [0], price = [Infinity];
  for (let at = N - 1; at >= 0; at--) {
    const value = values[at];
    if (at > 0 && values[at - 1] === value) continue; // those who value it the same buy as well
    const share = (N - at) / N, earned = share * value;
    while (q.length > 1) {
      const last = q.length - 1;
      const before = (revenue[last] - revenue[last - 1]) * (share - q[last - 1]);
      if (before > (earned - revenue[last - 1]) * (q[last] - q[last - 1])) break;
      q.pop(), revenue.pop(), price.pop();
    }
    q.push(share), revenue.push(earned), price.push(value);
  }
  // Step k holds for types from price[k] on, up to price[k - 1].
  const slopes = q.map((share, k) => k === 0 ? Infinity : (revenue[k] - revenue[k - 1]) / (share - q[k - 1]));
  /** The last step that `holds`, which holds for the first ones; 0 where it holds for none. */
  const lastStep = (holds: (k: number) => boolean): number => {
    let low = 0, high = q.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (holds(middle)) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return {
    of(type) {
      const before = lastStep((k) => type < price[k]); // prices fall
      return before === q.length - 1 ? -Infinity : slopes[before + 1];
    },
    typeAbove: (value) => price[lastStep((k) => slopes[k] > value)], // slopes fall
    typeFrom: (value) => price[lastStep((k) => slopes[k] >= value)],
  };
}

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
