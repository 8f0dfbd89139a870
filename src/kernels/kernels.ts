/**
 * The operations that training spends its time on. Each implementation has all of them: plain TensorFlow.js
 * (`reference.ts`), fused WASM and fused WGSL. Raw weights, P numbers a row, are the large tensor: the fused
 * implementations make them a few rows at a time.
 *
 * In all operations a {@linkcode HypernetworkOutput} with `hidden` `[R, H]` has one row of raw weights for each row of points;
 * without `hidden` the one row of raw weights, `bias`, serves all.
 *
 * @module
 */
import type { Tensor1D, Tensor2D, Tensor3D } from "../deps/tfjs.ts";
import type { HypernetworkOutput } from "../networks/hypernetwork_output.ts";
import type { RandomKey } from "../random/key.ts";
import type { Chains, MoveOptions } from "../sampling/move_chains.ts";

/** The gradient in what raw weights are made from. */
export interface HypernetworkGradient {
  /** `[R, H]`; undefined where the hypernetwork has none. */
  readonly hidden?: Tensor2D;
  /** `[H, P]`, or `[H, D]` with slopes per good; undefined where the hypernetwork has none. */
  readonly weight?: Tensor2D;
  /** `[P]`. */
  readonly bias: Tensor1D;
  /** Of slopes per good: in the goods' hidden layers `[R, m, Hl]`, and in S `[Hl, K E G + 1]`. */
  readonly perGood?: { readonly hidden: Tensor3D; readonly weight: Tensor2D };
}

/** Device memory, in bytes. */
export interface KernelMemory {
  /** All of it. */
  readonly total: number;
  /** The largest buffer. */
  readonly largest: number;
}

/** Chains after they moved. */
export interface MovedChains extends Chains {
  /** f at the chains and at the zero outcome `[R, C + 1]`. */
  readonly values: Tensor2D;
}

/** What {@linkcode PriceKernels.goodsStep} maximises, and from which rows it takes the gradient. */
export interface GoodsObjective {
  /** n: so many rows that follow one another make a profile. */
  readonly participants: number;
  /** The first rows, of whole profiles, that the gradient is taken from; the others' chains only move. */
  readonly trained: number;
  /** Whether the covariance is that of the objective itself, and not of what each participant adds to it. */
  readonly paired: boolean;
  /** c^p, paid once for a good that anybody receives. */
  readonly productionCost: number;
  /** c^d, paid for every unit handed out. */
  readonly duplicationCost: number;
}

/** What {@linkcode PriceKernels.goodsStep} makes. */
export interface FusedStep {
  /** The chains of all rows after their moves. */
  readonly moved: MovedChains;
  /** u0 of each profile that the gradient is taken from, and chain: `[trained / n, C]`. */
  readonly utilities: Tensor2D;
  /** The gradient of -E[u0] in the hypernetwork's first rows. */
  readonly gradient: HypernetworkGradient;
}

/** f of a convex network with raw weights from a hypernetwork: its values, its gradients, and chains on it. */
export interface PriceKernels {
  /** f `[R, N]` at `points` `[R, N, m]` in [0, 1]. */
  value(hypernetwork: HypernetworkOutput, points: Tensor3D): Tensor2D;
  /** A subgradient of f in x at `points` `[R, N, m]`. */
  slope(hypernetwork: HypernetworkOutput, points: Tensor3D): Tensor3D;
  /** The gradient of `sum(coefficients f)` in the hypernetwork, for `coefficients` `[R, N]`. */
  gradient(hypernetwork: HypernetworkOutput, points: Tensor3D, coefficients: Tensor2D): HypernetworkGradient;
  /** Moves chains: see {@linkcode "../sampling/move_chains.ts"}. `types` are the rows' `[R, m]`. */
  moveChains(
    hypernetwork: HypernetworkOutput,
    types: Float32Array,
    start: Chains,
    options: MoveOptions,
    key: RandomKey,
  ): MovedChains;
  /**
   * Moves chains, and takes the gradient of -E[u0] from them in the same pass, where
   * u0 = sum_i p_i - sum_j (c^p max_i x_ij + c^d sum_i x_ij). Left out by kernels that have no such pass.
   *
   * @returns undefined where a profile is too large for it.
   */
  goodsStep?(
    hypernetwork: HypernetworkOutput,
    types: Float32Array,
    start: Chains,
    options: MoveOptions,
    key: RandomKey,
    objective: GoodsObjective,
  ): FusedStep | undefined;
  /**
   * What training with R rows of C chains takes at its peak, besides the tensors it is given.
   *
   * @param hiddenSize H.
   * @param perGoodSize Hl; 0 without slopes per good.
   * @param participants n, which rows of a profile come together; the most that there can be unless given.
   */
  memory(rows: number, chains: number, hiddenSize: number, perGoodSize?: number, participants?: number): KernelMemory;
  /**
   * Has `result`, which was made with these kernels, compared with what `make` makes of plain ones, where everything is
   * validated. {@linkcode PriceKernels.settle} tells.
   *
   * @param name What the result is called in messages.
   */
  validate?(name: string, result: object, make: (plain: PriceKernels) => object): void;
  /**
   * Waits until what was computed has been validated, where it is.
   *
   * @throws {MachineError} if something was not as it must be.
   */
  settle?(): Promise<void>;
}
