/**
 * Work in the middle of a gradient that is no part of it.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import { tidy } from "./tensors.ts";

/**
 * Runs `make` while a gradient is being taken, as if none were: nothing of it is recorded, gradients may be taken in it, and
 * what it makes outlives the gradient. The caller disposes of that.
 */
export function apartFromGradient<Result extends object>(make: () => Result): Result {
  // TensorFlow.js has no such thing: `customGrad` takes no gradients within, and cuts no memory short.
  const { state } = tf.engine(), { activeTape, gradientDepth } = state;
  Object.assign(state, { activeTape: null, gradientDepth: 0 });
  try {
    const result = tidy(make);
    for (const tensor of tensorsIn(result)) tf.keep(tensor);
    return result;
  } finally {
    Object.assign(state, { activeTape, gradientDepth });
  }
}

/** The tensors in a result of any form. */
export function tensorsIn(result: object): Tensor[] {
  if (result instanceof tf.Tensor) return [result];
  return Object.values(result).flatMap((part) => part && typeof part === "object" ? tensorsIn(part) : []);
}
