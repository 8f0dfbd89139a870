/**
 * Algorithm 1, the training of TEDI, in the paper's order.
 *
 * | lines   | what they do                    | here                                                               |
 * | ------- | ------------------------------- | ------------------------------------------------------------------ |
 * | 2 to 3  | profiles, chains, parameters    | {@linkcode initialise}                                             |
 * | 4       | the loop                        | `train` of train.ts, around {@linkcode iterate}                    |
 * | 5 to 6  | the loss, and its gradient      | {@linkcode moveChainsAndGradient}, by loss.ts and training_step.ts |
 * | 7       | a step on the parameters        | {@linkcode updateParameters}                                       |
 * | 8 to 14 | Langevin steps of the chains    | {@linkcode moveChainsAndGradient}, by sampling/move_chains.ts      |
 * | 15      | beta and the learning rate, eta | {@linkcode schedule}, and sampling/step_sizes.ts                   |
 *
 * Each iteration runs lines 8 to 14 first and 5 to 7 after, so that chains and gradient see the same parameters, whose
 * weights and prices are made once. The only difference from the paper: the initial chains move once before the first gradient.
 *
 * What the paper does not have: new profiles take the place of the oldest ({@linkcode refreshProfiles}), the mechanism is a
 * moving average of the parameters, beta waits while chains are far from best responses, and the last iterations polish
 * ({@linkcode polishingStep}).
 *
 * @module
 */
import { type Tensor3D, tf } from "../deps/tfjs.ts";
import type { PriceKernels } from "../kernels/kernels.ts";
import { type HypernetworkOutput, sliceRows } from "../networks/hypernetwork_output.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import { rowCount, type RowTypes, sliceTypes } from "../networks/row_types.ts";
import type { Parameters } from "../networks/network.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { tensorsIn } from "../runtime/gradients.ts";
import type { HostTensors } from "../runtime/host_tensor.ts";
import { hostTensors, tidy, uploadAll } from "../runtime/tensors.ts";
import { annealedPoints } from "./annealed_points.ts";
import { adamStep, averageParameters, averagingDecay, initAdam } from "./adam.ts";
import { beginningRows, refreshChains } from "./chains.ts";
import { parameterGradient, tiedGradient } from "./gradient.ts";
import { softenedObjective } from "./loss.ts";
import type { Suboptimality } from "./metrics.ts";
import { mapParameters } from "./optimizer.ts";
import { annealsNewChains, carriedProfiles, type TrainingOptions } from "./options.ts";
import { chainIterations, chainsReturn, isPolishing, nextPhase } from "./phase.ts";
import { polishingSchedule, polishingStep } from "./polishing.ts";
import { refreshProfiles } from "./profiles.ts";
import { hostResponses } from "./responses.ts";
import { betaAt, learningRateAt } from "./schedules.ts";
import { STREAMS, type TrainingState } from "./state.ts";
import type { Progress } from "./steps.ts";
import { chainSuboptimality, measuredRows } from "./suboptimality.ts";
import { type TrainingStep, trainingStep } from "./training_step.ts";

/**
 * Algorithm 1, lines 2 to 3: profiles from F, chains uniform on the box, and parameters. beta and the learning rate of line 3
 * are those that {@linkcode schedule} gives the first iteration.
 *
 * @param start Parameters to begin with; random ones unless given.
 */
export function initialise(
  problem: MechanismProblem,
  rules: PricingRules,
  options: TrainingOptions,
  start?: HostTensors,
): TrainingState {
  const key = randomKey(options.seed), { participants: n, goods: m } = problem;
  const { chains: C } = options, profiles = carriedProfiles(options), rows = profiles * n;
  const { nondecreasing, tiedWeights: tied } = options;
  const parameters = uploadAll(
    start ?? rules.initialParameters(deriveKey(key, STREAMS.parameters), { nondecreasing, tied }),
  );
  return {
    ...{ iteration: 0, growth: 0, phase: { polishing: false, from: 0 }, parameters },
    average: mapParameters(parameters, tf.clone),
    adam: initAdam(parameters),
    types: problem.distribution.sample(deriveKey(key, STREAMS.profiles, 0), profiles, "training"),
    chains: tf.tensor3d(uniforms(deriveKey(key, STREAMS.chains), rows * C * m), [rows, C, m]),
    squareSlopes: tf.fill([rows, m], 0.1),
  };
}

/** The body of the loop of Algorithm 1, line 4. The state that went in stays whole; the caller disposes of it. */
export async function iterate(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  state: TrainingState,
): Promise<Progress> {
  if (isPolishing(state.iteration, options)) return await polish(problem, rules, kernels, options, state);
  const { beta, learningRate } = schedule(state, options), iteration = state.iteration + 1;
  const types = refreshProfiles(problem, options, state), rows = measuredRows(options, problem.participants);
  const fresh = annealsNewChains(options, kernels) ? 0 : beginningRows(state, options, problem);
  const parameters = await hostTensors(state.parameters);
  const responses = hostResponses(rules, options, parameters, state, types, fresh, rows, beta);
  const points = responses.initialPoints; // lines 8 to 14, then 5 to 6:
  const { step, gradients } = moveChainsAndGradient(problem, rules, kernels, options, state, types, points, beta);
  const { moved, utilities } = step, { chains, squareSlopes } = moved;
  try {
    const suboptimality = await chainSuboptimality(types, moved, rows, responses.bestUtilities, beta);
    const { norm, ...next } = updateParameters(rules, options, state, gradients, learningRate); // line 7
    const softRevenue = softenedObjective(await utilities.data() as Float32Array);
    const gradientNorm = (await norm.data())[0];
    norm.dispose();
    await kernels.settle?.();
    const keepUp = suboptimality.relativeChainSuboptimality <= options.largestSuboptimality; // line 15's "when appropriate"
    return {
      state: { ...next, iteration, growth: grown(state, options) + (keepUp ? 1 : 0), types, chains, squareSlopes },
      metrics: [{ iteration, softRevenue, ...suboptimality, gradientNorm, beta, learningRate }],
    };
  } catch (error) {
    tf.dispose([chains, squareSlopes]);
    throw error;
  } finally {
    tf.dispose([moved.values, utilities, ...tensorsIn(step.gradient), ...tensorsIn(gradients)]);
  }
}

/** While polishing nobody is further from a best response than at one. */
export const NO_CHAINS: Suboptimality = { chainSuboptimality: 0, relativeChainSuboptimality: 0 };

/** An iteration in which parameters follow best responses, and chains stay where they are. */
async function polish(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  state: TrainingState,
): Promise<Progress> {
  const { beta, learningRate } = schedule(state, options), iteration = state.iteration + 1;
  const { revenue, gradients, gradient } = await polishingStep(problem, rules, kernels, options, state);
  try {
    const { norm, ...next } = updateParameters(rules, options, state, gradients, learningRate);
    const gradientNorm = (await norm.data())[0];
    norm.dispose();
    await kernels.settle?.();
    return {
      state: { ...state, ...next, iteration },
      metrics: [{ iteration, softRevenue: revenue, ...NO_CHAINS, gradientNorm, beta, learningRate }],
    };
  } finally {
    tf.dispose([...tensorsIn(gradient), ...tensorsIn(gradients)]);
  }
}

/**
 * Algorithm 1, line 7: one step of Adam from the gradient of the loss, and the moving average of the parameters. Each phase
 * begins with new moments, and an average that soon forgets the one before.
 */
export function updateParameters(
  rules: PricingRules,
  options: TrainingOptions,
  state: TrainingState,
  ofLoss: Parameters,
  learningRate: number,
): Pick<TrainingState, "parameters" | "average" | "adam" | "phase"> & Pick<ReturnType<typeof adamStep>, "norm"> {
  const phase = nextPhase(state, options), done = state.iteration - phase.from;
  const made = tidy(() => {
    const gradients = options.tiedWeights ? tiedGradient(ofLoss, rules.tiedParameters()) : ofLoss;
    const bounds = rules.lowerBounds(options.nondecreasing);
    const moments = done === 0 ? initAdam(state.parameters) : state.adam;
    const step = adamStep(state.parameters, gradients, moments, done, learningRate, options, bounds);
    const { parameters, norm } = step;
    const decay = averagingDecay(options.averaging, done);
    return { parameters, average: averageParameters(state.average, parameters, decay), adam: step.state, norm };
  });
  return { ...made, phase };
}

/**
 * Algorithm 1, lines 8 to 14: the chains follow the mechanism; then lines 5 to 6: the gradient of the loss in the parameters,
 * from the chains of profiles that no longer warm up. Kernels may do all of it in one pass.
 *
 * @param types Types of all profiles.
 * @param points Where the chains of the last rows begin; undefined where none does, or the device finds it by annealing.
 */
export function moveChainsAndGradient(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  state: TrainingState,
  types: RowTypes,
  points: Float32Array | undefined,
  beta: number,
): { step: TrainingStep; gradients: Parameters } {
  const { participants, principalUtility: utility } = problem, { estimator } = options;
  const trained = options.profiles * participants, objective = { utility, participants, trained, estimator };
  const key = deriveKey(randomKey(options.seed), STREAMS.langevin, state.iteration);
  return parameterGradient(rules, state.parameters, types, trained, (hypernetwork) => {
    const begun = points ?? newPoints(rules, kernels, options, state, hypernetwork, types, beta);
    const start = begun ? refreshChains(kernels, hypernetwork, types, begun, state) : state;
    return trainingStep(kernels, hypernetwork, types, start, { ...options, beta }, key, objective);
  });
}

/** Where chains that begin do, if there are some: the device finds it by annealing. */
function newPoints(
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  state: TrainingState,
  hypernetwork: HypernetworkOutput,
  types: RowTypes,
  beta: number,
): Tensor3D | undefined {
  const { goods: m } = rules.shape, fresh = beginningRows(state, options, rules.shape);
  if (fresh === 0) return undefined;
  const first = rowCount(types, m) - fresh, key = deriveKey(randomKey(options.seed), STREAMS.chains, state.iteration);
  const own = sliceRows(hypernetwork, first, fresh), ofRows = sliceTypes(types, m, first);
  return annealedPoints(kernels, own, ofRows, m, options, beta, key);
}

/**
 * In how many iterations beta grew, by the next one of a state. Where chains come back after polishing those in between count:
 * as all chains begin anew, none is behind.
 */
export function grown(
  state: Pick<TrainingState, "iteration" | "growth" | "phase">,
  options: Pick<TrainingOptions, "iterations" | "polishShare">,
): number {
  return state.growth + (chainsReturn(state, options) ? state.iteration - state.phase.from : 0);
}

/**
 * Algorithm 1, line 15: beta and the learning rate of an iteration. While polishing beta stays, and the rate has a schedule
 * of its own.
 */
export function schedule(
  state: Pick<TrainingState, "iteration" | "growth" | "phase">,
  options: TrainingOptions,
): { beta: number; learningRate: number } {
  const ofChains = { ...options, iterations: chainIterations(options) };
  const { iteration } = state, beta = betaAt(grown(state, options), ofChains);
  const { learningRate } = isPolishing(iteration, options)
    ? polishingSchedule(iteration, options)
    : { learningRate: learningRateAt(iteration, beta, ofChains) };
  return { beta, learningRate };
}
