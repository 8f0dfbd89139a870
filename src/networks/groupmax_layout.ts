/**
 * The order of the P raw weights of a Partial GroupMax Network (Definition 3.3).
 *
 * Matrices follow one another, each row-major with inputs as rows:
 *   positive, before softplus:  W_k[e] `[G, G]` for k = 1..K-1, e = 0..E-1;  W_K `[G]`
 *   of any sign (free):         (A_k, b_k)[e] `[m + 1, G]` for k = 0..K-1, e = 0..E-1;  (A_K, b_K) `[m + 1]`
 * where [e] holds element e of every group. (A_k, b_k) are K E G + 1 affine maps of x, each with m slopes and an
 * offset: map q = (k E + e) G + g is that of element e of group g in layer k, and the last one, q = K E G, is
 * (A_K, b_K).
 *
 * @module
 */

import { requireInteger } from "../errors.ts";

/** The size of a Partial GroupMax Network. */
export interface PartialGroupMaxSize {
  /** m, the dimension of x. */
  readonly goods: number;
  /** K, the number of GroupMax layers. */
  readonly layers: number;
  /** G, the number of groups in a layer. */
  readonly groups: number;
  /** E, the number of elements in a group. */
  readonly groupSize: number;
  /**
   * Whether the network takes the sums of the largest coordinates of x, not x: see
   * {@linkcode "./symmetric_groupmax.ts"}.
   */
  readonly sumsOfLargest?: true;
}

/** Where the matrices of one Partial GroupMax Network (Definition 3.3) begin, as indices of weights. */
export interface GroupMaxLayout {
  /** The distance of the beginnings of a matrix's rows: G without padding. */
  readonly stride: number;
  /** Where W_k[e] begins, with G rows, for k = 1..K-1. */
  positive(k: number, e: number): number;
  /** Where (A_k, b_k)[e] begins, with m + 1 rows, for k = 0..K-1. */
  free(k: number, e: number): number;
  /** Where W_K begins, with G numbers. */
  readonly outPositive: number;
  /** Where (A_K, b_K) begins, with m + 1 numbers. */
  readonly outFree: number;
  /** The length of all of it: P without padding. */
  readonly count: number;
  /** How many weights go through softplus: all before the first affine map. */
  readonly positiveCount: number;
  /** K E G + 1, the number of affine maps. */
  readonly maps: number;
  /** The index of map q's slope in good j, or of its offset for j = m. */
  map(q: number, j: number): number;
}

/** The layout of a network's weights. With `stride` > G the rows of matrices are padded to that length. */
export function groupMaxLayout(
  { goods: m, layers: K, groups: G, groupSize: E }: PartialGroupMaxSize,
  stride: number = G,
): GroupMaxLayout {
  const square = G * stride, affine = (m + 1) * stride, maps = K * E * G + 1;
  const outPositive = (K - 1) * E * square, positiveCount = outPositive + G, outFree = positiveCount + K * E * affine;
  return {
    stride,
    positive: (k, e) => ((k - 1) * E + e) * square,
    free: (k, e) => positiveCount + (k * E + e) * affine,
    outPositive,
    outFree,
    count: outFree + m + 1,
    positiveCount,
    maps,
    map: (q, j) => q === maps - 1 ? outFree + j : positiveCount + Math.floor(q / G) * affine + j * stride + q % G,
  };
}

/**
 * Checks the size of a network.
 *
 * @param action What cannot be done otherwise, for the message.
 * @throws {InvalidInputError} unless m, K, G and E are positive integers.
 */
export function requireGroupMaxSize(action: string, size: PartialGroupMaxSize): void {
  for (const name of ["goods", "layers", "groups", "groupSize"] as const) requireInteger(action, name, size[name], 1);
}
