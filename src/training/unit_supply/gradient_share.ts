/**
 * A share of an iteration's type profiles, and what it adds to the gradient: a task for a thread.
 *
 * How profiles are shared does not depend on the number of threads, and shares are summed in order, so that results do not
 * depend on it either.
 *
 * @module
 */
import { affineMaximizer, unitSupply } from "../../kernels/best_responses/affine_maximum.ts";
import { bindBoost, boosts, type BoostShape, type BoostSize, participantWeights } from "../../networks/boost.ts";
import { trainableBoost } from "../../networks/boost_gradient.ts";
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { addProfileGradient } from "./smoothed_revenue.ts";
import { addSoftGradient } from "./soft_revenue.ts";
import type { Numbers } from "./state.ts";

/** Profiles of a share. */
export const SHARE = 16;
/** The gap at which maxima are close enough for a gradient. */
const TOLERANCE = 1e-6;

/** New chains, from uniform outcomes on, take so many times the sweeps of others. */
const FIRST = 10;

/** How the welfare term is softened: by scaled types, or by sampled outcomes. */
export type Softening =
  | { readonly smoothing: number }
  | { readonly beta: number; readonly sweeps: number; readonly key: RandomKey };

/** Some profiles, and all that their gradient depends on. */
export interface GradientTask {
  readonly shape: BoostShape;
  readonly size: BoostSize;
  readonly parameters: Numbers;
  readonly unitCost: number;
  readonly softening: Softening;
  /** `[profiles, n m]`. */
  readonly types: Float64Array;
  /** Chains of the profiles `[profiles, C, n m]`, where outcomes are sampled. */
  readonly chains?: Float64Array;
  /** Of each profile, whether its chains are where they were made. */
  readonly fresh?: readonly boolean[];
  /** The place of the first profile among all, for its random numbers. */
  readonly first: number;
  /** What each profile counts. */
  readonly scale: number;
}

/** What a share adds. */
export interface GradientShare {
  /** The revenue, times `scale`, summed over profiles. */
  readonly revenue: number;
  /** The gradient of it in the raw weights of networks, by parameter. */
  readonly gradient: Record<string, Float64Array>;
  /** That in w `[n]`. */
  readonly inWeights: Float64Array;
  /** Where chains are now. */
  readonly chains?: Float64Array;
}

/** What some profiles add to the gradient. */
export function gradientShare(task: GradientTask): GradientShare {
  const { shape, size, parameters, unitCost, softening, types, first, scale } = task;
  const { participants: n, goods: m } = shape, N = n * m, count = types.length / N;
  const family = boosts(shape, size), raw = withData(parameters), bound = bindBoost(family, raw);
  const boost = trainableBoost(family, raw), weights = participantWeights(parameters.weights);
  const maximizer = affineMaximizer(bound, unitSupply(n, m), { tolerance: TOLERANCE });
  const maxima = { boost, maximizer, weights, unitCost }, inWeights = new Float64Array(n);
  const chains = task.chains?.slice(), each = (chains?.length ?? 0) / count;
  let revenue = 0;
  for (let b = 0; b < count; b++) {
    const own = types.subarray(b * N, (b + 1) * N);
    revenue += scale *
      ("smoothing" in softening
        ? addProfileGradient({ ...maxima, ...softening }, own, scale, inWeights)
        : addSoftGradient(
          { ...maxima, bound, beta: softening.beta, sweeps: softening.sweeps * (task.fresh![b] ? FIRST : 1) },
          own,
          chains!.subarray(b * each, (b + 1) * each),
          deriveKey(softening.key, first + b),
          scale,
          inWeights,
        ));
  }
  return { revenue, gradient: boost.gradient(), inWeights, chains };
}

/** Parameters as networks take them. */
export function withData(parameters: Numbers): Record<string, { data: Float64Array }> {
  return Object.fromEntries(Object.entries(parameters).map(([name, data]) => [name, { data }]));
}
