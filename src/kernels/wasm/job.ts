/**
 * The fields of a job that say which rows are worked on together, and how chains move.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import { DRAWS } from "../../sampling/line_moves.ts";
import { moveBlocks, type MoveOptions } from "../../sampling/move_chains.ts";
import { constantStepSize } from "../../sampling/step_sizes.ts";
import type { Values } from "./fields.ts";
import type { JOB_FIELDS } from "./job_fields.ts";
import { padTo } from "./layout.ts";
import { ROWS } from "./operations.ts";

/** A job's fields, but for those that are 0. */
export type Job = Values<typeof JOB_FIELDS>;

/** Rows whose weights are made together, a multiple of {@linkcode ROWS}, and how many of them are there. */
export interface Tile {
  readonly tile: number;
  readonly tileRows: number;
}

/** A tile without empty rows. With so many, the weight is fetched from memory once for all of them. */
export const WHOLE: Tile = { tile: 12, tileRows: 12 };
/** The most rows of a tile: their weights take a core's second-level cache. */
export const LARGEST_TILE = 24;

/** Bytes of second-level cache that a tile's weights and their gradients may take. */
const CACHE = 1 << 20;

/**
 * The tile of whole profiles of n participants with the smallest share of empty rows, of those whose weights and gradients
 * fit a core's cache, or else the smallest; undefined where a profile does not fit.
 *
 * @param packed Packed weights of a row.
 */
export function tileOf(n: number, packed: number): Tile | undefined {
  const fitting = Math.max(ROWS, Math.floor(CACHE / (8 * packed) / ROWS) * ROWS), least = Math.min(WHOLE.tile, fitting);
  let best: Tile | undefined;
  for (let tileRows = n; tileRows <= LARGEST_TILE; tileRows += n) {
    const tile = Math.max(least, padTo(tileRows, ROWS));
    if (best && tile > fitting) break;
    if (!best || tileRows / tile > best.tileRows / best.tile) best = { tile, tileRows };
  }
  return best;
}

/** The fields about how chains move. */
export function moveFields(options: MoveOptions, key: RandomKey): Job {
  const { beta, stepRule, stepScale, boundary } = options;
  return {
    beta,
    stepScale,
    blocks: moveBlocks(options, key).length,
    project: boundary === "project" ? 1 : 0,
    constantStep: stepRule === "constant" ? constantStepSize(options) : 0,
  };
}

/** What the blocks of steps draw, in the form of assembly/chains.ts. */
export function moveDraws(options: MoveOptions, C: number, key: RandomKey): Int32Array {
  const words: number[] = [], half = C >> 1;
  for (const block of moveBlocks(options, key)) {
    words.push(block.steps, block.lineMove ? 1 : 0);
    for (let step = 0; step < block.steps; step++) words.push(...deriveKey(block.langevin, step));
    if (!block.lineMove) continue;
    // The first half moves along differences of the second, then the second along those of the first.
    for (const [pair, size] of [[0, C - half], [2, half]]) {
      const [u, v] = uniforms(deriveKey(block.lineMove, pair), 2), drawKey = deriveKey(block.lineMove, pair + 1);
      const a = Math.floor(u * size);
      words.push(a, a + 1 + Math.floor(v * (size - 1)));
      for (let stream = 0; stream < DRAWS; stream++) words.push(...deriveKey(drawKey, stream));
    }
  }
  return Int32Array.from(words, (word) => word | 0);
}
