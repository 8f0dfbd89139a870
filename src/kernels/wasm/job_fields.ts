/**
 * The job of one call of the WASM kernels: the fields of class Job of assembly/, in their order.
 *
 * @module
 */
import type { Fields } from "./fields.ts";

/** The fields of a job. A `usize` is the address of 32-bit floats of the shape given, unless it says otherwise. */
export const JOB_FIELDS = {
  /** One of `OPERATIONS`. */
  operation: "i32",
  /** The next task: threads take one task after the other from this counter. */
  next: "i32",
  /** The number of tasks. */
  tasks: "i32",
  /** R, the number of rows. */
  rows: "i32",
  /** N, the number of points in a row, or C, that of chains. */
  count: "i32",
  /** m. */
  goods: "i32",
  /** K. */
  layers: "i32",
  /** G. */
  groups: "i32",
  /** E. */
  groupSize: "i32",
  /** H, padded to a multiple of 4; 0 where one row of weights serves all rows. */
  hiddenSize: "i32",
  /** The number of packed weights of a row, a multiple of 8. */
  packed: "i32",
  /** `[R, H]`, with room behind it for the empty rows of the last tile. */
  hidden: "usize",
  /** Gradient: hidden again, by columns, `[H / 2, tiles tile, 2]`. */
  hiddenColumns: "usize",
  /** `[dense / 8, H, 8]`. */
  weight: "usize",
  /** `[packed]`. */
  bias: "usize",
  /** For every four packed weights one byte: 1 where they go through softplus. */
  positive: "usize",
  /** `[packed]`, after softplus, where one row serves all. */
  shared: "usize",
  /** `[R, N, m]`; chains are moved in place. */
  points: "usize",
  /** `[R, N]` (value), `[R, N, m]` (slope); gradient: `[dense / 8, H, 8]` of the weight. */
  out: "usize",
  /** Chains: f at the chains and at 0 `[R, C + 1]`. */
  values: "usize",
  /** Gradient: coefficients `[R, N]`; training step: made here, `[R, C + 1]`. */
  coefficients: "usize",
  /** Gradient: that of the bias of the dense columns `[dense]`, or, where one row serves all, `[tasks, packed]`. */
  biasGradient: "usize",
  /** Gradient: that of hidden `[R, H]`. */
  hiddenGradient: "usize",
  /** Gradient: two buffers `[dense / 8, panelRows, 8]` for the gradient in the dense columns of a set of rows. */
  panels: "usize",
  /** Gradient: the rows of a set, a multiple of `tile`. */
  panelRows: "i32",
  /** Gradient: for each set of rows the number of row tasks done, and that of column tasks (32-bit integers). */
  counters: "usize",
  /** The rows of a tile, whose weights are made together: a multiple of ROWS. */
  tile: "i32",
  /** The rows of a tile that are not empty; those of whole profiles in a training step. */
  tileRows: "i32",
  /** Rows of one task where one row of weights serves all; those of whole profiles in a training step. */
  rowsPerTask: "i32",
  /** Where the threads' scratch begins. */
  scratch: "usize",
  /** Bytes of one thread's scratch. */
  scratchSize: "i32",
  /** Chains: the rows' types `[R, m]`. */
  types: "usize",
  /** Chains: mean squared slopes `[R, m]`, updated in place. */
  squareSlopes: "usize",
  /** Chains: keys and numbers that moves draw from (32-bit integers): see moveDraws of job.ts. */
  draws: "usize",
  /** Chains: the number of blocks of steps. */
  blocks: "i32",
  /** Chains: 1 where they are projected at the boundary of the box, 0 where they are reflected. */
  project: "i32",
  /** Chains: eta of the constant step rule; 0 for the adapted rule. */
  constantStep: "f32",
  /** Chains: the step scale. */
  stepScale: "f32",
  /** Chains: beta. */
  beta: "f32",
  /** Gradient: how many of the first rows it is taken from; all but in a training step. */
  trained: "i32",
  /** Training step: n. */
  participants: "i32",
  /** Training step: 1 for the paired estimator, 0 for the coordinate-wise one. */
  paired: "i32",
  /** Training step: c^p. */
  productionCost: "f32",
  /** Training step: c^d. */
  duplicationCost: "f32",
  /** Training step: u0 of each profile and chain `[trained / n, C]`. */
  utilities: "usize",
  /** The number of dense columns: `packed`, or with slopes per good only those of positive weights and of offsets. */
  dense: "i32",
  /** Hl, padded to a multiple of 4; 0 without slopes per good. Fields from here to `slopeSums` are for these. */
  perGoodSize: "i32",
  /** The number of affine maps of (x, 1), padded to a multiple of 8. */
  maps: "i32",
  /** Where each map's slopes begin in a row, in bytes (32-bit integers). */
  mapsAt: "usize",
  /** Where each four positive dense columns begin in a row, in bytes (32-bit integers). */
  quadsAt: "usize",
  /** The bias of the dense columns `[dense]`; 0 for offsets, whose bias is among that of the slopes. */
  denseBias: "usize",
  /** The goods' hidden layers `[R, Hl, m + 1 padded]`; the padding is 0. */
  perGoodHidden: "usize",
  /** S `[maps / 4, Hl, 4]`. */
  slopes: "usize",
  /** Gradient: that of the goods' hidden layers `[R, Hl, m + 1 padded]`. */
  perGoodGradient: "usize",
  /** Gradient: that of S, then that of the slopes' bias: see slopeSumsLength of assembly/. */
  slopesGradient: "usize",
  /** Gradient: two buffers of such sums, one sum for each tile of a set of rows. */
  slopeSums: "usize",
  /** 1 where the network takes the sums of the largest coordinates: see assembly/sums_of_largest.ts. */
  sumsOfLargest: "i32",
} as const satisfies Fields;
