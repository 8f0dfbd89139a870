/**
 * The sizes and memory that the WGSL of a Partial GroupMax Network is written for.
 *
 * @module
 */
import type { PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import type { Memory } from "./layout.ts";

/** Where the sums of the largest coordinates, and ranks, begin in `lanes`. */
export interface SumsOfLargest {
  /** The sums `[T, m]`. */
  readonly sumsOfLargest: number;
  /** The ranks of coordinates, 0 for the largest one, `[T, m]`. */
  readonly ranks: number;
}

/** The sizes of a network, and where its numbers are in the memory of a workgroup. */
export interface NetworkCode {
  readonly size: PartialGroupMaxSize;
  readonly memory: Memory;
  /** T, the most tiles that are worked on at a time. */
  readonly tiles: number;
  /** Where activations begin in `lanes`: `[kept, T, G]`. */
  readonly activations: number;
  /** The number of x_k that are kept: all K, or those of two layers in turn. */
  readonly kept: number;
  /** Where the parts of values begin in `lanes`: `[PARTS, T]`. */
  readonly sums: number;
  /** For a network of the sums of the largest coordinates: where these begin in `lanes`. */
  readonly sumsOfLargest?: SumsOfLargest;
  /** Where winners begin in `words`; undefined where they are not needed. */
  readonly winners?: number;
}
