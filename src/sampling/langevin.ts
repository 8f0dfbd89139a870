/**
 * Batched Langevin dynamics on the box, equation (13).
 *
 * y' = wall(y + eta grad_x u(y) + sqrt(2 eta / beta) noise), with u(y) = <t, y> - f(y) + f(0).
 *
 * @module
 */
import { type Tensor3D, tf } from "../deps/tfjs.ts";
import type { PointGradient } from "../networks/network.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { normals } from "../random/numbers.ts";
import { intoBox, type Wall } from "./box.ts";

/** How to step. */
export interface LangevinOptions {
  /** beta, the inverse width of q ~ exp(beta u); the paper calls it the temperature. */
  readonly beta: number;
  /** eta, the step size. */
  readonly stepSize: number;
  /** S, how many steps. */
  readonly steps: number;
  readonly wall: Wall;
}

/**
 * Moves chains by S Langevin steps.
 *
 * @param gradient Subgradients of f for R rows of weights.
 * @param types For each chain the type of its participant, `[R, N, m]`.
 * @param chains Where the chains are, `[R, N, m]` in [0, 1]. Not disposed of.
 * @param key Names the noise: element j of step s is number j of stream s.
 * @returns The chains after S steps, `[R, N, m]`.
 */
export function langevin(
  gradient: PointGradient,
  types: Tensor3D,
  chains: Tensor3D,
  options: LangevinOptions,
  key: RandomKey,
): Tensor3D {
  const { beta, stepSize, steps, wall } = options;
  const noiseScale = Math.sqrt(2 * stepSize / beta);
  let now = tf.clone(chains);
  for (let s = 0; s < steps; s++) {
    const before = now;
    now = tf.tidy(() => {
      const noise = tf.tensor(normals(deriveKey(key, s), before.size), before.shape);
      const drift = tf.sub(types, gradient(before));
      const free = tf.add(before, tf.add(tf.mul(drift, stepSize), tf.mul(noise, noiseScale)));
      return intoBox(free, wall) as Tensor3D;
    });
    before.dispose();
  }
  return now;
}
