/**
 * The form of the records that tell the shader of `chains.ts` what to do.
 *
 * @module
 */
import { DRAWS } from "../../sampling/line_moves.ts";

/** Words of a line move's record for each group: a, b, and a key for each stream of draws. */
export const GROUP_WORDS: number = 2 + 2 * DRAWS;
/** Words of a record of the schedule. */
export const RECORD: number = 1 + 2 * GROUP_WORDS;

/** What records are, by their first word. */
export const KINDS = { step: 0, lineMove: 1, values: 2 } as const;
