/**
 * The linear programs of polishing on a device, `maximaOfCuts`, compared with what cutting planes find on the host.
 *
 * Neither the point of a maximum nor its multipliers need be unique. So they are not compared with the host's: a point is
 * right where the least of the functions there is the maximum, and multipliers are where the bound that they make is.
 *
 * @module
 */
import { tf } from "../../deps/tfjs.ts";
import { MachineError } from "../../errors.ts";
import type { HostFunction } from "../../networks/network.ts";
import { deriveKey, randomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import { bestResponse } from "../best_responses/best_response.ts";
import type { ResidentParts } from "../kernels.ts";
import type { KernelCase } from "./cases.ts";
import { type Difference, farBetween } from "./differences.ts";

/** Linear functions of x in each of R rows, v_k + <a_k, x> for k = 1..N. */
export interface Cuts {
  /** R, N and m. */
  readonly shape: readonly [rows: number, count: number, goods: number];
  /** a `[R, N, m]`. */
  readonly slopes: Float32Array;
  /** v `[R, N]`. */
  readonly offsets: Float32Array;
}

/** The most functions of a row: more than a workgroup has threads. */
const MOST_CUTS = 80;
/**
 * The most that results may be off, as a share of the largest maximum or, where that is less, of 1: several times what any of
 * 80 random shapes was. The method takes a fixed number of steps, and with many goods it has fewer than they ask for.
 */
const ALLOWED = { few: { maxima: 2e-3, multipliers: 4e-2 }, many: { maxima: 3e-2, multipliers: 0.2 } };
/** More goods than this are many. */
const FEW_GOODS = 40;

/**
 * Bounds above utilities <t, x> - p(x) of random types t in the rows and goods of a case: tangents of p(x) = |x|^2 / 2 at
 * random points, so that some of them meet at the maximum.
 *
 * @param count N, a random number unless given.
 */
export function caseCuts({ rows: R, size: { goods: m }, seed }: KernelCase, count?: number): Cuts {
  const key = deriveKey(randomKey(seed), 2 ** 22);
  const N = count ?? 1 + Math.floor(MOST_CUTS * uniforms(deriveKey(key, 0), 1)[0]);
  const types = uniforms(deriveKey(key, 1), R * m), points = uniforms(deriveKey(key, 2), R * N * m);
  const typeAt = (at: number) => types[Math.floor(at / (N * m)) * m + at % m];
  return {
    shape: [R, N, m],
    slopes: points.map((x, at) => typeAt(at) - x),
    offsets: Float32Array.from(
      { length: R * N },
      (_, k) => points.subarray(k * m, (k + 1) * m).reduce((sum, x) => sum + x * x / 2, 0),
    ),
  };
}

/**
 * How far maxima of cuts are off that kernels of the open device find: the maxima as they say, those at the points that they
 * give, and the bounds by their multipliers. No tensor is left.
 *
 * @throws {MachineError} where a result has a wrong shape.
 */
export async function cutDifferences({ maximaOfCuts }: ResidentParts, cuts: Cuts): Promise<readonly Difference[]> {
  const { shape: [R, N, m] } = cuts, slopes = tf.tensor3d(cuts.slopes, [R, N, m]);
  const offsets = tf.tensor2d(cuts.offsets, [R, N]), found = maximaOfCuts(slopes, offsets);
  for (const [name, expected] of [["points", [R, m]], ["weights", [R, N]], ["utilities", [R]]] as const) {
    if (String(found[name].shape) === String(expected)) continue;
    throw new MachineError(
      `Cannot go on: ${name} of maxima of cuts must have shape [${expected}], got [${found[name].shape}]`,
    );
  }
  const [points, weights, utilities] = await Promise.all(
    [found.points, found.weights, found.utilities].map(async (tensor) => (await tensor.data()) as Float32Array),
  );
  tf.dispose([slopes, offsets, { ...found }]);
  const allowed = m <= FEW_GOODS ? ALLOWED.few : ALLOWED.many;
  let scale = 1, outside = 0;
  const off = { maxima: 0, points: 0, multipliers: 0 };
  for (let row = 0; row < R; row++) {
    const own = rowOf(cuts, row), maximum = maximumOf(own), x = points.subarray(row * m, (row + 1) * m);
    scale = Math.max(scale, Math.abs(maximum));
    for (const value of x) if (!(value >= 0 && value <= 1)) outside++;
    const bound = boundBy(own, weights.subarray(row * N, (row + 1) * N));
    off.maxima = Math.max(off.maxima, farBetween(utilities[row], maximum));
    off.points = Math.max(off.points, farBetween(leastAt(own, x), maximum));
    off.multipliers = Math.max(off.multipliers, farBetween(bound, maximum));
  }
  return [
    { what: "maxima of cuts", off: off.maxima / scale, allowed: allowed.maxima },
    { what: "maxima of cuts at their points", off: off.points / scale, allowed: allowed.maxima },
    { what: "maxima of cuts by multipliers", off: off.multipliers / scale, allowed: allowed.multipliers },
    { what: "coordinates of points of maxima outside of [0, 1]", off: outside, allowed: 0 },
  ];
}

/** The functions of one row. */
function rowOf({ shape: [, N, m], slopes, offsets }: Cuts, row: number): Cuts {
  const first = row * N, end = first + N;
  return { shape: [1, N, m], slopes: slopes.subarray(first * m, end * m), offsets: offsets.subarray(first, end) };
}

/** Function k of a row at x. */
function valueAt({ shape: [, , m], slopes, offsets }: Cuts, k: number, x: ArrayLike<number>): number {
  let value = offsets[k];
  for (let j = 0; j < m; j++) value += slopes[k * m + j] * x[j];
  return value;
}

/** The least function of a row at x. */
function leastAt(row: Cuts, x: ArrayLike<number>): number {
  return Math.min(...Array.from(row.offsets, (_, k) => valueAt(row, k, x)));
}

/** The most that a row's mean function is over the box, by multipliers: at least the maximum, and it for the right ones. */
function boundBy({ shape: [, , m], slopes, offsets }: Cuts, multipliers: Float32Array): number {
  const share = multipliers.map((one) => Math.max(0, one)), mean = new Float64Array(m);
  const total = share.reduce((sum, one) => sum + one, 0);
  let bound = 0;
  share.forEach((one, k) => {
    bound += one / total * offsets[k];
    for (let j = 0; j < m; j++) mean[j] += one / total * slopes[k * m + j];
  });
  return mean.reduce((sum, slope) => sum + Math.max(0, slope), bound);
}

/** The maximum over the box of the least function of a row: the best response of type 0 to minus it as a price. */
function maximumOf(row: Cuts): number {
  const { shape: [, N, m], slopes } = row;
  const highest: HostFunction = (x, slope) => {
    let most = -Infinity, at = 0;
    for (let k = 0; k < N; k++) {
      const value = -valueAt(row, k, x);
      if (value > most) most = value, at = k;
    }
    for (let j = 0; j < m; j++) slope[j] = -slopes[at * m + j];
    return most;
  };
  return bestResponse(highest, new Float64Array(m)).utility + leastAt(row, new Float64Array(m));
}
