/**
 * What the rest of the package needs of a network that parameterises pricing rules.
 *
 * @module
 */
import type { Tensor, Tensor2D, Tensor3D } from "../deps/tfjs.ts";
import type { TiedWeights } from "./tied_weights.ts";
import type { GroupMaxEmbedding } from "./embedding.ts";
import type { PartialGroupMaxSize } from "./partial_groupmax.ts";
import type { RandomKey } from "../random/key.ts";

/** From points `[R, N, m]` to subgradients in x there, `[R, N, m]`. */
export type PointSlope = (points: Tensor3D) => Tensor3D;

/**
 * f(., y) for one context, in 64-bit floats on the host: writes a subgradient in x at `point` `[m]` into
 * `gradient` `[m]` and returns f.
 */
export type HostFunction = (point: Float64Array, gradient: Float64Array) => number;

/**
 * A family of functions f(x; w), convex in x unless it says otherwise, for x in [0, 1]^m and raw weights w in R^P without constraints.
 * Contexts choose w: see {@linkcode "./parameterized_affine.ts"}.
 */
export interface ConvexNetwork {
  /** m. */
  readonly goods: number;
  /** P, how many raw weights one f has. */
  readonly weightCount: number;
  /** The sizes of a Partial GroupMax Network, for which there are fused kernels; undefined for other networks. */
  readonly groupMax?: PartialGroupMaxSize;
  /** How it is a Partial GroupMax Network with some raw weights held constant, whose kernels it then runs on. */
  readonly embedding?: GroupMaxEmbedding;
  /** False where f need not be convex in x, so that best responses are searched for, without a certificate. */
  readonly convex?: false;
  /** About how many numbers a value of f at one point takes on the device, where that is known. */
  readonly activations?: number;
  /** Raw weights below these `[P]` count as these, where there are such. */
  readonly leastWeights?: Float32Array;
  /** Lower bounds `[P]` of raw weights within which f never falls as x grows, where there are such. */
  nondecreasing?(): Float32Array;
  /** Starting raw weights `[P]`; on request within the bounds of `nondecreasing`, and with the same values in cycles. */
  initialWeights(key: RandomKey, nondecreasing?: boolean, shared?: TiedWeights): Float32Array;
  /** f `[R, N]` with raw weights `[R, P]` at `points` `[R, N, m]`: N points a row. Differentiable in the weights. */
  value(weights: Tensor2D, points: Tensor3D): Tensor2D;
  /**
   * Prepares raw weights `[R, P]` for many calls. What it prepares lives as long as the `tf.tidy` around this call.
   *
   * @returns From `points` `[R, N, m]` to a subgradient of f in x there, `[R, N, m]`.
   */
  slope(weights: Tensor2D): PointSlope;
  /** Binds one row of raw weights `[P]` on the host. */
  bindOnHost(weights: Float32Array | Float64Array): HostFunction;
}

/** Named parameter tensors. */
export type Parameters = Readonly<Record<string, Tensor>>;

/** Raw weights `[P]` as they count: those below a network's least weights are these. */
export function atLeast<Data extends Float32Array | Float64Array>(
  { leastWeights }: ConvexNetwork,
  weights: Data,
): Data {
  return leastWeights ? weights.map((weight, at) => Math.max(weight, leastWeights[at])) as Data : weights;
}
