/**
 * The form of the records that tell the shader of `chains.ts` what chains do.
 *
 * @module
 */
import { DRAWS } from "../../sampling/line_moves.ts";

/** Words of each group in the record of a line move: a, b, and a key of two words for each stream of draws. */
export const GROUP_WORDS: number = 2 + 2 * DRAWS;
/** Words of a record: its kind, then those of both groups. */
export const RECORD: number = 1 + 2 * GROUP_WORDS;

/** The kinds of records, by their first word: a Langevin step, a line move, and values of f at the end. */
export const KINDS = { step: 0, lineMove: 1, values: 2 } as const;
