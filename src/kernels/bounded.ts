/**
 * Kernels of networks some of whose raw weights count as a bound where they are below it.
 *
 * @module
 */
import { type Tensor1D, tf } from "../deps/tfjs.ts";
import { adaptedKernels } from "./adapted.ts";
import type { PriceKernels } from "./kernels.ts";

/**
 * The kernels for all raw weights, by kernels for weights that are at least `leastWeights` `[P]`. There is no gradient in a
 * weight below; at its bound there is. Only sources without a context have such weights.
 */
export function boundedKernels(leastWeights: Float32Array, kernels: PriceKernels): PriceKernels {
  return adaptedKernels(kernels, {
    into: (hypernetwork) => ({
      ...hypernetwork,
      bias: tf.maximum(hypernetwork.bias, tf.tensor1d(leastWeights)) as Tensor1D,
    }),
    back: (hypernetwork, gradient) => ({
      ...gradient,
      bias: tf.mul(
        gradient.bias,
        tf.cast(tf.greaterEqual(hypernetwork.bias, tf.tensor1d(leastWeights)), "float32"),
      ) as Tensor1D,
    }),
    memory: kernels.memory,
  });
}
