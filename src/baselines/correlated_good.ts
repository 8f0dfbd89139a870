/**
 * The best truthful auction of one good with correlated types.
 *
 * Source: Myerson's virtual values, given the others' types; they bound what any auction earns that is truthful and
 * individually rational whatever the others report (compare Roughgarden and Talgam-Cohen, "Optimal and robust mechanism
 * design with interdependent values", ACM TEAC 4, 2016).
 *
 * @module
 */
import type { ConditionalValues } from "../problems/distributions/family.ts";
import type { GoodRule } from "./auction.ts";

/** Bisections of an interval of length 1 at most, down to rounding. */
const BISECTIONS = 52;

/**
 * Sells one good with correlated types.
 *
 * Given the others' types, participant i's type has a distribution of its own, with virtual value
 * phi_i = phi(t_i; t_{-i}). Whatever truthful auction is used, the principal's expected
 * utility is E[sum_i (phi_i - c^d) x_i - c^p max_i x_i]: at most E[(S - c^p)^+] with S = sum_i (phi_i - c^d)^+.
 *
 * - c^p = 0: each participant gets the price phi^{-1}(c^d; t_{-i}), which reaches that bound: it is optimal.
 * - c^p > 0: the bound would be reached by producing where S > c^p, for those with phi_i > c^d. But a higher t_i lowers
 *   the virtual values of the others, who are then to be expected to have higher types, so that S can fall as t_i rises. To be
 *   truthful, i's price is the largest type of i at which S <= c^p, if that is above phi^{-1}(c^d; t_{-i}): i buys
 *   where S > c^p for its own and every higher type. With the types `C` of section 4.1, 3 participants and c^p = 1 no
 *   profile was found at which this is less than the bound, so it is optimal there, as far as that shows; with 5
 *   participants it earns 0.12% less.
 */
export function sellCorrelatedGood(
  conditional: ConditionalValues,
  productionCost: number,
  duplicationCost: number,
): GoodRule {
  const score: ConditionalScore = (types, i) => conditional.virtualValue(types, i) - duplicationCost;
  return (types, prices) => {
    // A short cut for types that can occur together: where S <= c^p, nobody's type is above its price.
    const possible = types.every((type, i) => type <= conditional.largestType(types, i));
    const unpaid = possible && productionCost > 0 && surplus(types, score) <= productionCost;
    for (let i = 0; i < types.length; i++) {
      prices[i] = Infinity;
      if (unpaid) continue;
      const reserve = conditional.typeOfVirtualValue(duplicationCost, types, i);
      if (types[i] <= reserve) continue;
      const price = productionCost === 0 ? reserve : threshold(types.slice(), i, reserve, productionCost, {
        score,
        most: conditional.largestType(types, i),
        kinks: conditional.kinks,
      });
      if (types[i] > price) prices[i] = price;
    }
  };
}

/** phi_i - c^d of participant i, from the types `[n]` of all. */
type ConditionalScore = (types: Float64Array, i: number) => number;

/** S = sum_i (phi_i - c^d)^+. */
function surplus(types: Float64Array, score: ConditionalScore): number {
  let sum = 0;
  for (let i = 0; i < types.length; i++) sum += Math.max(0, score(types, i));
  return sum;
}

/** Where a function that is at most 0 at `low` and above 0 at `high` crosses 0, from above. */
function crossing(low: number, high: number, value: (at: number) => number): number {
  for (let k = 0; k < BISECTIONS && high - low > Number.EPSILON; k++) {
    const middle = (low + high) / 2;
    if (value(middle) > 0) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * The largest type of participant i, from `reserve` on, at which S <= c^p: infinity if that is the largest type that
 * the others' types allow, `reserve` if there is none.
 *
 * As a function of t_i, S is concave between the others' types, the kinks of the distribution, and the points where a
 * virtual value of another sinks below c^d. So where S > c^p at both ends of such a piece, it is so in between, and
 * where it is at the upper end only, it crosses c^p once.
 *
 * @param types `[n]`. It is written to.
 */
function threshold(
  types: Float64Array,
  i: number,
  reserve: number,
  productionCost: number,
  { score, most, kinks }: { score: ConditionalScore; most: number; kinks: readonly number[] },
): number {
  const others = types.filter((_, k) => k !== i), n = types.length;
  const at = (type: number) => {
    types[i] = type;
    return surplus(types, score) - productionCost;
  };
  const excess = (type: number, k: number) => {
    types[i] = type;
    return score(types, k);
  };
  const ends = [reserve, most, ...kinks, ...others];
  for (let k = 0; k < n; k++) {
    if (k === i || !(excess(reserve, k) > 0 && excess(most, k) <= 0)) continue;
    ends.push(crossing(reserve, most, (type) => -excess(type, k))); // the virtual value falls
  }
  const pieces = ends.filter((end) => end >= reserve && end <= most).sort((x, y) => y - x);
  for (let e = 0; e < pieces.length; e++) {
    if (at(pieces[e]) > 0) continue;
    return e === 0 ? Infinity : crossing(pieces[e], pieces[e - 1], at);
  }
  return reserve;
}
