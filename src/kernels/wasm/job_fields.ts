/**
 * What one call of the WASM kernels is about: the fields of class Job of assembly/, in their order.
 *
 * @module
 */
import type { Fields } from "./fields.ts";

/** The fields of a job. Places are addresses of 32-bit floats `[...]` unless another kind is named. */
export const JOB_FIELDS = {
  /** Which of the operations. */
  operation: "i32",
  /** The next task, which threads draw from. */
  next: "i32",
  /** How many tasks there are. */
  tasks: "i32",
  /** R, rows of points. */
  rows: "i32",
  /** N, points in a row, or C, chains. */
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
  /** How many packed weights a row has, a multiple of 8. */
  packed: "i32",
  /** `[R, H]`, and as much behind it as a tile reads beyond. */
  hidden: "usize",
  /** Gradient: the same as `[H / 2, tiles tile, 2]`. */
  hiddenColumns: "usize",
  /** `[dense / 8, H, 8]`. */
  weight: "usize",
  /** `[packed]`. */
  bias: "usize",
  /** For every four packed weights one byte: whether they go through softplus. */
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
  /** Gradient: of the bias of dense columns `[dense]`, or `[partials, packed]` of the shared row. */
  biasGradient: "usize",
  /** Gradient: of hidden `[R, H]`. */
  hiddenGradient: "usize",
  /** Gradient: two buffers `[dense / 8, panelRows, 8]` for the gradient of some rows. */
  panels: "usize",
  /** Gradient: how many rows such a buffer has, a multiple of `tile`. */
  panelRows: "i32",
  /** Gradient: two counters for each set of rows, of row tasks and of column tasks that are done. */
  counters: "usize",
  /** Rows whose weights are made together, a multiple of ROWS. */
  tile: "i32",
  /** How many of them are there: whole profiles, in a training step. */
  tileRows: "i32",
  /** Rows of one task where one row of weights serves all. */
  rowsPerTask: "i32",
  /** Where the threads' scratch begins. */
  scratch: "usize",
  /** Bytes of one thread's scratch. */
  scratchSize: "i32",
  /** Chains: the rows' types `[R, m]`. */
  types: "usize",
  /** Chains: mean squared slopes `[R, m]`, replaced by new ones. */
  squareSlopes: "usize",
  /** Chains: what random numbers the blocks of steps draw: see moveDraws. */
  draws: "usize",
  /** Chains: how many blocks. */
  blocks: "i32",
  /** Chains: 1 where they are projected onto the box at its boundaries, 0 where they are reflected. */
  project: "i32",
  /** Chains: eta of the constant step rule; 0 for the adapted rule. */
  constantStep: "f32",
  /** Chains: the step scale. */
  stepScale: "f32",
  /** Chains: beta. */
  beta: "f32",
  /** Gradient: its first rows that are trained on; all of them but in a training step. */
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
  /** Columns of the dense weight: `packed`; with slopes per good fewer, those of positive weights and of maps' offsets. */
  dense: "i32",
  /** Hl, padded to a multiple of 4; 0 without slopes per good. What follows is for one. */
  perGoodSize: "i32",
  /** How many affine maps from (x, 1), padded to a multiple of 8. */
  maps: "i32",
  /** Where each map's slopes begin in a row, in bytes. */
  mapsAt: "usize",
  /** Where each four positive columns of the dense weight belong in a row, in bytes. */
  quadsAt: "usize",
  /** The bias of the dense columns; 0 for offsets, which have theirs with the slopes. */
  denseBias: "usize",
  /** The goods' hidden layers `[R, Hl, m + 1 padded]`, 0 behind the goods. */
  perGoodHidden: "usize",
  /** S `[maps / 4, Hl, 4]`. */
  slopes: "usize",
  /** Gradient: of the goods' hidden layers `[R, Hl, m + 1 padded]`. */
  perGoodGradient: "usize",
  /** Gradient: of S, then of the slopes' bias, see slopeSumsLength. */
  slopesGradient: "usize",
  /** Gradient: two buffers of such sums for the tiles of a set. */
  slopeSums: "usize",
  /** 1 where f is a function of the sums of its point's largest coordinates, see assembly/sums_of_largest.ts. */
  sumsOfLargest: "i32",
} as const satisfies Fields;
