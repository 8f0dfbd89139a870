/**
 * The loss of equation (12) and its gradient, from chains, and the objective that it is a loss for.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { HypernetworkGradient, MovedChains, PriceKernels } from "../kernels/kernels.ts";
import { type HypernetworkOutput, sliceRows } from "../networks/hypernetwork_output.ts";
import { prices } from "../networks/price.ts";
import { type RowTypes, sliceTypes, tiledTypes } from "../networks/row_types.ts";
import type { PrincipalUtility } from "../problems/problem.ts";
import { tidy } from "../runtime/tensors.ts";
import { covarianceCoefficients, type Estimator } from "./estimator.ts";

/** What is maximised, and from which rows. */
export interface Objective {
  /** u0. */
  readonly utility: PrincipalUtility;
  /** n. */
  readonly participants: number;
  /** The first rows, of whole profiles, that the gradient is taken from; the others' chains only move. */
  readonly trained: number;
  /** How the covariance is estimated. */
  readonly estimator: Estimator;
}

/** The gradient of the loss. */
export interface LossGradient {
  /** u0 of each profile that is trained on, and chain: `[trained / n, C]`. */
  readonly utilities: Tensor2D;
  /** The gradient in the hypernetwork's rows that are trained on. */
  readonly gradient: HypernetworkGradient;
}

/** The softened objective, equation (9), from chains: the mean of u0 over profiles and chains. */
export function softenedObjective(utilities: Float32Array): number {
  let sum = 0;
  for (const value of utilities) sum += value;
  return sum / utilities.length;
}

/**
 * The loss of equation (12), for any number of chains, as weights `[R, C + 1]` of f at the chains and at the zero outcome.
 *
 * The paper's loss for two chains y and z of a profile is minus
 *
 *   L = 1/2 [u0(y) + u0(z) + (~u0(y) - ~u0(z)) (ASW(y) - ASW(z))],   ASW(x) = sum_i beta u_i(x_i),
 *
 * where ~u0 is held fast. It depends on the parameters through prices only, and its derivative is that of the linear function
 * sum_ic a_ic p_i(x_ic) with the coefficients a `[R, C]` of equation (11), held fast. So that function, negated, is the loss
 * here. A price is f(x) - f(0), so that f(0) is in all of a row's terms.
 */
export function lossWeights(coefficients: Tensor2D): Tensor2D {
  return tf.neg(tf.concat([coefficients, tf.neg(tf.sum(coefficients, 1, true))], 1)) as Tensor2D;
}

/** The gradient of the loss, equation (12), in the hypernetwork's output: lines 5 to 6 of Algorithm 1, for any u0. */
export function lossGradient(
  kernels: PriceKernels,
  hypernetwork: HypernetworkOutput,
  types: RowTypes,
  moved: Pick<MovedChains, "chains" | "values">,
  beta: number,
  { utility, participants, trained: rows, estimator }: Objective,
): LossGradient {
  const [, C, m] = moved.chains.shape;
  return tidy(() => {
    const chains = moved.chains.slice([0], [rows]), f = moved.values.slice([0], [rows]);
    const payments = tf.slice(prices(f), [0, 0], [rows, C]);
    const own = tiledTypes(sliceTypes(types, m, 0, rows), m, C);
    const estimate = covarianceCoefficients(utility, participants, chains, payments, own, beta, estimator);
    const points = tf.concat([chains, tf.zeros([rows, 1, m])], 1) as Tensor3D;
    const gradient = kernels.gradient(sliceRows(hypernetwork, 0, rows), points, lossWeights(estimate.coefficients));
    return { utilities: estimate.utilities, gradient };
  });
}
