/**
 * The hypernetwork of a dense context: a Parameterized Affine Network (Definition 3.2) that reads the context as one
 * vector.
 *
 * @module
 */
import { type Tensor1D, type Tensor2D, tf } from "../deps/tfjs.ts";
import type { HostTensors } from "../runtime/host_tensor.ts";
import { writtenTensor } from "../runtime/tensors.ts";
import { contexts, type ContextShape, contextSize, contextsOnDevice } from "./context.ts";
import type { HostHypernetworkOutput, HypernetworkOutput } from "./hypernetwork_output.ts";
import type { Parameters } from "./network.ts";
import { hostHidden, lastHidden } from "./parameterized_affine.ts";
import type { RowTypes } from "./row_types.ts";

/**
 * The hypernetwork output of B n rows for type profiles `[B, n, m]`, on the device: one for all rows where there is no
 * context. The caller disposes of `hidden`.
 */
export function denseHypernetwork(
  parameters: Parameters,
  shape: ContextShape,
  types: RowTypes,
): HypernetworkOutput {
  const bias = parameters["output.bias"] as Tensor1D, size = contextSize(shape);
  const weight = parameters["output.weight"] as Tensor2D | undefined;
  if (!weight) return { bias };
  const hidden = tf.tidy(() => {
    const inputs = !(types instanceof Float32Array)
      ? tf.sub(tf.mul(2, contextsOnDevice(types, shape)), 1)
      : writtenTensor([types.length / shape.goods, size], (data) => {
        contexts(types, shape, data);
        for (let k = 0; k < data.length; k++) data[k] = 2 * data[k] - 1;
      });
    return lastHidden(parameters, inputs as Tensor2D);
  });
  return { hidden, weight, bias };
}

/** The same on the host, in 64-bit floats. */
export function hostDenseHypernetwork(
  parameters: HostTensors,
  shape: ContextShape,
  types: Float32Array,
): HostHypernetworkOutput {
  const bias = parameters["output.bias"].data as Float32Array;
  if (!parameters["output.weight"]) return { bias };
  const hidden = hostHidden(parameters, contexts(types, shape), contextSize(shape));
  return { hidden, weight: parameters["output.weight"].data as Float32Array, bias };
}
