/**
 * Recognises the column that says whose row it is.
 *
 * @module
 */
import { type DecimalMark, readCell } from "./numbers.ts";
import type { Rows } from "./rows.ts";

/** Names that such columns have, and endings of names. */
const NAMES = new RegExp(
  "^(id|nr\\.?|no\\.?|#|name|row|index|buyer|customer|client|user|person|respondent|participant|bidder|subject|e-?mail|" +
    "kunde|k\u00e4ufer|teilnehmer|nummer|time ?stamp|unnamed: 0)$|[ _-](id|nr|no|name)$|[a-z]Id$",
  "i",
);
/** Rows that say enough for numbers without a name to be recognised as numbers of rows. */
const ENOUGH = 5;

/** A column of whole numbers that is called as if it said whose row it is, but says some twice, so that it is taken for a good. */
export function repeatedIds({ cells, names, width }: Rows): number | undefined {
  if (width < 2 || !names) return undefined;
  const column = names.findIndex((name, at) => NAMES.test(name) && cells.every((row) => /^\d+$/.test(row[at])));
  return column >= 0 && new Set(cells.map((row) => row[column])).size < cells.length ? column : undefined;
}

/** The column that says whose row it is, and by what it was recognised; undefined where none does. */
export function idColumn(
  { cells, names, width }: Rows,
  decimal: DecimalMark,
): { readonly column: number; readonly why: string; readonly numbers: boolean } | undefined {
  if (width < 2 || cells.length === 0) return undefined;
  for (let column = 0; column < width; column++) {
    if (!names || !(NAMES.test(names[column]) || (column === 0 && names[column] === ""))) continue;
    const texts = cells.map((row) => row[column]), distinct = new Set(texts).size === texts.length;
    const numbers = texts.filter((text) => readCell(text, decimal).value !== undefined).length;
    // Values may be alike; numbers that say whose row it is are whole, and never the same.
    const whole = numbers === texts.length && texts.every((text) => /^\d+$/.test(text));
    if (numbers < texts.length / 2 || (whole && distinct)) {
      return { column, why: "says whose row it is, by its name", numbers: whole };
    }
  }
  const counts = (from: number) => cells.every((row, k) => row[0] === String(k + from));
  if (cells.length >= ENOUGH && (counts(1) || counts(0))) return { column: 0, why: "counts the rows", numbers: true };
  return undefined;
}
