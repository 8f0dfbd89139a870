/**
 * What the WGSL of a Partial GroupMax Network works on: its sizes, and where its numbers are in a workgroup's memory.
 *
 * @module
 */
import type { PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import type { Memory } from "./layout.ts";

/** Where a network of the sums of the largest coordinates has its numbers in `lanes`. */
export interface SumsOfLargest {
  /** Sums `[T, m]`. */
  readonly sumsOfLargest: number;
  /** How many coordinates come before each in the order from the largest on `[T, m]`. */
  readonly ranks: number;
}

/** What the network's WGSL works on. */
export interface NetworkCode {
  readonly size: PartialGroupMaxSize;
  readonly memory: Memory;
  /** T, the most tiles at a time. */
  readonly tiles: number;
  /** Where activations begin in `lanes`: `[kept, T, G]`. */
  readonly activations: number;
  /** How many x_k are kept: all K, or those of two layers in turn. */
  readonly kept: number;
  /** Where sums begin in `lanes`: `[PARTS, T]`. */
  readonly sums: number;
  /** Where sums of points, and ranks in them, begin in `lanes`, for a network of sums of the largest coordinates. */
  readonly sumsOfLargest?: SumsOfLargest;
  /** Where winners begin in `words`; undefined where nobody asks for them. */
  readonly winners?: number;
}
