/**
 * Where the weights of a Partial GroupMax Network (Definition 3.3) lie in a row of P numbers.
 *
 * In this order, each matrix row-major with inputs as rows:
 *   positive, before softplus:  W_k[e] `[G, G]` for k = 1..K-1, e = 0..E-1;  W_K `[G]`
 *   free:                       (A_k, b_k)[e] `[m + 1, G]` for k = 0..K-1, e = 0..E-1;  (A_K, b_K) `[m + 1]`
 * where [e] holds element e of every group. (A_k, b_k) are K E G + 1 affine maps of x: map q = (k E + e) G + g is that of
 * element e of group g in layer k, and the last one is (A_K, b_K).
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
  /** Whether f is a function of the sums of the largest coordinates of x, instead of x: see {@linkcode "./symmetric_groupmax.ts"}. */
  readonly sumsOfLargest?: true;
}

/** Addresses of the matrices of one Partial GroupMax Network (Definition 3.3), in numbers. */
export interface GroupMaxLayout {
  /** How far apart the rows of matrices begin; G where they are one behind the other. */
  readonly stride: number;
  /** Where W_k[e] begins, of G rows; E matrices of equal size lie one behind the other. */
  positive(k: number, e: number): number;
  /** Where (A_k, b_k)[e] begins, of m + 1 rows. */
  free(k: number, e: number): number;
  /** Where W_K begins, of G numbers. */
  readonly outPositive: number;
  /** Where (A_K, b_K) begins, of m + 1 numbers. */
  readonly outFree: number;
  /** How many numbers there are in all: P where rows are one behind the other. */
  readonly count: number;
  /** How many numbers go through softplus: those before the first affine map. */
  readonly positiveCount: number;
  /** K E G + 1, how many affine maps there are. */
  readonly maps: number;
  /** Where map q has its slope in good j, or its offset for j = m. */
  map(q: number, j: number): number;
}

/** The layout of a network's weights, with rows of matrices `stride` numbers apart. */
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
 * Fails unless sizes make sense.
 *
 * @throws {InvalidInputError} unless all of them are positive integers.
 */
export function requireGroupMaxSize(action: string, size: PartialGroupMaxSize): void {
  for (const name of ["goods", "layers", "groups", "groupSize"] as const) requireInteger(action, name, size[name], 1);
}
