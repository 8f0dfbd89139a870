/**
 * Polishing (polishing.ts) on a device that the host does not wait for: the same gradient, from best responses that the
 * device finds by itself.
 *
 * The pieces of f around a best response are found once for each row, where chains were that climb as those of
 * annealed_points.ts: f is convex, so that its tangents at these points lie below it. With them in the place of f, the best
 * response to a type is a small linear program, which is solved for the type itself, where production costs ask for it, and
 * for the two that are spread from it. Its multipliers are what each piece counts.
 *
 * A piece that no chain came by is missing. So outcomes are a little off, and pieces that nearly meet are mixed up, as they
 * are by the host in 32-bit floats; that is noise which new profiles average, not an error in one direction. Figures:
 * docs/backends_and_devices.md.
 *
 * @module
 */
import { type Scalar, type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { KernelMemory, MaximaOfCuts, PriceKernels } from "../kernels/kernels.ts";
import type { HypernetworkOutput } from "../networks/hypernetwork_output.ts";
import type { Parameters } from "../networks/network.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { ReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { submitRecorded } from "../runtime/command_recorder.ts";
import { tensorsIn } from "../runtime/gradients.ts";
import { tidy } from "../runtime/tensors.ts";
import { CANDIDATE_STAGES, climb } from "./annealed_points.ts";
import { parameterGradient } from "./gradient.ts";
import { LEAST_PART } from "./joint_margins.ts";
import { mapParameters } from "./optimizer.ts";
import type { TrainingOptions } from "./options.ts";
import { followsChanges } from "./outcome_changes.ts";
import { TOWARDS } from "./pieces.ts";
import { polishedProfiles } from "./polishing.ts";
import type { TrainingState } from "./state.ts";

/** Chains of a row. */
export const CHAINS = 16;
/** N, linear functions of a row: chains are looked at in several stages. */
export const FUNCTIONS = CHAINS * CANDIDATE_STAGES;
/** beta for whose points chains climb: to 200, where they still come by all pieces near the best. */
export const CLIMBED_BETA = 50;
/**
 * About the most bytes of a tensor. Profiles that take more are polished in parts, each submitted by itself, so that no adapter
 * is asked for a larger binding than it has, and parts share their memory.
 */
const PART_BYTES = 2 ** 25;
/** More goods than this would need more workgroup memory than every adapter has. */
export const MOST_GOODS_POLISHED = 300;

/** Whether polishing can stay on the device: changes of outcomes are followed on the host. */
export function polishesOnDevice({ resident }: PriceKernels, problem: MechanismProblem): boolean {
  return resident !== undefined && problem.goods <= MOST_GOODS_POLISHED && !followsChanges(problem);
}

/** Numbers that the largest tensor has for each row: points of gradients, or the elements of a set context. */
function largestOfRow({ shape: { participants: n, goods: m }, parameterShapes }: PricingRules): number {
  const elements = parameterShapes["hidden.element.weight"] ?? [0];
  return Math.max((2 * FUNCTIONS + 1) * m, (n - 1) * m * Math.max(...elements));
}

/** Profiles that are polished at a time: at least one. */
function profilesAtATime(rules: PricingRules, partBytes: number): number {
  return Math.max(1, Math.floor(partBytes / (4 * rules.shape.participants * largestOfRow(rules))));
}

/** Rows at a time, and the memory of tensors besides what kernels and hidden layers take. */
export function devicePolishingMemory(
  rules: PricingRules,
  { polishProfiles }: Pick<TrainingOptions, "polishProfiles">,
): KernelMemory & { readonly rows: number } {
  const { participants: n, goods: m } = rules.shape;
  const rows = n * Math.min(polishProfiles, profilesAtATime(rules, PART_BYTES));
  // Where chains were, twice, slopes, their products with points, gains of up to three types, and points near two outcomes.
  const tensors = 2 + 1 + 1 + 3 + 2 * 3 + 2;
  return { rows, total: 4 * rows * m * (tensors * FUNCTIONS + CHAINS), largest: 4 * rows * largestOfRow(rules) };
}

/** What polishing on a device makes in an iteration; the caller disposes of the tensors. */
export interface DevicePolishingStep {
  /** The mean of u0 over new profiles. */
  readonly revenue: Scalar;
  /** The gradient of the loss, by parameter name. */
  readonly gradients: Parameters;
}

/**
 * As `polishingStep` of polishing.ts, on the same profiles, and nothing comes back to the host.
 *
 * @param partBytes About the most bytes of a tensor, 32 MiB unless given; tests make it small.
 */
export function devicePolishingStep(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  { iteration, parameters }: Pick<TrainingState, "iteration" | "parameters">,
  partBytes: number = PART_BYTES,
): DevicePolishingStep {
  const { participants: n, goods: m } = problem, { polishProfiles } = options, each = n * m;
  const { reports, types, ...polished } = polishedProfiles(problem, options, iteration);
  const most = profilesAtATime(rules, partBytes);
  let sum: DevicePolishingStep | undefined;
  for (let first = 0; first < polishProfiles; first += most) {
    if (sum) submitRecorded();
    const rows = n * Math.min(most, polishProfiles - first);
    const upload = (all: Float32Array) => tf.tensor2d(all.subarray(first * each, first * each + rows * m), [rows, m]);
    const read = upload(reports), own = types === reports ? read : upload(types);
    const part = polishedPart(rules, kernels, parameters, [read, own], polishProfiles, {
      ...polished,
      key: deriveKey(polished.key, 1 + first / most),
    });
    tf.dispose([read, own]);
    sum = sum ? added(sum, part) : part;
  }
  return sum!;
}

/** The sum of what two parts of the profiles made, of which it disposes. */
function added(sum: DevicePolishingStep, part: DevicePolishingStep): DevicePolishingStep {
  const made = {
    revenue: tf.add(sum.revenue, part.revenue) as Scalar,
    gradients: mapParameters(sum.gradients, (gradient, name) => tf.add(gradient, part.gradients[name])),
  };
  tf.dispose(tensorsIn([sum, part]));
  return made;
}

/** Polishes a part of the profiles: what it adds to their mean. */
function polishedPart(
  rules: PricingRules,
  kernels: PriceKernels,
  parameters: Parameters,
  [reports, types]: readonly [Tensor2D, Tensor2D],
  profiles: number,
  { key, principalUtility: u0, spread: e, jointly }: Omit<ReturnType<typeof polishedProfiles>, "reports" | "types">,
): DevicePolishingStep {
  const { participants: n } = rules.shape, [rows, m] = types.shape;
  const { step, gradients } = parameterGradient(rules, parameters, reports, rows, (hypernetwork) =>
    tidy(() => {
      const cuts = cutsOf(kernels, hypernetwork, types, key), { points } = cuts;
      const { margins, shared } = marginsOf(kernels, cuts, types, n, profiles, u0, jointly ? e : undefined);
      const spread = jointly && m === 1 ? tf.mul(e, partsOfSpread(types, margins)) : tf.fill([rows, 1], e);
      const sides = [1, -1].map((sign) => {
        const found = respond(kernels, cuts, tf.add(types, tf.mul(sign, tf.mul(spread, margins))));
        // As slopeAt of pieces.ts.
        const slope = tf.div(tf.sub(0.5, tf.div(sign / 2, spread)), profiles);
        const outcomes = tf.reshape(found.points, [rows, 1, m]);
        return {
          ...{ utilities: tf.reshape(found.utilities, [rows, 1]), coefficients: tf.neg(tf.mul(slope, found.weights)) },
          near: tf.add(outcomes, tf.mul(TOWARDS, tf.sub(points, outcomes))),
        };
      });
      const [better, worse] = sides.map(({ utilities }) => utilities);
      const difference = tf.sum(tf.div(tf.sub(better, worse), spread));
      const earned = tf.mul(0.5, tf.sub(difference, tf.sum(tf.add(better, worse))));
      const at = tf.concat([...sides.map(({ near }) => near), tf.zeros([rows, 1, m])], 1) as Tensor3D;
      const atZero = tf.fill([rows, 1], 1 / profiles); // p(x) = f(x) - f(0)
      const coefficients = tf.concat([...sides.map(({ coefficients }) => coefficients), atZero], 1) as Tensor2D;
      return {
        revenue: tf.sub(tf.div(earned, profiles), shared) as Scalar,
        gradient: kernels.gradient(hypernetwork, at, coefficients),
      };
    }));
  const { hidden, perGood } = step.gradient; // all else of it are gradients in parameters
  tf.dispose([hidden, perGood?.hidden]);
  return { revenue: step.revenue, gradients };
}

/** As `partOfSpread` of joint_margins.ts `[rows, 1]`, of one good. */
export function partsOfSpread(types: Tensor, margins: Tensor): Tensor {
  const costs = tf.maximum(Number.EPSILON, tf.neg(margins));
  return tf.minimum(1, tf.maximum(LEAST_PART, tf.div(types, costs)));
}

/** Tangents of p at some points of each row, N of them. */
interface Cuts {
  /** `[rows, N, m]`. */
  readonly points: Tensor3D;
  /** `[rows, N, m]`. */
  readonly slopes: Tensor3D;
  /** Minus the tangents at x = 0 `[rows, N]`. */
  readonly offsets: Tensor2D;
}

/** Tangents where chains were that climbed. */
function cutsOf(kernels: PriceKernels, hypernetwork: HypernetworkOutput, types: Tensor2D, key: RandomKey): Cuts {
  const [rows, m] = types.shape;
  const { points, prices, atZero } = climb(kernels, hypernetwork, types, rows, CHAINS, m, CLIMBED_BETA, key);
  const slopes = kernels.slope(hypernetwork, points);
  const offsets = tf.sub(tf.sum(tf.mul(slopes, points), 2), tf.sub(prices, atZero)) as Tensor2D;
  return { points, slopes, offsets };
}

/** Best responses of types `[rows, m]` to the largest of the tangents. */
function respond(kernels: PriceKernels, { slopes, offsets }: Cuts, types: Tensor): MaximaOfCuts {
  const [rows, m] = types.shape;
  const gains = tf.sub(tf.reshape(types, [rows, 1, m]), slopes) as Tensor3D;
  return kernels.resident!.maximaOfCuts(gains, offsets);
}

/**
 * As `marginsOf` of polishing.ts and, with a spread, as `jointMargins`: what one more unit of each
 * good is worth `[rows, m]`, and what nobody's margins count, as a part of the mean over all profiles.
 */
function marginsOf(
  kernels: PriceKernels,
  cuts: Cuts,
  types: Tensor2D,
  n: number,
  profiles: number,
  { productionCost, duplicationCost }: ReproducibleGoods,
  spread?: number,
): { readonly margins: Tensor; readonly shared: Tensor } {
  const [rows, m] = types.shape;
  const apart = tf.sub(types, n === 1 ? productionCost + duplicationCost : duplicationCost);
  if (n === 1 || productionCost === 0) return { margins: apart, shared: tf.scalar(0) };
  const outcomesAt = (share: number) =>
    tf.reshape(respond(kernels, cuts, tf.mul(share, types)).points, [rows / n, n, m]);
  const all = spread === undefined ? [outcomesAt(1)] : [outcomesAt(1 - spread), outcomesAt(1 + spread)];
  const left = tf.sub(1, ofOthers(all[0], (others) => tf.max(others, 1))), changed = tf.sub(all.at(-1)!, all[0]);
  const own = tf.div(left, tf.add(1, tf.relu(ofOthers(changed, (others) => tf.sum(others, 1)))));
  const shared = all.map((outcomes) => tf.sub(tf.sum(tf.max(outcomes, 1)), tf.sum(tf.mul(own, outcomes))));
  return {
    margins: tf.sub(apart, tf.mul(productionCost, tf.reshape(own, [rows, m]))),
    shared: tf.mul(productionCost / profiles / all.length, tf.addN(shared)),
  };
}

/** What all others of each participant come to `[B, n, m]`, from `[B, n, m]`. */
function ofOthers(values: Tensor, of: (others: Tensor) => Tensor): Tensor {
  const each = tf.unstack(values, 1);
  return tf.stack(each.map((_, i) => of(tf.stack(each.filter((_, k) => k !== i), 1))), 1);
}
