/**
 * What decides the outcome of training an affine maximizer, and its defaults.
 *
 * @module
 */
import { InvalidInputError, requireInteger, requireNumber, requirePositive, show } from "../../errors.ts";
import { requireKnownNames } from "../../known_names.ts";
import { BOOST_KINDS, type BoostSize } from "../../networks/boost.ts";
import type { MechanismProblem } from "../../problems/problem.ts";
import { problemOf } from "../../problems/problem_of.ts";
import type { CosineSchedule } from "../schedules.ts";

/**
 * How the gradient is made of what outcomes are worth to participants: `smoothed`, a difference of maxima for larger and
 * smaller types; `chains`, a covariance of sampled outcomes. See smoothed_revenue.ts and soft_revenue.ts.
 */
export type WelfareGradient = "smoothed" | "chains";

/** The two names, the default first. */
export const WELFARE_GRADIENTS: readonly WelfareGradient[] = ["smoothed", "chains"];

/** Everything that decides the outcome of training an affine maximizer, besides the problem. */
export interface AffineMaximizerOptions extends CosineSchedule {
  /** The sizes of the boost's networks. */
  readonly boost: BoostSize;
  /** The seed of all chance. */
  readonly seed: number;
  /** B, type profiles in an iteration. */
  readonly profiles: number;
  /** How the gradient of welfare is made. */
  readonly welfareGradient: WelfareGradient;
  /** Where it is `smoothed`, by how much types are scaled up and down at the start, as a share. */
  readonly initialSmoothing: number;
  /** The same at the end. */
  readonly finalSmoothing: number;
  /** C, where it is by `chains`, how many of them a profile has; at least 2. */
  readonly chains: number;
  /** Sweeps of each chain in an iteration: a Langevin step and an exchange. */
  readonly steps: number;
  /** beta at the start: chains have the density exp(beta A). */
  readonly initialBeta: number;
  /** The same at the end. */
  readonly finalBeta: number;
  /** Share of the profiles replaced by new ones in each iteration; the chains of the others are carried along. */
  readonly refresh: number;
  /** The norm that the gradient is clipped to. */
  readonly clipNorm: number;
}

/** Whether training options are those of an affine maximizer. */
export function isUnitSupplyTraining(training: unknown): training is AffineMaximizerOptions {
  return typeof training === "object" && training !== null && "boost" in training;
}

/** The default options for a problem, or for the setting of a name. */
export function defaultAffineMaximizer(problem: MechanismProblem | string): AffineMaximizerOptions {
  const { participants: n, goods: m, distribution: { exchangeable, exchangeableGoods } } = problemOf(problem);
  const symmetric = exchangeable && exchangeableGoods === true;
  return {
    boost: { kind: "separate", layers: 1, groups: symmetric ? 8 : 16, groupSize: 4 },
    seed: 0,
    iterations: 600,
    // The cost of a profile grows faster than n m.
    profiles: Math.max(64, Math.min(256, Math.round(4096 / (n * m)))),
    learningRate: 0.02,
    finalLearningRateRatio: 0.01,
    welfareGradient: "smoothed",
    initialSmoothing: 0.2,
    finalSmoothing: 0.05,
    chains: 8,
    steps: 10,
    initialBeta: 30,
    finalBeta: 200,
    refresh: 0.125,
    clipNorm: 10,
  };
}

/**
 * The options of a training: the defaults, and what differs.
 *
 * @throws {InvalidInputError} for an unknown option, or one out of its range.
 */
export function affineMaximizerOptions(
  action: string,
  problem: MechanismProblem,
  settings: Partial<AffineMaximizerOptions>,
): AffineMaximizerOptions {
  const defaults = defaultAffineMaximizer(problem);
  requireKnownNames(action, "an option", settings, Object.keys(defaults));
  const options = { ...defaults, ...settings, boost: { ...defaults.boost, ...settings.boost } };
  const { kind, ...sizes } = options.boost;
  requireKnownNames(action, "a name in boost", options.boost, Object.keys(defaults.boost));
  if (!BOOST_KINDS.includes(kind)) {
    throw new InvalidInputError(
      `Cannot ${action}: boost.kind must be one of ${BOOST_KINDS.join(", ")}, got ${show(kind)}`,
    );
  }
  for (const [name, value] of Object.entries(sizes)) requireInteger(action, `boost.${name}`, value, 1);
  if (!WELFARE_GRADIENTS.includes(options.welfareGradient)) {
    throw new InvalidInputError(
      `Cannot ${action}: welfareGradient must be one of ${WELFARE_GRADIENTS.join(", ")}, got ` +
        show(options.welfareGradient),
    );
  }
  requireInteger(action, "seed", options.seed, 0);
  requireInteger(action, "chains", options.chains, 2);
  for (const name of ["iterations", "profiles", "steps"] as const) {
    requireInteger(action, name, options[name], 1);
  }
  requireNumber(action, "finalLearningRateRatio", options.finalLearningRateRatio, 0, 1);
  requireNumber(action, "refresh", options.refresh, 0, 1);
  for (
    const name of [
      ...["learningRate", "initialSmoothing", "finalSmoothing", "initialBeta", "finalBeta", "clipNorm"] as const,
    ]
  ) {
    requirePositive(action, name, options[name]);
  }
  return options;
}
