/**
 * Tied weights of a Partial GroupMax Network: weights that share one value, so that f treats goods alike that are
 * exchangeable.
 *
 * A permutation sigma moves every good to the place of another and, with it, the groups of every layer. Weights that it
 * takes to one another are tied. Then f(sigma x) = f(x); with a set context f(sigma x, sigma t) = f(x, t). Every
 * profile becomes an example for several goods. Where goods are exchangeable this costs no revenue in principle: the
 * mean of the participants' utilities over permutations of the goods is that of a truthful mechanism, too, which earns
 * at least as much.
 *
 * sigma moves good j to place j + m / d modulo m, where d is the largest divisor of m that is at most G: goods are in
 * cycles of length d. So are groups; the remaining G modulo d groups stay in place, and treat all goods of a cycle
 * alike.
 *
 * Ties are a {@linkcode "./reparameterisation.ts"} from W numbers to W: each number takes the value of the first one of
 * its cycle.
 *
 * @module
 */
import { type Tensor2D, tf } from "../deps/tfjs.ts";
import { constant } from "../runtime/constants.ts";
import { groupMaxLayout, type PartialGroupMaxSize } from "./groupmax_layout.ts";
import {
  forward,
  forwardOnDevice,
  multiplicities,
  type Reparameterisation,
  transpose,
  transposeOnDevice,
} from "./reparameterisation.ts";

/** The ties of a network, for each parameter that has some. */
export interface NetworkTies {
  /** Among the raw weights, W = P. */
  readonly raw: Reparameterisation;
  /** Among the affine maps, the columns of S, W = K E G + 1. */
  readonly maps: Reparameterisation;
  /** Among the raw weights that are no slopes, W = D, in the order of {@linkcode "./per_good_slopes.ts"}. */
  readonly others: Reparameterisation;
}

/** The ties of a network whose goods are exchangeable. */
export function networkTies(size: PartialGroupMaxSize): NetworkTies {
  const { goods: m, groups: G } = size, layout = groupMaxLayout(size);
  const d = cycleLength(size);
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

/** d, the length of the cycles of goods and groups: the largest divisor of m that is at most G. */
export function cycleLength({ goods: m, groups: G }: Pick<PartialGroupMaxSize, "goods" | "groups">): number {
  let d = Math.min(m, G);
  while (m % d !== 0) d--;
  return d;
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

/** Gives all tied numbers in each row of `values` `[rows, W]` the value of the first of them, in place. */
export function copyTied(values: Float32Array, ties: Reparameterisation): void {
  forward(ties, values.slice(), values);
}

/**
 * Writes `values` `[rows, W]` to `to`, with the mean of tied numbers in the place of each, the same bits for all of
 * them.
 */
export function meanOfTied(values: Float32Array, to: Float32Array, ties: Reparameterisation): void {
  const W = ties.inputs, sums = new Float64Array(W), counts = multiplicities(ties);
  for (let row = 0; row < values.length; row += W) {
    transpose(ties, values.subarray(row, row + W), sums);
    for (let at = 0; at < W; at++) sums[at] /= counts[at];
    forward(ties, sums, to.subarray(row, row + W));
  }
}

const divisors = new WeakMap<Reparameterisation, Float32Array>();

/** How many numbers are tied to each, itself among them, and 1 where it is another that stands for them. */
function divisorsOf(ties: Reparameterisation): Float32Array {
  let counts = divisors.get(ties);
  if (!counts) divisors.set(ties, counts = Float32Array.from(multiplicities(ties), (count) => Math.max(1, count)));
  return counts;
}

/** As {@linkcode meanOfTied}, on the device: `[rows, W]`. */
export function meanOfTiedOnDevice(values: Tensor2D, ties: Reparameterisation): Tensor2D {
  return tf.tidy(() => {
    return forwardOnDevice(ties, tf.div(transposeOnDevice(ties, values), constant(divisorsOf(ties))) as Tensor2D);
  });
}
