/**
 * What one call for best responses in WASM is about: the fields of class ResponsesJob of wasm/assembly/, in their order.
 *
 * @module
 */
import type { Fields } from "../wasm/fields.ts";

/** The fields of a call for best responses. Of what lies at an address, the bits of a float are given. */
export const RESPONSES_FIELDS = {
  /** That of best responses. */
  operation: "i32",
  /** The next task, which threads draw from. */
  next: "i32",
  /** How many tasks there are. */
  tasks: "i32",
  /** R, rows of types. */
  rows: "i32",
  /** Largest certified gap. */
  tolerance: "f64",
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
  /** How many packed weights a row has, a multiple of 8. */
  packed: "i32",
  /** Rows of one task where one row of weights serves all. */
  rowsPerTask: "i32",
  /** Largest number of evaluations of f. */
  maxEvaluations: "i32",
  /** How many cuts are kept. */
  cuts: "i32",
  /** `[R padded to a multiple of ROWS, H]`, 64-bit. */
  hidden: "usize",
  /** `[packed / 8, H, 8]`, 32-bit; with slopes per good `[quads / 2, H, 8]`. */
  weight: "usize",
  /** `[packed]`, 32-bit. */
  bias: "usize",
  /** For every four packed weights one byte: whether they go through softplus. */
  positive: "usize",
  /** `[packed]`, 64-bit, after softplus, where one row serves all. */
  shared: "usize",
  /** `[R, types in a row, m]`, 64-bit. */
  types: "usize",
  /** `[R, types in a row, m + 4]`, 64-bit: outcome, payment, utility, gap, evaluations. */
  out: "usize",
  /** Where the threads' scratch begins. */
  scratch: "usize",
  /** Bytes of one thread's scratch. */
  scratchSize: "i32",
  /** Hl; 0 without slopes per good. What follows is for one: see per_good_layout.ts. */
  perGoodSize: "i32",
  /** How many times four columns the dense weight has. */
  quads: "i32",
  /** Where each of these belongs in a row of packed weights: the first of four numbers. */
  quadsAt: "usize",
  /** How many times four maps. */
  maps: "i32",
  /** Where their slopes in the first good begin. */
  mapsAt: "usize",
  /** S `[maps, Hl, 4]`, then `[Hl]` of the output, 32-bit. */
  slopes: "usize",
  /** `[H]` for the output's offset, 32-bit. */
  lastOffset: "usize",
  /** Where the output's slopes begin in a row of packed weights. */
  lastAt: "i32",
  /** `[R, m, Hl]`, 64-bit. */
  perGoodHidden: "usize",
  /** 1 where f is a function of the sums of its point's largest coordinates, see assembly/sums_of_largest.ts. */
  sumsOfLargest: "i32",
} as const satisfies Fields;
