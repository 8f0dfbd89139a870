/**
 * The interface of the networks f(x; w) that parameterise pricing rules.
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

/**
 * How a network is written as a Partial GroupMax Network. Fused kernels and exact linear programs, which know only
 * these, take it in this form.
 */
export interface GroupMaxForm {
  /** The size of the Partial GroupMax Network. */
  readonly size: PartialGroupMaxSize;
  /** Whether the network's raw weights are those of the Partial GroupMax Network, in the same order and not clamped. */
  readonly direct: boolean;
  /**
   * The raw weights of the Partial GroupMax Network, in the order of {@linkcode "./groupmax_layout.ts"}, as a
   * reparameterisation of the network's own `[P]`. Made at the first call, since a mechanism file may claim any size.
   */
  weights(): Reparameterisation;
}

/** What is asked of initial weights. */
export interface InitialRequest {
  /** Whether they are to be within the bounds of {@linkcode ConvexNetwork.lowerBounds} for prices that never fall. */
  readonly nondecreasing?: boolean;
  /** Tied weights, which are to have one value: see {@linkcode "./tied_weights.ts"}. */
  readonly tied?: Reparameterisation;
}

/**
 * A family of functions f(x; w) of x in [0, 1]^m, with unconstrained raw weights w in R^P. f is convex in x for all w
 * (partial convexity, Definition 2.8) unless `convex` says otherwise. A hypernetwork makes w of the context: see
 * {@linkcode "./parameterized_affine.ts"}.
 */
export interface ConvexNetwork {
  /** m. */
  readonly goods: number;
  /** P, the number of raw weights of one f. */
  readonly weightCount: number;
  /** Whether f is convex in x for all w. If not, best responses come from a search, without a certificate. */
  readonly convex: boolean;
  /** About how many numbers are in device memory for the value of f at one point. */
  readonly activations: number;
  /** The network as a Partial GroupMax Network; undefined where it cannot be written as one. */
  readonly groupMax: GroupMaxForm | undefined;
  /**
   * The network as the layers of a Partial GroupMax Network without softplus, so that all weights have any sign and f need
   * not be convex. Kernels of chains can take it in this form, linear programs cannot.
   */
  readonly signedGroupMax?: GroupMaxForm;
  /**
   * Lower bounds `[P]` that training clamps raw weights to; undefined where there are none.
   *
   * @param nondecreasing Whether the bounds are those within which f never falls as x grows. Otherwise they are those
   * below which the network itself clamps raw weights, so that these would have no effect.
   */
  lowerBounds(nondecreasing: boolean): Float32Array | undefined;
  /** Raw weights `[P]` for the start of training. */
  initialWeights(key: RandomKey, request?: InitialRequest): Float32Array;
  /**
   * f `[R, N]` with raw weights `[R, P]` at N points of each row, `points` `[R, N, m]`. Differentiable in the weights.
   */
  value(weights: Tensor2D, points: Tensor3D): Tensor2D;
  /**
   * Prepares raw weights `[R, P]` for subgradients in x at many sets of points. Call it within a `tf.tidy`: what it
   * prepares lives as long as that.
   *
   * @returns The function from `points` `[R, N, m]` to a subgradient of f in x at each, `[R, N, m]`.
   */
  slope(weights: Tensor2D): PointSlope;
  /** f for one row of raw weights `[P]`, on the host. */
  bindOnHost(weights: Float32Array | Float64Array): HostFunction;
}

/** Named parameter tensors. */
export type Parameters = Readonly<Record<string, Tensor>>;

/** A kind of network that pricing rules can be made of. */
export interface NetworkKindEntry {
  /** What it is, in a few words for help texts. */
  readonly summary: string;
  /** Whether its prices may depend on the others' types. Otherwise there must be no others, or context kind `none`. */
  readonly withContext: boolean;
  /** Whether it goes with a set context: its raw weights must be in the order of {@linkcode "./groupmax_layout.ts"}. */
  readonly setContext: boolean;
  /** A network with about as many raw weights as the Partial GroupMax Network of that size. */
  make(size: PartialGroupMaxSize): ConvexNetwork;
}
