/**
 * The interface of the kernels: the operations that training spends its time on. There are three implementations, in
 * plain TensorFlow.js (`reference.ts`), fused in WASM (`wasm/`) and fused in WGSL (`webgpu/`). The raw weights `[R, P]`
 * would be the largest tensor; the fused kernels make them for a few rows at a time.
 *
 * A row is a participant of a profile: R = B n rows, each with N points or C chains. A {@linkcode HypernetworkOutput}
 * with `hidden` `[R, H]` has raw weights for each row; without `hidden`, the same raw weights, `bias`, serve all rows.
 *
 * @module
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "../deps/tfjs.ts";
import type { HypernetworkOutput } from "../networks/hypernetwork_output.ts";
import type { RowTypes } from "../networks/row_types.ts";
import type { RandomKey } from "../random/key.ts";
import type { Chains, MoveOptions } from "../sampling/move_chains.ts";

/** A gradient in the factors of a hypernetwork output, each of the factor's shape. */
export interface HypernetworkGradient {
  /** `[R, H]`; undefined where the output has no `hidden`. */
  readonly hidden?: Tensor2D;
  /** `[H, P]`, or `[H, D]` with slopes per good; undefined where the output has no `weight`. */
  readonly weight?: Tensor2D;
  /** `[P]`. */
  readonly bias: Tensor1D;
  /** In the factors of slopes per good: the goods' hidden layers `[R, m, Hl]`, and S `[Hl, K E G + 1]`. */
  readonly perGood?: { readonly hidden: Tensor3D; readonly weight: Tensor2D };
}

/** Device memory, in bytes. */
export interface KernelMemory {
  /** All of it. */
  readonly total: number;
  /** The largest buffer. */
  readonly largest: number;
}

/** Chains after their moves, and f there. */
export interface MovedChains extends Chains {
  /** f at the chains and at the zero outcome `[R, C + 1]`. */
  readonly values: Tensor2D;
}

/** The principal's utility of reproducible goods, which {@linkcode PriceKernels.goodsStep} maximises, and how. */
export interface GoodsObjective {
  /** n: each n rows that follow one another are a profile. */
  readonly participants: number;
  /** How many of the first rows, of whole profiles, the gradient is taken from. The chains of the others only move. */
  readonly trained: number;
  /**
   * Whether f has its covariance with u0 itself (paired), or with what its own participant adds to u0
   * (coordinate-wise).
   */
  readonly paired: boolean;
  /** c^p, paid once for each good, in the share of it that is produced. */
  readonly productionCost: number;
  /** c^d, paid for every unit handed out. */
  readonly duplicationCost: number;
}

/** What {@linkcode PriceKernels.goodsStep} makes. */
export interface FusedStep {
  /** The chains of all rows after their moves. */
  readonly moved: MovedChains;
  /** u0 for each profile that the gradient is taken from, and each chain: `[trained / n, C]`. */
  readonly utilities: Tensor2D;
  /** The gradient of -E[u0], in the first `trained` rows of the hypernetwork output. */
  readonly gradient: HypernetworkGradient;
}

/** A stage of chains that move in several, each with a beta of its own. */
export interface MoveStage {
  /** How chains move in it. */
  readonly move: MoveOptions;
  /** Names its random numbers. */
  readonly key: RandomKey;
}

/** Maxima of the least of some linear functions over the box. */
export interface MaximaOfCuts {
  /** x `[R, m]`. */
  readonly points: Tensor2D;
  /** The functions' multipliers in the linear program `[R, N]`, of sum 1: how much each counts in a change of the maximum. */
  readonly weights: Tensor2D;
  /** The maxima `[R]`. */
  readonly utilities: Tensor1D;
}

/** What training on a device needs besides, where nothing comes back to the host. */
export interface ResidentParts {
  /**
   * {@linkcode PriceKernels.moveChains} for each of the stages, from where the one before left the chains, with weights made
   * once: what the last `kept` stages give.
   */
  moveInStages(
    hypernetwork: HypernetworkOutput,
    types: RowTypes,
    start: Chains,
    stages: readonly MoveStage[],
    kept: number,
  ): MovedChains[];
  /**
   * For every row the maximum over x in [0, 1]^m of the least of N linear functions, min_k v_k + <a_k, x>.
   *
   * @param slopes a `[R, N, m]`.
   * @param offsets v `[R, N]`.
   */
  maximaOfCuts(slopes: Tensor3D, offsets: Tensor2D): MaximaOfCuts;
  /** The numbers of {@linkcode "../random/numbers.ts"} `uniforms`, made on the device: a tensor of some shape. */
  uniforms(key: RandomKey, shape: readonly number[]): Tensor;
}

/**
 * The kernels of a network f, whose raw weights are a hypernetwork output: values, slopes, gradients, and moves of
 * chains.
 */
export interface PriceKernels {
  /** f `[R, N]` at `points` `[R, N, m]` in [0, 1]. */
  value(hypernetwork: HypernetworkOutput, points: Tensor3D): Tensor2D;
  /** A subgradient of f in x at `points` `[R, N, m]`. */
  slope(hypernetwork: HypernetworkOutput, points: Tensor3D): Tensor3D;
  /** The gradient of `sum(coefficients f)` in the hypernetwork output, for `coefficients` `[R, N]`. */
  gradient(hypernetwork: HypernetworkOutput, points: Tensor3D, coefficients: Tensor2D): HypernetworkGradient;
  /** Moves the chains of all rows, whose types are `types` `[R, m]`: see {@linkcode "../sampling/move_chains.ts"}. */
  moveChains(
    hypernetwork: HypernetworkOutput,
    types: RowTypes,
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
    types: RowTypes,
    start: Chains,
    options: MoveOptions,
    key: RandomKey,
    objective: GoodsObjective,
  ): FusedStep | undefined;
  /**
   * What kernels have whose device works while the host does something else, and never has to wait for it: see
   * {@linkcode "../training/resident.ts"}.
   */
  readonly resident?: ResidentParts;
  /**
   * The memory that training with R rows of C chains takes at its peak, besides the tensors that it is given.
   *
   * @param hiddenSize H.
   * @param perGoodSize Hl; 0 without slopes per good.
   * @param participants n, as the rows of a profile are computed together; the largest possible unless given.
   */
  memory(rows: number, chains: number, hiddenSize: number, perGoodSize?: number, participants?: number): KernelMemory;
  /**
   * Compares `result`, which was made with these kernels, with what `make` computes with the reference. Only kernels
   * that validate everything have it; {@linkcode PriceKernels.settle} throws where the two differ.
   *
   * @param name The name of the result in messages.
   */
  validate?(name: string, result: object, make: (plain: PriceKernels) => object): void;
  /**
   * Waits for the validation of everything computed so far. Only kernels that validate everything have it.
   *
   * @throws {MachineError} where a result differs from the reference's.
   */
  settle?(): Promise<void>;
}
