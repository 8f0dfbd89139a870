/**
 * Rows of a table, and its columns by name or number.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import { suggest } from "../../known_names.ts";

/** Rows of cells, and what is known of their columns. */
export interface Rows {
  /** The cells as text, all rows of one width. */
  readonly cells: readonly (readonly string[])[];
  /** Where each row is, such as `line 7`. */
  readonly places: readonly string[];
  /** The names of the columns. */
  readonly names?: readonly string[];
  /** How many columns there are. */
  readonly width: number;
}

/** At most so many names are listed. */
const LISTED = 8;

/** Names, with commas between. */
export function listed(names: readonly string[]): string {
  return names.slice(0, LISTED).join(", ") + (names.length > LISTED ? ", ..." : "");
}

/** `column 2 (phone)`. */
export function columnName(names: readonly string[] | undefined, column: number): string {
  const name = names?.[column];
  return `column ${column + 1}${name ? ` (${name})` : ""}`;
}

/**
 * The column that a text names: by its name, whatever the case, or by its number from 1.
 *
 * @throws {InvalidInputError} where there is none, or there are several.
 */
export function columnOf({ names, width }: Rows, asked: string, what: string, option: string): number {
  const same = (name: string) => name.toLowerCase() === asked.trim().toLowerCase();
  const found = names?.flatMap((name, k) => same(name) ? [k] : []) ?? [];
  if (found.length === 1) return found[0];
  const number = Number(asked);
  if (found.length === 0 && /^\d+$/.test(asked.trim()) && number >= 1 && number <= width) return number - 1;
  const rule = found.length > 1
    ? "name one column: several are called so, and numbers from 1 tell them apart"
    : names
    ? `name a column of ${listed(names)}`
    : `be a number from 1 to ${width}, as the columns have no names`;
  const near = names && found.length === 0 ? suggest(asked, names) : "";
  throw new InvalidInputError(`Cannot read types from ${what}: --${option} must ${rule}, got ${show(asked)}${near}`);
}
