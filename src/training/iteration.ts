/**
 * One iteration of Algorithm 1.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import type { PriceKernels } from "../kernels/kernels.ts";
import { disposeHidden } from "../networks/hypernetwork_output.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { hostViews, tidy } from "../runtime/tensors.ts";
import { adamStep, averageParameters } from "./adam.ts";
import { refreshChains } from "./chains.ts";
import { parameterGradient, tiedGradient } from "./gradient.ts";
import { chainSuboptimality } from "./suboptimality.ts";
import { freshProfiles, type TrainingOptions } from "./options.ts";
import { betaAt, learningRateAt } from "./schedules.ts";
import { trainingStep } from "./training_step.ts";
import { STREAMS, type TrainingState } from "./state.ts";

/** What an iteration reports. */
export interface IterationMetrics {
  /** Which iteration, from 1. */
  readonly iteration: number;
  /** Mean u0 over profiles and chains: of softened choices, so it may exceed what the mechanism earns. */
  readonly softRevenue: number;
  /** Mean utility the chains are short of the best responses, on some of the profiles. */
  readonly chainSuboptimality: number;
  /** The same in units of m / beta; stationary chains are below 1. */
  readonly relativeChainSuboptimality: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** beta of this iteration. */
  readonly beta: number;
  /** The learning rate of this iteration. */
  readonly learningRate: number;
}

/** Rows measured for the suboptimality in each iteration, about. */
const MEASURED_ROWS = 16;

/**
 * One iteration. The state that went in stays as it was, so that it can still be saved; the caller disposes of it.
 *
 * The loop of Algorithm 1 is entered at line 8, so that the chains and the gradient of an iteration have the same weights
 * and payments: (a) new profiles come and the chains follow the mechanism, (b) a step on the parameters.
 */
export async function iterate(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  state: TrainingState,
): Promise<{ state: TrainingState; metrics: IterationMetrics }> {
  const { iteration, parameters } = state, { participants: n, goods: m } = problem;
  const key = randomKey(options.seed);
  const beta = betaAt(state.growth, options);
  const learningRate = learningRateAt(iteration, beta, options);

  // (a) lines 8-14, after new profiles have taken the place of the oldest
  const renewed = iteration > 0 && freshProfiles(options) > 0;
  const types = renewed ? refreshTypes(problem, options, state.types, iteration) : state.types;
  const hostParameters = await hostViews(parameters);
  const hypernetwork = rules.hypernetwork(parameters, types);
  // and (b) lines 5-7, without the profiles that warm up
  const trained = options.profiles * n, { estimator } = options, { principalUtility: utility } = problem;
  const { moved, utilities, gradient } = tidy(() => {
    const refreshKey = deriveKey(key, STREAMS.chains, iteration), moveKey = deriveKey(key, STREAMS.langevin, iteration);
    const start = renewed
      ? refreshChains(rules, kernels, options, hostParameters, hypernetwork, types, state, beta, refreshKey)
      : state;
    const objective = { utility, participants: n, trained, estimator };
    return trainingStep(kernels, hypernetwork, types, start, { ...options, beta }, moveKey, objective);
  });

  try {
    const profiles = Math.max(1, Math.min(options.profiles, Math.floor(MEASURED_ROWS / n)));
    const measured = Array.from({ length: profiles }, (_, k) => Math.floor((k + 0.5) * options.profiles / profiles));
    const { suboptimality, relative } = await chainSuboptimality(rules, hostParameters, types, moved, measured, beta);
    const { next, average, norm } = tidy(() => {
      const each = parameterGradient(rules, parameters, types.subarray(0, trained * m), gradient);
      const gradients = options.tiedWeights ? tiedGradient(each, rules.tiedParameters()) : each;
      const next = adamStep(
        parameters,
        gradients,
        state.adam,
        iteration,
        learningRate,
        options,
        rules.lowerBounds(options.nondecreasing),
      );
      // Early averages would remember the start: the decay grows to its value.
      const decay = Math.min(options.averaging, (1 + iteration) / (10 + iteration));
      return { next, average: averageParameters(state.average, next.parameters, decay), norm: next.norm };
    });
    const softRevenue = await mean(utilities);
    const gradientNorm = (await norm.data())[0];
    norm.dispose();
    await kernels.settle?.();
    return {
      state: {
        iteration: iteration + 1,
        growth: state.growth + (relative <= options.largestSuboptimality ? 1 : 0),
        parameters: next.parameters,
        average,
        adam: next.state,
        types,
        chains: moved.chains,
        squareSlopes: moved.squareSlopes,
      },
      metrics: {
        iteration: iteration + 1,
        softRevenue,
        chainSuboptimality: suboptimality,
        relativeChainSuboptimality: relative,
        gradientNorm,
        beta,
        learningRate,
      },
    };
  } catch (error) {
    tf.dispose([moved.chains, moved.squareSlopes]);
    throw error;
  } finally {
    tf.dispose([moved.values, utilities, { ...gradient, perGood: { ...gradient.perGood } }]);
    disposeHidden(hypernetwork);
  }
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
  const key = deriveKey(randomKey(options.seed), STREAMS.profiles, iteration);
  const drawn = problem.distribution.sample(key, freshProfiles(options), "training");
  const next = new Float32Array(types.length);
  next.set(types.subarray(drawn.length));
  next.set(drawn, types.length - drawn.length);
  return next;
}
