/**
 * Trains affine maximizers of goods that exist once, on the host in 64-bit floats.
 *
 * @module
 */
import { InvalidInputError, requireInteger } from "../../errors.ts";
import { type AffineMaximizer, affineMaximizer } from "../../mechanisms/affine_maximizer.ts";
import { unitsOf } from "../../mechanisms/units.ts";
import { type Boost, boosts, type BoostShape, participantWeights } from "../../networks/boost.ts";
import { isReproducibleGoods } from "../../problems/principal_utility.ts";
import type { MechanismProblem } from "../../problems/problem.ts";
import { problemOf } from "../../problems/problem_of.ts";
import { dividedProblem, networkUnit } from "../../problems/scaled.ts";
import { deriveKey, type RandomKey, randomKey } from "../../random/key.ts";
import { letEventsIn } from "../../runtime/event_loop.ts";
import { elementCount } from "../../runtime/host_tensor.ts";
import { mapTasks } from "../../runtime/task_workers.ts";
import { threadCount } from "../../runtime/threads.ts";
import { uniformOutcomes } from "../../sampling/supply_chains.ts";
import { requireFinite } from "../metrics.ts";
import { cosineRateAt } from "../schedules.ts";
import type { Checkpoint } from "../state.ts";
import { type GradientShare, gradientShare, type GradientTask, SHARE, type Softening } from "./gradient_share.ts";
import { type AffineMaximizerOptions, affineMaximizerOptions } from "./options.ts";
import { type AffineMaximizerState, initialState, type Numbers, restoreState, saveState } from "./state.ts";

/** What an iteration reports. */
export interface AffineMaximizerMetrics {
  /** Which iteration, from 1. */
  readonly iteration: number;
  /** Mean smoothed revenue over profiles: see smoothed_revenue.ts. */
  readonly softRevenue: number;
  /** Norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** By how much types were scaled up and down, where the gradient is smoothed. */
  readonly smoothing?: number;
  /** beta, where it is by chains. */
  readonly beta?: number;
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
const STREAMS = { parameters: 0, profiles: 1, chains: 2, outcomes: 3 } as const;
/** What a worker thread runs. */
const worker = () => new URL("./gradient_worker.ts", import.meta.url);
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
  const { welfareGradient, seed, iterations, profiles } = options;
  const run = {
    problem: given.name,
    seed,
    iterations,
    profiles,
    chains: welfareGradient === "chains" ? options.chains : 0,
  };
  const state = hooks.resume
    ? restoreState(run, boost, hooks.resume)
    : initialState(boost, deriveKey(key, STREAMS.parameters));
  while (state.iteration < options.iterations && !signal?.aborted) {
    const metrics = await step(state);
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
  /** Seconds of a core that an iteration takes, measured on a few profiles at the parameters of the start. */
  readonly secondsEach: number;
  /** Threads that share the profiles of an iteration. */
  readonly threads: number;
}

/** Profiles on which an iteration is measured. */
const MEASURED = 8;
/** For how many seconds of a core, about, and for how many milliseconds at most. */
const MEASURED_FOR = 1, LONGEST = 6000;

/**
 * What training would take: memory, and time by a measurement of a second or so.
 *
 * @throws {InvalidInputError} as {@linkcode trainAffineMaximizer} does.
 */
export async function planAffineMaximizer(
  problem: MechanismProblem | string,
  settings: Partial<AffineMaximizerOptions> = {},
): Promise<AffineMaximizerPlan> {
  const given = problemOf(problem), { participants: n, goods: m } = given;
  const { options, boost } = preparedTraining(given, settings), key = deriveKey(randomKey(options.seed), 0);
  const few = preparedTraining(given, { ...settings, profiles: Math.min(MEASURED, options.profiles) });
  const chains = options.welfareGradient === "chains";
  let secondsEach = Infinity, state = initialState(boost, key);
  // Chains of the first iteration take more sweeps than those that are carried along.
  if (chains) await few.step(state, true);
  // The first runs are slower, until the code is compiled.
  const begin = secondsOfWork(), latest = performance.now() + LONGEST;
  for (let k = 0; k < 3 || (secondsOfWork() - begin < MEASURED_FOR && performance.now() < latest); k++) {
    if (!chains) state = initialState(boost, key);
    const start = secondsOfWork();
    await few.step(state, true);
    secondsEach = Math.min(secondsEach, (secondsOfWork() - start) * options.profiles / few.options.profiles);
  }
  const parameters = Object.values(boost.parameterShapes).reduce((sum, shape) => sum + elementCount(shape), 0);
  const rows = n * m + boost.terms.length, cut = Math.max(...boost.terms.map(({ network }) => network.goods));
  // Parameters with moments, gradient and their copy; the basis; cuts, of which a maximum has some for each row.
  const each = 8 * (6 * parameters + rows * (rows + 8) + 2 * cut * CUTS_EACH * rows), threads = threadCount();
  const bytes = threads * (each + HEAP) + 16 * options.profiles * n * m * (chains ? 1 + options.chains : 1);
  return { parameters, maxima: options.profiles * (n + (chains ? 1 : 2)), bytes, secondsEach, threads };
}

/** Seconds that the processor has spent on this process, so that other work on the machine does not count; else seconds. */
function secondsOfWork(): number {
  const used = globalThis.process?.cpuUsage?.();
  return used ? (used.user + used.system) / 1e6 : performance.now() / 1000;
}

/** Bytes that a thread takes for what it has thrown away and not yet collected, as far as was seen. */
const HEAP = 48 * 2 ** 20;
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
  const boost = boosts(shape, options.boost), bounds = lowerBounds(boost), seedKey = randomKey(options.seed);

  /** The profiles of an iteration, and the tasks that they are shared out in. */
  const tasksOf = (state: AffineMaximizerState, softening: Softening): GradientTask[] => {
    const { iteration, parameters } = state, { profiles, chains: C } = options, N = n * m;
    const key = deriveKey(seedKey, STREAMS.profiles, iteration);
    const sample = (count: number) => Float64Array.from(distribution.sample(key, count, "training"));
    if (!("beta" in softening)) state.sampled = undefined;
    else {state.sampled = renewed(state.sampled, iteration, options, N, sample, (first, count) =>
        uniformOutcomes(count * C, n, m, deriveKey(seedKey, STREAMS.outcomes, iteration, first)));}
    const types = state.sampled?.types ?? sample(profiles), outcomes = state.sampled?.outcomes, scale = 1 / profiles;
    return Array.from({ length: Math.ceil(profiles / SHARE) }, (_, share) => {
      const first = share * SHARE, end = Math.min(first + SHARE, profiles);
      return {
        ...{ shape, size: options.boost, parameters, unitCost, softening, first, scale },
        types: types.slice(first * N, end * N),
        chains: outcomes?.slice(first * C * N, end * C * N),
        fresh: Array.from({ length: end - first }, (_, k) => isFresh(first + k, iteration, options)),
      };
    });
  };

  /** One iteration, which changes the state. */
  const step = async (state: AffineMaximizerState, here = false): Promise<AffineMaximizerMetrics> => {
    const { iteration, parameters, first, second } = state;
    const learningRate = cosineRateAt(iteration, options), softening = softeningAt(iteration, options, seedKey);
    const tasks = tasksOf(state, softening);
    const shares = here ? tasks.map(gradientShare) : await mapTasks(worker, gradientShare, tasks);
    shares.forEach(({ chains }, share) => {
      if (chains) state.sampled!.outcomes.set(chains, share * SHARE * options.chains * n * m);
    });
    const { revenue: softRevenue, gradient, inWeights } = sumOf(shares),
      weights = participantWeights(parameters.weights);
    const mean = inWeights.reduce((sum, g, k) => sum + g * weights[k], 0) / n;
    const gradients: Numbers = {
      ...gradient,
      weights: inWeights.map((g, i) => exchangeable ? 0 : weights[i] * (g - mean)), // w = n softmax(raw)
    };
    let squares = 0;
    for (const gradient of Object.values(gradients)) for (const g of gradient) squares += g * g;
    const gradientNorm = Math.sqrt(squares);
    const softened = "beta" in softening ? { beta: softening.beta } : softening;
    const metrics = { iteration: iteration + 1, softRevenue, gradientNorm, ...softened, learningRate };
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

/** The sum of shares, in their order. */
function sumOf([first, ...others]: readonly GradientShare[]): Omit<GradientShare, "chains"> {
  let { revenue } = first;
  const add = (to: Float64Array, more: Float64Array) => more.forEach((g, p) => to[p] += g);
  for (const share of others) {
    revenue += share.revenue;
    add(first.inWeights, share.inWeights);
    for (const [name, own] of Object.entries(first.gradient)) add(own, share.gradient[name]);
  }
  return { ...first, revenue };
}

/** How outcomes are softened in an iteration: geometric from the initial to the final value. */
function softeningAt(iteration: number, options: AffineMaximizerOptions, seedKey: RandomKey): Softening {
  const { initialSmoothing, finalSmoothing, initialBeta, finalBeta, iterations, welfareGradient, steps } = options;
  const between = (from: number, to: number) => from * (to / from) ** (iteration / iterations);
  if (welfareGradient === "smoothed") return { smoothing: between(initialSmoothing, finalSmoothing) };
  const key = deriveKey(seedKey, STREAMS.chains, iteration);
  return { beta: between(initialBeta, finalBeta), sweeps: steps, key };
}

/** Profiles replaced in an iteration. */
function renewedEach({ profiles, refresh }: AffineMaximizerOptions): number {
  return Math.round(refresh * profiles);
}

/** Whether a profile is new in an iteration, where those that are replaced go round. */
function isFresh(b: number, iteration: number, options: AffineMaximizerOptions): boolean {
  const { profiles } = options, count = renewedEach(options), first = (iteration * count) % profiles;
  return iteration === 0 || (b - first + profiles) % profiles < count;
}

/**
 * The profiles of an iteration whose outcomes are sampled: those of the one before, of which a share is replaced, going
 * round, so that each stays for as many iterations.
 */
function renewed(
  before: AffineMaximizerState["sampled"],
  iteration: number,
  options: AffineMaximizerOptions,
  N: number,
  sample: (count: number) => Float64Array,
  start: (first: number, count: number) => Float64Array,
): NonNullable<AffineMaximizerState["sampled"]> {
  const { profiles, chains } = options, count = renewedEach(options);
  if (!before) return { types: sample(profiles), outcomes: start(0, profiles) };
  const { types, outcomes } = before, fresh = sample(Math.max(1, count));
  for (let k = 0; k < count; k++) {
    const b = (iteration * count + k) % profiles;
    types.set(fresh.subarray(k * N, (k + 1) * N), b * N);
    outcomes.set(start(b, 1), b * chains * N);
  }
  return { types, outcomes };
}
