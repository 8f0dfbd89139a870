/**
 * What type profiles lead to by an affine maximizer: n + 1 maxima for each, in the unit of its boost.
 *
 * @module
 */
import {
  type AffineMaximizer as Maximizer,
  affineMaximizer as maximizerOf,
  unitSupply,
} from "../kernels/best_responses/affine_maximum.ts";
import { bindBoost, boosts, type BoostShape, type BoostSize, participantWeights } from "../networks/boost.ts";
import type { HostTensor } from "../runtime/host_tensor.ts";
import type { NetworkTypes } from "./units.ts";

/** Type profiles, and the mechanism that they are for: a task for a thread. */
export interface OutcomesTask {
  readonly shape: BoostShape;
  readonly size: BoostSize;
  readonly parameters: Readonly<Record<string, Pick<HostTensor, "data">>>;
  /** `[B, n, m]`. */
  readonly types: NetworkTypes;
}

/** What profiles lead to: see MechanismResult of mechanism.ts. */
export interface Outcomes {
  /** `[B, n, m]`. */
  readonly outcomes: Float64Array;
  /** These, and what follows, `[B, n]`. */
  readonly payments: Float64Array;
  readonly utilities: Float64Array;
  readonly gaps: Float64Array;
  readonly roundings: Float64Array;
}

/** Room for what some profiles lead to. */
export function emptyOutcomes(profiles: number, n: number, m: number): Outcomes {
  const each = () => new Float64Array(profiles * n), outcomes = new Float64Array(profiles * n * m);
  return { outcomes, payments: each(), utilities: each(), gaps: each(), roundings: each() };
}

/** Writes what some profiles lead to, from profile `first` on. */
export function addTo(all: Outcomes, first: number, some: Outcomes, n: number): void {
  const row = first * n, m = some.outcomes.length / some.payments.length;
  all.outcomes.set(some.outcomes, row * m), all.payments.set(some.payments, row), all.gaps.set(some.gaps, row);
  all.utilities.set(some.utilities, row), all.roundings.set(some.roundings, row);
}

/** What the profiles of a task lead to. */
export function outcomesTask({ shape, size, parameters, types }: OutcomesTask): Outcomes {
  const { participants: n, goods: m } = shape, terms = bindBoost(boosts(shape, size), parameters);
  const weights = participantWeights(parameters.weights.data);
  return outcomesOf(maximizerOf(terms, unitSupply(n, m)), weights, types, m);
}

/** What profiles `[B, n, m]` lead to. */
export function outcomesOf(
  maximizer: Maximizer,
  weights: Float64Array,
  types: NetworkTypes,
  m: number,
): Outcomes {
  const n = weights.length, N = n * m, profiles = types.length / N, linear = new Float64Array(N);
  const result = emptyOutcomes(profiles, n, m);
  for (let b = 0; b < profiles; b++) {
    for (let c = 0; c < N; c++) linear[c] = weights[Math.floor(c / m)] * types[b * N + c];
    maximizer.forget(); // so that a profile's result does not depend on those before it
    const all = maximizer.maximize(linear), { outcome } = all;
    result.outcomes.set(outcome, b * N);
    for (let i = 0; i < n; i++) {
      let value = 0;
      for (let j = 0; j < m; j++) value += types[b * N + i * m + j] * outcome[i * m + j];
      const without = maximizer.maximize(linear.map((l, c) => Math.floor(c / m) === i ? 0 : l));
      // Without i, nothing may be better than what the search found; x* is one more outcome to compare.
      const others = all.value - weights[i] * value, most = Math.max(without.value, others);
      result.payments[b * n + i] = (most - others) / weights[i];
      result.utilities[b * n + i] = value - result.payments[b * n + i];
      result.gaps[b * n + i] = (all.gap + without.gap) / weights[i];
      result.roundings[b * n + i] = (all.rounding + without.rounding) / weights[i];
    }
  }
  return result;
}
