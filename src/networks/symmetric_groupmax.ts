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
import { type Tensor2D, type Tensor3D, type Tensor4D, tf } from "../deps/tfjs.ts";
import type { RandomKey } from "../random/key.ts";
import { atLeast, type ConvexNetwork, type HostFunction, type PointSlope } from "./network.ts";
import { LARGEST_FLOAT, partialGroupMax, type PartialGroupMaxSize, setInitialPrice } from "./partial_groupmax.ts";

/** Writes the places of a point's coordinates from the largest on to `order` `[m]`, of equal ones the first first. */
export function sortGoods(point: ArrayLike<number>, order: Int32Array): void {
  for (let j = 0; j < order.length; j++) {
    let k = j;
    for (; k > 0 && point[order[k - 1]] < point[j]; k--) order[k] = order[k - 1];
    order[k] = j;
  }
}

/** What a sum of k coordinates is multiplied by, so that the sums of (1, ..., 1) add up to m. */
export function sumScale(goods: number): number {
  return 2 / (goods + 1);
}

/** A Partial GroupMax Network of any size, of sums or of goods. */
export function groupMaxNetwork(size: PartialGroupMaxSize): ConvexNetwork {
  return size.sumsOfLargest ? symmetricGroupMax(size) : partialGroupMax(size);
}

/** `[R, N, m, m]`, by goods j and sums k: the sum's scale where good j is in the sum k of points `[R, N, m]`, else 0. */
function membership(points: Tensor3D): Tensor4D {
  const [rows, count, m] = points.shape, places = tf.range(0, m);
  const own = tf.reshape(points, [rows, count, m, 1]), other = tf.reshape(points, [rows, count, 1, m]);
  const isEarlier = tf.less(tf.reshape(places, [1, 1, 1, m]), tf.reshape(places, [1, 1, m, 1]));
  const before = tf.logicalOr(tf.greater(other, own), tf.logicalAnd(tf.equal(other, own), isEarlier));
  const rank = tf.sum(tf.cast(before, "float32"), 3, true);
  return tf.mul(tf.cast(tf.lessEqual(rank, tf.reshape(places, [1, 1, 1, m])), "float32"), sumScale(m));
}

/** s `[R, N, m]` of points, from what is in the sums. */
function sumsOf(points: Tensor3D, members: Tensor4D): Tensor3D {
  return tf.sum(tf.mul(members, tf.expandDims(points, 3)), 2);
}

/**
 * A symmetric Partial GroupMax Network as a family of functions of its raw weights, which are those of a Partial GroupMax
 * Network of the same size. Slopes in s_1, ..., s_{m-1} count as 0 where they are below.
 *
 * @throws {InvalidInputError} unless all sizes are positive integers.
 */
export function symmetricGroupMax({ goods: m, layers, groups, groupSize }: PartialGroupMaxSize): ConvexNetwork {
  const size = { goods: m, layers, groups, groupSize }, ofSums = partialGroupMax(size), scale = sumScale(m);
  const { weightCount: P } = ofSums, nondecreasing = ofSums.nondecreasing!(), leastWeights = nondecreasing.slice();
  // A map has m rows of slopes, one for each sum, and one of offsets. The last row of slopes is free.
  const map = (m + 1) * groups, last = P - m - 1, first = last - layers * groupSize * map, unbounded = -LARGEST_FLOAT;
  for (let at = first; at < last; at += map) leastWeights.fill(unbounded, at + (m - 1) * groups, at + m * groups);
  leastWeights[last + m - 1] = unbounded;

  const bounded = (weights: Tensor2D): Tensor2D => tf.maximum(weights, tf.tensor2d(leastWeights, [1, P]));
  const network: ConvexNetwork = {
    goods: m,
    weightCount: P,
    groupMax: { ...size, sumsOfLargest: true },
    leastWeights,
    nondecreasing: () => nondecreasing,

    initialWeights(key: RandomKey): Float32Array {
      const weights = ofSums.initialWeights(key, true);
      weights.fill(0, last, last + m);
      setInitialPrice(weights, size, network.bindOnHost(weights), true);
      return weights;
    },

    value: (weights: Tensor2D, points: Tensor3D): Tensor2D =>
      ofSums.value(bounded(weights), tf.tidy(() => sumsOf(points, membership(points)))),

    slope(weights: Tensor2D): PointSlope {
      const inSumsOf = ofSums.slope(bounded(weights));
      return (points) =>
        tf.tidy(() => {
          const members = membership(points), inSums = inSumsOf(sumsOf(points, members));
          return tf.sum(tf.mul(members, tf.expandDims(inSums, 2)), 3) as Tensor3D;
        });
    },

    bindOnHost(raw: Float32Array | Float64Array): HostFunction {
      const f = ofSums.bindOnHost(atLeast(network, raw));
      const order = new Int32Array(m), sums = new Float64Array(m), slopes = new Float64Array(m);
      return (point, gradient) => {
        sortGoods(point, order);
        for (let k = 0, sum = 0; k < m; k++) sums[k] = sum += scale * point[order[k]];
        const value = f(sums, slopes);
        for (let k = m - 1, sum = 0; k >= 0; k--) gradient[order[k]] = sum += scale * slopes[k];
        return value;
      };
    },
  };
  return network;
}
