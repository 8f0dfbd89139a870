/**
 * Raw weights of a Partial GroupMax Network that are shared by goods, so that f is the same function of all of them.
 *
 * Goods take each other's places in a cycle, and with them groups do, in all layers alike. A network whose weights are the
 * same before and after has f(sigma x) = f(x) for the cycle sigma; with a context whose effect is shared by the goods,
 * f(sigma x, sigma t) = f(x, t). That costs no revenue where goods are exchangeable: the mean of a mechanism's utility
 * over permutations is convex, too, and earns at least as much. It makes every profile an example for each good.
 *
 * The cycle moves each good by m / d places, where d is the largest divisor of m that is at most G. Groups are in cycles of
 * length d, as many as there is room for; what is left of them treats the goods of a cycle alike.
 *
 * @module
 */
import { slopeAt } from "./per_good_slopes.ts";
import type { PartialGroupMaxSize } from "./partial_groupmax.ts";

/** Which of W numbers have one value: they are in cycles of a permutation. */
export interface TiedWeights {
  /** d: how often the permutation is applied until all are where they were. */
  readonly length: number;
  /** `[d, W]`: for each number the cycle that it is in, from the first of that cycle on. */
  readonly members: Int32Array;
}

/** Where the weights of a network share values. */
export interface NetworkTies {
  /** Among raw weights, W = P. */
  readonly raw: TiedWeights;
  /** Among affine maps, W = K E G + 1, in the order of {@linkcode "./per_good_slopes.ts"}. */
  readonly maps: TiedWeights;
  /** Among the positive part and the maps' offsets, W = D, in the same order. */
  readonly others: TiedWeights;
}

/** How the weights of a network are shared by goods. */
export function networkTies({ goods: m, layers: K, groups: G, groupSize: E }: PartialGroupMaxSize): NetworkTies {
  let d = Math.min(m, G);
  while (m % d !== 0) d--;
  const good = (j: number) => j === m ? m : (j + m / d) % m; // place m is the offset's
  const group = (g: number) => g < G - G % d ? g - g % d + (g + 1) % d : g;
  const square = G * G, positive = (K - 1) * E * square + G, maps = K * E * G + 1;
  const map = (q: number) => q === maps - 1 ? q : q - q % G + group(q % G);
  const positiveWeight = (at: number) => {
    if (at >= positive - G) return positive - G + group(at - (positive - G));
    return at - at % square + group(Math.floor(at % square / G)) * G + group(at % G);
  };
  const raw = Int32Array.from({ length: positive + maps * (m + 1) }, (_, at) => at < positive ? positiveWeight(at) : 0);
  for (let q = 0; q < maps; q++) {
    for (let j = 0; j <= m; j++) {
      raw[slopeAt(positive, q, j, m, G, maps)] = slopeAt(positive, map(q), good(j), m, G, maps);
    }
  }
  return {
    raw: cycles(raw.length, d, (at) => raw[at]),
    maps: cycles(maps, d, map),
    others: cycles(positive + maps, d, (at) => at < positive ? positiveWeight(at) : positive + map(at - positive)),
  };
}

/** The cycles of a permutation of `width` numbers, which all have `length` members or one. */
function cycles(width: number, length: number, permutation: (at: number) => number): TiedWeights {
  const members = new Int32Array(length * width), found = new Uint8Array(width);
  for (let first = 0; first < width; first++) {
    if (found[first]) continue;
    const cycle = [first];
    while (cycle.length < length) cycle.push(permutation(cycle.at(-1)!));
    for (const at of cycle) {
      found[at] = 1;
      for (let s = 0; s < length; s++) members[s * width + at] = cycle[s];
    }
  }
  return { length, members };
}

/** Gives the numbers in each row of `values` `[rows, W]` the value of the first of their cycle, in place. */
export function copyTied(values: Float32Array, { length, members }: TiedWeights): void {
  const width = members.length / length;
  for (let row = 0; row < values.length; row += width) {
    for (let at = 0; at < width; at++) values[row + at] = values[row + members[at]];
  }
}

/** Gives them the mean over their cycle, from `values` to `to`. */
export function meanOfTied(values: Float32Array, to: Float32Array, { length, members }: TiedWeights): void {
  const width = members.length / length;
  for (let row = 0; row < values.length; row += width) {
    for (let at = 0; at < width; at++) {
      if (members[at] !== at) continue;
      let sum = 0;
      for (let s = 0; s < length; s++) sum += values[row + members[s * width + at]];
      for (let s = 0; s < length; s++) to[row + members[s * width + at]] = sum / length;
    }
  }
}
