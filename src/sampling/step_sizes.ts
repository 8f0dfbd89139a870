/**
 * How long Langevin steps are: rules for eta of equation (13).
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import { LARGEST_NOISE } from "./langevin.ts";

/** What step sizes depend on. */
export interface StepSizeOptions {
  /** beta of q ~ exp(beta u). */
  readonly beta: number;
  /** How long a step is; see {@linkcode adaptedStepSize} and {@linkcode constantStepSize}. */
  readonly stepScale: number;
  /** The largest eta of the constant step rule. */
  readonly largestStep: number;
}

/** A rule: from options and the mean squared slopes of u that chains saw lately to one eta, or one for each slope. */
export type StepSizeRule = (options: StepSizeOptions, meanSquareSlopes: Tensor) => number | Tensor;

/** eta of the constant step rule: `stepScale / beta`, at most `largestStep`. It falls as beta grows (Algorithm 1, line 15). */
export function constantStepSize({ beta, stepScale, largestStep }: StepSizeOptions): number {
  return Math.min(largestStep, stepScale / beta);
}

/**
 * A step size for each coordinate, in proportion to the width of q there; it falls as beta grows (Algorithm 1, line 15).
 *
 * Where u falls off with slope g, q is about 1 / (beta g) wide, and eta = scale / (beta g^2) makes noise of
 * sqrt(2 scale) times that: chains mix in about 1 / scale steps however large beta is. With eta ~ 1 / beta for all, the
 * participants who are almost indifferent need beta^2 steps, and it is they who respond to a change of prices. Against
 * a boundary the discretisation makes the mean distance 1 + scale / 2 times the exact one (measured; the variance is within
 * 6% at scale 0.25).
 *
 * @param meanSquareSlopes g^2 of each coordinate, averaged over chains.
 */
export function adaptedStepSize<T extends Tensor>(meanSquareSlopes: T, scale: number, beta: number): T {
  const largest = LARGEST_NOISE ** 2 * beta / 2;
  return tf.tidy(() => tf.div(scale / beta, tf.add(meanSquareSlopes, scale / (beta * largest))) as T);
}

/** How Langevin steps are sized: `adapted` to the width of q along each coordinate, or `constant`, one for all. */
export type StepRule = "adapted" | "constant";

/** The rules by name. */
export const STEP_SIZES: Readonly<Record<StepRule, StepSizeRule>> = {
  adapted: ({ beta, stepScale }, squares) => adaptedStepSize(squares, stepScale, beta),
  constant: constantStepSize,
};

/** The names of the step rules, for messages and help texts. */
export const stepRules: readonly StepRule[] = ["adapted", "constant"];
