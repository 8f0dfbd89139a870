/**
 * Initial weights of a Partial GroupMax Network (Definition 3.3) that say the largest coordinate of x, max_j x_j, which
 * random ones are far from: a price for taking part at all.
 *
 * Group g of the first layer is the largest of the E coordinates from place g on, in cycles as those of
 * {@linkcode "./tied_weights.ts"}, and group g of the second the largest of the groups that together have all
 * coordinates. Each of d groups then is max_j x_j. The others stay as they are.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "./groupmax_layout.ts";
import { inverseSoftplus } from "./softplus.ts";
import { cycleLength } from "./tied_weights.ts";

/** What is left of the random weights of groups that say the largest coordinate, and positive weights that stand for 0. */
const REST = 0.1, NEARLY_ZERO = 0.002;

/** Whether a network is large enough to say max_j x_j in this way. */
export function saysLargestCoordinate(size: PartialGroupMaxSize): boolean {
  const { goods, layers, groupSize } = size, d = cycleLength(size);
  return layers >= 2 && d === goods && Math.ceil(d / groupSize) <= groupSize;
}

/**
 * Changes raw weights `[P]` in place, so that f has the term `multiple` max_j x_j in the place of the terms of the first d
 * groups.
 *
 * @param size One with {@linkcode saysLargestCoordinate}. Layers after the second stay as they are.
 * @param multiple Above 0.
 */
export function setLargestCoordinate(weights: Float32Array, size: PartialGroupMaxSize, multiple: number): void {
  const { goods: m, groups: G, groupSize: E } = size, layout = groupMaxLayout(size), d = cycleLength(size);
  const blocks = Math.ceil(d / E), one = inverseSoftplus(1), none = inverseSoftplus(NEARLY_ZERO);
  for (let g = 0; g < d; g++) {
    for (let e = 0; e < E; e++) {
      for (let j = 0; j <= m; j++) {
        weights[layout.map(e * G + g, j)] *= REST;
        weights[layout.map((E + e) * G + g, j)] *= REST;
      }
      weights[layout.map(e * G + g, (g + e) % m)] += 1;
      const matrix = layout.positive(1, e);
      for (let from = 0; from < G; from++) weights[matrix + from * G + g] = none;
      weights[matrix + (g + E * (e % blocks)) % d * G + g] = one;
    }
    weights[layout.outPositive + g] = inverseSoftplus(multiple / d);
  }
}
