/**
 * Types from CSV and JSON, with errors that say where in the file.
 *
 * @module
 */
import { readCsv } from "../deps/papaparse.ts";
import { InvalidInputError, requireInteger, show } from "../errors.ts";

/** Rows of types read from a CSV text. */
export interface TypeRows {
  /** The types `[rows, columns]`, row-major, each in [0, 1]. */
  readonly values: Float32Array;
  /** How many rows of types, without a header. */
  readonly rows: number;
  /** How many types a row has. */
  readonly columns: number;
}

/** Type profiles read from a JSON text. */
export interface TypeProfiles {
  /** The types `[B, n, m]`, row-major, each in [0, 1]. */
  readonly values: Float32Array;
  /** B. */
  readonly profiles: number;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const MISSING = /^([+-]?(nan|inf|infinity)|na|n\/a|null|none|)$/i;

/** A header has no numbers and says something. Anything else in the first line is taken for types. */
function isHeader(cells: readonly string[]): boolean {
  const texts = cells.map((cell) => cell.trim());
  return !texts.some((text) => DECIMAL.test(text)) && texts.some((text) => !MISSING.test(text));
}

/** A type from a cell of text. `where` names the cell. */
function typeOfCell(action: string, where: string, cell: string): number {
  const text = cell.trim();
  if (MISSING.test(text)) {
    const got = text === "" ? "an empty cell" : show(text);
    throw new InvalidInputError(`Cannot ${action}: ${where} must be a number in [0, 1], got ${got} (missing value)`);
  }
  if (!DECIMAL.test(text)) {
    throw new InvalidInputError(`Cannot ${action}: ${where} must be a number in [0, 1], got ${show(text)}`);
  }
  return typeInRange(action, where, Number(text));
}

/** Fails unless a type is a number in [0, 1]. */
function typeInRange(action: string, where: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new InvalidInputError(`Cannot ${action}: ${where} must be a number in [0, 1], got ${show(value)}`);
}

/**
 * Reads rows of types from a CSV text.
 *
 * Every row has the same number of columns, each a number in [0, 1]. Commas, semicolons and tabs
 * delimit; empty lines are skipped; a first line without any number is a header.
 *
 * @param text The CSV text.
 * @param columns The number of columns, or the numbers that are all right, each with what it would mean.
 * @param what The text's name in error messages, such as its file name.
 * @param leastRows The smallest number of rows that is all right.
 * @throws {InvalidInputError} naming the line and column of the first mistake.
 */
export async function parseTypeRows(
  text: string,
  columns: number | Readonly<Record<number, string>>,
  what: string,
  leastRows = 1,
): Promise<TypeRows> {
  const action = `read types from ${what}`;
  const allowed: Readonly<Record<number, string>> = typeof columns === "number" ? { [columns]: "" } : columns;
  const table = await readCsv(text);
  const malformed = table.errors.find((error) => error.type === "Quotes");
  if (malformed) {
    const line = `line ${(malformed.row ?? 0) + 1}`;
    throw new InvalidInputError(`Cannot ${action}: ${line} must be well-formed CSV, got: ${malformed.message}`);
  }

  const values: number[] = [];
  let width = 0, firstLine = 0, rows = 0;
  const start = table.data.findIndex((cells) => !isEmpty(cells));
  for (let row = Math.max(start, 0); row < table.data.length; row++) {
    const cells = table.data[row], line = row + 1;
    if (isEmpty(cells) || (row === start && isHeader(cells))) continue;
    if (rows === 0) {
      if (!Object.hasOwn(allowed, cells.length)) {
        const rule = Object.entries(allowed)
          .map(([count, meaning]) => `${count} column${count === "1" ? "" : "s"}${meaning && ` (${meaning})`}`)
          .join(" or ");
        throw new InvalidInputError(`Cannot ${action}: line ${line} must have ${rule}, got ${cells.length}`);
      }
      width = cells.length;
      firstLine = line;
    } else if (cells.length !== width) {
      throw new InvalidInputError(
        `Cannot ${action}: line ${line} must have as many columns as line ${firstLine}, ${width}, got ${cells.length}`,
      );
    }
    for (let j = 0; j < width; j++) values.push(typeOfCell(action, `line ${line}, column ${j + 1}`, cells[j]));
    rows++;
  }
  if (rows < leastRows) {
    throw new InvalidInputError(
      `Cannot ${action}: it must have at least ${leastRows} row${leastRows === 1 ? "" : "s"} of types, got ${rows}`,
    );
  }
  return { values: Float32Array.from(values), rows, columns: width };
}

/** A line without text, such as the last one of most files. */
function isEmpty(cells: readonly string[]): boolean {
  return cells.length === 1 && cells[0].trim() === "";
}

/**
 * Reads type profiles from a JSON text: one profile `[n][m]`, a list of profiles `[B][n][m]`,
 * or a list of rows `[B][n * m]`, participant by participant.
 *
 * @param text The JSON text.
 * @param participants n, at least 1.
 * @param goods m, at least 1.
 * @param what The text's name in error messages, such as its file name.
 * @throws {InvalidInputError} naming the first mistake by its path, such as `types[3][0][1]`.
 */
export function parseTypeJson(text: string, participants: number, goods: number, what = "JSON"): TypeProfiles {
  const action = `read types from ${what}`;
  requireInteger(action, "participants", participants, 1);
  requireInteger(action, "goods", goods, 1);
  let types: unknown;
  try {
    types = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new InvalidInputError(`Cannot ${action}: it must be valid JSON, got: ${(cause as Error).message}`, { cause });
  }
  const width = participants * goods;
  const shapes = `${action} as [${participants}][${goods}], [B][${participants}][${goods}] or [B][${width}]`;
  const first = requireList(shapes, "types", types)[0];
  const nested = Array.isArray(first) && Array.isArray(first[0]);
  const rows = !nested && Array.isArray(first) && first.length === width;

  const values: number[] = [];
  const readRow = (path: string, row: unknown, length: number) => {
    const list = requireList(shapes, path, row, length);
    for (let j = 0; j < length; j++) values.push(typeInRange(action, `${path}[${j}]`, list[j]));
  };
  const readProfile = (path: string, profile: unknown) => {
    const list = requireList(shapes, path, profile, participants);
    for (let i = 0; i < participants; i++) readRow(`${path}[${i}]`, list[i], goods);
  };
  if (nested) (types as unknown[]).forEach((profile, b) => readProfile(`types[${b}]`, profile));
  else if (rows) (types as unknown[]).forEach((row, b) => readRow(`types[${b}]`, row, width));
  else readProfile("types", types);
  return { values: Float32Array.from(values), profiles: values.length / width };
}

/** Fails unless `value` is a list, with `length` entries where that is given and with any at all otherwise. */
function requireList(action: string, path: string, value: unknown, length?: number): unknown[] {
  if (Array.isArray(value) && (length === undefined ? value.length > 0 : value.length === length)) return value;
  const rule = length === undefined ? "a list that is not empty" : `a list of ${length}`;
  const got = Array.isArray(value) ? `a list of ${value.length}` : show(value);
  throw new InvalidInputError(`Cannot ${action}: ${path} must be ${rule}, got ${got}`);
}
