/**
 * Chains follow the mechanism, lines 8 to 14 of Algorithm 1: by Langevin steps, with moves along lines between them.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { ConvexNetwork } from "../networks/network.ts";
import { rowCount, type RowTypes, tiledTypes } from "../networks/row_types.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import type { Boundary } from "./boundary.ts";
import { langevin } from "./langevin.ts";
import { lineMoves } from "./line_moves.ts";
import { takeSteps } from "./sampler.ts";
import { type SoftChoiceDensity, softChoiceDensity } from "./soft_choice.ts";
import { STEP_SIZES, type StepRule, type StepSizeOptions } from "./step_sizes.ts";

/** Chains with the mean squared slopes of u that they saw lately. */
export interface Chains {
  /** `[rows, C, m]` in [0, 1]. */
  readonly chains: Tensor3D;
  /** `[rows, m]`. */
  readonly squareSlopes: Tensor2D;
}

/** How chains move. */
export interface MoveOptions extends StepSizeOptions {
  /** S, Langevin steps. */
  readonly steps: number;
  /** Langevin steps between two moves along lines, which mix chains across ridges of q; 0 for none, as in the paper. */
  readonly lineMoveEvery: number;
  /** What chains do at the boundaries of the box. */
  readonly boundary: Boundary;
  /** `adapted`: step sizes in proportion to the width of q along each coordinate; `constant`: one eta for all. */
  readonly stepRule: StepRule;
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
 * Moves chains by S Langevin steps, with a move along a line after every few of them: lines 8 to 14 of Algorithm 1.
 *
 * @param weights Raw weights `[rows, P]`, or `[1, P]` for all rows.
 * @param types The rows' types `[rows, m]`.
 * @param start Where the chains are. Not disposed of.
 */
export function moveChains(
  network: ConvexNetwork,
  weights: Tensor2D,
  types: RowTypes,
  start: Chains,
  options: MoveOptions,
  key: RandomKey,
): Chains {
  return tf.tidy(() => {
    const { beta, boundary } = options, [rows, C, m] = start.chains.shape;
    const density = networkDensity(network, weights, types, C, beta), lines = lineMoves(density);
    const stepSizes = STEP_SIZES[options.stepRule];
    let { chains, squareSlopes } = start;
    for (const block of moveBlocks(options, key)) {
      [chains, squareSlopes] = tf.tidy(() => {
        const size = stepSizes(options, squareSlopes);
        const stepSize = typeof size === "number" ? size : tf.tile(tf.reshape(size, [rows, 1, m]), [1, C, 1]);
        const keys = Array.from({ length: block.steps }, (_, s) => deriveKey(block.langevin, s));
        const moved = takeSteps(langevin(density, { beta, stepSize, boundary }), chains, keys);
        const seen = tf.mean(tf.mul(moved.squareSlopes, 1 / block.steps), 1);
        return [
          block.lineMove ? takeSteps(lines, moved.chains, [block.lineMove]).chains : moved.chains,
          // Half of the memory is from before, so that the step sizes do not follow single chains.
          tf.mul(tf.add(squareSlopes, seen), 0.5) as Tensor2D,
        ];
      });
    }
    return { chains, squareSlopes };
  });
}

/** The density of the rows' softened choices, for C chains and the two groups in which line moves take them. */
function networkDensity(
  network: ConvexNetwork,
  weights: Tensor2D,
  types: RowTypes,
  C: number,
  beta: number,
): SoftChoiceDensity {
  const m = network.goods, rows = rowCount(types, m), shared = weights.shape[0];
  /** Points as the network takes them: all in one row, where one row of weights serves all. */
  const shaped = (points: Tensor3D) => tf.reshape(points, [shared, points.size / shared / m, m]) as Tensor3D;
  const byCount = new Map(
    [C, Math.floor(C / 2), Math.ceil(C / 2)].map((count) => [count, tiledTypes(types, m, count)]),
  );
  const slope = network.slope(weights);
  return softChoiceDensity(
    (points) => tf.reshape(network.value(weights, shaped(points)), [rows, points.shape[1]]),
    (points) => tf.reshape(slope(shaped(points)), points.shape),
    (count) => byCount.get(count)!,
    beta,
  );
}
