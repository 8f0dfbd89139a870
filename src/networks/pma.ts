/**
 * Parameterized Max-Affine (Kim and Kim, IEEE TNNLS 2022), the network of the ablation TEDI-PMA:
 *
 *   f(x, y) = max_l <a_l(y), x> + b_l(y),   l = 1..L.
 *
 * It is written as a Partial GroupMax Network of one layer with one group of L elements (K = G = 1, E = L), for which
 * there are fused kernels: f = W max_l (<a_l, x> + b_l) + <A, x> + b with W > 0. The family of functions is the same:
 * with a_l' = W a_l + A and b_l' = W b_l + b this is max_l <a_l', x> + b_l', and W = 1, A = 0, b = 0 give every
 * max-affine function. The m + 2 further weights W, A, b only scale gradients differently. All pairs (a_l, b_l) come
 * from one hypernetwork, as in the paper's ablation.
 *
 * One f has P raw weights: W before softplus, (a_l, b_l) `[L, m + 1]`, (A, b) `[m + 1]`.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { requireInteger } from "../errors.ts";
import type { ConvexNetwork, NetworkKindEntry, PointSlope } from "./network.ts";
import { partialGroupMax, withOne } from "./partial_groupmax.ts";

/** The size of a Parameterized Max-Affine network. */
export interface ParameterizedMaxAffineSize {
  /** m, the dimension of x. */
  readonly goods: number;
  /** L, the number of affine functions. */
  readonly pieces: number;
}

/**
 * A Parameterized Max-Affine network as a family of functions of its raw weights.
 *
 * @throws {InvalidInputError} unless all sizes are positive integers.
 */
export function parameterizedMaxAffine(size: ParameterizedMaxAffineSize): ConvexNetwork {
  const { goods, pieces } = size;
  for (const [name, value] of Object.entries(size)) {
    requireInteger("make a Parameterized Max-Affine network", name, value, 1);
  }
  const network = partialGroupMax({ goods, layers: 1, groups: 1, groupSize: pieces });

  /** W `[R, 1, 1]`, (a_l, b_l) `[R, m + 1, L]` and (A, b) `[R, m + 1, 1]` of R rows of raw weights. */
  const matrices = (weights: Tensor2D) => {
    const rows = weights.shape[0], inputs = goods + 1;
    const [scale, flat, last] = tf.split(weights, [1, pieces * inputs, inputs], 1);
    return {
      scale: tf.softplus(tf.reshape(scale, [rows, 1, 1])),
      affine: tf.transpose(tf.reshape(flat, [rows, pieces, inputs]), [0, 2, 1]) as Tensor3D,
      residual: tf.reshape(last, [rows, inputs, 1]) as Tensor3D,
    };
  };

  // Without fused kernels: one matrix product for all L elements, where partialGroupMax has one for each.
  return {
    ...network,
    lowerBounds: () => undefined,
    initialWeights: (key, { tied } = {}) => network.initialWeights(key, { tied }),
    value(weights: Tensor2D, points: Tensor3D): Tensor2D {
      const { scale, affine, residual } = matrices(weights), inputs = withOne(points);
      const most = tf.max(tf.matMul(inputs, affine), 2, true);
      const f = tf.add(tf.mul(most, scale), tf.matMul(inputs, residual));
      return tf.reshape(f, [points.shape[0], points.shape[1]]);
    },
    slope(weights: Tensor2D): PointSlope {
      const { scale, affine, residual } = matrices(weights), rows = weights.shape[0];
      const slopes = tf.mul(tf.transpose(tf.slice(affine, [0, 0, 0], [rows, goods, pieces]), [0, 2, 1]), scale);
      const last = tf.reshape(tf.slice(residual, [0, 0, 0], [rows, goods, 1]), [rows, 1, goods]);
      return (points) => {
        const values = tf.matMul(withOne(points), affine);
        // TensorFlow.js has no oneHot of depth 1.
        const chosen = pieces > 1 ? tf.oneHot(tf.argMax(values, 2), pieces) : tf.onesLike(values);
        return tf.add(tf.matMul(chosen as Tensor3D, slopes as Tensor3D), last);
      };
    },
  };
}

/** The ablation TEDI-PMA: L = K G E affine functions, as many as there are in the Partial GroupMax Network's groups. */
export const pmaKind: NetworkKindEntry = {
  summary: "one maximum, of the ablation TEDI-PMA",
  withContext: true,
  setContext: true,
  make: ({ goods, layers, groups, groupSize }) =>
    parameterizedMaxAffine({ goods, pieces: layers * groups * groupSize }),
};
