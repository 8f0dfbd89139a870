/**
 * Where a workgroup finds things: the addresses of weights, regions of its scratch memory, and which of both fit into
 * workgroup memory.
 *
 * Chains and points are handled four at a time, in the lanes of a `vec4<f32>`; four of them are a tile.
 *
 * @module
 */
import { type GroupMaxLayout, groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";

/** Regions of scratch memory one behind the other: where each begins, and how large all are. */
export function regions<Name extends string>(sizes: Record<Name, number>): { at: Record<Name, number>; total: number } {
  const at = {} as Record<Name, number>;
  let total = 0;
  for (const name in sizes) {
    at[name] = total;
    total += sizes[name];
  }
  return { at, total };
}

/** What a device, or a test, lets a workgroup have. */
export interface WorkgroupLimits {
  /** Bytes of workgroup memory. */
  readonly bytes: number;
  /** Invocations of a workgroup. */
  readonly threads: number;
}

/**
 * The memory of one workgroup. Scratch memory is an array `lanes` of `vec4<f32>` and an array `words` of `u32`; both
 * are in workgroup memory where they fit, and the weights as well where there is still room. Otherwise they are storage
 * buffers, of which each workgroup has its part.
 */
export interface Memory {
  /** Whether the weights are copied to workgroup memory. */
  readonly ownWeights: boolean;
  /** Whether `lanes` and `words` are in workgroup memory. */
  readonly ownScratch: boolean;
  /** `vec4<f32>`s in `lanes`. */
  readonly laneCount: number;
  /** `u32`s in `words`. */
  readonly wordCount: number;
  /** The layout of the weights where they are read. */
  readonly weights: GroupMaxLayout;
  /** Threads of the workgroup. */
  readonly threads: number;
}

/** What a workgroup keeps in variables of its own besides. */
const FLAGS_BYTES = 64;

/** Decides where the memory of a workgroup is. `items` is how much of its work can be done side by side. */
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

/** How many tiles hold `count` points. */
export function tilesOf(count: number): number {
  return Math.ceil(count / 4);
}
