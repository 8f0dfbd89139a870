/**
 * The revenue of an affine maximizer whose outcome is a softened choice, and its gradient, for one type profile: as section 5
 * of the paper proposes it, with sampled outcomes.
 *
 * Outcomes have the density q(x) ~ exp(beta A(x; t)) on the product of simplices, and maxima are exact:
 *
 *   u0 = E_q[W] + sum_i (V_{-i} - V) / w_i,   W = sum_i <t_i - c, x_i>.
 *
 * By the envelope theorem V and V_{-i} change with f as f does at their maximisers. What is left is, as in equation (10),
 *
 *   grad E_q[W] = E_q[grad W] + beta Cov_q(W, grad A) = -beta Cov_q(W, grad f),
 *
 * as W itself does not depend on f; in w_i it is beta Cov_q(W, <t_i, x_i>). The covariance is that of C chains of
 * sampling/supply_chains.ts, by which it is without bias once they are mixed.
 *
 * @module
 */
import { type BoundTerm, termInputs } from "../../networks/boost.ts";
import type { RandomKey } from "../../random/key.ts";
import { moveSupplyChains, type OutcomeValue } from "../../sampling/supply_chains.ts";
import { addOthersMaxima, type Maxima, maximumAdder, sumOfInverses, weighted } from "./maxima.ts";

/** What a profile's gradient is taken of. */
export interface SoftRevenue extends Maxima {
  /** The same boost, for values and slopes. */
  readonly bound: readonly BoundTerm[];
  readonly beta: number;
  /** Sweeps that chains take before they are used. */
  readonly sweeps: number;
}

/** A(x) of l `[n m]`: its value, and its slope. */
export function affineValue(bound: readonly BoundTerm[], linear: Float64Array): OutcomeValue {
  const inputs = bound.map((term) => new Float64Array(term.inputs)), slopes = inputs.map((one) => one.slice());
  return (x, slope) => {
    let value = 0;
    for (let c = 0; c < x.length; c++) value += linear[c] * x[c], slope[c] = linear[c];
    for (let k = 0; k < bound.length; k++) {
      const { inputOf, price } = bound[k];
      termInputs(x, inputOf, inputs[k]);
      value -= price(inputs[k], slopes[k]);
      for (let c = 0; c < x.length; c++) if (inputOf[c] >= 0) slope[c] -= slopes[k][inputOf[c]];
    }
    return value;
  };
}

/**
 * An estimate of the soft revenue of a type profile, as section 5 of the paper proposes it. Moves the chains, adds `scale` times the estimate of the gradient to what
 * the boost sums up, and that in w to `inWeights` `[n]`.
 *
 * @param types t `[n m]`.
 * @param chains `[C, n m]`, C at least 2, moved in place.
 */
export function addSoftGradient(
  { bound, beta, sweeps, ...maxima }: SoftRevenue,
  types: ArrayLike<number>,
  chains: Float64Array,
  key: RandomKey,
  scale: number,
  inWeights: Float64Array,
): number {
  const { boost: { terms }, maximizer, weights, unitCost } = maxima;
  const n = weights.length, N = types.length, m = N / n, C = chains.length / N;
  const linear = weighted(weights, types), add = maximumAdder(maxima, types, inWeights);
  maximizer.forget();
  const all = maximizer.maximize(linear), inverse = sumOfInverses(weights);
  add(all, -scale * inverse);
  const revenue = addOthersMaxima(maxima, types, linear, all.value, add, scale, inWeights) - inverse * all.value;

  moveSupplyChains(chains, affineValue(bound, linear), { participants: n, goods: m, beta }, sweeps, key);
  const worth = new Float64Array(C);
  for (let k = 0; k < C * N; k++) worth[Math.floor(k / N)] += (types[k % N] - unitCost) * chains[k];
  const mean = worth.reduce((sum, w) => sum + w / C, 0), inputs = terms.map((term) => new Float64Array(term.inputs));
  for (let chain = 0; chain < C; chain++) {
    const coefficient = scale * beta * (worth[chain] - mean) / (C - 1), x = chains.subarray(chain * N, (chain + 1) * N);
    for (let k = 0; k < terms.length; k++) {
      termInputs(x, terms[k].inputOf, inputs[k]);
      terms[k].add(inputs[k], inputs[k], -coefficient);
    }
    for (let c = 0; c < N; c++) inWeights[Math.floor(c / m)] += coefficient * types[c] * x[c];
  }
  return revenue + mean;
}
