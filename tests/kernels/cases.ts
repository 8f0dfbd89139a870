/**
 * Cases that every implementation of the kernels is tested with: shapes as data, inputs made from them, and a checker.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import type { PriceKernels } from "../../src/kernels/kernels.ts";
import type { ConvexNetwork } from "../../src/networks/network.ts";
import { hostRawWeights, type HypernetworkOutput } from "../../src/networks/hypernetwork_output.ts";
import { groupMaxLayout, type PartialGroupMaxSize } from "../../src/networks/groupmax_layout.ts";
import { placement } from "../../src/networks/per_good_slopes.ts";
import type { Reparameterisation } from "../../src/networks/reparameterisation.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { groupMaxNetwork } from "../../src/networks/symmetric_groupmax.ts";
import { deriveKey, type RandomKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import type { Chains, MoveOptions } from "../../src/sampling/move_chains.ts";

/** One shape of everything that a kernel takes. Its numbers are made from `seed`. */
export interface KernelCase {
  /** What to call it in messages. */
  readonly name: string;
  /** m, K, G, E. */
  readonly size: PartialGroupMaxSize;
  /** R: a row is a participant of a profile. */
  readonly rows: number;
  /** H, the width of the last hidden layer; 0 for one row of weights that serves all rows. */
  readonly hidden: number;
  /** Hl, the width of the goods' hidden layers; 0 or left out where slopes come from the same hidden layer as all else. */
  readonly perGood?: number;
  /** N, points a row for values, slopes and gradients. */
  readonly points: number;
  /** C. */
  readonly chains: number;
  /** How chains move. */
  readonly move: MoveOptions;
  /** Names the random numbers. */
  readonly seed: number;
}

/** What a case gives the kernels, on the host. */
export interface KernelInputs {
  /** `[R, H]`; undefined where one row of weights serves all. */
  readonly hidden?: Float32Array;
  /** `[H, P]`, or `[H, D]` with slopes per good. */
  readonly weight?: Float32Array;
  /** `[R, m, Hl]`; undefined without slopes per good. */
  readonly perGoodHidden?: Float32Array;
  /** `[Hl, K E G + 1]`. */
  readonly perGoodWeight?: Float32Array;
  /** `[P]`. */
  readonly bias: Float32Array;
  /** `[R, N, m]`, all of them away from kinks of f. */
  readonly points: Float32Array;
  /** `[R, N]`. */
  readonly coefficients: Float32Array;
  /** `[R, m]`. */
  readonly types: Float32Array;
  /** `[R, C, m]`, where chains start, all of them away from kinks of f. */
  readonly chains: Float32Array;
  /** `[R, m]`. */
  readonly squareSlopes: Float32Array;
}

/** What kernels make of a case, on the host. */
export interface KernelResults {
  readonly value: Float32Array;
  readonly slope: Float32Array;
  readonly gradient: {
    readonly hidden?: Float32Array;
    readonly weight?: Float32Array;
    readonly bias: Float32Array;
    readonly perGoodHidden?: Float32Array;
    readonly perGoodWeight?: Float32Array;
  };
  readonly chains: Float32Array;
  readonly squareSlopes: Float32Array;
  readonly values: Float32Array;
}

/** How chains move by default in the cases below. */
const MOVE: MoveOptions = {
  beta: 50,
  steps: 10,
  lineMoveEvery: 5,
  boundary: "reflect",
  stepRule: "adapted",
  stepScale: 0.25,
  largestStep: 0.1,
};

/** Shapes that training has, with few rows. */
const FIXED: readonly KernelCase[] = [
  { goods: 10, layers: 2, groups: 32, groupSize: 4, rows: 6, hidden: 64, points: 17, chains: 16 },
  { goods: 10, layers: 2, groups: 32, groupSize: 4, rows: 40, hidden: 0, points: 17, chains: 16 },
  { goods: 100, layers: 1, groups: 16, groupSize: 4, rows: 3, hidden: 16, points: 9, chains: 8 },
  { goods: 100, layers: 2, groups: 32, groupSize: 4, rows: 2, hidden: 8, points: 5, chains: 8 },
  { goods: 1, layers: 1, groups: 1, groupSize: 1, rows: 1, hidden: 0, points: 1, chains: 1 },
  { goods: 2, layers: 3, groups: 128, groupSize: 2, rows: 2, hidden: 3, points: 3, chains: 5 },
  { goods: 10, layers: 2, groups: 32, groupSize: 4, rows: 30, hidden: 16, perGood: 16, points: 17, chains: 16 },
  { goods: 100, layers: 1, groups: 16, groupSize: 4, rows: 3, hidden: 5, perGood: 4, points: 9, chains: 8 },
  { goods: 1, layers: 1, groups: 1, groupSize: 1, rows: 1, hidden: 1, perGood: 1, points: 1, chains: 1 },
  { goods: 7, layers: 3, groups: 9, groupSize: 5, rows: 13, hidden: 3, perGood: 20, points: 3, chains: 5 },
].map(fixedCase);

/** The same of symmetric networks. */
const SYMMETRIC: readonly KernelCase[] = [
  { goods: 10, layers: 2, groups: 8, groupSize: 4, rows: 40, hidden: 0, points: 17, chains: 16 },
  { goods: 30, layers: 1, groups: 3, groupSize: 5, rows: 7, hidden: 0, points: 9, chains: 7 },
  { goods: 1, layers: 1, groups: 1, groupSize: 1, rows: 1, hidden: 0, points: 1, chains: 1 },
].map((shape, seed) => fixedCase({ ...shape, sumsOfLargest: true }, 100 + seed));

/** A shape as a case; `seed` is its own among the fixed ones. */
function fixedCase(
  { rows, hidden, perGood = 0, points, chains, ...size }:
    & PartialGroupMaxSize
    & Omit<KernelCase, "name" | "size" | "move" | "seed">,
  seed: number,
): KernelCase {
  const name = describe(size, rows, hidden, perGood, chains, MOVE);
  return { name, size, rows, hidden, perGood, points, chains, move: MOVE, seed: 1000 + seed };
}

function describe(
  size: PartialGroupMaxSize,
  R: number,
  H: number,
  perGood: number,
  C: number,
  move: MoveOptions,
): string {
  const { goods: m, layers: K, groups: G, groupSize: E } = size;
  const { steps: S, lineMoveEvery, boundary, stepRule, beta } = move;
  const ofGoods = perGood > 0 ? ` Hl=${perGood}` : "";
  return `${
    size.sumsOfLargest ? "symmetric " : ""
  }m=${m} K=${K} G=${G} E=${E} R=${R} H=${H}${ofGoods} C=${C} S=${S}/${lineMoveEvery} ${boundary} ${stepRule} beta=${beta}`;
}

/** A random shape whose work is at most a few tens of millions of multiply-adds. */
function randomCase(seed: number, withPerGood: boolean): KernelCase {
  for (let attempt = 0;; attempt++) {
    const draws = uniforms(deriveKey(randomKey(seed), attempt), 32);
    let used = 0;
    const integer = (least: number, most: number) => least + Math.floor(draws[used++] * (most - least + 1));
    const choose = <T>(...of: T[]) => of[integer(0, of.length - 1)];
    const size = {
      goods: choose(integer(1, 4), integer(5, 20), integer(21, 100)),
      layers: integer(1, 4),
      groups: 1 + 2 * integer(0, 18),
      groupSize: integer(1, 5),
    };
    const perGood = withPerGood ? integer(1, 20) : 0;
    const hidden = withPerGood ? integer(1, 20) : choose(0, integer(1, 70)),
      rows = choose(integer(1, 12), integer(1, 12), integer(13, 50));
    const points = integer(1, 12), chains = integer(1, 19);
    const beta = Math.round(Math.exp(Math.log(5) + draws[used++] * Math.log(200 / 5)));
    const stepRule = choose<MoveOptions["stepRule"]>("adapted", "constant");
    const move: MoveOptions = {
      beta,
      steps: choose(1, integer(1, 7), integer(1, 7)),
      lineMoveEvery: choose(0, 2, 3),
      boundary: choose("reflect", "project"),
      stepRule,
      stepScale: stepRule === "adapted" ? 0.25 : 1.5,
      largestStep: 0.1,
    };
    const P = partialGroupMax(size).weightCount;
    const steps = 3 * move.steps + (move.lineMoveEvery ? 7 * Math.ceil(move.steps / move.lineMoveEvery) : 0);
    const work = P * ((hidden + perGood * size.goods) * (1 + rows) + rows * (3 * points + chains * steps));
    if (work > 4e7) continue;
    const name = describe(size, rows, hidden, perGood, chains, move);
    return { name, size, rows, hidden, perGood, points, chains, move, seed };
  }
}

/** The cases, fixed shapes first, symmetric networks last. */
export const kernelCases: readonly KernelCase[] = [
  ...FIXED,
  ...Array.from({ length: 18 }, (_, k) => randomCase(k + 1, false)),
  ...Array.from({ length: 18 }, (_, k) => randomCase(k + 101, true)),
  ...SYMMETRIC,
];

/** The network of a case. */
export function caseNetwork({ size }: KernelCase): ConvexNetwork {
  return groupMaxNetwork(size);
}

/** The numbers of a case. Weights are like training's: initial ones, some noise, and a small effect of the context. */
export function caseInputs(one: KernelCase): KernelInputs {
  const { rows: R, hidden: H, perGood: width = 0, points: N, chains: C, size: { goods: m }, seed } = one;
  const network = caseNetwork(one), P = network.weightCount, key = deriveKey(randomKey(seed), 2 ** 20);
  const scaled = (key: RandomKey, count: number, scale: number) => normals(key, count).map((z) => z * scale);
  const noise = scaled(deriveKey(key, 1), P, 0.1);
  const bias = network.initialWeights(deriveKey(key, 0)).map((w, j) => w + noise[j]);
  const hidden = H > 0 ? normals(deriveKey(key, 2), R * H).map((z) => Math.max(0, z)) : undefined;
  const maps = width > 0 ? mapsOf(one) : 0, D = P - m * maps;
  const weight = H > 0 ? scaled(deriveKey(key, 3), H * D, 0.2 / Math.sqrt(H)) : undefined;
  const perGoodHidden = normals(deriveKey(key, 9), R * m * width).map((z) => Math.max(0, z));
  const perGoodWeight = scaled(deriveKey(key, 10), width * maps, 0.2 / Math.sqrt(width));
  const perGood = width > 0
    ? { hidden: perGoodHidden, weight: perGoodWeight, placement: placesOf(one), goods: m, width }
    : undefined;

  const points = new Float32Array(R * N * m), chains = new Float32Array(R * C * m);
  for (let row = 0; row < R; row++) {
    const f = network.bindOnHost(hostRawWeights({ hidden, weight, bias, perGood }, row));
    fillAwayFromKinks(f, m, points.subarray(row * N * m, (row + 1) * N * m), deriveKey(key, 4, row));
    fillAwayFromKinks(f, m, chains.subarray(row * C * m, (row + 1) * C * m), deriveKey(key, 5, row));
  }
  return {
    hidden,
    weight,
    bias,
    perGoodHidden: perGood?.hidden,
    perGoodWeight: perGood?.weight,
    points,
    coefficients: normals(deriveKey(key, 6), R * N),
    types: uniforms(deriveKey(key, 7), R * m),
    chains,
    squareSlopes: uniforms(deriveKey(key, 8), R * m).map((u) => 0.02 + 0.3 * u),
  };
}

/**
 * Fills `out` `[N, m]` with points in the box at which rounding cannot change the winner of a group: f's slope is the
 * same a little to both sides. Points on boundaries and corners are among them.
 */
function fillAwayFromKinks(
  f: ReturnType<ConvexNetwork["bindOnHost"]>,
  m: number,
  out: Float32Array,
  key: RandomKey,
): void {
  const near = new Float64Array(m), before = new Float64Array(m), after = new Float64Array(m);
  for (let at = 0, attempt = 0; at < out.length; attempt++) {
    const draws = uniforms(deriveKey(key, attempt), 2 * m);
    // Stretched beyond the box and clipped, so that some coordinates are exactly 0 or 1.
    const point = draws.subarray(0, m).map((u) => Math.min(1, Math.max(0, 1.3 * u - 0.15)));
    const shift = (by: number) => point.forEach((x, j) => near[j] = x + (draws[m + j] < 0.5 ? -by : by));
    shift(-1e-4), f(near, before);
    shift(1e-4), f(near, after);
    if (before.some((slope, j) => Math.abs(slope - after[j]) > 1e-9) && attempt < 20 * out.length) continue;
    out.set(point, at);
    at += m;
  }
}

/** The weight hypernetwork of a case on the open device. The caller disposes of its tensors. */
export function caseHypernetwork(one: KernelCase, inputs: KernelInputs): HypernetworkOutput {
  const { hidden, weight, bias, perGoodHidden, perGoodWeight } = inputs,
    { perGood: width = 0, size: { goods } } = one;
  return {
    hidden: hidden && tf.tensor2d(hidden, [one.rows, one.hidden]),
    weight: weight && tf.tensor2d(weight, [one.hidden, weight.length / one.hidden]),
    bias: tf.tensor1d(bias) as Tensor1D,
    perGood: perGoodHidden && perGoodWeight && {
      hidden: tf.tensor3d(perGoodHidden, [one.rows, goods, width]),
      weight: tf.tensor2d(perGoodWeight, [width, mapsOf(one)]),
      placement: placesOf(one),
    },
  };
}

/** K E G + 1, how many affine maps from (x, 1) a case's network has. */
function mapsOf({ size }: KernelCase): number {
  return groupMaxLayout(size).maps;
}

/** Where slopes per good and all else go among a case's raw weights. */
function placesOf({ size }: KernelCase): Reparameterisation {
  return placement(groupMaxLayout(size), size.goods);
}

/** The points `[R, N, m]` of a case on the open device. */
export function casePoints(one: KernelCase, { points }: KernelInputs): Tensor3D {
  return tf.tensor3d(points, [one.rows, one.points, one.size.goods]);
}

/** The coefficients `[R, N]` of a case on the open device. */
export function caseCoefficients(one: KernelCase, { coefficients }: KernelInputs): Tensor2D {
  return tf.tensor2d(coefficients, [one.rows, one.points]);
}

/** Where the chains of a case start, on the open device. */
export function caseChains(one: KernelCase, { chains, squareSlopes }: KernelInputs): Chains {
  const { rows, chains: C, size: { goods: m } } = one;
  return { chains: tf.tensor3d(chains, [rows, C, m]), squareSlopes: tf.tensor2d(squareSlopes, [rows, m]) };
}

/** The key that a case's chains move with. */
export function caseKey({ seed }: KernelCase): RandomKey {
  return deriveKey(randomKey(seed), 2 ** 21);
}

/** Runs all kernels on a case, on the open device. No tensor is left. */
export async function runKernels(
  kernels: PriceKernels,
  one: KernelCase,
  inputs: KernelInputs = caseInputs(one),
): Promise<KernelResults> {
  const hypernetwork = caseHypernetwork(one, inputs), points = casePoints(one, inputs), start = caseChains(one, inputs);
  const coefficients = caseCoefficients(one, inputs);
  const value = kernels.value(hypernetwork, points), slope = kernels.slope(hypernetwork, points);
  const gradient = kernels.gradient(hypernetwork, points, coefficients);
  const moved = kernels.moveChains(hypernetwork, inputs.types, start, one.move, caseKey(one));
  assertEquals(value.shape, [one.rows, one.points]);
  assertEquals(slope.shape, points.shape);
  assertEquals(gradient.bias.shape, hypernetwork.bias.shape);
  assertEquals(gradient.hidden?.shape, hypernetwork.hidden?.shape);
  assertEquals(gradient.weight?.shape, hypernetwork.weight?.shape);
  assertEquals(gradient.perGood?.hidden.shape, hypernetwork.perGood?.hidden.shape);
  assertEquals(gradient.perGood?.weight.shape, hypernetwork.perGood?.weight.shape);
  assertEquals(moved.chains.shape, start.chains.shape);
  assertEquals(moved.squareSlopes.shape, start.squareSlopes.shape);
  assertEquals(moved.values.shape, [one.rows, one.chains + 1]);
  const read = async (tensor: Tensor) => (await tensor.data()) as Float32Array;
  const results = {
    value: await read(value),
    slope: await read(slope),
    gradient: {
      hidden: gradient.hidden && await read(gradient.hidden),
      weight: gradient.weight && await read(gradient.weight),
      bias: await read(gradient.bias),
      perGoodHidden: gradient.perGood && await read(gradient.perGood.hidden),
      perGoodWeight: gradient.perGood && await read(gradient.perGood.weight),
    },
    chains: await read(moved.chains),
    squareSlopes: await read(moved.squareSlopes),
    values: await read(moved.values),
  };
  for (const { perGood, ...made } of [hypernetwork, gradient]) tf.dispose([{ ...made }, { ...perGood }]);
  tf.dispose([{ ...moved }, { ...start }, points, coefficients, value, slope]);
  return results;
}

/** Fails unless each number is within `tolerance` of the expected one, relative to the largest expected one. */
function assertNear(actual: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  const scale = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-30);
  const worst = expected.reduce((most, x, j) => Math.max(most, farBetween(actual[j], x)), 0);
  assert(worst <= tolerance * scale, `${what}: off by ${worst}, of at most ${scale}`);
}

/** |a - b|, infinite for what is not a number. */
function farBetween(a: number, b: number): number {
  const far = Math.abs(a - b);
  return Number.isNaN(far) ? Infinity : far;
}

/** Fails unless kernels made of a case what the reference made of it, up to rounding. */
export function compareResults(one: KernelCase, actual: KernelResults, expected: KernelResults): void {
  const named = (what: string) => `${what} of ${one.name}`;
  assertNear(actual.value, expected.value, 1e-4, named("value"));
  assertNear(actual.slope, expected.slope, 1e-4, named("slope"));
  for (const part of ["hidden", "weight", "bias", "perGoodHidden", "perGoodWeight"] as const) {
    const right = expected.gradient[part];
    if (right) assertNear(actual.gradient[part]!, right, 1e-4, named(`gradient in ${part}`));
    else assertEquals(actual.gradient[part], undefined);
  }

  // A step is discontinuous where a winner changes, and from there trajectories part.
  const m = one.size.goods, count = one.rows * one.chains;
  const single = one.move.steps === 1 && (one.move.lineMoveEvery === 0 || one.chains < 4);
  const [share, tolerance] = single ? [0.01, 1e-4] : [0.03, 1e-3];
  const zeros = (values: Float32Array) => values.filter((_, k) => k % (one.chains + 1) === one.chains);
  assertNear(zeros(actual.values), zeros(expected.values), 1e-4, named("value of the zero outcome"));
  const scaleOfValues = expected.values.reduce((most, f) => Math.max(most, Math.abs(f)), 1e-30);
  let parted = 0;
  for (let chain = 0; chain < count; chain++) {
    let far = 0;
    for (let j = chain * m; j < (chain + 1) * m; j++) {
      const x = actual.chains[j];
      assert(x >= 0 && x <= 1, named(`a chain is at ${x}: chains`));
      far = Math.max(far, farBetween(x, expected.chains[j]));
    }
    if (far > tolerance) parted++;
    else {
      // f is continuous: where chains agree, values do.
      const at = chain + Math.floor(chain / one.chains);
      const off = farBetween(actual.values[at], expected.values[at]);
      assert(off <= 20 * tolerance * scaleOfValues, named(`off by ${off} at chain ${chain}: values`));
    }
  }
  const allowed = Math.min(Math.ceil(share * count), count >> 1);
  assert(parted <= allowed, named(`${parted} of ${count} chains parted, of at most ${allowed}: chains`));
  const mean = (of: (j: number) => number) =>
    expected.squareSlopes.reduce((sum, _, j) => sum + of(j), 0) / expected.squareSlopes.length;
  const deviation = mean((j) => farBetween(actual.squareSlopes[j], expected.squareSlopes[j]));
  const scale = mean((j) => expected.squareSlopes[j]);
  const relative = single ? 1e-3 : 0.02 + parted / count;
  assert(deviation <= relative * scale, named(`off by ${deviation} of ${scale} in the mean: squareSlopes`));
}

/** Checks kernels against the reference on the open device. */
export async function checkKernels(kernels: PriceKernels, reference: PriceKernels, one: KernelCase): Promise<void> {
  const inputs = caseInputs(one);
  compareResults(one, await runKernels(kernels, one, inputs), await runKernels(reference, one, inputs));
}
