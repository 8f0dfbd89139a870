/**
 * Sums of the largest coordinates of a point: s_k(x) = 2 / (m + 1) times the sum of the k largest coordinates, for
 * k = 1..m. Each is convex and symmetric in x; s_m is linear. With this common scale those of (1, ..., 1) add up to m.
 *
 * @module
 */
import { type Tensor3D, type Tensor4D, tf } from "../deps/tfjs.ts";
import type { HostFunction, PointSlope } from "./network.ts";

/** The common scale of the sums, 2 / (m + 1). */
export function sumScale(goods: number): number {
  return 2 / (goods + 1);
}

/**
 * Writes the indices of a point's coordinates, the largest first, to `order` `[m]`; equal coordinates stay in their
 * order.
 */
export function sortGoods(point: ArrayLike<number>, order: Int32Array): void {
  for (let j = 0; j < order.length; j++) {
    let k = j;
    for (; k > 0 && point[order[k - 1]] < point[j]; k--) order[k] = order[k - 1];
    order[k] = j;
  }
}

/**
 * For points `[R, N, m]`, goods j and sums k, `[R, N, m, m]`: the common scale where coordinate j is in sum k, else 0.
 */
function membership(points: Tensor3D): Tensor4D {
  const [rows, count, m] = points.shape, places = tf.range(0, m);
  const own = tf.reshape(points, [rows, count, m, 1]), other = tf.reshape(points, [rows, count, 1, m]);
  const isEarlier = tf.less(tf.reshape(places, [1, 1, 1, m]), tf.reshape(places, [1, 1, m, 1]));
  const before = tf.logicalOr(tf.greater(other, own), tf.logicalAnd(tf.equal(other, own), isEarlier));
  const rank = tf.sum(tf.cast(before, "float32"), 3, true);
  return tf.mul(tf.cast(tf.lessEqual(rank, tf.reshape(places, [1, 1, 1, m])), "float32"), sumScale(m));
}

/** s `[R, N, m]` of points `[R, N, m]`, given their {@linkcode membership}. */
function sumsOf(points: Tensor3D, members: Tensor4D): Tensor3D {
  return tf.sum(tf.mul(members, tf.expandDims(points, 3)), 2);
}

/** The sums s `[R, N, m]` of points x `[R, N, m]`, on the device. */
export function sumsOfLargest(points: Tensor3D): Tensor3D {
  return tf.tidy(() => sumsOf(points, membership(points)));
}

/** The slope in x of a function of s, given its slope in s, on the device. */
export function slopeInGoods(slopeInSums: PointSlope): PointSlope {
  return (points) =>
    tf.tidy(() => {
      const members = membership(points), inSums = slopeInSums(sumsOf(points, members));
      return tf.sum(tf.mul(members, tf.expandDims(inSums, 2)), 3) as Tensor3D;
    });
}

/** The function f(s(x)) of x, and its slope in x, given a function f of s, on the host. */
export function functionOfSums(f: HostFunction, goods: number): HostFunction {
  const order = new Int32Array(goods), sums = new Float64Array(goods), slopes = new Float64Array(goods);
  const scale = sumScale(goods);
  return (point, slope) => {
    sortGoods(point, order);
    for (let k = 0, sum = 0; k < goods; k++) sums[k] = sum += scale * point[order[k]];
    const value = f(sums, slopes);
    for (let k = goods - 1, sum = 0; k >= 0; k--) slope[order[k]] = sum += scale * slopes[k];
    return value;
  };
}
