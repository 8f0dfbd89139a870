/**
 * Deno's `@std/text`, from npm's copy of the standard library, deno-std 1.4.0.
 * Chosen because it is there with `@std/cli` already.
 *
 * @module
 */
import { levenshteinDistance as distance } from "npm:deno-std@1.4.0/text/levenshtein_distance.js";

/** How many letters to insert, delete or replace to make one text of the other. */
export const levenshteinDistance: (a: string, b: string) => number = distance;
