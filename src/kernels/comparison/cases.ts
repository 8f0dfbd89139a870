/**
 * Cases that implementations of the kernels are compared on: random shapes as data, inputs made from them, and what kernels
 * make of them.
 *
 * @module
 */
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../../deps/tfjs.ts";
import { MachineError } from "../../errors.ts";
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { hostRawWeights, type HypernetworkOutput } from "../../networks/hypernetwork_output.ts";
import type { ConvexNetwork } from "../../networks/network.ts";
import { partialGroupMax } from "../../networks/partial_groupmax.ts";
import { placement } from "../../networks/per_good_slopes.ts";
import type { Reparameterisation } from "../../networks/reparameterisation.ts";
import { groupMaxNetwork } from "../../networks/symmetric_groupmax.ts";
import { deriveKey, type RandomKey, randomKey } from "../../random/key.ts";
import { normals, uniforms } from "../../random/numbers.ts";
import type { Chains, MoveOptions } from "../../sampling/move_chains.ts";
import type { PriceKernels } from "../kernels.ts";

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

/** The name of a case, for messages. */
export function caseName(
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

/**
 * A random shape whose work is at most a few tens of millions of multiply-adds.
 *
 * @param withPerGood Whether slopes come from hidden layers of the goods' own.
 */
export function randomCase(seed: number, withPerGood: boolean): KernelCase {
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
    const name = caseName(size, rows, hidden, perGood, chains, move);
    return { name, size, rows, hidden, perGood, points, chains, move, seed };
  }
}

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

/**
 * Runs all kernels on a case, on the open device. No tensor is left.
 *
 * @throws {MachineError} where a result has a wrong shape.
 */
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
  const shapes: readonly [what: string, of: Tensor | undefined, expected: readonly number[] | undefined][] = [
    ["value", value, [one.rows, one.points]],
    ["slope", slope, points.shape],
    ["gradient in bias", gradient.bias, hypernetwork.bias.shape],
    ["gradient in hidden", gradient.hidden, hypernetwork.hidden?.shape],
    ["gradient in weight", gradient.weight, hypernetwork.weight?.shape],
    ["gradient in perGoodHidden", gradient.perGood?.hidden, hypernetwork.perGood?.hidden.shape],
    ["gradient in perGoodWeight", gradient.perGood?.weight, hypernetwork.perGood?.weight.shape],
    ["chains", moved.chains, start.chains.shape],
    ["squareSlopes", moved.squareSlopes, start.squareSlopes.shape],
    ["values", moved.values, [one.rows, one.chains + 1]],
  ];
  for (const [what, of, expected] of shapes) {
    if (String(of?.shape) === String(expected)) continue;
    throw new MachineError(`Cannot go on: ${what} of ${one.name} must have shape [${expected}], got [${of?.shape}]`);
  }
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
