/**
 * What chains are to do, as the list of records that the shader of `chains.ts` carries out.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import { LARGEST_NOISE } from "../../sampling/langevin.ts";
import { DRAWS } from "../../sampling/line_moves.ts";
import { moveBlocks, type MoveOptions } from "../../sampling/move_chains.ts";
import { constantStepSize } from "../../sampling/step_sizes.ts";
import { KINDS, RECORD } from "./records.ts";

/** What a record is. */
export type RecordKind = keyof typeof KINDS;

/** The records of all steps, with the keys that `sampling/` derives for them, and one for values at the end. */
export function chainSchedule(
  move: MoveOptions,
  chains: number,
  key: RandomKey,
): { records: RecordKind[]; words: Int32Array } {
  const records: RecordKind[] = [], words: number[] = [], half = chains >> 1;
  const add = (kind: RecordKind, ...rest: number[]) => {
    records.push(kind);
    const record = [KINDS[kind], ...rest];
    words.push(...record, ...Array(RECORD - record.length).fill(0));
  };
  for (const block of moveBlocks(move, key)) {
    for (let s = 0; s < block.steps; s++) {
      // The last step of a block tells how many there were.
      add("step", ...deriveKey(block.langevin, s), s === block.steps - 1 ? block.steps : 0);
    }
    if (!block.lineMove || half < 2) continue;
    const { lineMove } = block, second = chains - half;
    add(
      "lineMove",
      ...groupWords(deriveKey(lineMove, 0), second, deriveKey(lineMove, 1)),
      ...groupWords(deriveKey(lineMove, 2), half, deriveKey(lineMove, 3)),
    );
  }
  add("values");
  return { records, words: Int32Array.from(words, (word) => word | 0) };
}

/** a and b of a group's directions between `others` chains, as in `line_moves.ts`, and the keys of its draws. */
function groupWords(directions: RandomKey, others: number, draws: RandomKey): number[] {
  const [u, v] = uniforms(directions, 2);
  const a = Math.floor(u * others), b = a + 1 + Math.floor(v * (others - 1));
  return [a, b, ...Array.from({ length: DRAWS }, (_, stream) => deriveKey(draws, stream)).flat()];
}

/** Cuts records into dispatches `[from, to)` in which a thread takes at most about so many loop rounds. */
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

/** eta of the constant rule; a and b of eta = a / (g^2 + b), which is `adaptedStepSize`. */
export function stepSizes(move: MoveOptions): { stepSize: number; smallestSquare: number } {
  const { beta, stepRule, stepScale } = move;
  if (stepRule === "constant") return { stepSize: constantStepSize(move), smallestSquare: 0 };
  const largest = LARGEST_NOISE ** 2 * beta / 2;
  return { stepSize: stepScale / beta, smallestSquare: stepScale / (beta * largest) };
}
