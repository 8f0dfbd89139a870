/**
 * The density of a participant's softened choice, which samplers draw from.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { PointSlope } from "../networks/network.ts";

/** The density of softened choices of R participants: see {@linkcode softChoiceDensity}. */
export interface SoftChoiceDensity {
  /** beta u `[R, N, 1]` at points `[R, N, m]`, up to a constant for each row. */
  logDensity(points: Tensor3D): Tensor3D;
  /** A subgradient of u in x `[R, N, m]`, at such points. */
  slope(points: Tensor3D): Tensor3D;
}

/**
 * The density q(x) of softened choices, equation (7): exp(beta u(x)) / Z with u(x) = <t, x> - f(x) + f(0).
 *
 * The logarithm leaves out what does not depend on x, f(0) and the constant Z of equation (8): samplers take ratios only.
 *
 * @param value f `[R, N]` at points `[R, N, m]`.
 * @param slope A subgradient of f there.
 * @param types The participants' types, each for N points, `[R, N, m]`.
 */
export function softChoiceDensity(
  value: (points: Tensor3D) => Tensor2D,
  slope: PointSlope,
  types: (count: number) => Tensor3D,
  beta: number,
): SoftChoiceDensity {
  return {
    logDensity: (points) =>
      tf.tidy(() => {
        const [rows, count] = points.shape, worth = tf.sum(tf.mul(points, types(count)), 2);
        return tf.reshape(tf.mul(tf.sub(worth, value(points)), beta), [rows, count, 1]) as Tensor3D;
      }),
    slope: (points) => tf.tidy(() => tf.sub(types(points.shape[1]), slope(points)) as Tensor3D),
  };
}
