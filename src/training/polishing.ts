/**
 * Polishing: the last iterations of training, whose gradient comes from best responses instead of chains. Ours.
 *
 * Chains make the principal's utility smooth by softened choices, and what is maximised then is not equation (5): even the
 * best prices for softened choices differ from the best ones by the order of 1 / beta, and chains add errors of their own.
 * Here the utility is smooth as the types are spread. With U_i(t) the utility of a best response of type t, the revenue from
 * participant i is a derivative of U_i: p_i = <t_i, x_i> - U_i(t_i), x_i = grad U_i(t_i). So a change df of prices changes
 *
 *   u0 = sum_i (<t_i - c^d, x_i> - U_i(t_i)) - c^p sum_j max_i x_ij   by   sum_i (df_i(x_i) - d/ds df_i(x_i(t_i + s d_i))),
 *
 * where d_i is what x_i is worth to the participant and the principal together, t_ij - c^d - c^p (1 - max_k x_kj) with the
 * maximum over the others: exact for goods that are handed out or not. The derivative is a difference over types that are
 * better and worse by a share e,
 *
 *   [df_i(x_i(t_i + e d_i)) - df_i(x_i(t_i - e d_i))] / 2 e,
 *
 * which is off by the order of e^2. Where one good is produced for several, or a few for many, the others choose at the very
 * type at which x_i changes, so that d_i is what it is there: outcome_changes.ts, bundle_changes.ts. Those who change together
 * may share production costs: joint_margins.ts.
 * By the envelope theorem the change of U_i is that of f at the best response; where f has a kink there, as it has wherever an
 * outcome is a lottery, it is the mean that the multipliers of the linear program make of the linear pieces that meet
 * (`supports` of best responses). Differences of maximisers as derivatives are those of Domke, "Implicit differentiation by
 * perturbation" (NIPS 2010), and McAllester, Hazan and Keshet, "Direct loss minimization for structured prediction" (NIPS
 * 2010).
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { BestResponses } from "../kernels/best_responses/reference.ts";
import { defaultBestResponse } from "../kernels/best_responses/best_response.ts";
import { bestResponses } from "../kernels/best_responses/select.ts";
import type { HypernetworkGradient, KernelMemory, PriceKernels } from "../kernels/kernels.ts";
import { type HostHypernetworkOutput, hostRows } from "../networks/hypernetwork_output.ts";
import type { Parameters } from "../networks/network.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import { isReproducibleGoods, type ReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { hostTensors } from "../runtime/tensors.ts";
import { changeDirections, ratiosOfChanges } from "./bundle_changes.ts";
import { parameterGradient } from "./gradient.ts";
import { jointMargins, partOfSpread, sharesJointly } from "./joint_margins.ts";
import { movedTogether, movesTogether } from "./moved_types.ts";
import type { TrainingOptions } from "./options.ts";
import { AT_A_TIME, followedPieces, followsChanges, OUTCOMES_OF_TYPE, ownTypes } from "./outcome_changes.ts";
import { chainIterations } from "./phase.ts";
import { piecesAt, slopeAt, type WeightedPieces } from "./pieces.ts";
import { cosineRateAt } from "./schedules.ts";
import { STREAMS, type TrainingState } from "./state.ts";

/** About the most bytes of best responses with their pieces. */
const RESPONSE_BYTES = 2 ** 26;
/** What moves types is drawn by this number; a device draws by numbers from 1 on. */
const MOVED = 2 ** 20;

/** Iterations over which the learning rate of polishing rises: Adam's first steps, with new moments, are all of full length. */
const RISE = 20;

/** The learning rate and e of an iteration, counted from 0, that polishes. */
export function polishingSchedule(
  iteration: number,
  options: TrainingOptions,
): { readonly learningRate: number; readonly spread: number } {
  const { initialSpread, finalSpread, polishLearningRate: learningRate, finalLearningRateRatio } = options;
  const first = chainIterations(options), iterations = options.iterations - first, done = iteration - first;
  return {
    learningRate: Math.min(1, (done + 1) / RISE) *
      cosineRateAt(done, { learningRate, finalLearningRateRatio, iterations }),
    spread: initialSpread * (finalSpread / initialSpread) ** (done / Math.max(1, iterations - 1)),
  };
}

/**
 * What an iteration that polishes is about, the same on every device: what participants of new profiles report, which prices
 * read; their types, which are the same but where they are moved; by how much types are spread; and whether those who change
 * together share production costs.
 */
export function polishedProfiles(problem: MechanismProblem, options: TrainingOptions, iteration: number) {
  const { principalUtility } = problem, { polishProfiles: profiles } = options;
  if (!isReproducibleGoods(principalUtility)) throw new TypeError("polishing wants reproducible goods");
  const key = deriveKey(randomKey(options.seed), STREAMS.polishing, iteration);
  const reports = problem.distribution.sample(key, profiles, "training"),
    schedule = polishingSchedule(iteration, options);
  const types = movesTogether(problem)
    ? movedTogether(reports, profiles, schedule.spread, deriveKey(key, MOVED))
    : reports;
  return { key, reports, types, jointly: sharesJointly(problem), principalUtility, ...schedule };
}

/** What polishing makes in an iteration; the caller disposes of the tensors. */
export interface PolishingStep {
  /** The mean of u0 over new profiles, with best responses to types that are spread. */
  readonly revenue: number;
  /** The gradient of the loss, by parameter name. */
  readonly gradients: Parameters;
  /** The same in the hypernetwork's output. */
  readonly gradient: HypernetworkGradient;
}

/**
 * The gradient of minus u0 from best responses to the prices of a state, on new type profiles.
 *
 * @param responseBytes About the most bytes of best responses with their pieces, 64 MiB unless given; tests make it small.
 */
export async function polishingStep(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  { iteration, parameters }: Pick<TrainingState, "iteration" | "parameters">,
  responseBytes: number = RESPONSE_BYTES,
): Promise<PolishingStep> {
  const { goods: m } = problem, rows = options.polishProfiles * problem.participants;
  const { principalUtility, ...polished } = polishedProfiles(problem, options, iteration), { reports } = polished;
  const host = await hostTensors(parameters);
  const hypernetworkOf = (reports: Float32Array) => rules.hostHypernetwork(host, reports);
  const follows = followsChanges(problem);
  const { points, coefficients, revenue } = follows && m === 1
    ? followedPieces(rules, {
      ...{ hypernetworkOf, reports, spread: polished.spread, principalUtility },
      draws: ownTypes(problem),
    })
    : weightedPieces(rules, hypernetworkOf(reports), {
      ...{ ...polished, principalUtility, responseBytes },
      most: options.chains, // as many points in a row as with chains
      followedBy: follows ? hypernetworkOf : undefined,
    });
  const { step, gradients } = parameterGradient(rules, parameters, reports, rows, (hypernetwork) => {
    const at = tf.tensor3d(points, [rows, coefficients.length / rows, m]) as Tensor3D;
    const weights = tf.tensor2d(coefficients, [rows, coefficients.length / rows]) as Tensor2D;
    const gradient = kernels.gradient(hypernetwork, at, weights);
    tf.dispose([at, weights]);
    return { gradient };
  });
  return { revenue, gradients, gradient: step.gradient };
}

/** Bytes of a row's best responses: of two types, each with up to m + 1 pieces. */
function bytesOfRow(m: number): number {
  return 2 * 8 * (m + 1) ** 2;
}

/** Rows whose best responses are known at a time. */
function rowsAtATime(m: number, responseBytes: number): number {
  return Math.max(1, Math.floor(responseBytes / bytesOfRow(m)));
}

/** The most points of f in a row, besides none. */
export function mostPolishedPoints(problem: MechanismProblem, { chains }: Pick<TrainingOptions, "chains">): number {
  return problem.goods === 1 && followsChanges(problem) ? OUTCOMES_OF_TYPE * ownTypes(problem) : chains;
}

/** The memory of an iteration that polishes, besides what kernels take and while best responses are looked for. */
export function hostPolishingMemory(
  problem: MechanismProblem,
  { shape: { participants: n, goods: m } }: PricingRules,
  options: Pick<TrainingOptions, "polishProfiles" | "chains">,
): KernelMemory {
  const rows = options.polishProfiles * n, C = mostPolishedPoints(problem, options), points = 4 * rows * (C + 1) * m;
  // Points and their weights here and as tensors; margins, outcomes, and types that are spread; and best responses.
  const ofPoints = 2 * (points + 4 * rows * (C + 1)), ofTypes = 4 * 8 * rows * m;
  const known = followsChanges(problem)
    ? Math.min(rows, AT_A_TIME) * ownTypes(problem)
    : Math.min(rows, rowsAtATime(m, RESPONSE_BYTES));
  return {
    total: ofPoints + ofTypes + known * bytesOfRow(m),
    largest: points,
  };
}

/** What {@linkcode weightedPieces} are of. */
interface Polished {
  /** `[rows, m]`. */
  readonly types: Float32Array;
  /** e, the spread of types, as a share. */
  readonly spread: number;
  /** Whether margins are {@linkcode jointMargins}. */
  readonly jointly: boolean;
  readonly principalUtility: ReproducibleGoods;
  /** The most points in a row, at least 2: pieces with the smallest weights are left out. */
  readonly most: number;
  readonly responseBytes: number;
  /** Where changes of outcomes are followed (bundle_changes.ts): the hypernetwork's output for reports. */
  readonly followedBy?: (reports: Float32Array) => HostHypernetworkOutput;
}

/** The gradient of the loss as weights of f at points: see above. */
function weightedPieces(
  rules: PricingRules,
  hypernetwork: HostHypernetworkOutput,
  { types, spread: e, jointly, principalUtility: u0, most, responseBytes, followedBy }: Polished,
): WeightedPieces {
  const { shape: { participants: n, goods: m }, network } = rules, rows = types.length / m, profiles = rows / n;
  const directions = followedBy && changeDirections(rules, hypernetwork, types, u0);
  const margins = directions
    ? { ...directions, shared: 0 }
    : jointly
    ? jointMargins(rules, hypernetwork, types, e, u0)
    : marginsOf(rules, hypernetwork, types, u0);
  const spreadOf = (at: number) => jointly && m === 1 ? e * partOfSpread(types[at], margins.of[at]) : e;
  const spread = new Float64Array(2 * types.length);
  for (let at = 0; at < types.length; at++) {
    const to = at + Math.floor(at / m) * m;
    spread[to] = types[at] + spreadOf(at) * margins.of[at];
    spread[to + m] = types[at] - spreadOf(at) * margins.of[at];
  }
  const points = new Float32Array(rows * (most + 1) * m), coefficients = new Float32Array(rows * (most + 1));
  const half = Math.floor(most / 2), fitting = rowsAtATime(m, responseBytes);
  const atATime = followedBy ? Math.min(AT_A_TIME, fitting) : fitting;
  let revenue = 0, found: BestResponses | undefined, ratios: Float64Array | undefined;
  for (let row = 0; row < rows; row++) {
    const own = row % atATime, count = Math.min(atATime, rows - row);
    if (own === 0) {
      const [some, spreadTypes] = [
        hostRows(hypernetwork, rows, row, count),
        spread.subarray(2 * row * m, 2 * (row + count) * m),
      ];
      found = bestResponses(network, some, spreadTypes, 2, { ...defaultBestResponse, supports: true });
      ratios = followedBy &&
        ratiosOfChanges(rules, followedBy, types, margins.of, { found, first: row, count, spread: e }, u0);
    }
    const first = row * (most + 1), [better, worse] = found!.utilities.subarray(2 * own, 2 * own + 2);
    const ofRow = spreadOf(row * m);
    revenue += (better - worse) / (2 * ofRow) - (better + worse) / 2;
    for (const side of [0, 1]) {
      const slope = slopeAt(side === 0 ? 1 : -1, ofRow, profiles, ratios?.[own]);
      coefficients[first + most] += slope; // p(x) = f(x) - f(0)
      const pieces = piecesAt(found!, 2 * own + side, m, half);
      for (const [k, { weight, point }] of pieces.entries()) {
        const at = first + side * half + k;
        coefficients[at] = -slope * weight;
        points.set(point, at * m);
      }
    }
  }
  return { points, coefficients, revenue: directions?.revenue ?? revenue / profiles - margins.shared };
}

/**
 * What one more unit of each good is worth to a participant and the principal together `[rows, m]`, and what production
 * costs that nobody's margins count: with the others' outcomes M_ij = max_k x_kj, c^p (max_i x_ij - sum_i x_ij (1 - M_ij)),
 * the mean over profiles.
 */
function marginsOf(
  { shape: { participants: n, goods: m }, network }: PricingRules,
  hypernetwork: HostHypernetworkOutput,
  types: Float32Array,
  { productionCost, duplicationCost }: ReproducibleGoods,
): { readonly of: Float64Array; readonly shared: number } {
  const apart = n === 1 ? productionCost + duplicationCost : duplicationCost;
  const of = Float64Array.from(types, (t) => t - apart), profiles = types.length / (n * m);
  if (n === 1 || productionCost === 0) return { of, shared: 0 };
  const { outcomes } = bestResponses(network, hypernetwork, types, 1);
  let shared = 0;
  for (let b = 0; b < profiles; b++) {
    for (let j = 0; j < m; j++) {
      let largest = 0, second = 0, who = 0;
      for (let i = 0; i < n; i++) {
        const x = outcomes[(b * n + i) * m + j];
        if (x > largest) second = largest, largest = x, who = i;
        else if (x > second) second = x;
      }
      shared += productionCost * largest;
      for (let i = 0; i < n; i++) {
        const at = (b * n + i) * m + j, left = 1 - (i === who ? second : largest);
        of[at] -= productionCost * left;
        shared -= productionCost * left * outcomes[at];
      }
    }
  }
  return { of, shared: shared / profiles };
}
