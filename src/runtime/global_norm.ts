/**
 * The norm of many tensors as if they were one vector.
 *
 * @module
 */
import { type Scalar, type Tensor, tf } from "../deps/tfjs.ts";
import type { SharedNumber } from "./elementwise.ts";
import { onHost, view } from "./tensors.ts";

/** The root of the sum of all squares: a 64-bit float where tensors lie in the host's memory, else a scalar on the device. */
export function globalNorm(tensors: Readonly<Record<string, Tensor>>): SharedNumber {
  if (!onHost()) {
    return tf.tidy(() => tf.sqrt(tf.addN(Object.values(tensors).map((one) => tf.sum(tf.square(one))))) as Scalar);
  }
  let squares = 0;
  for (const data of Object.values(tensors).map(view)) {
    for (let j = 0; j < data.length; j++) squares += data[j] * data[j];
  }
  return Math.sqrt(squares);
}
