/**
 * Tables in the long layout: a row says whose value of what it has, and the value.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import { columnOf, listed, type Rows } from "./rows.ts";
import type { TableOptions } from "./table.ts";

const WHO =
  /^(.*[ _-])?(bidder|buyer|customer|client|user|person|respondent|participant|subject|id|name|kunde)([ _-](id|nr|no))?$/i;
const WHAT = /^(.*[ _-])?(item|good|goods|product|article|object|sku|option|artikel|produkt)([ _-](id|name|nr|no))?$/i;
const VALUE = /^(.*[ _-])?(value|valuation|bid|wtp|amount|price|willingness to pay|wert|gebot|preis)$/i;

/** The three columns of a long table: who, what, and the value. */
type Columns = readonly [number, number, number];

/** Whether a table is in the long layout: where that is said, or three columns are called so. */
export function isLong(rows: Rows, { layout, columns }: TableOptions, what: string): boolean {
  if (layout === "long" && columns && columns.length !== 3) {
    throw new InvalidInputError(
      `Cannot read types from ${what}: --columns must be three in the long layout, who values, what, and the value, ` +
        `got ${columns.join(",")}`,
    );
  }
  if (layout !== undefined) return layout === "long";
  return columns === undefined && namedColumns(rows) !== undefined;
}

function namedColumns({ names = [] }: Rows): Columns | undefined {
  const only = (pattern: RegExp, but: number) => {
    const found = names.flatMap((name, k) => k !== but && pattern.test(name) ? [k] : []);
    return found.length === 1 ? found[0] : -1;
  };
  const item = only(WHAT, -1), value = only(VALUE, -1), who = only(WHO, item);
  return item >= 0 && value >= 0 && who >= 0 && new Set([item, value, who]).size === 3 ? [who, item, value] : undefined;
}

/**
 * The same table with a row for everybody and a column for everything, in the order in which they come first. What
 * somebody has no value for is an empty cell.
 *
 * @throws {InvalidInputError} where the columns are not known, or a value is there twice.
 */
export function wideRows(
  rows: Rows,
  { columns }: TableOptions,
  what: string,
  notes: string[],
): Rows & { readonly at: readonly number[]; readonly names: readonly string[] } {
  const asked = columns?.map((column) => columnOf(rows, column, what, "columns")) as Columns | undefined;
  const found = asked ?? namedColumns(rows) ?? (rows.width === 3 ? [0, 1, 2] as const : undefined);
  if (!found) {
    throw new InvalidInputError(
      `Cannot read types from ${what}: --columns must name three columns, who values, what, and the value, of ` +
        `${rows.names ? listed(rows.names) : `${rows.width}`}, but is missing`,
    );
  }
  const [who, item, value] = found, people = new Map<string, number>(), items = new Map<string, number>();
  const seen = new Map<string, string>(), cells: string[][] = [], places: string[] = [];
  rows.cells.forEach((row, r) => {
    const person = row[who], thing = row[item], key = JSON.stringify([person, thing]);
    const before = seen.get(key);
    if (before !== undefined) {
      throw new InvalidInputError(
        `Cannot read types from ${what}: ${rows.places[r]} must not have a second value of ${show(thing)} to ` +
          `${show(person)}; the first is in ${before}`,
      );
    }
    seen.set(key, rows.places[r]);
    if (!people.has(person)) {
      people.set(person, cells.length);
      cells.push([]);
      places.push(rows.places[r]);
    }
    if (!items.has(thing)) items.set(thing, items.size);
    cells[people.get(person)!][items.get(thing)!] = row[value];
  });
  const names = [...items.keys()];
  notes.push(`A row has one value: ${people.size} participants' values of ${listed(names)}`);
  const filled = cells.map((row) => Array.from({ length: names.length }, (_, k) => row[k] ?? ""));
  return { cells: filled, places, names, width: names.length, at: names.map((_, k) => k) };
}
