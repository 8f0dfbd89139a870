/**
 * Fills those fields of a job that say which rows are worked on together, and how chains move.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { moveBlocks, type MoveOptions } from "../../sampling/move_chains.ts";
import { constantStepSize } from "../../sampling/step_sizes.ts";
import { lineMoveWords } from "../line_move_words.ts";
import type { Values } from "./fields.ts";
import type { JOB_FIELDS } from "./job_fields.ts";
import { padTo } from "./layout.ts";
import { ROWS } from "./operations.ts";

/** The values of a job's fields; those left out are 0. */
export type Job = Values<typeof JOB_FIELDS>;

/**
 * A tile: rows whose weights are made together. Its size is a multiple of {@linkcode ROWS}; the last rows may be empty.
 */
export interface Tile {
  /** The rows of a tile, with empty ones. */
  readonly tile: number;
  /** The rows of a tile that are not empty. */
  readonly tileRows: number;
}

/** A tile without empty rows. The weight of the hypernetwork output is read from memory once for its 12 rows. */
export const WHOLE: Tile = { tile: 12, tileRows: 12 };
/** The most rows of a tile, whose weights fill the second-level cache of a core. */
export const LARGEST_TILE = 24;

/** Bytes of second-level cache for the weights of a tile and their gradients. */
const CACHE = 1 << 20;

/**
 * The tile for whole profiles of n participants: among tiles whose weights and gradients fit in the cache, that with
 * the smallest share of empty rows; if none fits, the smallest tile. Undefined where n is above
 * {@linkcode LARGEST_TILE}.
 *
 * @param packed The number of packed weights of a row.
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

/** The fields that say how chains move. */
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

/** The keys and numbers that moves of chains draw from, block by block, in the form that assembly/chains.ts reads. */
export function moveDraws(options: MoveOptions, C: number, key: RandomKey): Int32Array {
  const words: number[] = [];
  for (const block of moveBlocks(options, key)) {
    words.push(block.steps, block.lineMove ? 1 : 0);
    for (let step = 0; step < block.steps; step++) words.push(...deriveKey(block.langevin, step));
    if (block.lineMove) words.push(...lineMoveWords(block.lineMove, C));
  }
  return Int32Array.from(words, (word) => word | 0);
}
