/**
 * Symmetric Partial GroupMax Networks: f(x) does not depend on which good is which.
 *
 *   f(x) = F(s_1(x), ..., s_m(x)),   s_k(x) = 2 / (m + 1) times the sum of the k largest coordinates of x,
 *
 * with a Partial GroupMax Network F whose slopes in s_1, ..., s_{m-1} are at least 0. Each s_k is convex and symmetric,
 * and s_m is linear, so that f is convex and symmetric.
 *
 * Such networks approximate every convex symmetric f: it is the supremum of its supporting planes and their
 * permutations, max over pi of <pi a, x> + b. With a sorted from the largest coordinate on, that maximum is (m + 1) / 2
 * sum_k (a_k - a_{k+1}) s_k(x) + b by summation by parts (a_{m+1} = 0), whose slopes are at least 0 but for that in
 * s_m. For one participant this answers the question that section 5 of the paper leaves open, for "universal
 * approximators of convex and permutation-invariant functions".
 *
 * Where goods are exchangeable no revenue is lost: the mean of the participant's best utility over permutations of the
 * goods is convex in the type, too, and the mechanism with that utility earns at least as much. What is gained: all
 * bundles of a size have one price, so that m slopes take the place of 2^m prices. The straight-jacket auction is
 * linear in the sums.
 *
 * The common scale of the sums fits Adam, whose steps have about the same length in all slopes: one step in all of them
 * raises the price of all goods by m times the step, as in a network of x, and that of smaller bundles by less with
 * every further good.
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

/**
 * The Partial GroupMax Network of a size: of the sums of the largest coordinates where `sumsOfLargest` is set, else of
 * x.
 */
export function groupMaxNetwork(size: PartialGroupMaxSize): ConvexNetwork {
  return size.sumsOfLargest ? symmetricGroupMax(size) : partialGroupMax(size);
}

/**
 * A symmetric Partial GroupMax Network as a family of functions of its raw weights: an approximator of convex functions
 * that do not depend on which good is which, which section 5 of the paper asks for. These are the raw weights of F, a
 * Partial GroupMax Network of the same size; slopes in s_1, ..., s_{m-1} are clamped from below at 0.
 *
 * @throws {InvalidInputError} unless all sizes are positive integers.
 */
export function symmetricGroupMax({ goods: m, layers, groups, groupSize }: PartialGroupMaxSize): ConvexNetwork {
  const size = { goods: m, layers, groups, groupSize }, ofSums = partialGroupMax(size), layout = groupMaxLayout(size);
  const P = ofSums.weightCount, allSlopes = lazily(() => ofSums.lowerBounds(true)!);
  const least = lazily(() => {
    const bounds = allSlopes().slice();
    for (let q = 0; q < layout.maps; q++) bounds[layout.map(q, m - 1)] = -LARGEST_FLOAT; // slopes in s_m have any sign
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
    lowerBounds: (nondecreasing) => nondecreasing ? allSlopes() : least(),
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

/** The kind of symmetric networks: prices do not depend on which good is which. */
export const symmetricKind: NetworkKindEntry = {
  summary: "prices that depend on how much is bought and not on which goods (without a context only)",
  withContext: false,
  setContext: false,
  make: symmetricGroupMax,
};
