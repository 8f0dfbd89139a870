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
const INITIAL_CONTEXT_EFFECT = 0.1;

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
export interface WeightSource {
  /** The last hidden layer `[R, H]`; undefined without a context. */
  readonly hidden?: Tensor2D;
  /** `[H, P]`; undefined without a context. */
  readonly weight?: Tensor2D;
  /** `[P]`. */
  readonly bias: Tensor1D;
}

/** Some of a source's rows. The caller disposes of `hidden`. */
export function sliceSource({ hidden, weight, bias }: WeightSource, first: number, count: number): WeightSource {
  return { hidden: hidden && tf.slice(hidden, [first, 0], [count, hidden.shape[1]]), weight, bias };
}

/** The last hidden layer `[R, H]` for contexts `[R, d]`. */
export function lastHidden(parameters: Parameters, contexts: Tensor2D): Tensor2D {
  let hidden: Tensor2D = tf.sub(tf.mul(contexts, 2), 1);
  for (let layer = 0; parameters[`hidden.${layer}.weight`]; layer++) {
    hidden = tf.relu(
      tf.add(
        dense(hidden, parameters[`hidden.${layer}.weight`] as Tensor2D),
        parameters[`hidden.${layer}.bias`],
      ),
    );
  }
  return hidden;
}

/** The raw weights `[R, P]` of a source; `[1, P]` where there is no context. */
export function rawWeights({ hidden, weight, bias }: WeightSource): Tensor2D {
  return hidden ? tf.add(dense(hidden, weight!), bias) : tf.reshape(bias, [1, bias.size]);
}

/** As {@linkcode WeightSource} in the host's memory. What is computed from it is computed in 64-bit floats. */
export interface HostWeightSource {
  /** The last hidden layer `[R, H]`; undefined without a context. */
  readonly hidden?: Float32Array | Float64Array;
  /** `[H, P]`; undefined without a context. */
  readonly weight?: Float32Array;
  /** `[P]`. */
  readonly bias: Float32Array;
}

/** The last hidden layer `[R, H]` for contexts `[R, d]`, as {@linkcode lastHidden}, but in 64-bit floats. */
export function hostHidden(parameters: HostTensors, contexts: Float32Array, size: number): Float64Array {
  let hidden = Float64Array.from(contexts, (y) => 2 * y - 1), width = size;
  for (let layer = 0; parameters[`hidden.${layer}.weight`]; layer++) {
    const weight = parameters[`hidden.${layer}.weight`].data, bias = parameters[`hidden.${layer}.bias`].data;
    const next = bias.length, rows = hidden.length / width, out = new Float64Array(rows * next);
    for (let row = 0; row < rows; row++) {
      const sums = out.subarray(row * next, (row + 1) * next);
      sums.set(bias);
      for (let i = 0; i < width; i++) {
        const x = hidden[row * width + i];
        if (x === 0) continue; // about half of them, behind a relu
        for (let j = 0; j < next; j++) sums[j] += x * weight[i * next + j];
      }
      for (let j = 0; j < next; j++) sums[j] = Math.max(0, sums[j]);
    }
    hidden = out, width = next;
  }
  return hidden;
}

/** Row `row` of a source's raw weights `[P]`. */
export function hostRawWeights({ hidden, weight, bias }: HostWeightSource, row: number): Float64Array {
  const P = bias.length, H = hidden ? weight!.length / P : 0, out = Float64Array.from(bias);
  for (let h = 0; h < H; h++) {
    const x = hidden![row * H + h];
    for (let p = 0; p < P; p++) out[p] += x * weight![h * P + p];
  }
  return out;
}

/** f of each row of a source on the host; bound once where one row of raw weights serves all. */
export function sourceFunctions(network: ConvexNetwork, source: HostWeightSource): (row: number) => HostFunction {
  if (source.hidden) return (row) => network.bindOnHost(hostRawWeights(source, row));
  const shared = network.bindOnHost(source.bias);
  return () => shared;
}

/** input `[R, a]` times weight `[a, b]`; its gradient transposes first, as products with transposed arguments are slow on wasm. */
function dense(input: Tensor2D, weight: Tensor2D): Tensor2D {
  // deno-lint-ignore no-explicit-any -- tfjs types the saving function of customGrad for one tensor only
  const product = tf.customGrad((x: any, w: any, save: any) => {
    save([x, w]);
    return {
      value: tf.matMul(x, w),
      // deno-lint-ignore no-explicit-any
      gradFunc: (dy: any, saved: any) => [
        tf.matMul(dy, tf.transpose(saved[1])),
        tf.matMul(tf.transpose(saved[0]), dy),
      ],
    };
  });
  return product(input, weight) as Tensor2D;
}
