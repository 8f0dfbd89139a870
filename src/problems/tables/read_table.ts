/**
 * Reads types from tables as people have them.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import { decodeText } from "./decode.ts";
import { csvGrid, type Grid, jsonGrid, looksLikeJson } from "./grid.ts";
import { foundMark } from "./decimal_mark.ts";
import { idColumn, repeatedIds } from "./id_column.ts";
import { isLong, wideRows } from "./long_layout.ts";
import { type Cell, type DecimalMark, isMissing, looksLikeNumber, readCell } from "./numbers.ts";
import { columnName, columnOf, listed, type Rows } from "./rows.ts";
import { withoutTitles } from "./titles.ts";
import type { MissingCells, TableOptions, TypeTable } from "./table.ts";

/** How many columns of values a table may have, each with what it would mean; any number where left out. */
export type AllowedColumns = Readonly<Record<number, string>>;

/** What to read, and what must hold. */
export interface ReadOptions extends TableOptions {
  /** Names the table in messages, such as `"bids.csv"`. */
  readonly what: string;
  /** The numbers of columns that are all right. */
  readonly allowed?: AllowedColumns;
  /** The smallest number of rows that is all right; 1 unless given. */
  readonly leastRows?: number;
  /** The largest value that is all right. */
  readonly largest?: number;
  /** What helps against a value above that, for the message. */
  readonly largestHelp?: string;
}

/**
 * Reads the types of a table: CSV with commas, semicolons, tabs or bars; JSON; or JSON lines.
 *
 * Recognised unless said: what is between columns, titles above the names of columns, whether the first row has names, the decimal mark, a column that says
 * whose row it is, columns of text (which are left out), the long layout by its names, a currency. What was recognised is
 * in the notes.
 *
 * @throws {InvalidInputError} naming the table, the line and column, the text, and what would help.
 */
export async function readTable(bytes: Uint8Array | string, options: ReadOptions): Promise<TypeTable> {
  const { what } = options, notes: string[] = [];
  const text = typeof bytes === "string"
    ? bytes.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n")
    : decodeText(bytes, what);
  const grid = looksLikeJson(text)
    ? jsonGrid(text, what)
    : withoutTitles(await csvGrid(text, what, options.delimiter), notes);
  const all = rowsOf(grid, options);
  const decimal = options.decimal ??
    (grid.delimiter === undefined ? "point" : foundMark(all, grid.delimiter, what, notes));
  const long = isLong(all, options, what) ? wideRows(all, options, what, notes) : undefined;
  const rows = long ?? all,
    chosen = long ? { at: long.at, names: long.names } : chosenColumns(rows, decimal, options, notes);
  const { allowed, leastRows = 1 } = options, { at, names } = chosen;
  if (rows.cells.length > 0 && allowed && !Object.hasOwn(allowed, at.length)) {
    const rule = Object.entries(allowed)
      .map(([count, meaning]) => `${count} column${count === "1" ? "" : "s"}${meaning && ` (${meaning})`}`).join(
        " or ",
      );
    const got = names && at.length > 0 ? `${at.length}: ${listed(names)}` : String(at.length);
    const help = at.length > Math.min(...Object.keys(allowed).map(Number)) ? "; --columns NAMES chooses" : "";
    throw new InvalidInputError(
      `Cannot read types from ${what}: ${rows.places[0]} must have ${rule}, got ${got}${help}`,
    );
  }
  const read = valuesOf(rows, at, decimal, options, notes);
  if (read.rows < leastRows) {
    throw new InvalidInputError(
      `Cannot read types from ${what}: it must have at least ${leastRows} row${leastRows === 1 ? "" : "s"} of types, ` +
        `got ${read.rows}`,
    );
  }
  return { ...read, columns: at.length, ...names && { names }, notes };
}

/** The rows below the header, all of one width. */
function rowsOf({ rows, places, names, delimiter }: Grid, { what, header }: ReadOptions): Rows {
  const named = names ?? ((header ?? (rows.length > 0 && isHeader(rows[0]))) ? rows[0] : undefined);
  const from = named && !names ? 1 : 0, width = rows[0]?.length ?? 0;
  rows.forEach((row, k) => {
    if (row.length === width) return;
    const help = delimiter === "," ? '; a number with a comma in it goes in quotes, as in "1,5"' : "";
    throw new InvalidInputError(
      `Cannot read types from ${what}: ${places[k]} must have as many columns as ${places[0]}, ${width}, ` +
        `got ${row.length}${help}`,
    );
  });
  const cells = rows.slice(from);
  return { cells, places: places.slice(from), ...named && { names: named }, width };
}

/** A header has no numbers and says something. Anything else in the first row is taken for values. */
function isHeader(cells: readonly string[]): boolean {
  return !cells.some(looksLikeNumber) && cells.some((text) => !isMissing(text));
}

/** The columns with values. */
function chosenColumns(
  rows: Rows,
  decimal: DecimalMark,
  { columns, id, what, allowed }: ReadOptions,
  notes: string[],
): { readonly at: readonly number[]; readonly names?: readonly string[] } {
  const { names, width, cells } = rows;
  const result = (at: readonly number[]) => ({ at, ...names && { names: at.map((k) => names[k]) } });
  if (columns) {
    const at = columns.map((column) => columnOf(rows, column, what, "columns"));
    const twice = at.find((column, k) => at.indexOf(column) !== k);
    if (twice === undefined) return result(at);
    throw new InvalidInputError(
      `Cannot read types from ${what}: --columns must name every column once, got ${columnName(names, twice)} twice`,
    );
  }
  let left = Array.from({ length: width }, (_, k) => k);
  const leave = (column: number, why: string) => {
    left = left.filter((one) => one !== column);
    notes.push(`${capital(columnName(names, column))} ${why}, and is left out`);
  };
  if (id !== undefined) leave(columnOf(rows, id, what, "id"), "says whose row it is");
  else {
    const found = idColumn(rows, decimal);
    // Where all columns are wanted, numbers are values.
    if (found && !(found.numbers && allowed && Object.hasOwn(allowed, width))) leave(found.column, found.why);
  }
  const repeated = id === undefined && !allowed ? repeatedIds(rows) : undefined;
  if (repeated !== undefined && left.includes(repeated)) {
    notes.push(
      `${capital(columnName(names, repeated))} has numbers that repeat, and is taken for a good; ` +
        `if it says whose row it is, --id ${repeated + 1} leaves it out`,
    );
  }
  for (const column of left.length > 1 ? left : []) {
    let texts = 0, said = 0;
    for (const row of cells) {
      const { value, missing } = readCell(row[column], decimal);
      if (missing) continue;
      said++;
      if (value === undefined) texts++;
    }
    if (texts > said / 2) leave(column, "is text");
    else if (said === 0 && cells.length > 0) leave(column, "is empty");
  }
  if (left.length === 0 && width > 0) {
    throw new InvalidInputError(
      `Cannot read types from ${what}: it must have a column of numbers, got none of ${width}: they are text or empty; ` +
        "--columns NAMES chooses columns",
    );
  }
  const firstOf = (column: number) => left.find((one) => names?.[one] === names?.[column])!;
  const twice = left.find((column) => names?.[column] && firstOf(column) < column);
  if (names && twice !== undefined) {
    throw new InvalidInputError(
      `Cannot read types from ${what}: columns must have different names, got ${show(names[twice])} for columns ` +
        `${firstOf(twice) + 1} and ${twice + 1}; where they are two goods, --columns ${
          left.map((k) => k + 1).join(",")
        } takes both`,
    );
  }
  return result(left);
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

/** The values of columns, with errors that say where. */
function valuesOf(
  { cells, places, names }: Rows,
  at: readonly number[],
  decimal: DecimalMark,
  { what, columns, missing = "refuse", largest: most = Infinity, largestHelp = "" }: ReadOptions,
  notes: string[],
): Pick<TypeTable, "values" | "rows" | "kept" | "unit" | "largest"> {
  const values = new Float32Array(cells.length * at.length), percent: (boolean | undefined)[] = [];
  const priced = at.map(() => false), kept: number[] = [];
  let currency: { readonly name: string; readonly where: string } | undefined, largest = 0, rows = 0;
  refuseTotal(cells, places, what);
  const lacking: { readonly where: string; readonly text: string }[] = [];
  let lackingRows = 0;
  const atMost = Math.max(most, Math.fround(most));
  cells.forEach((row, r) => {
    const where = (column: number) => `${places[r]}, ${columnName(names, column)}`;
    const refuse = (column: number, rule: string, got: string) => {
      throw new InvalidInputError(`Cannot read types from ${what}: ${where(column)} must be ${rule}, got ${got}`);
    };
    const before = lacking.length;
    at.forEach((column, k) => {
      const text = row[column], cell: Cell = readCell(text, decimal);
      if (cell.missing) {
        lacking.push({ where: where(column), text });
        return;
      }
      const { value } = cell;
      if (value === undefined) {
        return refuse(column, "a number", show(text) + (/^[-+]?inf/i.test(text) ? "" : numberHelp(text, decimal)));
      }
      if (value < 0) refuse(column, "a number of at least 0", show(text));
      if (value > atMost) refuse(column, `a number in [0, ${most}]`, `${text}${largestHelp}`);
      if (value > 0 && (percent[k] ??= cell.percent ?? false) !== (cell.percent ?? false)) {
        refuse(column, `a number ${percent[k] ? "in percent" : "without %"}, as those above are`, show(text));
      }
      if (cell.currency !== undefined) {
        priced[k] = true;
        currency ??= { name: cell.currency, where: where(column) };
        if (currency.name !== cell.currency) {
          refuse(column, `in ${currency.name}, as ${currency.where} is`, show(text));
        }
      }
      values[rows * at.length + k] = value;
      largest = Math.max(largest, value);
    });
    if (lacking.length > before) {
      lackingRows++;
      if (missing === "drop") return void values.fill(0, rows * at.length, (rows + 1) * at.length);
    }
    kept.push(r);
    rows++;
  });
  const plain = at.find((_, k) => !priced[k]);
  if (currency && plain !== undefined && columns === undefined) {
    notes.push(
      `${capital(columnName(names, plain))} is in no currency, and ${currency.where} is in ${currency.name}; ` +
        "if it is no good, --columns NAMES chooses columns",
    );
  }
  sayMissing(lacking, lackingRows, cells.length, missing, what, notes);
  if (!Number.isFinite(largest)) throw new InvalidInputError(`Cannot read types from ${what}: values must be finite`);
  return {
    ...{ values: values.slice(0, rows * at.length), rows, largest },
    ...rows < cells.length && { kept },
    ...currency && { unit: currency.name },
  };
}

/** Fails where the last row has the sum or mean of those above, by its name. */
function refuseTotal(cells: readonly (readonly string[])[], places: readonly string[], what: string): void {
  const name = cells.at(-1)?.find((text) => TOTAL.test(text));
  if (name === undefined) return;
  throw new InvalidInputError(
    `Cannot read types from ${what}: ${places.at(-1)} must be somebody's values, got ${show(name)}; ` +
      "remove rows with sums or means",
  );
}

/** What rows with sums and means are called. */
const TOTAL = /^(grand )?(total|sum|mean|average|median|summe|gesamt|mittelwert|durchschnitt)s?:?$/i;

/** What may be wrong with a text that is no number. */
function numberHelp(text: string, decimal: DecimalMark): string {
  const other = decimal === "point" ? "comma" : "point";
  if (readCell(text, other).value !== undefined) {
    return `; other numbers here have a decimal ${decimal}, this one has a decimal ${other} (--decimal ${other} reads all so)`;
  }
  return "; --columns NAMES chooses columns, --header yes takes the first row for their names, --missing takes empty cells";
}

/** Refuses cells that say nothing, or notes what becomes of them. */
function sayMissing(
  lacking: readonly { readonly where: string; readonly text: string }[],
  lackingRows: number,
  all: number,
  missing: MissingCells,
  what: string,
  notes: string[],
): void {
  if (lacking.length === 0) return;
  const [{ where, text }] = lacking, cells = lacking.length === 1 ? "1 cell says" : `${lacking.length} cells say`;
  const counted = `${cells} nothing, in ${lackingRows} of ${all} rows`;
  if (missing === "refuse") {
    throw new InvalidInputError(
      `Cannot read types from ${what}: ${where} must be a number, got ${text === "" ? "an empty cell" : show(text)} ` +
        `(missing value); ${counted}: --missing zero takes them for 0, --missing drop leaves the rows out`,
    );
  }
  notes.push(`${counted}: ${missing === "zero" ? "they are taken for 0" : "the rows are left out"}`);
}
