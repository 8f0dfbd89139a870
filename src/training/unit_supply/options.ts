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

/** Everything that decides the outcome of training an affine maximizer, besides the problem. */
export interface AffineMaximizerOptions extends CosineSchedule {
  /** The sizes of the boost's networks. */
  readonly boost: BoostSize;
  /** The seed of all chance. */
  readonly seed: number;
  /** B, type profiles in an iteration. */
  readonly profiles: number;
  /** By how much types are scaled up and down at the start, as a share: see smoothed_revenue.ts. */
  readonly initialSmoothing: number;
  /** The same at the end. */
  readonly finalSmoothing: number;
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
    initialSmoothing: 0.2,
    finalSmoothing: 0.05,
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
  requireInteger(action, "seed", options.seed, 0);
  for (const name of ["iterations", "profiles"] as const) {
    requireInteger(action, name, options[name], 1);
  }
  requireNumber(action, "finalLearningRateRatio", options.finalLearningRateRatio, 0, 1);
  for (const name of ["learningRate", "initialSmoothing", "finalSmoothing", "clipNorm"] as const) {
    requirePositive(action, name, options[name]);
  }
  return options;
}
