/**
 * Partial Input Convex Neural Network (Amos, Xu and Kolter, ICML 2017), the network of the ablation TEDI-PICNN.
 *
 * z_k = relu(W_{k-1} z_{k-1} + A_{k-1} x + b_{k-1}) for k = 1..K, f = W_K z_K + A_K x + b_K, where W_k >= 0 for k >= 1
 * by softplus, and without a z_0. f is convex and piecewise linear in x, so that best responses are exact. W_k, A_k and
 * b_k come from the context by the same Parameterized Affine Network as a Partial GroupMax Network's: the context scales
 * and shifts each layer, as it does in the original through products with layers of its own, and nothing else differs
 * from TEDI than relu in the place of GroupMax. Cost of a value: about H (K m + (K - 1) H) multiply-adds.
 *
 * One f has P raw weights, in this order, each matrix row-major with inputs as rows:
 *   positive, before softplus:  W_k `[H, H]` for k = 1..K-1;  W_K `[H]`
 *   free:                       (A_k, b_k) `[m + 1, H]` for k = 0..K-1;  (A_K, b_K) `[m + 1]`
 * This is the layout of partial_groupmax.ts with groups of one element. relu(h) = max(0, h) is a group of two elements, of
 * which one is constantly zero: see {@linkcode "./embedding.ts"}.
 *
 * @module
 */
import type { Tensor2D, Tensor3D } from "../deps/tfjs.ts";
import { requireInteger } from "../errors.ts";
import type { RandomKey } from "../random/key.ts";
import { type EmbeddedBlock, embedOnHost, embedWeights, type GroupMaxEmbedding, NO_WEIGHT } from "./embedding.ts";
import type { ConvexNetwork } from "./network.ts";
import { INITIAL_PRICE, partialGroupMax } from "./partial_groupmax.ts";

/** The size of a Partial Input Convex Neural Network. */
export interface PartialInputConvexSize {
  /** m, the dimension of x. */
  readonly goods: number;
  /** K, the number of relu layers. */
  readonly layers: number;
  /** H, the width of a layer. */
  readonly width: number;
}

/**
 * A Partial Input Convex Neural Network as a family of functions of its raw weights.
 *
 * @throws {InvalidInputError} unless all sizes are positive integers.
 */
export function partialInputConvex(size: PartialInputConvexSize): ConvexNetwork {
  const { goods: m, layers: K, width: H } = size;
  for (const [name, value] of Object.entries(size)) {
    requireInteger("make a Partial Input Convex Neural Network", name, value, 1);
  }
  const linear = partialGroupMax({ goods: m, layers: K, groups: H, groupSize: 1 });
  const network = partialGroupMax({ goods: m, layers: K, groups: H, groupSize: 2 });
  let blocks: EmbeddedBlock[] | undefined;
  const embedding: GroupMaxEmbedding = {
    network,
    blocks: () => blocks ??= embeddedBlocks(size),
  };
  const embed = (weights: Tensor2D) => embedWeights(embedding, weights);

  return {
    goods: m,
    weightCount: linear.weightCount,
    embedding,

    initialWeights(key: RandomKey): Float32Array {
      const weights = linear.initialWeights(key), last = weights.length - m - 1;
      // There the last residual connection makes up for the price of a network without relu: here, with relu.
      weights.fill(0, last, last + m);
      const f = this.bindOnHost(weights), gradient = new Float64Array(m);
      const price = f(new Float64Array(m).fill(1), gradient) - f(new Float64Array(m), gradient);
      weights.fill(INITIAL_PRICE - price / m, last, last + m);
      return weights;
    },
    value: (weights: Tensor2D, points: Tensor3D) => network.value(embed(weights), points),
    slope: (weights: Tensor2D) => network.slope(embed(weights)),
    bindOnHost: (weights: Float32Array | Float64Array) => network.bindOnHost(embedOnHost(embedding, weights, 1)),
  };
}

/** The raw weights of the network with groups (0, h): the first element has none of them. */
function embeddedBlocks({ goods: m, layers: K, width: H }: PartialInputConvexSize): EmbeddedBlock[] {
  const pairs = (count: number, length: number, constant: number): EmbeddedBlock[] =>
    Array.from({ length: count }, () => [{ length, constant }, { length }]).flat();
  return [
    ...pairs(K - 1, H * H, NO_WEIGHT),
    { length: H },
    ...pairs(K, (m + 1) * H, 0),
    { length: m + 1 },
  ];
}
