/**
 * Hypernetwork outputs: the raw weights `[R, P]` of the convex network, kept as the factors of a matrix product. A row
 * is a participant of a profile, R = B n.
 *
 * The hypernetwork reads contexts. Its output is `hidden weight + bias`, or `bias` for every row where there is no
 * context. The product would be the largest tensor of training, so that kernels compute it for a few rows at a time.
 *
 * @module
 */
import { type Tensor1D, type Tensor2D, tf } from "../deps/tfjs.ts";
import { dense } from "./dense_layer.ts";
import { type RoundedPrice, roundedPrice } from "./groupmax_price.ts";
import type { ConvexNetwork, HostFunction } from "./network.ts";
import { type HostPerGoodSlopes, type PerGoodSlopes, placeWeights } from "./per_good_slopes.ts";
import { price } from "./price.ts";
import { forward, transpose } from "./reparameterisation.ts";

/** The output of a Parameterized Affine Network (Definition 3.2): raw weights `[R, P]` as factors, on the device. */
export interface HypernetworkOutput {
  /** The last hidden layer `[R, H]`; undefined without a context. */
  readonly hidden?: Tensor2D;
  /** `[H, P]`, or `[H, D]` with slopes per good, where D raw weights are no slopes; undefined without a context. */
  readonly weight?: Tensor2D;
  /** `[P]`. */
  readonly bias: Tensor1D;
  /**
   * The factors of slopes per good: see {@linkcode "./per_good_slopes.ts"}. Without them slopes come from `hidden`,
   * too.
   */
  readonly perGood?: PerGoodSlopes;
}

/** `count` rows of a hypernetwork output, from row `first` on. The caller disposes of its hidden layers. */
export function sliceRows(hypernetwork: HypernetworkOutput, first: number, count: number): HypernetworkOutput {
  const { hidden, perGood, weight, bias } = hypernetwork;
  return {
    ...{ weight, bias, hidden: hidden && tf.slice(hidden, [first, 0], [count, hidden.shape[1]]) },
    perGood: perGood && { ...perGood, hidden: tf.slice(perGood.hidden, [first], [count]) },
  };
}

/**
 * The rows of two hypernetwork outputs by the same parameters, those of the second behind those of the first. The caller
 * disposes of its hidden layers.
 */
export function joinRows(first: HypernetworkOutput, second: HypernetworkOutput): HypernetworkOutput {
  const { hidden, perGood } = first;
  return {
    ...first,
    hidden: hidden && tf.concat([hidden, second.hidden!], 0),
    perGood: perGood && { ...perGood, hidden: tf.concat([perGood.hidden, second.perGood!.hidden], 0) },
  };
}

/** Disposes of the hidden layers of a hypernetwork output; all other tensors of it are parameters. */
export function disposeHidden({ hidden, perGood }: HypernetworkOutput): void {
  tf.dispose([hidden, perGood?.hidden]);
}

/**
 * W(y) and b(y) of a Parameterized Affine Network (Definition 3.2), whole. Multiplies a hypernetwork output out: raw weights `[R, P]`, or `[1, P]` where there is no context. Differentiable.
 */
export function rawWeights({ hidden, weight, bias, perGood }: HypernetworkOutput): Tensor2D {
  if (!hidden) return tf.reshape(bias, [1, bias.size]);
  const product = dense(hidden, weight!);
  if (!perGood) return tf.add(product, bias);
  const [R, m, width] = perGood.hidden.shape, maps = perGood.weight.shape[1];
  const slopes = dense(tf.reshape(perGood.hidden, [R * m, width]), perGood.weight);
  return tf.add(placeWeights(product, tf.reshape(slopes, [R, m, maps]), perGood.placement), bias);
}

/** As {@linkcode HypernetworkOutput}, in the host's memory. Raw weights made of it are 64-bit floats. */
export interface HostHypernetworkOutput {
  /** The last hidden layer `[R, H]`; undefined without a context. */
  readonly hidden?: Float32Array | Float64Array;
  /** `[H, P]`, or `[H, D]` with slopes per good; undefined without a context. */
  readonly weight?: Float32Array;
  /** `[P]`. */
  readonly bias: Float32Array;
  /** The factors of slopes per good. Without them slopes come from `hidden`, too. */
  readonly perGood?: HostPerGoodSlopes;
}

/** H and D of a hypernetwork output: the width of the last hidden layer, and how many raw weights come from it. */
export function hostSizes({ hidden, weight, bias, perGood }: HostHypernetworkOutput): { H: number; D: number } {
  const P = bias.length, D = perGood ? P - perGood.goods * (perGood.weight.length / perGood.width) : P;
  return { H: hidden ? weight!.length / D : 0, D };
}

/** `count` of the `rows` rows of a hypernetwork output, from row `first` on. Its arrays are views. */
export function hostRows(
  hypernetwork: HostHypernetworkOutput,
  rows: number,
  first: number,
  count: number,
): HostHypernetworkOutput {
  return ofRows(
    hypernetwork,
    (all) => all.subarray(first * all.length / rows, (first + count) * all.length / rows),
  );
}

/** Some of the `rows` rows of a hypernetwork output, in 64-bit floats. */
export function hostRowsAt(
  hypernetwork: HostHypernetworkOutput,
  rows: number,
  at: readonly number[],
): HostHypernetworkOutput {
  return ofRows(hypernetwork, (all) => {
    const width = all.length / rows, picked = new Float64Array(at.length * width);
    at.forEach((row, k) => picked.set(all.subarray(row * width, (row + 1) * width), k * width));
    return picked;
  });
}

/** A hypernetwork output with some of the rows of what differs from row to row. */
function ofRows(
  hypernetwork: HostHypernetworkOutput,
  some: (all: Float32Array | Float64Array) => Float32Array | Float64Array,
): HostHypernetworkOutput {
  const { hidden, perGood } = hypernetwork;
  if (!hidden) return hypernetwork;
  return {
    ...hypernetwork,
    hidden: some(hidden),
    ...perGood && { perGood: { ...perGood, hidden: some(perGood.hidden) } },
  };
}

/** The raw weights `[P]` of row `row` of a hypernetwork output. */
export function hostRawWeights(hypernetwork: HostHypernetworkOutput, row: number): Float64Array {
  const { hidden, weight, bias, perGood } = hypernetwork, { H, D } = hostSizes(hypernetwork);
  if (!perGood) {
    const out = Float64Array.from(bias);
    if (hidden) addRow(hidden, row, H, weight!, out);
    return out;
  }
  // Raw weights in the order of placement's inputs: D from the common hidden layer, then the slopes good by good.
  const { placement, goods: m, width } = perGood, maps = perGood.weight.length / width;
  const made = transpose(placement, bias, new Float64Array(bias.length));
  addRow(hidden!, row, H, weight!, made.subarray(0, D));
  for (let j = 0; j < m; j++) {
    addRow(perGood.hidden, row * m + j, width, perGood.weight, made.subarray(D + j * maps, D + (j + 1) * maps));
  }
  return forward(placement, made, new Float64Array(bias.length));
}

/** Adds row `row` of `[R, height]` times a matrix `[height, columns]` to `out` `[columns]`. */
function addRow(
  rows: Float32Array | Float64Array,
  row: number,
  height: number,
  matrix: Float32Array,
  out: Float64Array,
): void {
  const columns = out.length;
  for (let h = 0; h < height; h++) {
    const x = rows[row * height + h];
    if (x === 0) continue; // about half of the outputs of a relu layer
    for (let p = 0; p < columns; p++) out[p] += x * matrix[h * columns + p];
  }
}

/** A price by row of a hypernetwork output, and the magnitude that bounds its rounding: see groupmax_price.ts. */
export interface HostPrice extends Partial<Omit<RoundedPrice, "price">> {
  /** The price of an outcome and its slope, equation (2). */
  readonly price: HostFunction;
}

/**
 * The price of an outcome, equation (2), by row of a hypernetwork output, in 64-bit floats, with what is known of its
 * rounding: nothing where the network cannot be written as a Partial GroupMax Network. Where there is no context, all
 * rows have the same function, made once.
 */
export function hostRoundedPrices(
  network: ConvexNetwork,
  hypernetwork: HostHypernetworkOutput,
): (row: number) => HostPrice {
  const { groupMax, goods } = network;
  const bound = (weights: Float32Array | Float64Array): HostPrice =>
    groupMax ? roundedPrice(groupMax, weights) : { price: price(network.bindOnHost(weights), goods) };
  if (hypernetwork.hidden) return (row) => bound(hostRawWeights(hypernetwork, row));
  const shared = bound(hypernetwork.bias);
  return () => shared;
}

/** As {@linkcode hostRoundedPrices}, without what is known of rounding. */
export function hostPrices(
  network: ConvexNetwork,
  hypernetwork: HostHypernetworkOutput,
): (row: number) => HostFunction {
  const prices = hostRoundedPrices(network, hypernetwork);
  return (row) => prices(row).price;
}
