/**
 * Options of the learning baselines of section 4.2.1, as far as they share them.
 *
 * @module
 */
import { InvalidInputError, requireInteger, requireNumber, requirePositive, show } from "../errors.ts";
import { requireKnownNames } from "../known_names.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { randomKey } from "../random/key.ts";
import type { AdamOptions } from "../training/adam.ts";
import { defaultTraining } from "../training/options.ts";
import type { BetaSchedule, CosineSchedule } from "../training/schedules.ts";

/** What every learning baseline can be told. */
export interface BaselineOptions extends AdamOptions, CosineSchedule {
  /** B, type profiles in each iteration. */
  readonly profiles: number;
  /** Decay of the moving average of parameters that becomes the mechanism. */
  readonly averaging: number;
  /** The seed of all random numbers. */
  readonly seed: number;
}

/** What baselines can be told that offer finitely many options and soften choices among them in training. */
export interface MenuOptions extends BaselineOptions, BetaSchedule {
  /** K, how many options there are besides the null option. */
  readonly menuSize: number;
}

/** The defaults of TEDI that the baselines share: batch size and iterations, as in section 4.2.1, and the optimiser. */
export function alignedDefaults(problem: MechanismProblem): BaselineOptions {
  const { iterations, profiles, learningRate, finalLearningRateRatio, averaging, seed, ...training } = defaultTraining(
    problem,
    "groupmax", // the paper's TEDI has such a network,
    "dense", // and it reads the others' types, as these do
  );
  const { beta1, beta2, epsilon, clipNorm } = training;
  return {
    iterations,
    profiles,
    learningRate,
    finalLearningRateRatio,
    beta1,
    beta2,
    epsilon,
    clipNorm,
    averaging,
    seed,
  };
}

/**
 * The final beta of choices from a list. It is below that of TEDI: between the options of a list there are no outcomes
 * that a soft choice could take.
 */
const FINAL_BETA = 150;

/**
 * As {@linkcode alignedDefaults}, with a menu, and with the schedule of beta, the inverse temperature, but for its end.
 */
export function alignedMenuDefaults(problem: MechanismProblem, menuSize: number): MenuOptions {
  const { initialBeta, betaGrowthRatio } = defaultTraining(problem, "groupmax", "dense");
  return { ...alignedDefaults(problem), initialBeta, finalBeta: FINAL_BETA, betaGrowthRatio, menuSize };
}

/** Which options must be in [0, 1], which of them below 1, which above 0, and which positive integers. */
const SHARES = ["finalLearningRateRatio", "betaGrowthRatio", "averaging", "beta1", "beta2"];
const BELOW_ONE = ["averaging", "beta1", "beta2"];
const POSITIVE = ["learningRate", "epsilon", "clipNorm", "initialBeta", "finalBeta"];
const COUNTS = ["iterations", "profiles", "menuSize"];

/**
 * The defaults with the given options in their place, all of them checked.
 *
 * @param action What fails where an option is wrong, for messages: `train MD-GemNet`.
 * @throws {InvalidInputError} naming the option, the rule and the value.
 */
export function settleOptions<Options extends BaselineOptions>(
  action: string,
  defaults: Options,
  given: Partial<Options>,
): Options {
  requireKnownNames(action, "an option", given, Object.keys(defaults));
  const options = { ...defaults, ...given };
  for (const [name, value] of Object.entries(options)) {
    if (COUNTS.includes(name)) requireInteger(action, name, value, 1);
    if (SHARES.includes(name)) requireNumber(action, name, value, 0, 1);
    if (BELOW_ONE.includes(name) && value === 1) {
      throw new InvalidInputError(`Cannot ${action}: ${name} must be below 1, got 1`);
    }
    if (POSITIVE.includes(name)) requirePositive(action, name, value);
    if (name === "hidden") requireWidths(action, value);
  }
  randomKey(options.seed);
  return options;
}

/** Fails unless `hidden` is a list of widths. */
function requireWidths(action: string, hidden: unknown): void {
  if (!Array.isArray(hidden)) {
    throw new InvalidInputError(`Cannot ${action}: hidden must be a list of widths, got ${show(hidden)}`);
  }
  hidden.forEach((width, k) => requireInteger(action, `hidden[${k}]`, width, 1));
}
