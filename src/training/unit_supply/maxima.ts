/**
 * Maxima of an affine maximizer, and what they add to the gradient of the principal's utility.
 *
 * @module
 */
import type { AffineMaximizer, AffineMaximum } from "../../kernels/best_responses/affine_maximum.ts";
import { termInputs } from "../../networks/boost.ts";
import type { TrainableBoost } from "../../networks/boost_gradient.ts";

/** What maxima are of, and where their gradients are summed up. */
export interface Maxima {
  readonly boost: TrainableBoost;
  /** The maximiser of the same boost. */
  readonly maximizer: AffineMaximizer;
  /** w `[n]`. */
  readonly weights: Float64Array;
  /** c, what a unit costs the principal. */
  readonly unitCost: number;
}

/** Adds the gradient of `coefficient` times a maximum, the last one found; `without` is who takes no part in it. */
export type MaximumAdder = (found: AffineMaximum, coefficient: number, without?: number) => void;

/** w_i t_i for all coordinates `[n m]`. */
export function weighted(weights: Float64Array, types: ArrayLike<number>): Float64Array {
  const m = types.length / weights.length;
  return Float64Array.from({ length: types.length }, (_, c) => weights[Math.floor(c / m)] * types[c]);
}

/** sum_i 1 / w_i. */
export function sumOfInverses(weights: Float64Array): number {
  return weights.reduce((sum, weight) => sum + 1 / weight, 0);
}

/**
 * What adds gradients of maxima: by the envelope theorem a change df of f changes a maximum by -df at its maximiser, and
 * where f has a kink there by the mean that the multipliers of its linear program make of the pieces that meet. That in w
 * goes to `inWeights` `[n]`.
 */
export function maximumAdder(
  { boost: { terms }, maximizer }: Maxima,
  types: ArrayLike<number>,
  inWeights: Float64Array,
): MaximumAdder {
  const inputs = terms.map((term) => new Float64Array(term.inputs)), m = types.length / inWeights.length;
  return ({ outcome }, coefficient, without = -1) => {
    for (let k = 0; k < terms.length; k++) termInputs(outcome, terms[k].inputOf, inputs[k]);
    for (const { term, inputs: at, weight } of maximizer.supports()) {
      terms[term].add(inputs[term], at, -coefficient * weight);
    }
    for (let c = 0; c < types.length; c++) {
      const i = Math.floor(c / m);
      if (i !== without) inWeights[i] += coefficient * types[c] * outcome[c];
    }
  };
}

/** Adds `scale` times the gradient of sum_i V_{-i} / w_i, and that of -V sum_i 1 / w_i in these 1 / w_i; gives the former. */
export function addOthersMaxima(
  { maximizer, weights }: Maxima,
  types: ArrayLike<number>,
  linear: Float64Array,
  maximum: number,
  add: MaximumAdder,
  scale: number,
  inWeights: Float64Array,
): number {
  const n = weights.length, m = types.length / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const found = maximizer.maximize(linear.map((l, c) => Math.floor(c / m) === i ? 0 : l));
    sum += found.value / weights[i];
    add(found, scale / weights[i], i);
    inWeights[i] += scale * (maximum - found.value) / weights[i] ** 2;
  }
  return sum;
}
