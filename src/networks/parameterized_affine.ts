/**
 * Parameterized Affine Network, Definition 3.2: from the context y to the raw weights of all affine maps.
 *
 * The K + 1 networks of Definition 3.3 share their hidden layers and differ in the last one, so that a context costs
 * one matrix product `[R, H] x [H, P]`. Hidden layers are relu; contexts are mapped from [0, 1] to [-1, 1] first.
 * Without a context (one participant) the raw weights are the parameter `output.bias` itself.
 *
 * @module
 */
import { type Tensor1D, type Tensor2D, tf } from "../deps/tfjs.ts";
import { requireInteger } from "../errors.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { normals } from "../random/numbers.ts";
import { elementCount, type HostTensor, type HostTensors } from "../runtime/host_tensor.ts";
import { dense, firstReluLayer, hostReluLayer, reluLayer } from "./dense_layer.ts";
import { addHostSlopes, type HostPerGoodSlopes, type PerGoodSlopes, placeWeights, slopeAt } from "./per_good_slopes.ts";
import type { ConvexNetwork, HostFunction, Parameters } from "./network.ts";

/** The size of a Parameterized Affine Network. */
export interface ParameterizedAffineSize {
  /** The dimension of the context y; 0 for none. */
  readonly context: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** P, how many raw weights it produces. */
  readonly outputs: number;
}

/** Spread of the context's effect on a raw weight at the start. */
export const INITIAL_CONTEXT_EFFECT = 0.1;

/** The shapes of the parameters of a Parameterized Affine Network, by name. */
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

/** Starting parameters: `bias` `[P]` whatever the context, plus a small effect of the context. */
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
 * Where raw weights `[R, P]` come from: `hidden weight + bias`, or `bias` in every row where there is no context. They
 * are P numbers a row, so kernels make them a few rows at a time.
 */
export interface HypernetworkOutput {
  /** The last hidden layer `[R, H]`; undefined without a context. */
  readonly hidden?: Tensor2D;
  /** `[H, P]`, or `[H, D]` with slopes per good; undefined without a context. */
  readonly weight?: Tensor2D;
  /** `[P]`. */
  readonly bias: Tensor1D;
  /** Where slopes come from, if not from `hidden`: see {@linkcode "./per_good_slopes.ts"}. */
  readonly perGood?: PerGoodSlopes;
}

/** Some of a hypernetwork's rows. The caller disposes of its hidden layers. */
export function sliceRows(hypernetwork: HypernetworkOutput, first: number, count: number): HypernetworkOutput {
  const { hidden, perGood, weight, bias } = hypernetwork;
  return {
    ...{ weight, bias, hidden: hidden && tf.slice(hidden, [first, 0], [count, hidden.shape[1]]) },
    perGood: perGood && { ...perGood, hidden: tf.slice(perGood.hidden, [first], [count]) },
  };
}

/** Disposes of what was made from contexts: a hypernetwork's hidden layers. */
export function disposeHidden({ hidden, perGood }: HypernetworkOutput): void {
  tf.dispose([hidden, perGood?.hidden]);
}

/** The last hidden layer `[R, H]` for inputs `[R, d]`: contexts, mapped to [-1, 1]. */
export function lastHidden(parameters: Parameters, inputs: Tensor2D): Tensor2D {
  let hidden = inputs;
  for (let layer = 0; parameters[`hidden.${layer}.weight`]; layer++) {
    const next = layer === 0 ? firstReluLayer : reluLayer;
    hidden = next(hidden, parameters[`hidden.${layer}.weight`], parameters[`hidden.${layer}.bias`]);
  }
  return hidden;
}

/** The raw weights `[R, P]` of a hypernetwork; `[1, P]` where there is no context. */
export function rawWeights({ hidden, weight, bias, perGood }: HypernetworkOutput): Tensor2D {
  if (!hidden) return tf.reshape(bias, [1, bias.size]);
  const product = dense(hidden, weight!);
  if (!perGood) return tf.add(product, bias);
  const [R, m, width] = perGood.hidden.shape, maps = perGood.weight.shape[1];
  const slopes = dense(tf.reshape(perGood.hidden, [R * m, width]), perGood.weight);
  return tf.add(placeWeights(product, tf.reshape(slopes, [R, m, maps]), perGood.groups), bias);
}

/** As {@linkcode HypernetworkOutput} in the host's memory. What is computed from it is computed in 64-bit floats. */
export interface HostHypernetworkOutput {
  /** The last hidden layer `[R, H]`; undefined without a context. */
  readonly hidden?: Float32Array | Float64Array;
  /** `[H, P]`, or `[H, D]` with slopes per good; undefined without a context. */
  readonly weight?: Float32Array;
  /** `[P]`. */
  readonly bias: Float32Array;
  /** Where slopes come from, if not from `hidden`. */
  readonly perGood?: HostPerGoodSlopes;
}

/** The last hidden layer `[R, H]` for contexts `[R, d]`, in 64-bit floats. */
export function hostHidden(parameters: HostTensors, contexts: Float32Array, size: number): Float64Array {
  let hidden: Float64Array = Float64Array.from(contexts, (y) => 2 * y - 1), width = size;
  for (let layer = 0; parameters[`hidden.${layer}.weight`]; layer++) {
    const bias = parameters[`hidden.${layer}.bias`];
    hidden = hostReluLayer(hidden, width, parameters[`hidden.${layer}.weight`], bias), width = bias.data.length;
  }
  return hidden;
}

/** H and D of a hypernetwork on the host: the width of the last hidden layer, and how many raw weights come from it. */
export function hostSizes({ hidden, weight, bias, perGood }: HostHypernetworkOutput): { H: number; D: number } {
  const P = bias.length, D = perGood ? P - perGood.goods * (perGood.weight.length / perGood.width) : P;
  return { H: hidden ? weight!.length / D : 0, D };
}

/** Row `row` of a hypernetwork's raw weights `[P]`. */
export function hostRawWeights(hypernetwork: HostHypernetworkOutput, row: number): Float64Array {
  const { hidden, weight, bias, perGood } = hypernetwork,
    { H, D } = hostSizes(hypernetwork),
    out = Float64Array.from(bias);
  if (!perGood) {
    for (let h = 0; h < H; h++) {
      const x = hidden![row * H + h];
      for (let p = 0; p < D; p++) out[p] += x * weight![h * D + p];
    }
    return out;
  }
  const { goods: m, groups } = perGood, maps = perGood.weight.length / perGood.width, positive = D - maps;
  for (let h = 0; h < H; h++) {
    const x = hidden![row * H + h];
    for (let p = 0; p < positive; p++) out[p] += x * weight![h * D + p];
    for (let q = 0; q < maps; q++) out[slopeAt(positive, q, m, m, groups, maps)] += x * weight![h * D + positive + q];
  }
  addHostSlopes(perGood, row, out);
  return out;
}

/** f of each row of a hypernetwork on the host; bound once where one row of raw weights serves all. */
export function hostFunctions(
  network: ConvexNetwork,
  hypernetwork: HostHypernetworkOutput,
): (row: number) => HostFunction {
  if (hypernetwork.hidden) return (row) => network.bindOnHost(hostRawWeights(hypernetwork, row));
  const shared = network.bindOnHost(hypernetwork.bias);
  return () => shared;
}
