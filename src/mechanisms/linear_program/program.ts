/**
 * The linear program of a best response, equation (4), to the pricing rule of one Partial GroupMax Network.
 *
 * With p(x) = f(x) - f(0) = W_K z_K + <A_K, x> and z_k the layers relative to x = 0 (networks/groupmax_price.ts),
 * maximising <t, x> - p(x) over x in [0, 1]^m is
 *
 *   min  <W_K, z_K> + <A_K - t, x>
 *   with z_kg >= <W_kge, z_{k-1}> + <A_kge, x> + b_kge   for all layers k, groups g and elements e,   0 <= x <= 1.
 *
 * W >= 0 and the objective grows with z, so that in some optimum every z_kg is the largest of its elements: the program
 * is exact. It has m + K G columns and K G E + 1 rows; the last row bounds nothing until ties are broken.
 *
 * Where f is symmetric, some best response has its coordinates in the order of the type's (rearrangement inequality).
 * With goods sorted by the type, x_1 >= ... >= x_m, the sums of the largest coordinates are linear in x. So the affine
 * maps are written in x, and m - 1 more rows, before the last, keep x in this order.
 *
 * @module
 */
import type { HighsBasis, HighsModelData } from "../../deps/highs.ts";
import { groupMaxOnHost } from "../../networks/groupmax.ts";
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { largestInputs, type PriceMagnitude, relativeToZero } from "../../networks/groupmax_price.ts";
import { throughSoftplus } from "../../networks/partial_groupmax.ts";
import { sumScale } from "../../networks/sums_of_largest.ts";

/** The affine maps of one price, in 64-bit floats; element r = (k E + e) G + g is element e of group g in layer k. */
export interface AffineMaps {
  /** The size of the network. */
  readonly size: PartialGroupMaxSize;
  /** W_kge `[K E G, G]`, each at least 0; those of the first layer are 0. */
  readonly positive: Float64Array;
  /** A_kge `[K E G, m]`. */
  readonly free: Float64Array;
  /** b_kge `[K E G]`, relative to x = 0. */
  readonly offset: Float64Array;
  /** The absolute values that an element's map adds up to at most, for x alone, and those that made its offset. */
  readonly spread: Float64Array;
  /** W_K `[G]`, each at least 0. */
  readonly outPositive: Float64Array;
  /** A_K `[m]`. */
  readonly outFree: Float64Array;
  /** As `spread`, for A_K. */
  readonly outSpread: number;
  /** What is known of rounding. */
  readonly rounding: PriceMagnitude;
}

/** The affine maps of raw weights `[P]`, in the order of networks/groupmax_layout.ts. */
export function affineMaps(size: PartialGroupMaxSize, raw: Float32Array | Float64Array): AffineMaps {
  const { goods: m, layers: K, groups: G, groupSize: E } = size, rows = K * E * G;
  const layout = groupMaxLayout(size), weights = throughSoftplus(size, raw), rounding = relativeToZero(size, weights);
  const inputs = largestInputs(size), spread = rounding.ofOffsets.slice();
  const positive = new Float64Array(rows * G), free = new Float64Array(rows * m), offset = new Float64Array(rows);
  for (let r = E * G; r < rows; r++) {
    const [k, e, g] = [Math.floor(r / (E * G)), Math.floor(r / G) % E, r % G];
    for (let i = 0; i < G; i++) positive[r * G + i] = weights[layout.positive(k, e) + i * G + g];
  }
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < m; j++) {
      free[r * m + j] = weights[layout.map(r, j)];
      spread[r] += inputs[j] * Math.abs(free[r * m + j]);
    }
    offset[r] = weights[layout.map(r, m)];
  }
  const outPositive = weights.slice(layout.outPositive, layout.outPositive + G);
  const outFree = weights.slice(layout.outFree, layout.outFree + m);
  const outSpread = outFree.reduce((sum, slope, j) => sum + inputs[j] * Math.abs(slope), 0);
  if (size.sumsOfLargest) { for (const slopes of [free, outFree]) slopesInOrder(slopes, m); }
  return { size, positive, free, offset, spread, outPositive, outFree, outSpread, rounding };
}

/**
 * Turns slopes `[maps, m]` in the sums of the largest coordinates into slopes in x where x_1 >= ... >= x_m, in place.
 */
function slopesInOrder(slopes: Float64Array, m: number): void {
  const scale = sumScale(m);
  for (let at = slopes.length - 1; at >= 0; at--) {
    slopes[at] = scale * slopes[at] + (at % m < m - 1 ? slopes[at + 1] : 0);
  }
}

/** The number of rows that keep x in order. */
function orderRows({ goods, sumsOfLargest }: PartialGroupMaxSize): number {
  return sumsOfLargest ? goods - 1 : 0;
}

/** The program for the type 0. For a type t, t_j is subtracted from the cost of column j. */
export function linearProgram(
  { size, positive, free, offset, outPositive, outFree, rounding }: AffineMaps,
): HighsModelData {
  const { goods: m, layers: K, groups: G, groupSize: E } = size;
  const numCols = m + K * G, elements = K * E * G, ordered = orderRows(size), numRows = elements + ordered + 1;
  const perRow = (k: number) => 1 + m + (k > 0 ? G : 0);
  const stored = E * G * (perRow(0) + (K - 1) * perRow(1)) + 2 * ordered + m + G;
  const starts = new Int32Array(numRows + 1), indices = new Int32Array(stored), values = new Float64Array(stored);
  let at = 0;
  const put = (column: number, value: number) => (indices[at] = column, values[at++] = value);
  for (let r = 0; r < elements; r++) {
    const k = Math.floor(r / (E * G));
    for (let j = 0; j < m; j++) put(j, -free[r * m + j]);
    if (k > 0) { for (let i = 0; i < G; i++) put(m + (k - 1) * G + i, -positive[r * G + i]); }
    put(m + k * G + r % G, 1);
    starts[r + 1] = at;
  }
  for (let j = 0; j < ordered; j++) put(j, 1), put(j + 1, -1), starts[elements + j + 1] = at;
  for (let j = 0; j < m; j++) put(j, -outFree[j]);
  for (let g = 0; g < G; g++) put(numCols - G + g, -outPositive[g]);
  starts[numRows] = at;

  const colCost = new Float64Array(numCols), colLower = new Float64Array(numCols).fill(-Infinity);
  colCost.set(outFree), colCost.set(outPositive, numCols - G);
  const rowLower = new Float64Array(numRows).fill(-Infinity);
  rowLower.set(offset.map((c, r) => rounding.never[r] ? -Infinity : c));
  rowLower.fill(0, elements, elements + ordered);
  return {
    ...{ numCols, numRows, colCost, colLower: colLower.fill(0, 0, m) },
    ...{ colUpper: new Float64Array(numCols).fill(Infinity).fill(1, 0, m), rowLower },
    rowUpper: new Float64Array(numRows).fill(Infinity),
    matrix: { format: "csr", numRows, numCols, starts, indices, values },
  };
}

/**
 * The basis of a corner x of the box, which must be in order where f is symmetric: the row of the element that is
 * largest holds z_kg. The basis is feasible.
 */
export function cornerBasis({ size, positive, free, offset }: AffineMaps, corner: ArrayLike<number>): HighsBasis {
  const { goods: m, layers: K, groups: G, groupSize: E } = size;
  const colStatus = new Int32Array(m + K * G).fill(BASIC), rows = K * E * G + orderRows(size) + 1;
  const rowStatus = new Int32Array(rows).fill(BASIC);
  for (let j = 0; j < m; j++) colStatus[j] = corner[j] > 0 ? AT_UPPER : AT_LOWER;
  const h = new Float64Array(E * G), maxima = new Float64Array(G), winners = new Int32Array(G);
  for (let k = 0, first = 0; k < K; k++, first += E * G) {
    for (let r = first; r < first + E * G; r++) {
      h[r - first] = offset[r];
      for (let j = 0; j < m; j++) h[r - first] += free[r * m + j] * corner[j];
      for (let i = 0; k > 0 && i < G; i++) h[r - first] += positive[r * G + i] * maxima[i];
    }
    groupMaxOnHost(h, maxima, winners);
    winners.forEach((e, g) => rowStatus[first + e * G + g] = AT_LOWER);
  }
  return { colStatus, rowStatus };
}

const AT_LOWER = 0, BASIC = 1, AT_UPPER = 2;
