/**
 * The job of one call for best responses in WASM: the fields of class ResponsesJob of wasm/assembly/, in their order.
 *
 * @module
 */
import type { Fields } from "../wasm/fields.ts";

/** The fields of a job of best responses. A `usize` is the address of numbers of the shape given, of 32 or 64 bits. */
export const RESPONSES_FIELDS = {
  /** `OPERATIONS.responses`. */
  operation: "i32",
  /** The next task: threads take one task after the other from this counter. */
  next: "i32",
  /** The number of tasks. */
  tasks: "i32",
  /** R, rows of types. */
  rows: "i32",
  /** The certified gap at which a search stops. */
  tolerance: "f64",
  /** Rounding changes utilities by this times the magnitude of prices, and `absolute` times the sum of the type. */
  relative: "f64",
  /** See `relative`. */
  absolute: "f64",
  /** Prices of this magnitude or more are not evaluated. */
  largest: "f64",
  /** The magnitude of the prices of all rows, where one row of weights serves all; the kernel writes it. */
  magnitude: "f64",
  /** Types in a row. */
  perRow: "i32",
  /** m. */
  goods: "i32",
  /** K. */
  layers: "i32",
  /** G. */
  groups: "i32",
  /** E. */
  groupSize: "i32",
  /** H; 0 where one row of weights serves all rows. */
  hiddenSize: "i32",
  /** The number of packed weights of a row, a multiple of 8. */
  packed: "i32",
  /** Rows of one task where one row of weights serves all. */
  rowsPerTask: "i32",
  /** The largest number of evaluations of f. */
  maxEvaluations: "i32",
  /** The largest number of cuts kept. */
  cuts: "i32",
  /** `[R padded to a multiple of ROWS, H]`, 64-bit. */
  hidden: "usize",
  /** `[packed / 8, H, 8]`, 32-bit; with slopes per good `[quads / 2, H, 8]`. */
  weight: "usize",
  /** `[packed]`, 32-bit. */
  bias: "usize",
  /** For every four packed weights one byte: 1 where they go through softplus. */
  positive: "usize",
  /** `[packed]`, 64-bit, after softplus, where one row serves all. */
  shared: "usize",
  /** `[R, types in a row, m]`, 64-bit. */
  types: "usize",
  /** `[R, types in a row, m + RESULTS]`, 64-bit: outcome, and then as `RESULTS` says; then supports `[m + 1, 1 + m]`, if wanted. */
  out: "usize",
  /** Where the threads' scratch begins. */
  scratch: "usize",
  /** Bytes of one thread's scratch. */
  scratchSize: "i32",
  /** Hl; 0 without slopes per good. Fields from here to `perGoodHidden` are for these: see per_good_layout.ts. */
  perGoodSize: "i32",
  /** The number of columns of the dense weight, divided by four. */
  quads: "i32",
  /** Where each four of these columns begin in a row of packed weights `[quads]`. */
  quadsAt: "usize",
  /** The number of affine maps of the groups, padded, divided by four. */
  maps: "i32",
  /** Where the slopes in the first good of each four maps begin in a row of packed weights `[maps]`. */
  mapsAt: "usize",
  /** S `[maps, Hl, 4]`, then `[Hl]` for the last map, (A_K, b_K), 32-bit. */
  slopes: "usize",
  /** The column of the dense weight for the offset b_K `[H]`, 32-bit. */
  lastOffset: "usize",
  /** Where A_K begins in a row of packed weights. */
  lastAt: "i32",
  /** `[R, m, Hl]`, 64-bit. */
  perGoodHidden: "usize",
  /** 1 where the network takes the sums of the largest coordinates: see assembly/sums_of_largest.ts. */
  sumsOfLargest: "i32",
  /** 1 where the multipliers of the cuts, and the points that these were made at, are wanted, too. */
  supports: "i32",
} as const satisfies Fields;
