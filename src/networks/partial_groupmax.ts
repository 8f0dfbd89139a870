/**
 * Partial GroupMax Network, Definition 3.3.
 *
 * h_k = W_{k-1} x_{k-1} + A_{k-1} x + b_{k-1}, x_k = GroupMax(h_k) for k = 1..K, f = W_K x_K + A_K x + b_K, where
 * W_k >= 0 for k >= 1 by softplus, and A_k are the residual connections from x that footnote 7 allows (W_0 is A_0).
 * f is convex and piecewise linear in x. Cost of a value: about E G (K m + (K - 1) G) multiply-adds.
 *
 * One f has P raw weights, in this order, each matrix row-major with inputs as rows:
 *   positive, before softplus:  W_k[e] `[G, G]` for k = 1..K-1, e = 0..E-1;  W_K `[G]`
 *   free:                       (A_k, b_k)[e] `[m + 1, G]` for k = 0..K-1, e = 0..E-1;  (A_K, b_K) `[m + 1]`
 * where [e] holds element e of every group.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { InvalidInputError, requireInteger } from "../errors.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { normals } from "../random/numbers.ts";
import { copyTied, type TiedWeights } from "./tied_weights.ts";
import type { ConvexNetwork, HostFunction, PointSlope } from "./network.ts";
import { inverseSoftplus, softplus } from "./softplus.ts";

/** The size of a Partial GroupMax Network. */
export interface PartialGroupMaxSize {
  /** m, the dimension of x. */
  readonly goods: number;
  /** K, the number of GroupMax layers. */
  readonly layers: number;
  /** G, the number of groups in a layer. */
  readonly groups: number;
  /** E, the number of elements in a group. */
  readonly groupSize: number;
  /** Whether f is a function of the sums of the largest coordinates of x, instead of x: see {@linkcode "./symmetric_groupmax.ts"}. */
  readonly sumsOfLargest?: true;
}

/** The affine maps into one GroupMax layer, one for each element of a group: from the layer before, and from (x, 1). */
type Layer = readonly { readonly positive?: Tensor3D; readonly free: Tensor3D }[];

/** x_K `[R, N, G]`, and `chosen[k][e]` `[R, N, G]`, which is 1 where element e + 1 of layer k beats all before it. */
function forward(layers: readonly Layer[], points: Tensor3D) {
  const [rows, count] = points.shape;
  const affinePoints = tf.concat([points, tf.ones([rows, count, 1])], 2) as Tensor3D;
  const chosen: Tensor3D[][] = [];
  let hidden: Tensor3D | undefined;
  for (const layer of layers) {
    const marks: Tensor3D[] = [];
    let best: Tensor3D | undefined;
    for (const { positive, free } of layer) {
      let h: Tensor3D = tf.matMul(affinePoints, free);
      if (positive) h = tf.add(h, tf.matMul(hidden!, positive));
      if (best) {
        // max(a, b) = a + relu(b - a): far faster than tf.maximum on wasm, and ties go to one element only.
        const lead: Tensor3D = tf.sub(h, best);
        marks.push(tf.step(lead));
        best = tf.add(best, tf.relu(lead));
      } else best = h;
    }
    chosen.push(marks);
    hidden = best;
  }
  return { affinePoints, hidden: hidden!, chosen };
}

/** What a good costs at the start when all are bought: low enough to sell, as selling nothing is a saddle point. */
export const INITIAL_PRICE = 0.4;

/**
 * Makes all goods together cost what they should at the start: the last residual connection makes up the difference. Where
 * they cost too much, and it must not be negative, the last layer is scaled down.
 *
 * @param f What the weights are now, with a residual connection of 0. All goods cost m times its equal slopes.
 */
export function setInitialPrice(
  weights: Float32Array,
  { goods: m, layers: K, groups: G, groupSize: E }: PartialGroupMaxSize,
  f: HostFunction,
  withinBounds: boolean,
): void {
  const all = new Float64Array(m).fill(1), gradient = new Float64Array(m), last = weights.length - m - 1;
  const price = f(all, gradient) - f(all.fill(0), gradient);
  const rest = INITIAL_PRICE - price / m, tooMuch = withinBounds && rest < 0, output = (K - 1) * E * G * G;
  weights.fill(tooMuch ? 0 : rest, last, last + m);
  for (let j = output; tooMuch && j < output + G; j++) {
    weights[j] = inverseSoftplus(softplus(weights[j]) * INITIAL_PRICE * m / price);
  }
}

/** The largest finite 32-bit float; GPUs need not know infinities. */
export const LARGEST_FLOAT = 3.4e38;

/**
 * A Partial GroupMax Network as a family of functions of its raw weights.
 *
 * @throws {InvalidInputError} unless all sizes are positive integers, and it is to be one of goods.
 */
export function partialGroupMax(size: PartialGroupMaxSize): ConvexNetwork {
  const { goods: m, layers: K, groups: G, groupSize: E } = size;
  const action = "make a Partial GroupMax Network";
  for (const name of ["goods", "layers", "groups", "groupSize"] as const) requireInteger(action, name, size[name], 1);
  if (size.sumsOfLargest) {
    throw new InvalidInputError(
      `Cannot ${action}: sumsOfLargest must be left out, got true: symmetricGroupMax makes such networks`,
    );
  }
  const square = G * G, affine = (m + 1) * G;
  const positive = (K - 1) * E * square + G;
  const weightCount = positive + K * E * affine + m + 1;
  /** Where the free matrix of layer k, element e begins. */
  const freeAt = (k: number, e: number) => positive + (k * E + e) * affine;
  const positiveAt = (k: number, e: number) => ((k - 1) * E + e) * square;

  /** The matrices of R functions, ready for matMul. */
  const matrices = (weights: Tensor2D) => {
    const rows = weights.shape[0];
    // One split each, whose gradient is one concatenation; a slice's would be a padded copy of all weights.
    const [raw, ...frees] = tf.split(weights, [positive, ...Array(K * E).fill(affine), m + 1], 1) as Tensor2D[];
    const slopes = tf.softplus(raw);
    // TensorFlow.js has no gradient of a split into one piece.
    const positives = K === 1 ? [slopes] : tf.split(slopes, [...Array((K - 1) * E).fill(square), G], 1) as Tensor2D[];
    const matrix = (flat: Tensor2D, height: number, width: number) =>
      tf.reshape(flat, [rows, height, width]) as Tensor3D;
    const layers: Layer[] = Array.from({ length: K }, (_, k) =>
      Array.from({ length: E }, (_, e) => ({
        positive: k > 0 ? matrix(positives[(k - 1) * E + e], G, G) : undefined,
        free: matrix(frees[k * E + e], m + 1, G),
      })));
    return { layers, outPositive: matrix(positives[(K - 1) * E], G, 1), outFree: matrix(frees[K * E], m + 1, 1) };
  };

  return {
    goods: m,
    weightCount,
    groupMax: size,

    nondecreasing(): Float32Array {
      // Sums with weights of at least 0, and maxima of them, never fall as x grows where no slope is negative.
      const bounds = new Float32Array(weightCount).fill(-LARGEST_FLOAT);
      for (let at = positive; at < weightCount; at += affine) bounds.fill(0, at, Math.min(at + m * G, weightCount - 1));
      return bounds;
    },

    initialWeights(key: RandomKey, withinBounds = false, shared?: TiedWeights): Float32Array {
      const weights = new Float32Array(weightCount);
      // Positive weights are log-normal around 1 / fan-in, so that each layer averages the one before.
      const spread = normals(deriveKey(key, 0), positive);
      for (let j = 0; j < positive; j++) weights[j] = inverseSoftplus(Math.exp(0.5 * spread[j]) / G);
      // Slopes and offsets differ between the elements of a group, so that their maximum has kinks in the box.
      const noise = normals(deriveKey(key, 1), weightCount - positive);
      for (let j = positive; j < freeAt(K, 0); j++) {
        const isOffset = (j - positive) % affine >= m * G;
        const drawn = noise[j - positive];
        if (isOffset) weights[j] = 0.25 * drawn;
        else weights[j] = (withinBounds ? 0.25 * Math.abs(drawn) : 0.5 * drawn) / Math.sqrt(m);
      }
      if (shared) copyTied(weights, shared);
      setInitialPrice(weights, size, this.bindOnHost(weights), withinBounds);
      return weights;
    },

    value(weights: Tensor2D, points: Tensor3D): Tensor2D {
      const { outPositive, outFree, layers } = matrices(weights);
      const { affinePoints, hidden } = forward(layers, points);
      const f = tf.add(tf.matMul(affinePoints, outFree), tf.matMul(hidden, outPositive));
      return tf.reshape(f, [points.shape[0], points.shape[1]]);
    },

    slope(weights: Tensor2D): PointSlope {
      const { outPositive, outFree, layers } = matrices(weights);
      const rows = weights.shape[0];
      const outSlope = tf.reshape(tf.slice(outFree, [0, 0, 0], [rows, m, 1]), [rows, 1, m]);
      const outWeight = tf.reshape(outPositive, [rows, 1, G]);
      // Transposed once for all points: matMul with transposed arguments is slow on wasm.
      const transposed = layers.map((layer) =>
        layer.map(({ positive, free }) => ({
          positive: positive && tf.transpose(positive, [0, 2, 1]),
          free: tf.transpose(tf.slice(free, [0, 0, 0], [rows, m, G]), [0, 2, 1]),
        }))
      );
      return (points) => {
        const { chosen } = forward(layers, points);
        const each = tf.ones([rows, points.shape[1], 1]);
        let gradient: Tensor3D = tf.matMul(each, outSlope) as Tensor3D;
        let above: Tensor3D = tf.matMul(each, outWeight) as Tensor3D;
        for (let k = K - 1; k >= 0; k--) {
          let below: Tensor3D | undefined;
          for (let e = E - 1; e >= 0; e--) {
            // What is left of `above` belongs to the elements before e.
            const share: Tensor3D = e > 0 ? tf.mul(above, chosen[k][e - 1]) : above;
            if (e > 0) above = tf.sub(above, share);
            const { positive, free } = transposed[k][e];
            gradient = tf.add(gradient, tf.matMul(share, free));
            if (positive) {
              const part: Tensor3D = tf.matMul(share, positive);
              below = below ? tf.add(below, part) : part;
            }
          }
          if (below) above = below;
        }
        return gradient;
      };
    },

    bindOnHost(raw: Float32Array | Float64Array): HostFunction {
      const w = Float64Array.from(raw);
      for (let j = 0; j < positive; j++) w[j] = softplus(w[j]);
      const values = Array.from({ length: K + 1 }, () => new Float64Array(G));
      const winner = Array.from({ length: K }, () => new Int32Array(G));
      const h = new Float64Array(G);
      const above = new Float64Array(G), below = new Float64Array(G);

      return (point, gradient) => {
        for (let k = 0; k < K; k++) {
          const out = values[k + 1], won = winner[k], hidden = values[k];
          for (let e = 0; e < E; e++) {
            const free = freeAt(k, e);
            for (let g = 0; g < G; g++) h[g] = w[free + m * G + g];
            for (let i = 0; i < m; i++) {
              const x = point[i], row = free + i * G;
              for (let g = 0; g < G; g++) h[g] += x * w[row + g];
            }
            if (k > 0) {
              const base = positiveAt(k, e);
              for (let i = 0; i < G; i++) {
                const z = hidden[i], row = base + i * G;
                for (let g = 0; g < G; g++) h[g] += z * w[row + g];
              }
            }
            for (let g = 0; g < G; g++) if (e === 0 || h[g] > out[g]) out[g] = h[g], won[g] = e;
          }
        }
        const outPositive = positiveAt(K, 0), outFree = freeAt(K, 0);
        let f = w[outFree + m];
        for (let i = 0; i < m; i++) f += w[outFree + i] * point[i], gradient[i] = w[outFree + i];
        for (let g = 0; g < G; g++) f += w[outPositive + g] * values[K][g], above[g] = w[outPositive + g];
        for (let k = K - 1; k >= 0; k--) {
          const won = winner[k];
          for (let g = 0; g < G; g++) {
            const free = freeAt(k, won[g]) + g;
            for (let i = 0; i < m; i++) gradient[i] += above[g] * w[free + i * G];
          }
          if (k > 0) {
            below.fill(0);
            for (let g = 0; g < G; g++) {
              const base = positiveAt(k, won[g]) + g;
              for (let i = 0; i < G; i++) below[i] += above[g] * w[base + i * G];
            }
            above.set(below);
          }
        }
        return f;
      };
    },
  };
}
