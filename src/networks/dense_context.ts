/**
 * The hypernetwork that reads a context as it is, as one vector: a Parameterized Affine Network on the device and on the host.
 *
 * @module
 */
import { type Tensor1D, type Tensor2D, tf } from "../deps/tfjs.ts";
import type { HostTensors } from "../runtime/host_tensor.ts";
import { writtenTensor } from "../runtime/tensors.ts";
import { contexts, type ContextShape, contextSize } from "./context.ts";
import type { HostHypernetworkOutput, HypernetworkOutput } from "./hypernetwork_output.ts";
import type { Parameters } from "./network.ts";
import { hostHidden, lastHidden } from "./parameterized_affine.ts";

/** The output for type profiles `[B, n, m]`. The caller disposes of `hidden`. */
export function denseHypernetwork(
  parameters: Parameters,
  shape: ContextShape,
  types: Float32Array,
): HypernetworkOutput {
  const bias = parameters["output.bias"] as Tensor1D, size = contextSize(shape);
  if (size === 0) return { bias };
  const hidden = tf.tidy(() => {
    const inputs = writtenTensor([types.length / shape.goods, size], (data) => {
      contexts(types, shape, data);
      for (let k = 0; k < data.length; k++) data[k] = 2 * data[k] - 1;
    });
    return lastHidden(parameters, inputs as Tensor2D);
  });
  return { hidden, weight: parameters["output.weight"] as Tensor2D, bias };
}

/** The same on the host, in 64-bit floats. */
export function hostDenseHypernetwork(
  parameters: HostTensors,
  shape: ContextShape,
  types: Float32Array,
): HostHypernetworkOutput {
  const bias = parameters["output.bias"].data as Float32Array, size = contextSize(shape);
  if (size === 0) return { bias };
  const hidden = hostHidden(parameters, contexts(types, shape), size);
  return { hidden, weight: parameters["output.weight"].data as Float32Array, bias };
}
