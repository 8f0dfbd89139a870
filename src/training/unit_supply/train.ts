/**
 * Trains affine maximizers of goods that exist once, on the host in 64-bit floats.
 *
 * @module
 */
import { InvalidInputError } from "../../errors.ts";
import { affineMaximizer as maximizerOf, unitSupply } from "../../kernels/best_responses/affine_maximum.ts";
import { type AffineMaximizer, affineMaximizer } from "../../mechanisms/affine_maximizer.ts";
import { bindBoost, type Boost, boosts, participantWeights } from "../../networks/boost.ts";
import { trainableBoost } from "../../networks/boost_gradient.ts";
import { isReproducibleGoods } from "../../problems/principal_utility.ts";
import type { MechanismProblem } from "../../problems/problem.ts";
import { deriveKey, randomKey } from "../../random/key.ts";
import { letEventsIn } from "../../runtime/event_loop.ts";
import { requireFinite } from "../metrics.ts";
import { cosineRateAt } from "../schedules.ts";
import { type AffineMaximizerOptions, affineMaximizerOptions } from "./options.ts";
import { addProfileGradient } from "./smoothed_revenue.ts";

/** What an iteration reports. */
export interface AffineMaximizerMetrics {
  /** Which iteration, from 1. */
  readonly iteration: number;
  /** Mean smoothed revenue over profiles: see smoothed_revenue.ts. */
  readonly softRevenue: number;
  /** Norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** By how much types were scaled up and down. */
  readonly smoothing: number;
  /** The learning rate of this iteration. */
  readonly learningRate: number;
}

/** What a training made. */
export interface AffineMaximizerResult {
  readonly mechanism: AffineMaximizer;
  readonly options: AffineMaximizerOptions;
  /** How many iterations were done. */
  readonly iterations: number;
}

/** What may be done while training. */
export interface AffineMaximizerHooks {
  /** Called after each iteration. */
  readonly onIteration?: (metrics: AffineMaximizerMetrics) => void;
  /** Stops the training after an iteration. */
  readonly signal?: AbortSignal;
}

/** Streams of random numbers. */
const STREAMS = { parameters: 0, profiles: 1 } as const;
/** The gap at which maxima are close enough for a gradient. */
const TOLERANCE = 1e-6;
/** Decay rates of Adam, and what keeps its divisions finite. */
const BETA1 = 0.9, BETA2 = 0.99, EPSILON = 1e-8;

/**
 * Trains an affine maximizer for a problem of unit supply.
 *
 * @param settings What differs from the defaults.
 * @throws {InvalidInputError} for an option out of its range, and where the principal's utility is not revenue less the
 * costs of goods.
 * @throws {MachineError} where the objective or a gradient is not finite.
 */
export async function trainAffineMaximizer(
  problem: MechanismProblem,
  settings: Partial<AffineMaximizerOptions> = {},
  hooks: AffineMaximizerHooks = {},
): Promise<AffineMaximizerResult> {
  const action = "train an affine maximizer", options = affineMaximizerOptions(action, problem, settings);
  const { participants: n, goods: m, distribution, principalUtility } = problem;
  if (!isReproducibleGoods(principalUtility)) {
    throw new InvalidInputError(
      `Cannot ${action}: the principal's utility must be revenue less the costs of goods, got ${principalUtility.name}`,
    );
  }
  const unitCost = principalUtility.productionCost + principalUtility.duplicationCost;
  const { exchangeable, exchangeableGoods = false } = distribution;
  const shape = { participants: n, goods: m, exchangeable, exchangeableGoods };
  const boost = boosts(shape, options.boost), key = randomKey(options.seed);
  const parameters = Object.fromEntries(
    Object.entries(boost.initialParameters(deriveKey(key, STREAMS.parameters))).map(([name, { data }]) => [
      name,
      Float64Array.from(data),
    ]),
  );
  const bounds = lowerBounds(boost), first = mapped(parameters), second = mapped(parameters);
  let iteration = 0;
  for (; iteration < options.iterations && !hooks.signal?.aborted; iteration++) {
    const learningRate = cosineRateAt(iteration, options), smoothing = smoothingAt(iteration, options);
    const asTensors = Object.fromEntries(Object.entries(parameters).map(([name, data]) => [name, { data }]));
    const trained = trainableBoost(boost, asTensors), weights = participantWeights(parameters.weights);
    const maximizer = maximizerOf(bindBoost(boost, asTensors), unitSupply(n, m), { tolerance: TOLERANCE });
    const smoothed = { boost: trained, maximizer, weights, unitCost, smoothing }, inWeights = new Float64Array(n);
    const types = distribution.sample(deriveKey(key, STREAMS.profiles, iteration), options.profiles, "training");
    let softRevenue = 0;
    for (let b = 0; b < options.profiles; b++) {
      const profile = types.subarray(b * n * m, (b + 1) * n * m);
      softRevenue += addProfileGradient(smoothed, profile, 1 / options.profiles, inWeights) / options.profiles;
    }
    const gradients = trained.gradient();
    gradients.weights = inWeights.map((g, i) => {
      if (exchangeable) return 0;
      // w = n softmax(raw)
      const mean = inWeights.reduce((sum, g, k) => sum + g * weights[k], 0) / n;
      return weights[i] * (g - mean);
    });
    let norm = 0;
    for (const gradient of Object.values(gradients)) for (const g of gradient) norm += g * g;
    norm = Math.sqrt(norm);
    const metrics = { iteration: iteration + 1, softRevenue, gradientNorm: norm, smoothing, learningRate };
    requireFinite("training an affine maximizer", metrics, "a lower learning rate may help");
    const clip = Math.min(1, options.clipNorm / norm);
    const rate = learningRate / (1 - BETA1 ** (iteration + 1)), unbiased = 1 / (1 - BETA2 ** (iteration + 1));
    for (const [name, values] of Object.entries(parameters)) {
      const g = gradients[name], a = first[name], v = second[name], least = bounds[name];
      for (let p = 0; p < values.length; p++) {
        const slope = clip * g[p];
        a[p] = BETA1 * a[p] + (1 - BETA1) * slope, v[p] = BETA2 * v[p] + (1 - BETA2) * slope * slope;
        values[p] += rate * a[p] / (Math.sqrt(v[p] * unbiased) + EPSILON);
        if (least) values[p] = Math.max(values[p], least[p % least.length]);
      }
    }
    hooks.onIteration?.(metrics);
    await letEventsIn();
  }
  const mechanism = affineMaximizer({
    problem: problem.name,
    shape,
    boost: options.boost,
    parameters: Object.fromEntries(
      Object.entries(boost.parameterShapes).map(([name, shape]) => [
        name,
        { shape, data: Float32Array.from(parameters[name]) },
      ]),
    ),
  });
  return { mechanism, options, iterations: iteration };
}

/** Zeros of the same lengths. */
function mapped(parameters: Record<string, Float64Array>): Record<string, Float64Array> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { length }]) => [name, new Float64Array(length)]));
}

/** Lower bounds of raw weights, by parameter: what a bundle costs never falls as it grows. */
function lowerBounds({ terms }: Boost): Record<string, Float32Array | undefined> {
  return Object.fromEntries(
    terms.map(({ parameter, network }) => [parameter, network.lowerBounds(parameter === "bundles")]),
  );
}

/** How much types are scaled in an iteration: geometric from the initial to the final value. */
function smoothingAt(iteration: number, options: AffineMaximizerOptions): number {
  const { initialSmoothing, finalSmoothing, iterations } = options;
  return initialSmoothing * (finalSmoothing / initialSmoothing) ** (iteration / iterations);
}
