/**
 * Keeps chains in the box [0, 1]^m, about whose boundary equation (13) says nothing.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";

/**
 * What happens to a chain that leaves the box: `reflect` mirrors it at the boundary, which keeps the density exp(beta
 * u); `project` takes it to the nearest point of the box, which piles mass up on the boundary.
 */
export type Boundary = "reflect" | "project";

/** The two names, for messages and help texts. */
export const boundaries: readonly Boundary[] = ["reflect", "project"];

/** Takes points of any shape into the box; points in the box do not move. */
export function intoBox<T extends Tensor>(points: T, boundary: Boundary): T {
  if (boundary === "project") return tf.clipByValue(points, 0, 1) as T;
  // Reflection at 0 and 1, however far away: 1 - |1 - (|x| mod 2)|.
  const far = tf.abs(points);
  const turns = tf.mul(tf.floor(tf.mul(far, 0.5)), 2);
  // The clip only removes what rounding leaves outside.
  return tf.clipByValue(tf.sub(1, tf.abs(tf.sub(1, tf.sub(far, turns)))), 0, 1) as T;
}
