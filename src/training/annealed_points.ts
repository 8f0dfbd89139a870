/**
 * Initial points of new chains without best responses, for a device that the host is not to wait for.
 *
 * In every row chains climb from the middle of the box while beta grows from next to nothing to several times its value:
 * ascent at a temperature that falls, with the steps and line moves that chains make anyhow. What they come by are
 * candidates, whose prices are known. A perturbed type then takes the best of its row's candidates, as it would take its
 * best response; or the mean of those that are as good, which is no worse, as u is concave. With the best alone rounding
 * would decide between them, and two devices go apart.
 *
 * This is a reference for all devices: it is put together from kernels and a few operations. On the CPU the certified
 * best responses (chains.ts) take less time and are exact.
 *
 * @module
 */
import { type Tensor, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { MovedChains, MoveStage, PriceKernels } from "../kernels/kernels.ts";
import type { HypernetworkOutput } from "../networks/hypernetwork_output.ts";
import { rowCount, type RowTypes, typeTensor } from "../networks/row_types.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { elementCount } from "../runtime/host_tensor.ts";
import type { Chains, MoveOptions } from "../sampling/move_chains.ts";
import type { TrainingOptions } from "./options.ts";

/** beta at first: choices are hardly better than chance. */
const FIRST_BETA = 5;
/** beta at last, as a multiple of the one that points are for: what chains are short of the best is so much less. */
const LAST_BETA = 4;
/** How much beta grows from one stage to the next, and the steps of a stage. With larger ones chains fall behind. */
const GROWTH = 1.5, STEPS = 5;
/** The last stages, whose chains are candidates. */
export const CANDIDATE_STAGES = 4;

/** A candidate counts by exp(CHOICE beta u). */
const CHOICE = 8;

/** How chains climb, besides beta. */
const CLIMB: Omit<MoveOptions, "beta"> = {
  ...{ steps: STEPS, lineMoveEvery: 0, boundary: "reflect", stepRule: "adapted", stepScale: 2, largestStep: 0.2 },
};

/** beta of every stage. */
function stages(beta: number): number[] {
  const last = LAST_BETA * beta,
    count = Math.max(CANDIDATE_STAGES, Math.ceil(Math.log(last / FIRST_BETA) / Math.log(GROWTH)));
  return Array.from({ length: count }, (_, k) => last * GROWTH ** (k + 1 - count));
}

/** Steps that chains climb by. */
export function climbingSteps(beta: number): number {
  return STEPS * stages(beta).length;
}

/**
 * Initial points of new chains `[rows, C, m]`, as {@linkcode "./chains.ts"} has them: good responses to types that are
 * perturbed in the same way, each coordinate moved by up to 1 / beta. Random numbers are of other streams.
 *
 * @param hypernetwork The weights of the rows.
 * @param types The rows' types.
 */
export function annealedPoints(
  kernels: PriceKernels,
  hypernetwork: HypernetworkOutput,
  types: RowTypes,
  m: number,
  { chains: C, initialPoints: T, initialPointNoise }: Pick<
    TrainingOptions,
    "chains" | "initialPoints" | "initialPointNoise"
  >,
  beta: number,
  key: RandomKey,
): Tensor3D {
  const rows = rowCount(types, m),
    draw = (stream: number, shape: number[]): Tensor => {
      const own = deriveKey(key, stream);
      return kernels.resident?.uniforms(own, shape) ?? tf.tensor(uniforms(own, elementCount(shape)), shape);
    };
  return tf.tidy(() => {
    const { points, prices } = climb(kernels, hypernetwork, types, rows, C, m, beta, deriveKey(key, 2));
    const u = tf.clipByValue(draw(1, [rows, T, m]), 2 ** -25, 1 - 2 ** -24);
    const noise = tf.mul(initialPointNoise / beta, tf.sub(tf.log(u), tf.log(tf.sub(1, u))));
    const perturbed = tf.add(tf.reshape(typeTensor(types, m), [rows, 1, m]), noise) as Tensor3D;
    const worth = tf.sub(tf.matMul(perturbed, points, false, true), tf.expandDims(prices, 1));
    const outcomes = tf.matMul(tf.softmax(tf.mul(CHOICE * beta, worth)), points) as Tensor3D;
    const ofChains = tf.slice(tf.tile(outcomes, [1, Math.ceil(C / T), 1]), [0, 0, 0], [rows, C, m]);
    const moved = tf.abs(tf.add(ofChains, tf.mul(1 / beta, tf.sub(tf.mul(2, draw(0, [rows, C, m])), 1))));
    return tf.relu(tf.sub(1, tf.abs(tf.sub(1, moved)))) as Tensor3D;
  });
}

/** Where chains were that climbed: points `[rows, N, m]`, f there `[rows, N]`, and f at the zero outcome `[rows, 1]`. */
export interface Candidates {
  readonly points: Tensor3D;
  readonly prices: Tensor;
  readonly atZero: Tensor;
}

/**
 * The candidates of all rows: C chains climb from the middle of the box to {@linkcode LAST_BETA} beta, and are looked at in
 * the last stages. The caller disposes of them.
 */
export function climb(
  kernels: PriceKernels,
  hypernetwork: HypernetworkOutput,
  types: RowTypes,
  rows: number,
  C: number,
  m: number,
  beta: number,
  key: RandomKey,
): Candidates {
  const start: Chains = { chains: tf.fill([rows, C, m], 0.5), squareSlopes: tf.fill([rows, m], 0.1) };
  const all = stages(beta).map((beta, stage): MoveStage => ({ move: { ...CLIMB, beta }, key: deriveKey(key, stage) }));
  const last = kernels.resident
    ? kernels.resident.moveInStages(hypernetwork, types, start, all, CANDIDATE_STAGES)
    : inTurn(kernels, hypernetwork, types, start, all);
  return {
    points: tf.concat(last.map(({ chains }) => chains), 1),
    prices: tf.concat(last.map(({ values }) => tf.slice(values, [0, 0], [rows, C])), 1),
    atZero: tf.slice(last[0].values, [0, C], [rows, 1]),
  };
}

/** The stages as calls of kernels, and what the last of them gave. */
function inTurn(
  kernels: PriceKernels,
  hypernetwork: HypernetworkOutput,
  types: RowTypes,
  start: Chains,
  all: readonly MoveStage[],
): MovedChains[] {
  const last: MovedChains[] = [];
  let now = start;
  for (const { move, key } of all) {
    const moved = kernels.moveChains(hypernetwork, types, now, move, key);
    last.push(moved);
    now = moved;
  }
  return last.slice(-CANDIDATE_STAGES);
}
