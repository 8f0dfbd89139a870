/**
 * Parameterized Max-Affine (Kim and Kim, IEEE TNNLS 2022), the network of the ablation TEDI-PMA:
 *
 *   f(x, y) = max_l <a_l(y), x> + b_l(y),   l = 1..L.
 *
 * It is made as a Partial GroupMax Network of one layer with one group of L elements (K = G = 1, E = L), for which there
 * are fused kernels: f = W max_l (<a_l, x> + b_l) + <A, x> + b with W > 0. That is the same family of functions: with
 * a_l' = W a_l + A and b_l' = W b_l + b it is max_l <a_l', x> + b_l', and with W = 1, A = 0, b = 0 every max-affine
 * function is among them. The m + 2 weights W, A, b change only how gradients are scaled. The L pairs are outputs of
 * one network of the context y, as the paper's baseline has them.
 *
 * Raw weights: W before softplus, (a_l, b_l) `[L, m + 1]`, (A, b) `[m + 1]`.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { requireInteger } from "../errors.ts";
import type { ConvexNetwork, NetworkKindEntry, PointSlope } from "./network.ts";
import { partialGroupMax } from "./partial_groupmax.ts";

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

  /** W `[R, 1, 1]`, the pieces `[R, m + 1, L]` and the residual connection `[R, m + 1, 1]` of R functions. */
  const matrices = (weights: Tensor2D) => {
    const rows = weights.shape[0], inputs = goods + 1;
    const [scale, flat, last] = tf.split(weights, [1, pieces * inputs, inputs], 1);
    return {
      scale: tf.softplus(tf.reshape(scale, [rows, 1, 1])),
      affine: tf.transpose(tf.reshape(flat, [rows, pieces, inputs]), [0, 2, 1]) as Tensor3D,
      residual: tf.reshape(last, [rows, inputs, 1]) as Tensor3D,
    };
  };
  const withOne = (points: Tensor3D) =>
    tf.concat([points, tf.ones([points.shape[0], points.shape[1], 1])], 2) as Tensor3D;

  // Where there are no fused kernels, all pieces are one product, and not one each as for an element of many groups.
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
        // TensorFlow.js takes one alternative for none.
        const chosen = pieces > 1 ? tf.oneHot(tf.argMax(values, 2), pieces) : tf.onesLike(values);
        return tf.add(tf.matMul(chosen as Tensor3D, slopes as Tensor3D), last);
      };
    },
  };
}

/** The ablation TEDI-PMA: K G E affine functions, as many as the Partial GroupMax Network of that size has. */
export const pmaKind: NetworkKindEntry = {
  summary: "one maximum, of the ablation TEDI-PMA",
  single: false,
  setContext: true,
  make: ({ goods, layers, groups, groupSize }) =>
    parameterizedMaxAffine({ goods, pieces: layers * groups * groupSize }),
};
