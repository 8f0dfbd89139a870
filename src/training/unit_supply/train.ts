/**
 * Trains affine maximizers of goods that exist once, on the host in 64-bit floats.
 *
 * @module
 */
import { InvalidInputError, requireInteger } from "../../errors.ts";
import { affineMaximizer as maximizerOf, unitSupply } from "../../kernels/best_responses/affine_maximum.ts";
import { type AffineMaximizer, affineMaximizer } from "../../mechanisms/affine_maximizer.ts";
import { unitsOf } from "../../mechanisms/units.ts";
import { bindBoost, type Boost, boosts, type BoostShape, participantWeights } from "../../networks/boost.ts";
import { trainableBoost } from "../../networks/boost_gradient.ts";
import { isReproducibleGoods } from "../../problems/principal_utility.ts";
import type { MechanismProblem } from "../../problems/problem.ts";
import { problemOf } from "../../problems/problem_of.ts";
import { dividedProblem, networkUnit } from "../../problems/scaled.ts";
import { deriveKey, randomKey } from "../../random/key.ts";
import { letEventsIn } from "../../runtime/event_loop.ts";
import { elementCount } from "../../runtime/host_tensor.ts";
import { requireFinite } from "../metrics.ts";
import { cosineRateAt } from "../schedules.ts";
import type { Checkpoint } from "../state.ts";
import { type AffineMaximizerOptions, affineMaximizerOptions } from "./options.ts";
import { addProfileGradient } from "./smoothed_revenue.ts";
import { type AffineMaximizerState, initialState, type Numbers, restoreState, saveState } from "./state.ts";

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
  /** The mechanism. */
  readonly mechanism: AffineMaximizer;
  /** All options that it was trained with. */
  readonly options: AffineMaximizerOptions;
  /** How many iterations were done: fewer than were asked for where `signal` stopped it. */
  readonly iterations: number;
}

/** What may be done while training. */
export interface AffineMaximizerHooks {
  /** The checkpoint to go on from, of the same problem and seed. */
  readonly resume?: Checkpoint;
  /** Called after each iteration. */
  readonly onIteration?: (metrics: AffineMaximizerMetrics) => void;
  /** Called with a checkpoint after every `checkpointEvery` iterations, and after the last one. */
  readonly onCheckpoint?: (checkpoint: Checkpoint, iteration: number) => void | Promise<void>;
  /** Iterations between checkpoints; 100 unless given. */
  readonly checkpointEvery?: number;
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
 * Trains an affine maximizer for a problem in which each good exists once. It computes on the host: no device is opened,
 * and the same seed gives the same bits on every machine of one kind.
 *
 * @param problem A problem, or the name of a setting such as `U_{2,2}^{unit}` or `U-2-2-unit`.
 * @param settings What differs from {@linkcode defaultAffineMaximizer}.
 * @throws {InvalidInputError} for an option out of its range, a checkpoint of another run, and where goods are
 * reproducible or the principal's utility is not revenue less the costs of goods.
 * @throws {MachineError} where the objective or a gradient is not finite.
 */
export async function trainAffineMaximizer(
  problem: MechanismProblem | string,
  settings: Partial<AffineMaximizerOptions> = {},
  hooks: AffineMaximizerHooks = {},
): Promise<AffineMaximizerResult> {
  const given = problemOf(problem), { options, boost, shape, step, unit } = preparedTraining(given, settings);
  const { checkpointEvery = 100, signal } = hooks, key = randomKey(options.seed);
  requireInteger("train an affine maximizer", "checkpointEvery", checkpointEvery, 1);
  const run = { problem: given.name, seed: options.seed, iterations: options.iterations };
  const state = hooks.resume
    ? restoreState(run, boost, hooks.resume)
    : initialState(boost, deriveKey(key, STREAMS.parameters));
  while (state.iteration < options.iterations && !signal?.aborted) {
    const metrics = step(state);
    hooks.onIteration?.({ ...metrics, softRevenue: metrics.softRevenue * unit });
    await letEventsIn();
    const last = state.iteration === options.iterations || signal?.aborted;
    if (last || state.iteration % checkpointEvery === 0) {
      await hooks.onCheckpoint?.(saveState(run, state), state.iteration);
    }
  }
  const parameters = Object.fromEntries(
    Object.entries(boost.parameterShapes).map(([name, shape]) => [
      name,
      { shape, data: Float32Array.from(state.parameters[name]) },
    ]),
  );
  const data = { problem: given.name, shape, boost: options.boost, parameters, ...unitsOf(given, unit) };
  return { mechanism: affineMaximizer(data), options, iterations: state.iteration };
}

/** What a training takes, as far as it can be told beforehand. */
export interface AffineMaximizerPlan {
  /** The number of parameters. */
  readonly parameters: number;
  /** Maxima that an iteration finds. */
  readonly maxima: number;
  /** Memory in bytes, besides what the process itself takes. */
  readonly bytes: number;
  /** Seconds that an iteration takes, measured on a few profiles at the parameters of the start. */
  readonly secondsEach: number;
}

/** Profiles on which an iteration is measured. */
const MEASURED = 8;
/** For how many milliseconds, about. */
const MEASURED_FOR = 1000;

/**
 * What training would take: memory, and time by a measurement of a second or so.
 *
 * @throws {InvalidInputError} as {@linkcode trainAffineMaximizer} does.
 */
export function planAffineMaximizer(
  problem: MechanismProblem | string,
  settings: Partial<AffineMaximizerOptions> = {},
): AffineMaximizerPlan {
  const given = problemOf(problem), { participants: n, goods: m } = given;
  const { options, boost } = preparedTraining(given, settings), key = deriveKey(randomKey(options.seed), 0);
  const few = preparedTraining(given, { ...settings, profiles: Math.min(MEASURED, options.profiles) });
  let secondsEach = Infinity;
  // The first runs are slower, until the code is compiled.
  for (let k = 0, begin = performance.now(); k < 3 || performance.now() - begin < MEASURED_FOR; k++) {
    const start = performance.now();
    few.step(initialState(boost, key));
    const seconds = (performance.now() - start) / 1000;
    secondsEach = Math.min(secondsEach, seconds * options.profiles / few.options.profiles);
  }
  const parameters = Object.values(boost.parameterShapes).reduce((sum, shape) => sum + elementCount(shape), 0);
  const rows = n * m + boost.terms.length, cut = Math.max(...boost.terms.map(({ network }) => network.goods));
  // Parameters with moments, gradient and their copy; the basis; cuts, of which a maximum has some for each row.
  const bytes = 8 * (6 * parameters + rows * (rows + 8) + 2 * cut * CUTS_EACH * rows) + 4 * options.profiles * n * m;
  return { parameters, maxima: options.profiles * (n + 2), bytes, secondsEach };
}

/** Cuts for each row of the linear program, at most, as far as was seen. */
const CUTS_EACH = 20;

/** All that a training works with. */
function preparedTraining(given: MechanismProblem, settings: Partial<AffineMaximizerOptions>) {
  const action = "train an affine maximizer";
  if (given.supply !== "unit") {
    throw new InvalidInputError(
      `Cannot ${action}: goods must exist once, got ${given.name}, in which they are reproducible: menu mechanisms are ` +
        "for such problems",
    );
  }
  const unit = networkUnit(given), problem = dividedProblem(given, unit);
  const options = affineMaximizerOptions(action, problem, settings);
  const { participants: n, goods: m, distribution, principalUtility } = problem;
  if (!isReproducibleGoods(principalUtility)) {
    throw new InvalidInputError(
      `Cannot ${action}: the principal's utility must be revenue less the costs of goods, got ${principalUtility.name}`,
    );
  }
  const unitCost = principalUtility.productionCost + principalUtility.duplicationCost;
  const { exchangeable, exchangeableGoods = false } = distribution;
  const shape: BoostShape = { participants: n, goods: m, exchangeable, exchangeableGoods };
  const boost = boosts(shape, options.boost), bounds = lowerBounds(boost), supply = unitSupply(n, m);
  const key = randomKey(options.seed);

  /** One iteration, which changes the state. */
  const step = (state: AffineMaximizerState): AffineMaximizerMetrics => {
    const { iteration, parameters, first, second } = state;
    const learningRate = cosineRateAt(iteration, options), smoothing = smoothingAt(iteration, options);
    const asTensors = Object.fromEntries(Object.entries(parameters).map(([name, data]) => [name, { data }]));
    const trained = trainableBoost(boost, asTensors), weights = participantWeights(parameters.weights);
    const maximizer = maximizerOf(bindBoost(boost, asTensors), supply, { tolerance: TOLERANCE });
    const smoothed = { boost: trained, maximizer, weights, unitCost, smoothing }, inWeights = new Float64Array(n);
    const types = distribution.sample(deriveKey(key, STREAMS.profiles, iteration), options.profiles, "training");
    let softRevenue = 0;
    for (let b = 0; b < options.profiles; b++) {
      const profile = types.subarray(b * n * m, (b + 1) * n * m);
      softRevenue += addProfileGradient(smoothed, profile, 1 / options.profiles, inWeights) / options.profiles;
    }
    const mean = inWeights.reduce((sum, g, k) => sum + g * weights[k], 0) / n;
    const gradients: Numbers = {
      ...trained.gradient(),
      weights: inWeights.map((g, i) => exchangeable ? 0 : weights[i] * (g - mean)), // w = n softmax(raw)
    };
    let squares = 0;
    for (const gradient of Object.values(gradients)) for (const g of gradient) squares += g * g;
    const gradientNorm = Math.sqrt(squares);
    const metrics = { iteration: iteration + 1, softRevenue, gradientNorm, smoothing, learningRate };
    requireFinite(action.replace("train", "training"), metrics, "a lower learning rate may help");
    const clip = Math.min(1, options.clipNorm / gradientNorm);
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
    state.iteration++;
    return metrics;
  };
  return { options, boost, shape, step, unit };
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
