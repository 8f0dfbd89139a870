/**
 * Problems in other units: divided, so that a network sees types of about 1 whatever size they have.
 *
 * @module
 */
import type { Tensor1D, Tensor2D, Tensor3D, Tensorflow } from "../deps/tfjs.ts";
import { InvalidInputError, requirePositive } from "../errors.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { isReproducibleGoods, reproducibleGoods } from "./principal_utility.ts";
import type { MechanismProblem, PrincipalUtility, TypeDistribution } from "./problem.ts";

/** Profiles whose mean decides what is 1 to a network. */
const PROFILES = 4096;
/** Their stream of random numbers. */
const STREAM = 0x5ca1e;

/** The scales that a problem may have. */
const LEAST_SCALE = 1e-30, LARGEST_SCALE = 1e38;

/**
 * Fails unless `scale` is a largest type that 32-bit floats can have, and so far from the least of them that smaller types
 * do not lose their precision.
 */
export function requireScale(action: string, scale: unknown): asserts scale is number {
  requirePositive(action, "scale", scale);
  if (scale >= LEAST_SCALE && scale <= LARGEST_SCALE) return;
  throw new InvalidInputError(
    `Cannot ${action}: scale must be from ${LEAST_SCALE} to ${LARGEST_SCALE}, as types are 32-bit floats, which ` +
      `${scale < 1 ? "underflow below" : "overflow above"}; got ${scale}`,
  );
}

/** The largest type of a problem, in its unit. */
export function scaleOf({ scale = 1 }: MechanismProblem): number {
  return scale;
}

/**
 * What is 1 to a network that learns a problem: the problem's scale; or, where types are mostly much smaller, twice their
 * mean, which uniform types on [0, scale] have, too. So values with a long tail, and values in another unit than was said,
 * are as large to the network as any: beta and the learning rate mean the same.
 */
export function networkUnit(problem: MechanismProblem): number {
  const scale = scaleOf(problem), { distribution, source } = problem;
  if (source.kind === "setting") return scale;
  const types = distribution.sample(deriveKey(randomKey(0), STREAM), PROFILES, "training");
  const twice = 2 * types.reduce((sum, type) => sum + type, 0) / types.length;
  return twice > 0 && twice < scale / 2 ? twice : scale;
}

/** The same problem with types, payments and costs divided by a number. Its name stays. */
export function dividedProblem(problem: MechanismProblem, by: number): MechanismProblem {
  if (by === 1) return problem;
  const { distribution, principalUtility } = problem;
  return {
    ...problem,
    scale: scaleOf(problem) / by,
    distribution: dividedDistribution(distribution, by),
    principalUtility: dividedUtility(principalUtility, by),
  };
}

function dividedDistribution(distribution: TypeDistribution, by: number): TypeDistribution {
  const divide = (types: Float32Array): Float32Array => types.map((type) => type / by), { data } = distribution;
  return {
    ...distribution,
    sample: (key, profiles, part) => divide(distribution.sample(key, profiles, part)),
    ...data && {
      data: {
        ...data,
        profiles: (key, part, most) => divide(data.profiles(key, part, most)),
        fold: (fold, folds) => dividedDistribution(data.fold(fold, folds), by),
      },
    },
  };
}

function dividedUtility(utility: PrincipalUtility, by: number): PrincipalUtility {
  if (isReproducibleGoods(utility)) {
    const { productionCost, duplicationCost } = utility;
    return reproducibleGoods({ productionCost: productionCost / by, duplicationCost: duplicationCost / by });
  }
  return {
    name: utility.name,
    evaluate: (tf: Tensorflow, outcomes: Tensor3D, payments: Tensor2D, types: Tensor3D): Tensor1D =>
      tf.div(utility.evaluate(tf, outcomes, tf.mul(payments, by), tf.mul(types, by)), by),
  };
}
