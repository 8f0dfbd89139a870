/**
 * Lines 8 to 14 of Algorithm 1: the chains follow the mechanism by Langevin steps, with moves along lines between them.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { ConvexNetwork } from "../networks/network.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import type { Boundary } from "./boundary.ts";
import { adaptedStepSize, langevin } from "./langevin.ts";
import { lineMove } from "./line_moves.ts";

/** How Langevin steps are sized. */
export type StepRule = "adapted" | "constant";

/** The names of the step rules, for messages and help texts. */
export const stepRules: readonly StepRule[] = ["adapted", "constant"];

/** Chains with the mean squared slopes of u that they saw lately. */
export interface Chains {
  /** `[rows, C, m]` in [0, 1]. */
  readonly chains: Tensor3D;
  /** `[rows, m]`. */
  readonly squareSlopes: Tensor2D;
}

/** How chains move. */
export interface MoveOptions {
  /** beta of q ~ exp(beta u). */
  readonly beta: number;
  /** S, Langevin steps. */
  readonly steps: number;
  /** Langevin steps between two moves along lines, which mix chains across ridges of q; 0 for none, as in the paper. */
  readonly lineMoveEvery: number;
  /** What chains do at the boundaries of the box. */
  readonly boundary: Boundary;
  /** `adapted`: step sizes in proportion to the width of q along each coordinate; `constant`: one eta for all. */
  readonly stepRule: StepRule;
  /** How long a step is; see {@linkcode adaptedStepSize} and {@linkcode constantStepSize}. */
  readonly stepScale: number;
  /** The largest eta of the constant step rule. */
  readonly largestStep: number;
}

/** eta of the constant step rule: `stepScale / beta`, at most `largestStep`. */
export function constantStepSize({ beta, stepScale, largestStep }: MoveOptions): number {
  return Math.min(largestStep, stepScale / beta);
}

/** The keys that S steps draw from: block b of steps begins at step `from`, and may end with a line move. */
export function moveBlocks(
  { steps, lineMoveEvery }: MoveOptions,
  key: RandomKey,
): { steps: number; langevin: RandomKey; lineMove?: RandomKey }[] {
  const blocks = [];
  for (let from = 0; from < steps;) {
    const now = lineMoveEvery > 0 ? Math.min(lineMoveEvery, steps - from) : steps;
    blocks.push({
      steps: now,
      langevin: deriveKey(key, from),
      lineMove: lineMoveEvery > 0 ? deriveKey(key, from, 1) : undefined,
    });
    from += now;
  }
  return blocks;
}

/**
 * Moves chains by S Langevin steps, with a move along a line after every few of them.
 *
 * @param weights Raw weights `[rows, P]`, or `[1, P]` for all rows.
 * @param types The rows' types `[rows, m]`.
 * @param start Where the chains are. Not disposed of.
 */
export function moveChains(
  network: ConvexNetwork,
  weights: Tensor2D,
  types: Float32Array,
  start: Chains,
  options: MoveOptions,
  key: RandomKey,
): Chains {
  return tf.tidy(() => {
    const { beta, stepRule, stepScale, boundary } = options;
    const [rows, C, m] = start.chains.shape, shared = weights.shape[0];
    const shaped = (tensor: Tensor) => tf.reshape(tensor, [shared, tensor.size / shared / m, m]) as Tensor3D;
    const gradient = network.slope(weights);
    const tiled = (count: number) => tf.tensor(tileTypes(types, m, count), [rows, count, m]) as Tensor3D;
    const ofChains = shaped(tiled(C));
    // A line move takes the chains in two groups, which differ in size where C is odd.
    const sizes = options.lineMoveEvery > 0 ? new Set([Math.floor(C / 2), Math.ceil(C / 2)]) : [];
    const ofGroup = new Map(Array.from(sizes, (size) => [size, tiled(size)]));
    const logDensity = (points: Tensor3D): Tensor3D => {
      const worth = tf.sum(tf.mul(points, ofGroup.get(points.shape[1])!), 2);
      const f = tf.reshape(network.value(weights, shaped(points)), worth.shape);
      return tf.reshape(tf.mul(tf.sub(worth, f), beta), [rows, points.shape[1], 1]);
    };
    let { chains, squareSlopes } = start;
    for (const block of moveBlocks(options, key)) {
      [chains, squareSlopes] = tf.tidy(() => {
        const stepSize = stepRule === "constant" ? constantStepSize(options) : shaped(tf.tile(
          tf.reshape(adaptedStepSize(squareSlopes, stepScale, beta), [rows, 1, m]),
          [1, C, 1],
        ));
        const sampling = { beta, stepSize, steps: block.steps, boundary };
        const moved = langevin(gradient, ofChains, shaped(chains), sampling, block.langevin);
        const now = tf.reshape(moved.chains, [rows, C, m]) as Tensor3D;
        const seen = tf.mean(tf.reshape(moved.squareSlopes, [rows, C, m]), 1);
        return [
          block.lineMove ? lineMove(logDensity, now, block.lineMove) : now,
          // Half of the memory is from before, so that the step sizes do not follow single chains.
          tf.mul(tf.add(squareSlopes, seen), 0.5) as Tensor2D,
        ];
      });
    }
    return { chains, squareSlopes };
  });
}

/** Types `[rows, m]` repeated for every chain, `[rows, C, m]`. */
export function tileTypes(types: Float32Array, m: number, C: number): Float32Array {
  const out = new Float32Array(types.length * C);
  for (let row = 0; row * m < types.length; row++) {
    const type = types.subarray(row * m, (row + 1) * m);
    for (let c = 0; c < C; c++) out.set(type, (row * C + c) * m);
  }
  return out;
}
