/**
 * The norm of many tensors as if they were one vector.
 *
 * @module
 */
import { type Scalar, type Tensor, tf } from "../deps/tfjs.ts";
import type { SharedNumber } from "./elementwise.ts";
import { onHost, sumOf, view } from "./tensors.ts";

/** The root of the sum of all squares: a 64-bit float where tensors lie in the host's memory, else a scalar on the device. Without tensors it is 0. */
export function globalNorm(tensors: Readonly<Record<string, Tensor>>): SharedNumber {
  const all = Object.values(tensors);
  if (all.length === 0) return 0;
  if (!onHost()) {
    return tf.tidy(() => tf.sqrt(sumOf(all.map((one) => tf.sum(tf.square(one))))) as Scalar);
  }
  let squares = 0;
  for (const data of all.map(view)) {
    for (let j = 0; j < data.length; j++) squares += data[j] * data[j];
  }
  return Math.sqrt(squares);
}
