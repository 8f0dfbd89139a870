/**
 * What a chain does at the boundaries of the box [0, 1]^m. Equation (13) is silent about it.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";

/** `reflect` keeps the density exp(beta u) on the box; `project` piles mass up on its boundaries. */
export type Boundary = "reflect" | "project";

/** The names of the boundaries, for messages and help texts. */
export const boundaries: readonly Boundary[] = ["reflect", "project"];

/** Brings `points` of any shape back into the box. */
export function intoBox<T extends Tensor>(points: T, boundary: Boundary): T {
  if (boundary === "project") return tf.clipByValue(points, 0, 1) as T;
  // |x| modulo 2 is a walk along the unit interval and back: 1 - |1 - (|x| mod 2)|, for any overshoot.
  const far = tf.abs(points);
  const turns = tf.mul(tf.floor(tf.mul(far, 0.5)), 2);
  // The clip only removes what rounding leaves outside.
  return tf.clipByValue(tf.sub(1, tf.abs(tf.sub(1, tf.sub(far, turns)))), 0, 1) as T;
}
