/**
 * Where a workgroup finds things: the addresses of weights, regions of its scratch memory, and which of both fit into
 * workgroup memory.
 *
 * Chains and points are handled four at a time, in the lanes of a `vec4<f32>`; four of them are a tile.
 *
 * @module
 */
import type { PartialGroupMaxSize } from "../../networks/partial_groupmax.ts";

/** Addresses of the matrices of one f, in numbers. Rows of matrices begin `stride` numbers after each other. */
export interface WeightLayout {
  readonly stride: number;
  /** Where W_k[e], of G rows, begins; e = 0 gives the first of E matrices of equal size, one behind the other. */
  positive(k: number, e: number): number;
  /** Where (A_k, b_k)[e], of m + 1 rows, begins. */
  free(k: number, e: number): number;
  /** Where W_K, of G numbers, begins. */
  readonly outPositive: number;
  /** Where (A_K, b_K), of m + 1 numbers, begins. */
  readonly outFree: number;
  /** How many numbers there are in all. */
  readonly count: number;
  /** How many numbers come from softplus: those before the first free matrix. */
  readonly positiveCount: number;
}

/** The layout of raw weights as in `partial_groupmax.ts`, except that rows of matrices are `stride` apart. */
export function weightLayout({ goods: m, layers: K, groups: G, groupSize: E }: PartialGroupMaxSize, stride = G) {
  const square = G * stride, affine = (m + 1) * stride;
  const outPositive = (K - 1) * E * square, positiveCount = outPositive + G, outFree = positiveCount + K * E * affine;
  const layout: WeightLayout = {
    stride,
    positive: (k, e) => ((k - 1) * E + e) * square,
    free: (k, e) => positiveCount + (k * E + e) * affine,
    outPositive,
    outFree,
    count: outFree + m + 1,
    positiveCount,
  };
  return layout;
}

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
  readonly weights: WeightLayout;
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
  const padded = weightLayout(size, size.groups | 1);
  const ownWeights = ownScratch && scratchBytes + 4 * padded.count <= limits.bytes;
  // More than 256 threads leave the scheduler little choice; fewer than 64 leave lanes of AMD's wavefronts idle.
  const threads = Math.min(limits.threads, 256, Math.max(64, 32 * Math.ceil(items / 32)));
  return { ownWeights, ownScratch, laneCount, wordCount, weights: ownWeights ? padded : weightLayout(size), threads };
}

/** How many tiles hold `count` points. */
export function tilesOf(count: number): number {
  return Math.ceil(count / 4);
}
