/**
 * Tied weights of a Partial GroupMax Network: weights that have one value, so that f is the same function of all goods.
 *
 * Goods take each other's places in a cycle, and with them groups do, in all layers alike. A network whose weights are the
 * same before and after has f(sigma x) = f(x) for the cycle sigma; with a context whose effect is shared by the goods,
 * f(sigma x, sigma t) = f(x, t). That costs no revenue where goods are exchangeable: the mean of a mechanism's utility
 * over permutations is convex, too, and earns at least as much. It makes every profile an example for each good.
 *
 * The cycle moves each good by m / d places, where d is the largest divisor of m that is at most G. Groups are in cycles of
 * length d, as many as there is room for; what is left of them treats the goods of a cycle alike.
 *
 * Ties are a {@linkcode "./reparameterisation.ts"} from W numbers to themselves: each takes the value of the first of its
 * cycle.
 *
 * @module
 */
import { type Tensor2D, tf } from "../deps/tfjs.ts";
import { groupMaxLayout, type PartialGroupMaxSize } from "./groupmax_layout.ts";
import {
  forward,
  forwardOnDevice,
  multiplicities,
  type Reparameterisation,
  transpose,
  transposeOnDevice,
} from "./reparameterisation.ts";

/** Which weights of a network are tied. */
export interface NetworkTies {
  /** Among raw weights, W = P. */
  readonly raw: Reparameterisation;
  /** Among affine maps, W = K E G + 1. */
  readonly maps: Reparameterisation;
  /** Among the positive weights and the maps' offsets, W = D, in the order of {@linkcode "./per_good_slopes.ts"}. */
  readonly others: Reparameterisation;
}

/** Which weights of a network are tied where goods are exchangeable. */
export function networkTies(size: PartialGroupMaxSize): NetworkTies {
  const { goods: m, groups: G } = size, layout = groupMaxLayout(size);
  let d = Math.min(m, G);
  while (m % d !== 0) d--;
  const good = (j: number) => j === m ? m : (j + m / d) % m; // place m is the offset's
  const group = (g: number) => g < G - G % d ? g - g % d + (g + 1) % d : g;
  const { positiveCount, outPositive, maps, count } = layout;
  const map = (q: number) => q === maps - 1 ? q : q - q % G + group(q % G);
  const positiveWeight = (at: number) => {
    if (at >= outPositive) return outPositive + group(at - outPositive);
    const inMatrix = at % (G * G);
    return at - inMatrix + group(Math.floor(inMatrix / G)) * G + group(at % G);
  };
  const raw = new Int32Array(count);
  for (let at = 0; at < positiveCount; at++) raw[at] = positiveWeight(at);
  for (let q = 0; q < maps; q++) {
    for (let j = 0; j <= m; j++) raw[layout.map(q, j)] = layout.map(map(q), good(j));
  }
  return {
    raw: tiesOf(count, (at) => raw[at]),
    maps: tiesOf(maps, map),
    others: tiesOf(
      positiveCount + maps,
      (at) => at < positiveCount ? positiveWeight(at) : positiveCount + map(at - positiveCount),
    ),
  };
}

/** Ties the numbers in each cycle of a permutation of `width` numbers. */
function tiesOf(width: number, permutation: (at: number) => number): Reparameterisation {
  const from = new Int32Array(width).fill(-1);
  for (let first = 0; first < width; first++) {
    if (from[first] >= 0) continue;
    let at = first;
    do from[at] = first, at = permutation(at); while (at !== first);
  }
  return { inputs: width, from };
}

/** Gives tied numbers in each row of `values` `[rows, W]` the value of the first of them, in place. */
export function copyTied(values: Float32Array, ties: Reparameterisation): void {
  forward(ties, values.slice(), values);
}

/** Gives tied numbers in each row the mean of their values `[rows, W]`, from `values` to `to`: for all the same bits. */
export function meanOfTied(values: Float32Array, to: Float32Array, ties: Reparameterisation): void {
  const W = ties.inputs, sums = new Float64Array(W), counts = multiplicities(ties);
  for (let row = 0; row < values.length; row += W) {
    transpose(ties, values.subarray(row, row + W), sums);
    for (let at = 0; at < W; at++) sums[at] /= counts[at];
    forward(ties, sums, to.subarray(row, row + W));
  }
}

/** The same on the device, `[rows, W]`. */
export function meanOfTiedOnDevice(values: Tensor2D, ties: Reparameterisation): Tensor2D {
  return tf.tidy(() => {
    const counts = tf.tensor1d(Float32Array.from(multiplicities(ties), (count) => Math.max(1, count)));
    return forwardOnDevice(ties, tf.div(transposeOnDevice(ties, values), counts) as Tensor2D);
  });
}
