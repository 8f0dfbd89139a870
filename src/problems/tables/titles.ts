/**
 * Titles above the names of columns, as reports and survey tools write them.
 *
 * @module
 */
import type { Grid } from "./grid.ts";
import { looksLikeNumber } from "./numbers.ts";

/**
 * A grid without its titles: rows that say one thing only, with a text, above a row of several names. What is left out is
 * noted.
 */
export function withoutTitles(grid: Grid, notes: string[]): Grid {
  const { rows, places } = grid;
  let from = 0;
  while (from < rows.length && saysOneThing(rows[from])) from++;
  const names = rows[from];
  if (from === 0 || !names || names.some(looksLikeNumber)) return grid;
  for (let k = 0; k < from; k++) {
    notes.push(`${places[k]} is a title above the names of columns, and is left out`.replace(/^l/, "L"));
  }
  return { ...grid, rows: rows.slice(from), places: places.slice(from) };
}

/** Whether one cell of a row has a text, and all others are empty. */
function saysOneThing(row: readonly string[]): boolean {
  const said = row.filter((cell) => cell !== "");
  return said.length === 1 && !looksLikeNumber(said[0]);
}
