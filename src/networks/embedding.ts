/**
 * Networks that are a Partial GroupMax Network with some of its raw weights held at constants: they run on its fused
 * kernels, and the gradient in the constants is dropped.
 *
 * @module
 */
import { type Tensor1D, type Tensor2D, tf } from "../deps/tfjs.ts";
import type { ConvexNetwork } from "./network.ts";
import type { HostHypernetworkOutput, HypernetworkOutput } from "./parameterized_affine.ts";
import { tidy } from "../runtime/tensors.ts";

/** Some raw weights of the Partial GroupMax Network, one behind the other. */
export interface EmbeddedBlock {
  /** How many. */
  readonly length: number;
  /** Undefined where they are the network's next raw weights; otherwise what all of them are, before any softplus. */
  readonly constant?: number;
}

/** How a network is a Partial GroupMax Network. */
export interface GroupMaxEmbedding {
  /** The Partial GroupMax Network, P' raw weights. */
  readonly network: ConvexNetwork;
  /** Its raw weights `[P']`: the network's own `[P]`, in their order, and constants between them. */
  blocks(): readonly EmbeddedBlock[];
}

/** A raw weight that softplus makes next to nothing, and no subnormal number. */
export const NO_WEIGHT = -80;

/** Raw weights `[R, P]` as those of the Partial GroupMax Network `[R, P']`. `scale` times the constants are put in. */
export function embedWeights({ blocks }: GroupMaxEmbedding, weights: Tensor2D, scale = 1): Tensor2D {
  return tf.tidy(() => {
    const all = blocks(), own = all.filter(({ constant }) => constant === undefined);
    let next = 0; // the list of parts is TensorFlow.js' own, for gradients: it must stay as it is
    const parts = splitColumns(weights, own.map(({ length }) => length));
    return tf.concat(
      all.map(({ length, constant }) =>
        constant === undefined ? parts[next++] : tf.fill([weights.shape[0], length], scale * constant) as Tensor2D
      ),
      1,
    );
  });
}

/** The columns `[R, P]` of `[R, P']` that are not constants: undoes {@linkcode embedWeights}. */
export function extractWeights({ blocks }: GroupMaxEmbedding, weights: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    const all = blocks(), parts = splitColumns(weights, all.map(({ length }) => length));
    return tf.concat(parts.filter((_, k) => all[k].constant === undefined), 1);
  });
}

/** Rows of raw weights `[R, P]` on the host as `[R, P']`. */
export function embedOnHost<Data extends Float32Array | Float64Array>(
  { blocks, network }: GroupMaxEmbedding,
  weights: Data,
  rows: number,
  scale = 1,
): Data {
  const all = blocks(), out = new (weights.constructor as { new (length: number): Data })(rows * network.weightCount);
  let from = 0, to = 0;
  for (let row = 0; row < rows; row++) {
    for (const { length, constant } of all) {
      if (constant === undefined) {
        out.set(weights.subarray(from, from + length), to);
        from += length;
      } else out.fill(scale * constant, to, to + length);
      to += length;
    }
  }
  return out;
}

/** A hypernetwork of raw weights as one of the Partial GroupMax Network's. `weight` and `bias` are new. */
export function embedSource(
  embedding: GroupMaxEmbedding,
  { hidden, weight, bias }: HypernetworkOutput,
): HypernetworkOutput {
  return tidy(() => ({
    hidden,
    weight: weight && embedWeights(embedding, weight, 0), // a context has no effect on a constant
    bias: tf.reshape(embedWeights(embedding, tf.reshape(bias, [1, bias.size])), [-1]) as Tensor1D,
  }));
}

/** The same on the host. */
export function embedHostSource(
  embedding: GroupMaxEmbedding,
  hypernetwork: HostHypernetworkOutput,
): HostHypernetworkOutput {
  const { hidden, weight, bias } = hypernetwork;
  return {
    hidden,
    weight: weight && embedOnHost(embedding, weight, weight.length / bias.length, 0),
    bias: embedOnHost(embedding, bias, 1),
  };
}

/** Columns of a matrix in parts; TensorFlow.js has no gradient of a split into one piece. */
function splitColumns(matrix: Tensor2D, sizes: number[]): Tensor2D[] {
  return sizes.length === 1 ? [matrix] : tf.split(matrix, sizes, 1);
}
