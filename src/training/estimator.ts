/**
 * How much each chain counts in the gradient of the softened objective: the covariance of equation (10), from samples.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, type Tensor4D, tf } from "../deps/tfjs.ts";
import type { PrincipalUtility } from "../problems/problem.ts";

/** How the covariance of Proposition 3.5 is estimated: `paired` by equation (11), `coordinate` with less variance. */
export type Estimator = "paired" | "coordinate";

/** The names of the estimators, for messages and help texts. */
export const estimators: readonly Estimator[] = ["coordinate", "paired"];

/** Coefficients of the prices' gradients, and u0 itself. */
export interface CovarianceCoefficients {
  /** a_ic / B `[B n, C]`: the gradient of the mean over profiles is `sum a_ic grad p_i(x_ic)`. */
  readonly coefficients: Tensor2D;
  /** u0 of every profile and chain `[B, C]`. */
  readonly utilities: Tensor2D;
}

/**
 * Coefficients of the prices' gradients in that of the softened objective, by Proposition 3.5, equation (10):
 *
 * grad E[u0] = E[sum_i du0/dp_i grad p_i] + sum_i Cov[u0, beta grad u_i],   grad u_i = -grad p_i.
 *
 * For C chains of each participant the estimate is sum_i sum_c a_ic grad p_i(x_ic) with
 *
 *   a_ic = du0/dp_i (x_c) / C  -  beta (v_ic - mean_c v_ic) / (C - 1).
 *
 * `paired` takes v_ic = u0(x_c): with C = 2 this is equation (11). `coordinate` takes
 * v_ic = u0(x_c) - u0(x_c without participant i's purchase): what is left out does not depend on x_i, which is
 * independent of the others' outcomes, so that the mean is the same and the variance lower.
 *
 * @param utility u0.
 * @param chains Outcomes `[B n, C, m]`: chain c of all participants of a profile makes one global outcome.
 * @param payments p_i of each chain `[B n, C]`.
 * @param types Each chain's type `[B n, C, m]`.
 * @param beta The softening of the participants' choices.
 */
export function covarianceCoefficients(
  utility: PrincipalUtility,
  participants: number,
  chains: Tensor3D,
  payments: Tensor2D,
  types: Tensor3D,
  beta: number,
  estimator: Estimator,
): CovarianceCoefficients {
  const n = participants, [rows, C, m] = chains.shape, B = rows / n;
  return tf.tidy(() => {
    // From [B n, C, ...] to global outcomes [B C, n, ...] and back.
    const globally = (tensor: Tensor3D) =>
      tf.reshape(tf.transpose(tf.reshape(tensor, [B, n, C, m]) as Tensor4D, [0, 2, 1, 3]), [B * C, n, m]) as Tensor3D;
    const outcomes = globally(chains), profiles = globally(types);
    const paid = tf.reshape(tf.transpose(tf.reshape(payments, [B, n, C]), [0, 2, 1]), [B * C, n]) as Tensor2D;

    const u0 = utility.evaluate(tf, outcomes, paid, profiles);
    // The second term is 0: a utility that does not depend on payments, such as welfare, has a slope all the same.
    const slope = tf.grad((p) =>
      tf.add(tf.sum(utility.evaluate(tf, outcomes, p as Tensor2D, profiles)), tf.mul(0, tf.sum(p)))
    )(paid);
    const perRow = (tensor: Tensor2D) =>
      tf.reshape(tf.transpose(tf.reshape(tensor, [B, C, n]), [0, 2, 1]), [rows, C]) as Tensor2D;

    const worth: Tensor2D = perRow(
      tf.stack(
        Array.from({ length: n }, (_, i) => {
          if (estimator === "paired") return u0;
          const without = (tensor: Tensor3D | Tensor2D) => zeroParticipant(tensor, i);
          return tf.sub(u0, utility.evaluate(tf, without(outcomes) as Tensor3D, without(paid) as Tensor2D, profiles));
        }),
        1,
      ) as Tensor2D,
    );
    // (v - mean v) beta / (C - 1) as one product with a matrix: broadcasting is slow on wasm.
    const center = tf.mul(tf.sub(tf.eye(C), 1 / C), beta / (C - 1)) as Tensor2D;
    const coefficients = tf.sub(tf.mul(perRow(slope as Tensor2D), 1 / C), tf.matMul(worth, center));
    return { coefficients: tf.div(coefficients, B) as Tensor2D, utilities: tf.reshape(u0, [B, C]) as Tensor2D };
  });
}

/** The tensor `[N, n, ...]` with zeros for participant i. */
function zeroParticipant<T extends Tensor3D | Tensor2D>(tensor: T, i: number): T {
  const n = tensor.shape[1];
  const parts = tf.split(tensor, n, 1);
  parts[i] = tf.zerosLike(parts[i]);
  return (n === 1 ? parts[0] : tf.concat(parts, 1)) as T;
}
