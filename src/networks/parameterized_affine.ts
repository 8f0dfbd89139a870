/**
 * Parameterized Affine Network, Definition 3.2: from the context y to the raw weights of all affine maps.
 *
 * The K + 1 of them in Definition 3.3 share their hidden layers and differ in the last layer only, so that all raw
 * weights are one matrix product `[R, H] x [H, P]`. Hidden layers are relu; contexts are mapped from [0, 1] to [-1, 1]
 * first. Without a context (one participant) the raw weights are the parameter `output.bias` itself.
 *
 * @module
 */
import type { Tensor2D } from "../deps/tfjs.ts";
import { requireInteger } from "../errors.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { normals } from "../random/numbers.ts";
import { elementCount, type HostTensor, type HostTensors } from "../runtime/host_tensor.ts";
import { firstReluLayer, hostReluLayer, reluLayer } from "./dense_layer.ts";
import type { Parameters } from "./network.ts";

/** The size of a Parameterized Affine Network. */
export interface ParameterizedAffineSize {
  /** The dimension of the context y; 0 for none. */
  readonly context: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** P, the number of raw weights that it makes. */
  readonly outputs: number;
}

/** About the standard deviation of the context's effect on a raw weight at the start of training. */
export const INITIAL_CONTEXT_EFFECT = 0.1;

/**
 * The shapes of the parameters of a Parameterized Affine Network (Definition 3.2), by name.
 *
 * @throws {InvalidInputError} unless widths are positive integers, and the context's dimension is one or 0.
 */
export function parameterizedAffineShapes(size: ParameterizedAffineSize): Record<string, number[]> {
  requireInteger("make a Parameterized Affine Network", "context", size.context, 0);
  requireInteger("make a Parameterized Affine Network", "outputs", size.outputs, 1);
  const shapes: Record<string, number[]> = {};
  if (size.context > 0) {
    let width = size.context;
    size.hidden.forEach((next, layer) => {
      requireInteger("make a Parameterized Affine Network", `hidden[${layer}]`, next, 1);
      shapes[`hidden.${layer}.weight`] = [width, next];
      shapes[`hidden.${layer}.bias`] = [next];
      width = next;
    });
    shapes["output.weight"] = [width, size.outputs];
  }
  shapes["output.bias"] = [size.outputs];
  return shapes;
}

/** Parameters for the start of training: raw weights are `bias` `[P]`, plus a small effect of the context. */
export function initialParameterizedAffine(
  size: ParameterizedAffineSize,
  bias: Float32Array,
  key: RandomKey,
): Record<string, HostTensor> {
  const parameters: Record<string, HostTensor> = {};
  Object.entries(parameterizedAffineShapes(size)).forEach(([name, shape], stream) => {
    const count = elementCount(shape);
    let data = new Float32Array(count);
    if (name === "output.bias") data = Float32Array.from(bias);
    else if (name.endsWith(".weight")) {
      const scale = (name === "output.weight" ? INITIAL_CONTEXT_EFFECT : Math.SQRT2) / Math.sqrt(shape[0]);
      data = normals(deriveKey(key, stream), count).map((z) => z * scale) as Float32Array<ArrayBuffer>;
    }
    parameters[name] = { shape, data };
  });
  return parameters;
}

/**
 * The last hidden layer `[R, H]` of a Parameterized Affine Network (Definition 3.2), on the device.
 *
 * @param inputs Contexts `[R, d]`, already mapped to [-1, 1].
 */
export function lastHidden(parameters: Parameters, inputs: Tensor2D): Tensor2D {
  let hidden = inputs;
  for (let layer = 0; parameters[`hidden.${layer}.weight`]; layer++) {
    const next = layer === 0 ? firstReluLayer : reluLayer;
    hidden = next(hidden, parameters[`hidden.${layer}.weight`], parameters[`hidden.${layer}.bias`]);
  }
  return hidden;
}

/**
 * The same in 64-bit floats on the host: the last hidden layer `[R, H]`, flat.
 *
 * @param contexts `[R, d]`, in [0, 1].
 * @param size d.
 */
export function hostHidden(parameters: HostTensors, contexts: Float32Array, size: number): Float64Array {
  let hidden: Float64Array = Float64Array.from(contexts, (y) => 2 * y - 1), width = size;
  for (let layer = 0; parameters[`hidden.${layer}.weight`]; layer++) {
    const bias = parameters[`hidden.${layer}.bias`];
    hidden = hostReluLayer(hidden, width, parameters[`hidden.${layer}.weight`], bias), width = bias.data.length;
  }
  return hidden;
}
