/**
 * Langevin dynamics on the box, by the Euler-Maruyama discretisation of equation (13).
 *
 * @module
 */
import { type Tensor, type Tensor3D, tf } from "../deps/tfjs.ts";
import { normals } from "../random/numbers.ts";
import { type Boundary, intoBox } from "./boundary.ts";
import type { Sampler, SamplerState } from "./sampler.ts";
import type { SoftChoiceDensity } from "./soft_choice.ts";

/** Noise of a step is at most this wide: chains on a flat utility cross the box in a few steps. */
export const LARGEST_NOISE = 0.5;

/** How to step. */
export interface LangevinOptions {
  /** beta, the inverse width of q ~ exp(beta u); the paper calls it the temperature. */
  readonly beta: number;
  /** eta, the step size: one for all, or `[R, N, m]`. */
  readonly stepSize: number | Tensor;
  /** What happens at the boundaries of the box. */
  readonly boundary: Boundary;
}

/** Chains, and the slopes that they saw. */
export interface LangevinState extends SamplerState {
  /** The sum over all steps of the squared slopes of u, `[R, N, m]`, for step sizes to come. */
  readonly squareSlopes: Tensor3D;
}

/**
 * Langevin steps, equation (13): y' = boundary(y + eta grad_x u(y) + sqrt(2 eta / beta) noise).
 *
 * @param density Of which only the slope of u is taken.
 */
export function langevin(
  { slope: slopeOf }: Pick<SoftChoiceDensity, "slope">,
  { beta, stepSize, boundary }: LangevinOptions,
): Sampler<LangevinState> {
  return {
    init: (chains) => ({ chains: tf.clone(chains), squareSlopes: tf.zerosLike(chains) }),
    step({ chains, squareSlopes }, key) {
      const noise = tf.tensor(normals(key, chains.size), chains.shape),
        noiseScale = tf.sqrt(tf.mul(stepSize, 2 / beta));
      const slope = slopeOf(chains);
      const free: Tensor3D = tf.add(chains, tf.add(tf.mul(slope, stepSize), tf.mul(noise, noiseScale)));
      return { chains: intoBox(free, boundary), squareSlopes: tf.add(squareSlopes, tf.square(slope)) };
    },
  };
}
