/**
 * The schedule of chains: the list of records that the shader of `chains.ts` carries out.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { LARGEST_NOISE } from "../../sampling/langevin.ts";
import { moveBlocks, type MoveOptions } from "../../sampling/move_chains.ts";
import { constantStepSize } from "../../sampling/step_sizes.ts";
import { lineMoveWords } from "../line_move_words.ts";
import { KINDS, RECORD } from "./records.ts";

/** The kind of a record. */
export type RecordKind = keyof typeof KINDS;

/**
 * The records of all Langevin steps and line moves, with the same keys as in `sampling/`, and one for values at the
 * end.
 */
export function chainSchedule(
  move: MoveOptions,
  chains: number,
  key: RandomKey,
): { records: RecordKind[]; words: Int32Array } {
  const records: RecordKind[] = [], words: number[] = [];
  const add = (kind: RecordKind, ...rest: number[]) => {
    records.push(kind);
    const record = [KINDS[kind], ...rest];
    words.push(...record, ...Array(RECORD - record.length).fill(0));
  };
  for (const block of moveBlocks(move, key)) {
    for (let s = 0; s < block.steps; s++) {
      // The last step of a block has the number of its steps, the others 0.
      add("step", ...deriveKey(block.langevin, s), s === block.steps - 1 ? block.steps : 0);
    }
    if (block.lineMove && chains >= 4) add("lineMove", ...lineMoveWords(block.lineMove, chains));
  }
  add("values");
  return { records, words: Int32Array.from(words, (word) => word | 0) };
}

/** Cuts records into dispatches `[from, to)`, in each of which a thread takes about `most` loop rounds at most. */
export function dispatches(
  records: readonly RecordKind[],
  rounds: Readonly<Record<RecordKind, number>>,
  most: number,
): [from: number, to: number][] {
  const cuts: [number, number][] = [];
  let from = 0, sum = 0;
  records.forEach((kind, k) => {
    if (k > from && sum + rounds[kind] > most) {
      cuts.push([from, k]);
      [from, sum] = [k, 0];
    }
    sum += rounds[kind];
  });
  cuts.push([from, records.length]);
  return cuts;
}

/**
 * `stepSize` is eta of the constant rule; for the adapted rule, eta = stepSize / (g^2 + smallestSquare) as in
 * `adaptedStepSize`.
 */
export function stepSizes(move: MoveOptions): { stepSize: number; smallestSquare: number } {
  const { beta, stepRule, stepScale } = move;
  if (stepRule === "constant") return { stepSize: constantStepSize(move), smallestSquare: 0 };
  const largest = LARGEST_NOISE ** 2 * beta / 2;
  return { stepSize: stepScale / beta, smallestSquare: stepScale / (beta * largest) };
}
