/**
 * What one call of the WASM kernels is about, as assembly/job.ts reads it.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import { DRAWS } from "../../sampling/line_moves.ts";
import { constantStepSize, moveBlocks, type MoveOptions } from "../../sampling/move_chains.ts";
import { padTo } from "./layout.ts";

/** The operations of assembly/index.ts that take such a job. */
export const OPERATIONS = { value: 0, slope: 1, gradient: 2, chains: 3, step: 5 } as const;

/** The fields in their order, 4 bytes each. */
export const FIELDS: readonly string[] = `
  operation next tasks rows count goods layers groups groupSize hiddenSize packed
  hidden hiddenColumns weight bias positive shared points out values coefficients biasGradient hiddenGradient
  panels panelRows counters tile tileRows rowsPerTask scratch scratchSize
  types squareSlopes draws blocks boundary constantStep stepScale beta
  trained participants paired productionCost duplicationCost utilities
  dense perGoodSize maps mapsAt quadsAt denseBias perGoodHidden slopes perGoodGradient slopesGradient slopeSums sumsOfLargest
`.trim().split(/\s+/);

/** Those that are 32-bit floats; the others are integers. */
export const REALS: ReadonlySet<string> = new Set([
  "constantStep",
  "stepScale",
  "beta",
  "productionCost",
  "duplicationCost",
]);

/** A job's fields by name. */
export type Job = Readonly<Record<string, number>>;

/** Rows whose weights are made together, a multiple of 6, and how many of them are there. */
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
  const fitting = Math.max(6, Math.floor(CACHE / (8 * packed) / 6) * 6), least = Math.min(WHOLE.tile, fitting);
  let best: Tile | undefined;
  for (let tileRows = n; tileRows <= LARGEST_TILE; tileRows += n) {
    const tile = Math.max(least, padTo(tileRows, 6));
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
    boundary: boundary === "project" ? 1 : 0,
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
