/**
 * The revenue of an affine maximizer as a function of maxima alone, and its gradient, for one type profile.
 *
 * With l_i = w_i t_i, V(l) = max_x <l, x> - f(x) has the derivative x* in l, so that what participants' goods are worth
 * to them, less costs of c a unit, is a derivative of V, too:
 *
 *   sum_i <t_i - c, x*_i> = d/ds V(l + s (t - c)) at s = 0.
 *
 * As p_i = (V_{-i} - V) / w_i + <t_i, x*_i>, the principal's utility is
 *
 *   u0 = d/ds V(l + s (t - c)) + sum_i (V_{-i} - V) / w_i.
 *
 * The derivative is taken as a difference, [V(l + e (t - c)) - V(l - e (t - c))] / 2e, which is the mean of
 * sum_i <t_i - c, x*_i> over outcomes for types that are up to e times larger or smaller: outcomes are softened by the
 * types, and what that changes is of the order of e^2. V in the second term is the mean of the same two maxima. So u0 is
 * made of n + 2 maxima, and by the envelope theorem a change df of f changes each of them by -df at its maximiser;
 * where f has a kink there, by the mean that the multipliers of its linear program make of the pieces that meet. There
 * is no sampling of outcomes: only of type profiles, of which a share of the order of e has different maximisers on the
 * two sides. soft_revenue.ts does it with sampled outcomes.
 *
 * @module
 */
import { addOthersMaxima, type Maxima, maximumAdder, sumOfInverses, weighted } from "./maxima.ts";

/** What a profile's gradient is taken of. */
export interface SmoothedRevenue extends Maxima {
  /** e, by how much types are scaled up and down, as a share. */
  readonly smoothing: number;
}

/**
 * The smoothed revenue of a type profile. Adds `scale` times its gradient to what the boost sums up, and that in w to
 * `inWeights` `[n]`.
 *
 * @param types t `[n m]`.
 */
export function addProfileGradient(
  { smoothing: e, ...maxima }: SmoothedRevenue,
  types: ArrayLike<number>,
  scale: number,
  inWeights: Float64Array,
): number {
  const { maximizer, weights, unitCost } = maxima, inverse = sumOfInverses(weights);
  const linear = weighted(weights, types), add = maximumAdder(maxima, types, inWeights);
  maximizer.forget();
  let middle = 0, revenue = 0;
  for (const side of [1, -1]) {
    const found = maximizer.maximize(linear.map((l, c) => l + side * e * (types[c] - unitCost)));
    const coefficient = side / (2 * e) - inverse / 2;
    revenue += coefficient * found.value, middle += found.value / 2;
    add(found, scale * coefficient);
  }
  return revenue + addOthersMaxima(maxima, types, linear, middle, add, scale, inWeights);
}
