/**
 * Batched Langevin dynamics on the box, equation (13).
 *
 * y' = boundary(y + eta grad_x u(y) + sqrt(2 eta / beta) noise), with u(y) = <t, y> - f(y) + f(0).
 *
 * @module
 */
import { type Tensor, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { PointSlope } from "../networks/network.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { normals } from "../random/numbers.ts";
import { type Boundary, intoBox } from "./boundary.ts";

/** How to step. */
export interface LangevinOptions {
  /** beta, the inverse width of q ~ exp(beta u); the paper calls it the temperature. */
  readonly beta: number;
  /** eta, the step size: one for all, or `[R, N, m]`. */
  readonly stepSize: number | Tensor;
  /** S, how many steps. */
  readonly steps: number;
  /** What happens at the boundaries of the box. */
  readonly boundary: Boundary;
}

/**
 * Moves chains by S Langevin steps.
 *
 * @param gradient Subgradients of f for R rows of weights.
 * @param types For each chain the type of its participant, `[R, N, m]`.
 * @param chains Where the chains are, `[R, N, m]` in [0, 1]. Not disposed of.
 * @param key Names the noise: element j of step s is number j of stream s.
 * @returns The chains after S steps, `[R, N, m]`, and the mean over the steps of the squared slopes of u,
 * `[R, N, m]`, from which {@linkcode adaptedStepSize} makes step sizes.
 */
export function langevin(
  gradient: PointSlope,
  types: Tensor3D,
  chains: Tensor3D,
  options: LangevinOptions,
  key: RandomKey,
): { chains: Tensor3D; squareSlopes: Tensor3D } {
  const { beta, stepSize, steps, boundary } = options;
  return tf.tidy(() => {
    const noiseScale = tf.sqrt(tf.mul(stepSize, 2 / beta));
    let now = tf.clone(chains), squares: Tensor3D = tf.zerosLike(chains);
    for (let s = 0; s < steps; s++) {
      const [before, squaresBefore] = [now, squares];
      [now, squares] = tf.tidy(() => {
        const noise = tf.tensor(normals(deriveKey(key, s), before.size), before.shape);
        const slope = tf.sub(types, gradient(before));
        const free = tf.add(before, tf.add(tf.mul(slope, stepSize), tf.mul(noise, noiseScale)));
        return [intoBox(free, boundary) as Tensor3D, tf.add(squaresBefore, tf.square(slope))];
      });
      tf.dispose([before, squaresBefore]);
    }
    return { chains: now, squareSlopes: tf.mul(squares, 1 / steps) };
  });
}

/** Noise of a step is at most this wide: chains on a flat utility cross the box in a few steps. */
export const LARGEST_NOISE = 0.5;

/**
 * A step size for each coordinate, in proportion to the width of q there.
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
