/**
 * One iteration of Algorithm 1: (a) a step on the parameters, (b) the chains follow.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { Parameters } from "../networks/network.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { adaptedStepSize, langevin } from "../sampling/langevin.ts";
import { adamStep, averageParameters } from "./adam.ts";
import { chainLag, startAtBestResponse } from "./chains.ts";
import { gradientCoefficients } from "./estimator.ts";
import type { TrainingOptions } from "./options.ts";
import { betaAt, learningRateAt, stepSizeAt } from "./schedules.ts";
import { STREAMS, type TrainingState } from "./state.ts";

/** What an iteration reports. */
export interface IterationMetrics {
  /** Which iteration, from 1. */
  readonly iteration: number;
  /** Mean u0 over profiles and chains: of softened choices, so it may exceed what the mechanism earns. */
  readonly softRevenue: number;
  /** Mean utility the chains are short of the best responses, on some of the profiles. */
  readonly chainLag: number;
  /** The same in units of m / beta; stationary chains are below 1. */
  readonly relativeChainLag: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** beta of this iteration. */
  readonly beta: number;
  /** The learning rate of this iteration. */
  readonly learningRate: number;
  /** Langevin steps that new chains were burnt in for; 0 without new chains. */
  readonly burnInSteps: number;
}

/** Rows measured for the lag in each iteration. */
const LAG_ROWS = 16;
/** Langevin steps between two looks at the lag of new chains. */
const BURN_IN_BLOCK = 10;

/** The gradient of -E[u0] in the parameters, and the mean of u0. */
export function lossGradient(
  problem: MechanismProblem,
  rules: PricingRules,
  parameters: Parameters,
  types: Float32Array,
  chains: Tensor3D,
  beta: number,
  estimator: TrainingOptions["estimator"],
): { gradients: Parameters; utilities: Tensor2D } {
  const [rows, C, m] = chains.shape;
  const names = Object.keys(parameters);
  const out = tf.tidy(() => {
    // The zero outcome is one more point of each row: p = f(x) - f(0) has f(0) in every chain's price.
    const points = tf.concat([chains, tf.zeros([rows, 1, m])], 1) as Tensor3D;
    const value = (weights: Tensor2D) => {
      const shared = weights.shape[0];
      const shaped = tf.reshape(points, [shared, rows / shared * (C + 1), m]) as Tensor3D;
      return tf.reshape(rules.network.value(weights, shaped), [rows, C + 1]) as Tensor2D;
    };
    const f = value(rules.weights(parameters, types));
    const atZero = tf.slice(f, [0, C], [rows, 1]);
    const payments = tf.sub(tf.slice(f, [0, 0], [rows, C]), atZero) as Tensor2D;
    const { coefficients, utilities } = gradientCoefficients(
      problem.principalUtility,
      problem.participants,
      chains,
      payments,
      tf.tensor(tileTypes(types, m, C), [rows, C, m]),
      beta,
      estimator,
    );
    const weightOfF = tf.neg(tf.concat([coefficients, tf.neg(tf.sum(coefficients, 1, true))], 1));
    const gradients = tf.grads((...tensors: Tensor[]) => {
      const now = Object.fromEntries(names.map((name, k) => [name, tensors[k]]));
      return tf.sum(tf.mul(weightOfF, value(rules.weights(now, types))));
    })(names.map((name) => parameters[name]));
    return { ...Object.fromEntries(names.map((name, k) => [name, gradients[k]])), "": utilities };
  });
  const { "": utilities, ...gradients } = out;
  return { gradients, utilities: utilities as Tensor2D };
}

/** Types `[rows, m]` repeated for every chain, `[rows, C, m]`. */
export function tileTypes(types: Float32Array, m: number, C: number): Float32Array {
  const out = new Float32Array(types.length * C);
  for (let row = 0; row * m < types.length; row++) {
    const type = types.subarray(row * m, (row + 1) * m);
    for (let c = 0; c < C; c++) out.set(type, (row * C + c) * m);
  }
  return out;
}

/**
 * One iteration. The state that went in stays as it was, so that it can still be saved; the caller disposes of it.
 */
export async function iterate(
  problem: MechanismProblem,
  rules: PricingRules,
  options: TrainingOptions,
  state: TrainingState,
): Promise<{ state: TrainingState; metrics: IterationMetrics }> {
  const { iteration } = state;
  const key = randomKey(options.seed);
  const beta = betaAt(state.growth, options);
  const learningRate = learningRateAt(iteration, options);

  // (a) lines 5-7
  const { gradients, utilities } = lossGradient(
    problem,
    rules,
    state.parameters,
    state.types,
    state.chains,
    beta,
    options.estimator,
  );
  const { parameters, state: adam, norm } = adamStep(
    state.parameters,
    gradients,
    state.adam,
    iteration,
    learningRate,
    options,
  );
  // Early averages would remember the start: the decay grows to its value.
  const decay = Math.min(options.averaging, (1 + iteration) / (10 + iteration));
  const average = averageParameters(state.average, parameters, decay);
  const softRevenue = await mean(utilities);
  const gradientNorm = (await norm.data())[0];
  tf.dispose([gradients, utilities, norm]);

  // (b) lines 8-14, after new profiles have taken the place of the oldest
  const fresh = Math.round(options.refresh * options.profiles);
  const types = refreshTypes(problem, options, state.types, iteration, fresh);
  const weights = rules.weights(parameters, types);
  let before: Moved = state, burnInSteps = 0;
  if (fresh > 0) {
    const burnInKey = deriveKey(key, STREAMS.burnIn, iteration);
    const burnt = await burnIn(rules, options, weights, types, fresh, state.lag, beta, burnInKey);
    burnInSteps = burnt.steps;
    const old = fresh * problem.participants, rest = (tensor: Tensor) => tensor.slice([old]);
    before = tf.tidy(() => ({
      chains: tf.concat([rest(state.chains), burnt.chains], 0) as Tensor3D,
      squareSlopes: tf.concat([rest(state.squareSlopes), burnt.squareSlopes], 0) as Tensor2D,
    }));
    tf.dispose([burnt.chains, burnt.squareSlopes]);
  }
  const langevinKey = deriveKey(key, STREAMS.langevin, iteration);
  const moved = move(rules, options, weights, types, before, { beta, steps: options.steps }, langevinKey);
  if (before !== state) tf.dispose([before.chains, before.squareSlopes]);

  const all = moved.chains.shape[0], count = Math.min(LAG_ROWS, all);
  const rows = Array.from({ length: count }, (_, k) => Math.floor((k + 0.5) * all / count));
  const { lag, relative } = await chainLag(rules, weights, types, moved.chains, rows, beta);
  weights.dispose();
  return {
    state: {
      iteration: iteration + 1,
      growth: state.growth + (relative <= options.largestLag ? 1 : 0),
      lag: relative,
      parameters,
      average,
      adam,
      types,
      chains: moved.chains,
      squareSlopes: moved.squareSlopes,
    },
    metrics: {
      iteration: iteration + 1,
      softRevenue,
      chainLag: lag,
      relativeChainLag: relative,
      gradientNorm,
      beta,
      learningRate,
      burnInSteps,
    },
  };
}

async function mean(tensor: Tensor): Promise<number> {
  const data = await tensor.data();
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
}

/** The profiles without the `fresh` oldest, and as many new ones behind them. */
function refreshTypes(
  problem: MechanismProblem,
  options: TrainingOptions,
  types: Float32Array,
  iteration: number,
  fresh: number,
): Float32Array {
  if (fresh === 0) return types;
  const key = deriveKey(randomKey(options.seed), STREAMS.profiles, iteration + 1);
  const drawn = problem.distribution.sample(key, fresh, "training");
  const next = new Float32Array(types.length);
  next.set(types.subarray(drawn.length));
  next.set(drawn, types.length - drawn.length);
  return next;
}

/** What Langevin dynamics needs besides the chains. */
interface Sampling {
  readonly beta: number;
  readonly steps: number;
}

/** Chains with the mean squared slopes of u that they saw lately, `[rows, m]`. */
interface Moved {
  readonly chains: Tensor3D;
  readonly squareSlopes: Tensor2D;
}

/** Langevin steps of chains `[rows, C, m]`, whose weights are `[rows, P]`, or `[1, P]` for all. */
function move(
  rules: PricingRules,
  options: TrainingOptions,
  weights: Tensor2D,
  types: Float32Array,
  before: Moved,
  { beta, steps }: Sampling,
  key: RandomKey,
): Moved {
  return tf.tidy(() => {
    const [rows, C, m] = before.chains.shape, shared = weights.shape[0];
    const shaped = (tensor: Tensor) => tf.reshape(tensor, [shared, rows / shared * C, m]) as Tensor3D;
    const stepSize = options.stepRule === "constant" ? stepSizeAt(beta, options) : shaped(tf.tile(
      tf.reshape(adaptedStepSize(before.squareSlopes, options.stepScale, beta), [rows, 1, m]),
      [1, C, 1],
    ));
    const { chains, squareSlopes } = langevin(
      rules.network.gradient(weights),
      shaped(tf.tensor(tileTypes(types, m, C), [rows, C, m])),
      shaped(before.chains),
      { beta, stepSize, steps, wall: options.wall },
      key,
    );
    const seen = tf.mean(tf.reshape(squareSlopes, [rows, C, m]), 1);
    return {
      chains: tf.reshape(chains, [rows, C, m]) as Tensor3D,
      // Half of the memory is from before, so that the step sizes do not follow single chains.
      squareSlopes: tf.mul(tf.add(before.squareSlopes, seen), 0.5) as Tensor2D,
    };
  });
}

/**
 * Chains for the newest profiles: from their best responses, until their lag is about that of the other chains.
 * They start without any lag, so that it grows to its stationary value.
 */
async function burnIn(
  rules: PricingRules,
  options: TrainingOptions,
  weights: Tensor2D,
  types: Float32Array,
  fresh: number,
  usualLag: number,
  beta: number,
  key: RandomKey,
): Promise<Moved & { steps: number }> {
  const { participants: n, goods: m } = rules.shape;
  const count = fresh * n, all = types.length / m, first = all - count;
  const newest = types.subarray(first * m);
  const own = weights.shape[0] === 1 ? weights.clone() : tf.slice(weights, [first, 0], [count, weights.shape[1]]);
  const measured = Array.from({ length: count }, (_, k) => k).filter((k) => k % Math.ceil(count / LAG_ROWS) === 0);
  let now: Moved = await startAtBestResponse(rules, own, newest, options.chains, beta, deriveKey(key, options.burnIn));
  let steps = 0;
  while (steps < options.burnIn) {
    const before = now;
    const block = Math.min(BURN_IN_BLOCK, options.burnIn - steps);
    now = move(rules, options, own, newest, before, { beta, steps: block }, deriveKey(key, steps));
    tf.dispose([before.chains, before.squareSlopes]);
    steps += block;
    const { relative } = await chainLag(rules, own, newest, now.chains, measured, beta);
    if (Math.abs(relative - usualLag) <= options.burnInTolerance) break;
  }
  own.dispose();
  return { ...now, steps };
}
