/**
 * Symmetric Partial GroupMax Networks: f(x) does not depend on which good is which.
 *
 *   f(x) = F(s_1(x), ..., s_m(x)),   s_k(x) = 2 / (m + 1) times the sum of the k largest coordinates of x,
 *
 * with a Partial GroupMax Network F whose slopes in s_1, ..., s_{m-1} are at least 0. Each s_k is convex and symmetric, s_m
 * is linear, so f is convex and symmetric. F with such slopes is a universal approximator of these functions: a convex
 * symmetric f is the largest of its supporting planes over all permutations, max <pi a, x> + b, and with a sorted that is
 * (m + 1) / 2 sum_k (a_k - a_{k+1}) s_k(x) + b by Abel's summation (a_{m+1} = 0), whose slopes are at least 0 but for that
 * of s_m. It answers what section 5 of the paper leaves open, for one participant: "universal approximators of convex and
 * permutation-invariant functions".
 *
 * Nothing is lost where goods are exchangeable: the mean of a mechanism's prices over permutations of the goods is convex,
 * too, and earns at least as much. What is gained: all bundles of a size have one price, and m sums tell all that there is
 * to learn about 2^m bundles. The straight-jacket auction is linear in them.
 *
 * Steps of equal length in all slopes, as Adam's are, raise the price of a bundle by less and less with every good in it,
 * and that of all goods by m times the step, as they do without the sums.
 *
 * @module
 */
import type { Tensor2D } from "../deps/tfjs.ts";
import type { RandomKey } from "../random/key.ts";
import { groupMaxLayout, type PartialGroupMaxSize } from "./groupmax_layout.ts";
import type { ConvexNetwork, NetworkKindEntry } from "./network.ts";
import { partialGroupMax, setInitialPrice } from "./partial_groupmax.ts";
import {
  forward,
  forwardOnDevice,
  identity,
  LARGEST_FLOAT,
  lazily,
  type Reparameterisation,
} from "./reparameterisation.ts";
import { functionOfSums, slopeInGoods, sumsOfLargest } from "./sums_of_largest.ts";

/** A Partial GroupMax Network of any size, of sums or of goods. */
export function groupMaxNetwork(size: PartialGroupMaxSize): ConvexNetwork {
  return size.sumsOfLargest ? symmetricGroupMax(size) : partialGroupMax(size);
}

/**
 * A symmetric Partial GroupMax Network as a family of functions of its raw weights, which are those of a Partial GroupMax
 * Network of the same size. Slopes in s_1, ..., s_{m-1} are clamped at 0 from below.
 *
 * @throws {InvalidInputError} unless all sizes are positive integers.
 */
export function symmetricGroupMax({ goods: m, layers, groups, groupSize }: PartialGroupMaxSize): ConvexNetwork {
  const size = { goods: m, layers, groups, groupSize }, ofSums = partialGroupMax(size), layout = groupMaxLayout(size);
  const P = ofSums.weightCount, nondecreasing = lazily(() => ofSums.lowerBounds(true)!);
  const least = lazily(() => {
    const bounds = nondecreasing().slice();
    for (let q = 0; q < layout.maps; q++) bounds[layout.map(q, m - 1)] = -LARGEST_FLOAT; // the slope in s_m is free
    return bounds;
  });
  const weights = lazily((): Reparameterisation => ({ ...identity(P), least: least() }));

  const clamped = (raw: Tensor2D): Tensor2D => forwardOnDevice(weights(), raw);
  const network: ConvexNetwork = {
    goods: m,
    weightCount: P,
    convex: true,
    activations: ofSums.activations,
    groupMax: { size: { ...size, sumsOfLargest: true }, direct: false, weights },
    lowerBounds: (all) => all ? nondecreasing() : least(),
    initialWeights(key: RandomKey): Float32Array {
      const initial = ofSums.initialWeights(key, { nondecreasing: true });
      initial.fill(0, layout.outFree, layout.outFree + m);
      setInitialPrice(initial, size, network.bindOnHost(initial), true);
      return initial;
    },
    value: (raw, points) => ofSums.value(clamped(raw), sumsOfLargest(points)),
    slope: (raw) => slopeInGoods(ofSums.slope(clamped(raw))),
    bindOnHost: (raw) => functionOfSums(ofSums.bindOnHost(forward(weights(), raw, new Float64Array(P))), m),
  };
  return network;
}

/** The kind of network whose prices do not depend on which good is which. */
export const symmetricKind: NetworkKindEntry = {
  summary: "prices that depend on how much is bought and not on which goods (one participant only)",
  single: true,
  setContext: false,
  make: symmetricGroupMax,
};
