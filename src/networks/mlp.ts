/**
 * A multilayer perceptron in the place of a convex network: the ablation TEDI-MLP.
 *
 * h_0 = x, h_k = relu(W_{k-1} h_{k-1} + b_{k-1}) for k = 1..K, f = <W_K, h_K> + b_K, with weights of any sign. f is
 * piecewise linear but not convex in x, so that q ~ exp(beta u) is not log-concave and best responses have no
 * certificate. The weights come from the same hypernetwork as TEDI's, so that TEDI-MLP differs from TEDI by the
 * convexity only.
 *
 * One f has P raw weights: (W_k, b_k) for k = 0..K, each row-major with inputs as rows, the constant input 1 as the
 * last: `[m + 1, H]`, `[H + 1, H]` for k = 1..K-1, `[H + 1]`.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { requireInteger } from "../errors.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { normals } from "../random/numbers.ts";
import { groupMaxLayout } from "./groupmax_layout.ts";
import type { ConvexNetwork, HostFunction, NetworkKindEntry, PointSlope } from "./network.ts";
import { INITIAL_PRICE } from "./partial_groupmax.ts";
import { price } from "./price.ts";
import { hold, lazily, type Reparameterisation } from "./reparameterisation.ts";
import { widestNetwork } from "./widest.ts";

/** The size of a multilayer perceptron. */
export interface PerceptronSize {
  /** m, the dimension of x. */
  readonly goods: number;
  /** K, the number of relu layers. */
  readonly layers: number;
  /** H, the width of a layer. */
  readonly width: number;
}

/**
 * A multilayer perceptron as a family of functions of its raw weights.
 *
 * @throws {InvalidInputError} unless all sizes are positive integers.
 */
export function multilayerPerceptron(size: PerceptronSize): ConvexNetwork {
  const { goods: m, layers: K, width: H } = size;
  for (const [name, value] of Object.entries(size)) requireInteger("make a multilayer perceptron", name, value, 1);
  const inputs = (k: number) => k === 0 ? m : H, outputs = (k: number) => k === K ? 1 : H;
  /** The index at which (W_k, b_k) begins. */
  const at = (k: number) => k === 0 ? 0 : (m + 1) * H + (k - 1) * (H + 1) * H;
  const weightCount = at(K) + H + 1;

  const pairSize = { goods: m, layers: K, groups: H, groupSize: 2 }, weights = lazily(reluAsGroupMax);

  /** The matrices (W_k, b_k) `[R, inputs + 1, outputs]` of R rows. */
  const matrices = (weights: Tensor2D): Tensor3D[] => {
    const lengths = Array.from({ length: K + 1 }, (_, k) => (inputs(k) + 1) * outputs(k));
    return tf.split(weights, lengths, 1).map((flat, k) =>
      tf.reshape(flat, [weights.shape[0], inputs(k) + 1, outputs(k)]) as Tensor3D
    );
  };
  /** The sums before the relu of each layer `[R, N, H]` and, last, f `[R, N, 1]`. */
  const forward = (layers: readonly Tensor3D[], points: Tensor3D) => {
    const [rows, count] = points.shape, one = tf.ones([rows, count, 1]) as Tensor3D;
    const sums: Tensor3D[] = [];
    let hidden = points;
    layers.forEach((layer, k) => {
      if (k > 0) hidden = tf.relu(sums[k - 1]);
      sums.push(tf.matMul(tf.concat([hidden, one], 2) as Tensor3D, layer));
    });
    return sums;
  };

  return {
    goods: m,
    weightCount,
    convex: false,
    activations: 3 * K * H,
    groupMax: undefined,
    signedGroupMax: { size: pairSize, direct: false, weights },
    lowerBounds: () => undefined,

    initialWeights(key: RandomKey): Float32Array {
      const weights = new Float32Array(weightCount), noise = normals(key, weightCount);
      for (let k = 0; k <= K; k++) {
        const biases = at(k) + inputs(k) * outputs(k), end = k < K ? at(k + 1) : weightCount;
        const scale = k === K ? 0.1 / Math.sqrt(H) : Math.sqrt(2 / inputs(k));
        for (let j = at(k); j < biases; j++) weights[j] = scale * noise[j];
        for (let j = biases; j < end; j++) weights[j] = k === K ? 0 : 0.25 * noise[j];
      }
      // The least change of W_K, in norm, that makes all goods together cost m INITIAL_PRICE. Where h_K is about the
      // same at all goods and at none, no change can, and other weights are drawn.
      const difference = hiddenDifference(weights);
      const square = difference.reduce((sum, d) => sum + d * d, 0);
      if (square < 1e-6) return this.initialWeights(deriveKey(key, 1));
      let price = 0;
      for (let j = 0; j < H; j++) price += weights[at(K) + j] * difference[j];
      for (let j = 0; j < H; j++) weights[at(K) + j] += (m * INITIAL_PRICE - price) / square * difference[j];
      return weights;
    },

    value(weights: Tensor2D, points: Tensor3D): Tensor2D {
      return tf.reshape(forward(matrices(weights), points)[K], [points.shape[0], points.shape[1]]);
    },

    slope(weights: Tensor2D): PointSlope {
      const layers = matrices(weights), rows = weights.shape[0];
      const transposed = layers.map((layer, k) =>
        tf.transpose(tf.slice(layer, [0, 0, 0], [rows, inputs(k), outputs(k)]), [0, 2, 1])
      );
      return (points) => {
        const sums = forward(layers, points);
        let above = tf.matMul(tf.ones([rows, points.shape[1], 1]), transposed[K]) as Tensor3D;
        for (let k = K - 1; k >= 0; k--) above = tf.matMul(tf.mul(above, tf.step(sums[k])) as Tensor3D, transposed[k]);
        return above;
      };
    },

    bindOnHost: bind,
  };

  function bind(raw: Float32Array | Float64Array): HostFunction {
    const w = Float64Array.from(raw);
    const sums = Array.from({ length: K + 1 }, (_, k) => new Float64Array(outputs(k)));
    let above = new Float64Array(H), below = new Float64Array(H);
    return (point, slope) => {
      for (let k = 0; k <= K; k++) {
        const I = inputs(k), O = outputs(k), sum = sums[k], bias = at(k) + I * O;
        for (let j = 0; j < O; j++) sum[j] = w[bias + j];
        for (let i = 0; i < I; i++) {
          const z = k === 0 ? point[i] : Math.max(0, sums[k - 1][i]), row = at(k) + i * O;
          if (z === 0) continue;
          for (let j = 0; j < O; j++) sum[j] += z * w[row + j];
        }
      }
      for (let j = 0; j < H; j++) above[j] = w[at(K) + j];
      for (let k = K - 1; k >= 0; k--) {
        const to = k === 0 ? slope : below;
        for (let j = 0; j < H; j++) if (!(sums[k][j] > 0)) above[j] = 0;
        for (let i = 0; i < inputs(k); i++) {
          const row = at(k) + i * H;
          let sum = 0;
          for (let j = 0; j < H; j++) sum += above[j] * w[row + j];
          to[i] = sum;
        }
        [above, below] = [below, above];
      }
      return sums[K][0];
    };
  }

  /**
   * The weights of groups (0, h), whose maximum is relu(h). From the second layer on x has none, and the elements 0 are
   * constants.
   */
  function reluAsGroupMax(): Reparameterisation {
    const pairs = groupMaxLayout(pairSize), from = new Int32Array(pairs.count).fill(-1);
    const place = (to: number, first: number, count: number) => hold(from, to, first, count);
    place(pairs.free(0, 1), at(0), (m + 1) * H);
    for (let k = 1; k < K; k++) {
      place(pairs.positive(k, 1), at(k), H * H);
      place(pairs.free(k, 1) + m * H, at(k) + H * H, H); // b_k
    }
    place(pairs.outPositive, at(K), H);
    place(pairs.outFree + m, at(K) + H, 1);
    return { inputs: weightCount, from };
  }

  /** h_K(1, ..., 1) - h_K(0) `[H]`. */
  function hiddenDifference(weights: Float32Array): Float64Array {
    const probe = weights.slice(), all = new Float64Array(m).fill(1), slope = new Float64Array(m);
    return Float64Array.from({ length: H }, (_, j) => {
      probe.fill(0, at(K)), probe[at(K) + j] = 1;
      return price(bind(probe), m)(all, slope);
    });
  }
}

/**
 * The ablation TEDI-MLP: K layers, as wide as they can be with no more raw weights than the Partial GroupMax Network.
 */
export const mlpKind: NetworkKindEntry = {
  summary: "not convex, of the ablation TEDI-MLP",
  withContext: true,
  setContext: false,
  make: (size) => {
    const { goods, layers } = size, weights = (H: number) => (goods + 1) * H + (layers - 1) * (H + 1) * H + H + 1;
    return multilayerPerceptron({ goods, layers, width: widestNetwork(weights, groupMaxLayout(size).count) });
  },
};
