/**
 * The memory of a workgroup: the addresses of weights, the regions of scratch memory, and which of the two fit in
 * workgroup memory.
 *
 * Chains and points are worked on four at a time, in the lanes of a `vec4<f32>`. Such a group of four is a tile.
 *
 * @module
 */
import { type GroupMaxLayout, groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";

/** Lays out regions of scratch memory one behind the other: where each begins, and the size of all. */
export function regions<Name extends string>(sizes: Record<Name, number>): { at: Record<Name, number>; total: number } {
  const at = {} as Record<Name, number>;
  let total = 0;
  for (const name in sizes) {
    at[name] = total;
    total += sizes[name];
  }
  return { at, total };
}

/** The limits of a workgroup, by the device or by a test. */
export interface WorkgroupLimits {
  /** The most bytes of workgroup memory. */
  readonly bytes: number;
  /** The most threads. */
  readonly threads: number;
}

/**
 * The memory of one workgroup. Scratch memory is an array `lanes` of `vec4<f32>` and an array `words` of `u32`. Both
 * are in workgroup memory where they fit, and so are the weights where there is still room. Otherwise they are in
 * storage buffers, of which each workgroup has its part.
 */
export interface Memory {
  /** Whether the weights are copied to workgroup memory. */
  readonly ownWeights: boolean;
  /** Whether `lanes` and `words` are in workgroup memory. */
  readonly ownScratch: boolean;
  /** The length of `lanes`. */
  readonly laneCount: number;
  /** The length of `words`. */
  readonly wordCount: number;
  /** The layout of the weights: padded in workgroup memory. */
  readonly weights: GroupMaxLayout;
  /** The number of threads of the workgroup. */
  readonly threads: number;
}

/** Bytes of workgroup memory for single variables. */
const FLAGS_BYTES = 64;

/**
 * Decides where the memory of a workgroup is, and how many threads it has.
 *
 * @param scratch The lengths of `lanes` and `words`.
 * @param items How many threads could work side by side.
 */
export function placeMemory(
  size: PartialGroupMaxSize,
  scratch: { readonly lanes: number; readonly words: number },
  items: number,
  limits: WorkgroupLimits,
): Memory {
  // At least one of each, as WGSL has no empty arrays.
  const laneCount = Math.max(1, scratch.lanes), wordCount = Math.max(1, scratch.words);
  const scratchBytes = 16 * laneCount + 4 * wordCount + FLAGS_BYTES;
  const ownScratch = scratchBytes <= limits.bytes;
  // Slopes are read with neighbouring threads on neighbouring rows: an odd stride keeps them on different banks.
  const padded = groupMaxLayout(size, size.groups | 1);
  const ownWeights = ownScratch && scratchBytes + 4 * padded.count <= limits.bytes;
  // More than 256 threads leave the scheduler little choice; fewer than 64 leave lanes of AMD's wavefronts idle.
  const threads = Math.min(limits.threads, 256, Math.max(64, 32 * Math.ceil(items / 32)));
  return { ownWeights, ownScratch, laneCount, wordCount, weights: ownWeights ? padded : groupMaxLayout(size), threads };
}

/** The number of tiles for `count` points. */
export function tilesOf(count: number): number {
  return Math.ceil(count / 4);
}
