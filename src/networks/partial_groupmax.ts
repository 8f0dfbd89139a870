/**
 * Partial GroupMax Network, Definition 3.3.
 *
 * h_k = W_{k-1} x_{k-1} + A_{k-1} x + b_{k-1}, x_k = GroupMax(h_k) for k = 1..K, f = W_K x_K + A_K x + b_K, where W_k
 * >= 0 for k >= 1 by softplus, and A_k are the residual connections from x that footnote 7 allows; the first layer has
 * A_0 only. f is convex and piecewise linear in x. A value costs about E G (K m + (K - 1) G) multiply-adds. The order
 * of the P raw weights is in {@linkcode "./groupmax_layout.ts"}.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { InvalidInputError } from "../errors.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { normals } from "../random/numbers.ts";
import { groupMax, groupMaxOnHost } from "./groupmax.ts";
import {
  type GroupMaxLayout,
  groupMaxLayout,
  type PartialGroupMaxSize,
  requireGroupMaxSize,
} from "./groupmax_layout.ts";
import type { ConvexNetwork, HostFunction, InitialRequest, NetworkKindEntry, PointSlope } from "./network.ts";
import { price } from "./price.ts";
import { forward as slotsOf, identity, LARGEST_FLOAT, lazily } from "./reparameterisation.ts";
import { inverseSoftplus, softplus } from "./softplus.ts";

/**
 * The matrices of one GroupMax layer, by element of a group: of the layer before `[R, G, G]`, and of (x, 1)
 * `[R, m + 1, G]`.
 */
type Layer = readonly { readonly positive?: Tensor3D; readonly free: Tensor3D }[];

/** Points `[R, N, m]` with a last coordinate of 1, `[R, N, m + 1]`, which affine maps multiply with their offset. */
export function withOne(points: Tensor3D): Tensor3D {
  return tf.concat([points, tf.ones([points.shape[0], points.shape[1], 1])], 2) as Tensor3D;
}

/** Evaluates all layers: (x, 1), x_K `[R, N, G]`, and the `leads` of {@linkcode groupMax} in each layer. */
function forward(layers: readonly Layer[], points: Tensor3D) {
  const affinePoints = withOne(points);
  const leads: Tensor3D[][] = [];
  let hidden: Tensor3D | undefined;
  for (const layer of layers) {
    const h = layer.map(({ positive, free }): Tensor3D => {
      const ofPoints: Tensor3D = tf.matMul(affinePoints, free);
      return positive ? tf.add(ofPoints, tf.matMul(hidden!, positive)) : ofPoints;
    });
    const found = groupMax(h);
    leads.push(found.leads);
    hidden = found.maxima;
  }
  return { affinePoints, hidden: hidden!, leads };
}

/**
 * The price of a good before training, where all are bought: low enough to sell, since selling nothing is a saddle
 * point.
 */
export const INITIAL_PRICE = 0.4;

/**
 * Makes all goods together cost m {@linkcode INITIAL_PRICE} before training: sets all slopes of the last residual
 * connection A_K to the missing part of a good's price. Where that is negative and f must not fall, A_K is 0 and W_K is
 * scaled down.
 *
 * @param weights Raw weights, changed in place.
 * @param f The function of these weights, in which A_K is 0.
 */
export function setInitialPrice(
  weights: Float32Array,
  size: PartialGroupMaxSize,
  f: HostFunction,
  nondecreasing: boolean,
): void {
  const { goods: m, groups: G } = size, { outPositive, outFree } = groupMaxLayout(size);
  const cost = price(f, m)(new Float64Array(m).fill(1), new Float64Array(m));
  const rest = INITIAL_PRICE - cost / m, tooMuch = nondecreasing && rest < 0;
  weights.fill(tooMuch ? 0 : rest, outFree, outFree + m);
  for (let j = outPositive; tooMuch && j < outPositive + G; j++) {
    weights[j] = inverseSoftplus(softplus(weights[j]) * INITIAL_PRICE * m / cost);
  }
}

/** Lower bounds of raw weights within which f never falls as x grows: all slopes of affine maps are at least 0. */
function nondecreasingBounds({ goods: m }: PartialGroupMaxSize, layout: GroupMaxLayout): Float32Array {
  const bounds = new Float32Array(layout.count).fill(-LARGEST_FLOAT);
  for (let q = 0; q < layout.maps; q++) {
    for (let j = 0; j < m; j++) bounds[layout.map(q, j)] = 0;
  }
  return bounds;
}

/**
 * The layers of one network on the host: `at` evaluates them at a point `[m]`, and writes x_k to `values[k]` `[G]` for
 * k = 1..K, and the winning elements of layer k + 1 to `winners[k]` `[G]` for k = 0..K-1. `values[0]` is not used.
 *
 * @param weights `[P]`, after softplus.
 */
export function hostLayers(size: PartialGroupMaxSize, weights: Float64Array) {
  const { goods: m, layers: K, groups: G, groupSize: E } = size, { free, positive } = groupMaxLayout(size);
  const values = Array.from({ length: K + 1 }, () => new Float64Array(G));
  const winners = Array.from({ length: K }, () => new Int32Array(G)), h = new Float64Array(E * G);
  const at = (point: ArrayLike<number>): void => {
    for (let k = 0; k < K; k++) {
      for (let e = 0, to = 0; e < E; e++, to += G) {
        const first = free(k, e);
        for (let g = 0; g < G; g++) h[to + g] = weights[first + m * G + g];
        addProducts(point, m, weights, first, h, to, G);
        if (k > 0) addProducts(values[k], G, weights, positive(k, e), h, to, G);
      }
      groupMaxOnHost(h, values[k + 1], winners[k]);
    }
  };
  return { at, values, winners };
}

/**
 * Adds `vector` `[count]` times the matrix `[count, G]` that begins at `weights[from]` to the G numbers from `out[to]`
 * on.
 */
function addProducts(
  vector: ArrayLike<number>,
  count: number,
  weights: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
  G: number,
): void {
  for (let i = 0; i < count; i++) {
    const x = vector[i], row = from + i * G;
    for (let g = 0; g < G; g++) out[to + g] += x * weights[row + g];
  }
}

/** The weights `[P]` of f from raw weights `[P]`: those before the first affine map go through softplus. */
export function throughSoftplus(size: PartialGroupMaxSize, raw: Float32Array | Float64Array): Float64Array {
  const weights = Float64Array.from(raw), { positiveCount } = groupMaxLayout(size);
  for (let j = 0; j < positiveCount; j++) weights[j] = softplus(weights[j]);
  return weights;
}

/** f of weights `[P]`, after softplus, on the host. */
export function functionOfWeights(size: PartialGroupMaxSize, w: Float64Array): HostFunction {
  const { goods: m, layers: K, groups: G } = size, layout = groupMaxLayout(size), { outPositive, outFree } = layout;
  const { at, values, winners } = hostLayers(size, w), above = new Float64Array(G), below = new Float64Array(G);
  return (point, slope) => {
    at(point);
    let f = w[outFree + m];
    for (let i = 0; i < m; i++) f += w[outFree + i] * point[i], slope[i] = w[outFree + i];
    for (let g = 0; g < G; g++) f += w[outPositive + g] * values[K][g], above[g] = w[outPositive + g];
    for (let k = K - 1; k >= 0; k--) {
      const won = winners[k];
      for (let g = 0; g < G; g++) {
        const free = layout.free(k, won[g]) + g;
        for (let i = 0; i < m; i++) slope[i] += above[g] * w[free + i * G];
      }
      if (k > 0) {
        below.fill(0);
        for (let g = 0; g < G; g++) {
          const base = layout.positive(k, won[g]) + g;
          for (let i = 0; i < G; i++) below[i] += above[g] * w[base + i * G];
        }
        above.set(below);
      }
    }
    return f;
  };
}

/**
 * A Partial GroupMax Network (Definition 3.3) as a family of functions of its raw weights. Large enough, it
 * approximates any function that is convex in x and continuous in the context as closely as one likes (Proposition
 * 3.4).
 *
 * @throws {InvalidInputError} unless all sizes are positive integers, and where `sumsOfLargest` is set.
 */
export function partialGroupMax(size: PartialGroupMaxSize): ConvexNetwork {
  const { goods: m, layers: K, groups: G, groupSize: E } = size;
  const action = "make a Partial GroupMax Network";
  requireGroupMaxSize(action, size);
  if (size.sumsOfLargest) {
    throw new InvalidInputError(
      `Cannot ${action}: sumsOfLargest must be left out, got true: symmetricGroupMax makes such networks`,
    );
  }
  const layout = groupMaxLayout(size), { outFree, positiveCount, count: P } = layout;
  const square = G * G, affine = (m + 1) * G;

  /** The matrices of R rows of raw weights `[R, P]`. */
  const matrices = (weights: Tensor2D) => {
    const rows = weights.shape[0];
    // The gradient of a split is one concatenation; those of slices would each be a padded copy of all weights.
    const [raw, ...frees] = tf.split(weights, [positiveCount, ...Array(K * E).fill(affine), m + 1], 1) as Tensor2D[];
    const made = tf.softplus(raw);
    // TensorFlow.js has no gradient of a split into one piece.
    const positives = K === 1 ? [made] : tf.split(made, [...Array((K - 1) * E).fill(square), G], 1) as Tensor2D[];
    const matrix = (flat: Tensor2D, height: number, width: number) =>
      tf.reshape(flat, [rows, height, width]) as Tensor3D;
    const layers: Layer[] = Array.from({ length: K }, (_, k) =>
      Array.from({ length: E }, (_, e) => ({
        positive: k > 0 ? matrix(positives[(k - 1) * E + e], G, G) : undefined,
        free: matrix(frees[k * E + e], m + 1, G),
      })));
    return { layers, outPositive: matrix(positives[(K - 1) * E], G, 1), outFree: matrix(frees[K * E], m + 1, 1) };
  };

  const network: ConvexNetwork = {
    goods: m,
    weightCount: P,
    convex: true,
    activations: 3 * K * G * E,
    groupMax: { size, direct: true, weights: lazily(() => identity(P)) },

    lowerBounds: (nondecreasing) => nondecreasing ? nondecreasingBounds(size, layout) : undefined,

    initialWeights(key: RandomKey, { nondecreasing = false, tied }: InitialRequest = {}): Float32Array {
      const weights = new Float32Array(P);
      // Positive weights are log-normal with median 1 / G, so that a layer is about an average of the one before.
      const spread = normals(deriveKey(key, 0), positiveCount);
      for (let j = 0; j < positiveCount; j++) weights[j] = inverseSoftplus(Math.exp(0.5 * spread[j]) / G);
      // Slopes and offsets differ between the elements of a group, so that their maximum has kinks in [0, 1]^m.
      const noise = normals(deriveKey(key, 1), P - positiveCount);
      for (let j = positiveCount; j < outFree; j++) {
        const isOffset = (j - positiveCount) % affine >= m * G;
        const drawn = noise[j - positiveCount];
        if (isOffset) weights[j] = 0.25 * drawn;
        else weights[j] = (nondecreasing ? 0.25 * Math.abs(drawn) : 0.5 * drawn) / Math.sqrt(m);
      }
      if (tied) weights.set(slotsOf(tied, weights, weights.slice()));
      setInitialPrice(weights, size, network.bindOnHost(weights), nondecreasing);
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
        const { leads } = forward(layers, points);
        const each = tf.ones([rows, points.shape[1], 1]);
        let slope: Tensor3D = tf.matMul(each, outSlope) as Tensor3D;
        let above: Tensor3D = tf.matMul(each, outWeight) as Tensor3D;
        for (let k = K - 1; k >= 0; k--) {
          let below: Tensor3D | undefined;
          for (let e = E - 1; e >= 0; e--) {
            // `above` is df/dx_{k+1}. Element e gets it where it wins; what is left belongs to the elements before e.
            const share: Tensor3D = e > 0 ? tf.mul(above, leads[k][e - 1]) : above;
            if (e > 0) above = tf.sub(above, share);
            const { positive, free } = transposed[k][e];
            slope = tf.add(slope, tf.matMul(share, free));
            if (positive) {
              const part: Tensor3D = tf.matMul(share, positive);
              below = below ? tf.add(below, part) : part;
            }
          }
          if (below) above = below;
        }
        return slope;
      };
    },

    bindOnHost: (raw) => functionOfWeights(size, throughSoftplus(size, raw)),
  };
  return network;
}

/** The default kind of network. */
export const groupMaxKind: NetworkKindEntry = {
  summary: "the paper's Partial GroupMax Network",
  withContext: true,
  setContext: true,
  make: partialGroupMax,
};
