/**
 * One iteration of Algorithm 1: (a) a step on the parameters, (b) the chains follow.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { adamStep, averageParameters } from "./adam.ts";
import { moveChains, refreshChains } from "./chains.ts";
import { lossGradient } from "./gradient.ts";
import { chainLag } from "./lag.ts";
import { freshProfiles, type TrainingOptions } from "./options.ts";
import { betaAt, learningRateAt } from "./schedules.ts";
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
  const moved = moveChains(rules, options, weights, types, before, beta, langevinKey);
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
