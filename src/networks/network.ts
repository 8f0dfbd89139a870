/**
 * What the rest of the package needs of a network that parameterises pricing rules.
 *
 * @module
 */
import type { Tensor, Tensor2D, Tensor3D } from "../deps/tfjs.ts";
import type { RandomKey } from "../random/key.ts";
import type { PartialGroupMaxSize } from "./groupmax_layout.ts";
import type { Reparameterisation } from "./reparameterisation.ts";

/** From points `[R, N, m]` to subgradients in x there, `[R, N, m]`. */
export type PointSlope = (points: Tensor3D) => Tensor3D;

/**
 * A function of x for one context, in 64-bit floats on the host: writes a subgradient in x at `point` `[m]` into
 * `slope` `[m]` and returns the value.
 */
export type HostFunction = (point: Float64Array, slope: Float64Array) => number;

/** How a network is a Partial GroupMax Network, for which there are fused kernels and exact linear programs. */
export interface GroupMaxForm {
  /** The size of that network. */
  readonly size: PartialGroupMaxSize;
  /** Whether the raw weights are that network's weights themselves, in their order and without bounds. */
  readonly direct: boolean;
  /**
   * That network's weights, in the order of {@linkcode "./groupmax_layout.ts"}, from the raw weights `[P]`. Made when first
   * asked for, since a file may claim any size.
   */
  weights(): Reparameterisation;
}

/** What initial weights shall be. */
export interface InitialRequest {
  /** Within the bounds of {@linkcode ConvexNetwork.lowerBounds} for prices that never fall. */
  readonly nondecreasing?: boolean;
  /** The same for weights that are tied to each other. */
  readonly tied?: Reparameterisation;
}

/**
 * A family of functions f(x; w) for x in [0, 1]^m and raw weights w in R^P without constraints, convex in x whatever w is
 * (partial convexity, Definition 2.8) unless it says otherwise. Contexts choose w: see {@linkcode "./parameterized_affine.ts"}.
 */
export interface ConvexNetwork {
  /** m. */
  readonly goods: number;
  /** P, how many raw weights one f has. */
  readonly weightCount: number;
  /** Whether f is convex in x for all w. Where it need not be, best responses are searched for, without a certificate. */
  readonly convex: boolean;
  /** About how many numbers a value of f at one point takes on the device. */
  readonly activations: number;
  /** How it is a Partial GroupMax Network; undefined where it is none. */
  readonly groupMax: GroupMaxForm | undefined;
  /**
   * Lower bounds `[P]` of raw weights in training, below which they have no effect, or on request within which f never falls
   * as x grows; undefined where there are none.
   */
  lowerBounds(nondecreasing: boolean): Float32Array | undefined;
  /** Raw weights `[P]` to start from. */
  initialWeights(key: RandomKey, request?: InitialRequest): Float32Array;
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

/** A kind of network that pricing rules can be made of. */
export interface NetworkKindEntry {
  /** What it is, in some words for help texts. */
  readonly summary: string;
  /** Whether it is for one participant only, since it knows no context. */
  readonly single: boolean;
  /** Whether a set context can make its weights: they lie in the order of {@linkcode "./groupmax_layout.ts"}. */
  readonly setContext: boolean;
  /** A network of about as many weights as the Partial GroupMax Network of a size. */
  make(size: PartialGroupMaxSize): ConvexNetwork;
}
