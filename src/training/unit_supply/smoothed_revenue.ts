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
 * two sides. With softened choices q ~ exp(beta A) on the product of simplices the same takes chains that have to cross
 * from one corner to others. Chains that exchange goods and bundles took a hundred sweeps to do so with two participants
 * and goods, and after ten the gradient had the wrong sign.
 *
 * @module
 */
import type { AffineMaximizer, AffineMaximum } from "../../kernels/best_responses/affine_maximum.ts";
import { termInputs } from "../../networks/boost.ts";
import type { TrainableBoost } from "../../networks/boost_gradient.ts";

/** What a profile's gradient is taken of. */
export interface SmoothedRevenue {
  readonly boost: TrainableBoost;
  /** The maximiser of the same boost. */
  readonly maximizer: AffineMaximizer;
  /** w `[n]`. */
  readonly weights: Float64Array;
  /** c, what a unit costs the principal. */
  readonly unitCost: number;
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
  { boost: { terms }, maximizer, weights, unitCost, smoothing: e }: SmoothedRevenue,
  types: ArrayLike<number>,
  scale: number,
  inWeights: Float64Array,
): number {
  const n = weights.length, N = types.length, m = N / n, owner = (c: number) => Math.floor(c / m);
  const linear = Float64Array.from({ length: N }, (_, c) => weights[owner(c)] * types[c]);
  let inverse = 0, revenue = 0;
  for (let i = 0; i < n; i++) inverse += 1 / weights[i];
  const inputs = terms.map((term) => new Float64Array(term.inputs));
  /** Adds the gradient of `coefficient` times a maximum: of l in w where `with` says that i takes part. */
  const add = ({ outcome }: AffineMaximum, coefficient: number, without: number): void => {
    for (let k = 0; k < terms.length; k++) termInputs(outcome, terms[k].inputOf, inputs[k]);
    for (const { term, inputs: at, weight } of maximizer.supports()) {
      terms[term].add(inputs[term], at, -scale * coefficient * weight);
    }
    for (let c = 0; c < N; c++) {
      if (owner(c) !== without) inWeights[owner(c)] += scale * coefficient * types[c] * outcome[c];
    }
  };
  maximizer.forget();
  let middle = 0;
  for (const side of [1, -1]) {
    const found = maximizer.maximize(linear.map((l, c) => l + side * e * (types[c] - unitCost)));
    const coefficient = side / (2 * e) - inverse / 2;
    revenue += coefficient * found.value, middle += found.value / 2;
    add(found, coefficient, -1);
  }
  for (let i = 0; i < n; i++) {
    const found = maximizer.maximize(linear.map((l, c) => owner(c) === i ? 0 : l));
    revenue += found.value / weights[i];
    add(found, 1 / weights[i], i);
    inWeights[i] += scale * (middle - found.value) / weights[i] ** 2;
  }
  return revenue;
}
