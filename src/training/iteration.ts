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
import { lineMove } from "../sampling/line_moves.ts";
import { adamStep, averageParameters } from "./adam.ts";
import { chainLag, startAtBestResponses } from "./chains.ts";
import { gradientCoefficients } from "./estimator.ts";
import { freshProfiles, type TrainingOptions } from "./options.ts";
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
}

/** Rows measured for the lag in each iteration. */
const LAG_ROWS = 16;

/**
 * The gradient of -E[u0] in the parameters, estimated from chains (equations 10 to 12).
 *
 * @param types Types `[M n, m]`.
 * @param carried Chains `[M' n, C, m]`, of which the first M n are used.
 * @returns The gradient, and u0 of every profile and chain `[M, C]`.
 */
export function lossGradient(
  problem: MechanismProblem,
  rules: PricingRules,
  parameters: Parameters,
  types: Float32Array,
  carried: Tensor3D,
  beta: number,
  estimator: TrainingOptions["estimator"],
): { gradients: Parameters; utilities: Tensor2D } {
  const [, C, m] = carried.shape, rows = types.length / m;
  const names = Object.keys(parameters);
  const out = tf.tidy(() => {
    const chains = carried.slice([0], [rows]);
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
  const { iteration } = state, { participants: n, goods: m } = problem;
  const key = randomKey(options.seed);
  const beta = betaAt(state.growth, options);
  const learningRate = learningRateAt(iteration, options);

  // (a) lines 5-7, without the profiles that warm up
  const trained = options.profiles * n;
  const { gradients, utilities } = lossGradient(
    problem,
    rules,
    state.parameters,
    state.types.subarray(0, trained * m),
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
  const types = refreshTypes(problem, options, state.types, iteration);
  const weights = rules.weights(parameters, types);
  const before = await refreshChains(
    rules,
    options,
    weights,
    types,
    state,
    beta,
    deriveKey(key, STREAMS.chains, iteration),
  );
  const langevinKey = deriveKey(key, STREAMS.langevin, iteration);
  const moved = move(rules, options, weights, types, before, beta, langevinKey);
  if (before !== state) tf.dispose([before.chains, before.squareSlopes]);

  const count = Math.min(LAG_ROWS, trained);
  const rows = Array.from({ length: count }, (_, k) => Math.floor((k + 0.5) * trained / count));
  const { lag, relative } = await chainLag(rules, weights, types, moved.chains, rows, beta);
  weights.dispose();
  return {
    state: {
      iteration: iteration + 1,
      growth: state.growth + (relative <= options.largestLag ? 1 : 0),
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
    },
  };
}

async function mean(tensor: Tensor): Promise<number> {
  const data = await tensor.data();
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
}

/** The profiles without the oldest, and as many new ones behind them. */
function refreshTypes(
  problem: MechanismProblem,
  options: TrainingOptions,
  types: Float32Array,
  iteration: number,
): Float32Array {
  const fresh = freshProfiles(options);
  if (fresh === 0) return types;
  const key = deriveKey(randomKey(options.seed), STREAMS.profiles, iteration + 1);
  const drawn = problem.distribution.sample(key, fresh, "training");
  const next = new Float32Array(types.length);
  next.set(types.subarray(drawn.length));
  next.set(drawn, types.length - drawn.length);
  return next;
}

/** Chains with the mean squared slopes of u that they saw lately, `[rows, m]`. */
interface Moved {
  readonly chains: Tensor3D;
  readonly squareSlopes: Tensor2D;
}

/** The chains without the oldest, and those of the newest profiles behind them, which start at best responses. */
async function refreshChains(
  rules: PricingRules,
  options: TrainingOptions,
  weights: Tensor2D,
  types: Float32Array,
  old: Moved,
  beta: number,
  key: RandomKey,
): Promise<Moved> {
  const { participants: n, goods: m } = rules.shape;
  const count = freshProfiles(options) * n, first = types.length / m - count;
  if (count === 0) return old;
  const own = weights.shape[0] === 1 ? weights.clone() : tf.slice(weights, [first, 0], [count, weights.shape[1]]);
  const start = await startAtBestResponses(rules, own, types.subarray(first * m), options.chains, beta, key);
  const next = tf.tidy(() => ({
    chains: tf.concat([old.chains.slice([count]), start.chains], 0) as Tensor3D,
    squareSlopes: tf.concat([old.squareSlopes.slice([count]), start.squareSlopes], 0) as Tensor2D,
  }));
  tf.dispose([own, start.chains, start.squareSlopes]);
  return next;
}

/**
 * Langevin steps of chains `[rows, C, m]`, whose weights are `[rows, P]`, or `[1, P]` for all, with a move along a line
 * after every few steps.
 */
function move(
  rules: PricingRules,
  options: TrainingOptions,
  weights: Tensor2D,
  types: Float32Array,
  start: Moved,
  beta: number,
  key: RandomKey,
): Moved {
  return tf.tidy(() => {
    const [rows, C, m] = start.chains.shape, shared = weights.shape[0];
    const shaped = (tensor: Tensor) => tf.reshape(tensor, [shared, tensor.size / shared / m, m]) as Tensor3D;
    const gradient = rules.network.gradient(weights);
    const tiled = (count: number) => tf.tensor(tileTypes(types, m, count), [rows, count, m]) as Tensor3D;
    const ofChains = shaped(tiled(C)), ofHalf = tiled(Math.floor(C / 2)), ofRest = tiled(C - Math.floor(C / 2));
    const logDensity = (points: Tensor3D): Tensor3D => {
      const worth = tf.sum(tf.mul(points, points.shape[1] === ofHalf.shape[1] ? ofHalf : ofRest), 2);
      const f = tf.reshape(rules.network.value(weights, shaped(points)), worth.shape);
      return tf.reshape(tf.mul(tf.sub(worth, f), beta), [rows, points.shape[1], 1]);
    };
    let { chains, squareSlopes } = start;
    const { steps, lineMoveEvery } = options;
    for (let done = 0; done < steps;) {
      const block = lineMoveEvery > 0 ? Math.min(lineMoveEvery, steps - done) : steps;
      [chains, squareSlopes] = tf.tidy(() => {
        const stepSize = options.stepRule === "constant" ? stepSizeAt(beta, options) : shaped(tf.tile(
          tf.reshape(adaptedStepSize(squareSlopes, options.stepScale, beta), [rows, 1, m]),
          [1, C, 1],
        ));
        const sampling = { beta, stepSize, steps: block, wall: options.wall };
        const moved = langevin(gradient, ofChains, shaped(chains), sampling, deriveKey(key, done));
        const now = tf.reshape(moved.chains, [rows, C, m]) as Tensor3D;
        const seen = tf.mean(tf.reshape(moved.squareSlopes, [rows, C, m]), 1);
        return [
          lineMoveEvery > 0 ? lineMove(logDensity, now, deriveKey(key, done, 1)) : now,
          // Half of the memory is from before, so that the step sizes do not follow single chains.
          tf.mul(tf.add(squareSlopes, seen), 0.5) as Tensor2D,
        ];
      });
      done += block;
    }
    return { chains, squareSlopes };
  });
}
