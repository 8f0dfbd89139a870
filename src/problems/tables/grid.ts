/**
 * Cells of a table as text, from CSV and its relatives, JSON, or JSON lines.
 *
 * @module
 */
import { type CsvTable, readCsv } from "../../deps/papaparse.ts";
import { InvalidInputError, show } from "../../errors.ts";
import { isMissing, looksLikeNumber } from "./numbers.ts";

/** A table as text. */
export interface Grid {
  /** The cells of each row without spaces around them, empty rows left out. */
  readonly rows: readonly (readonly string[])[];
  /** Where each row is, such as `line 7`. */
  readonly places: readonly string[];
  /** What is between columns; undefined in JSON. */
  readonly delimiter?: string;
  /** The names of columns, where the form of the file says what they are, as objects of JSON do. */
  readonly names?: readonly string[];
}

/** What may be between columns, by name. */
export const DELIMITERS = { comma: ",", semicolon: ";", tab: "\t", bar: "|" } as const;
/** The name of one. */
export type Delimiter = keyof typeof DELIMITERS;

/** Lines by which a delimiter is found. */
const SAMPLE = 60;

/**
 * Reads the cells of a CSV text. What is between columns is found by trying: that with which most cells are numbers, and
 * rows have the same length.
 *
 * @throws {InvalidInputError} where quotes are not closed, naming the line.
 */
export async function csvGrid(text: string, what: string, asked?: Delimiter): Promise<Grid> {
  // The first line of files that Excel wrote for itself.
  const declared = /^sep=([,;\t|])\n/i.exec(text), body = declared ? text.slice(declared[0].length) : text;
  const delimiter = asked ? DELIMITERS[asked] : declared?.[1] ?? await foundDelimiter(body);
  const table = await readCsv(body, delimiter), rows: string[][] = [], places: string[] = [];
  let line = declared ? 2 : 1;
  const lines = table.data.map((cells) => {
    const at = line;
    line += 1 + cells.reduce((breaks, cell) => breaks + (cell.includes("\n") ? cell.split("\n").length - 1 : 0), 0);
    return at;
  });
  const malformed = table.errors.find(({ type }) => type === "Quotes");
  if (malformed) {
    throw new InvalidInputError(
      `Cannot read types from ${what}: line ${lines[malformed.row ?? 0]} must be well-formed CSV, ` +
        `got: ${malformed.message}`,
    );
  }
  table.data.forEach((cells, k) => {
    const trimmed = cells.map((cell) => cell.trim());
    if (trimmed.every((cell) => cell === "")) {
      if (trimmed.length === 1 || rows.length === 0 || lastText(table, k)) return;
    }
    rows.push(trimmed);
    places.push(`line ${lines[k]}`);
  });
  if (rows[0]?.[0]?.startsWith("#")) rows[0][0] = rows[0][0].replace(/^#+\s*/, "");
  return { ...withoutEmptyColumns(rows), places, delimiter };
}

/** Whether a row is after the last one with text. */
function lastText({ data }: CsvTable, row: number): boolean {
  return data.slice(row).every((cells) => cells.every((cell) => cell.trim() === ""));
}

/** The rows without columns at the end that say nothing, as delimiters at the end of lines make. */
function withoutEmptyColumns(rows: readonly string[][]): { rows: string[][] } {
  const width = Math.max(0, ...rows.slice(0, SAMPLE).map((row) => row.length));
  let used = width;
  while (used > 1 && rows.every((row) => row.length === width && row[used - 1] === "")) used--;
  return { rows: used === width ? [...rows] : rows.map((row) => row.slice(0, used)) };
}

async function foundDelimiter(text: string): Promise<string> {
  const sample = text.split("\n").filter((line) => line.trim() !== "").slice(0, SAMPLE).join("\n");
  const first = sample.slice(0, (sample + "\n").indexOf("\n"));
  let best = { delimiter: ",", score: -1 };
  for (const delimiter of Object.values(DELIMITERS)) {
    // A tab that is not there stands for a single column.
    if (delimiter !== "," && !sample.includes(delimiter) && (delimiter !== "\t" || first.includes(","))) continue;
    const { data, errors } = await readCsv(sample, delimiter);
    const rows = data.slice(data.length > 1 ? 1 : 0), widths = data.map((cells) => cells.length);
    const usual = widths.toSorted((a, b) => a - b)[widths.length >> 1];
    const alike = widths.filter((width) => width === usual).length / widths.length;
    let cells = 0, good = 0;
    for (const row of rows) {
      for (const cell of row) {
        cells++;
        if (isMissing(cell.trim()) || looksLikeNumber(cell.trim())) good++;
      }
    }
    const score = (errors.some(({ type }) => type === "Quotes") ? 0 : 1) + 2 * alike + good / Math.max(1, cells) +
      (usual > 1 ? 0.5 : 0);
    if (score > best.score + 1e-9) best = { delimiter, score };
  }
  return best.delimiter;
}

/** The value of a JSON text, or undefined where it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a text is JSON or JSON lines, by its first letter. */
export function looksLikeJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

/**
 * Reads a JSON text: a list of rows, each a list of numbers, a list of lists (a type profile) or an object by the names of
 * columns; or a line of JSON for each row.
 *
 * @throws {InvalidInputError} naming the entry or line that is anything else.
 */
export function jsonGrid(text: string, what: string): Grid {
  const fail = (place: string, rule: string, got: string): never => {
    throw new InvalidInputError(`Cannot read types from ${what}: ${place} must be ${rule}, got ${got}`);
  };
  const lines = text.split("\n").map((line, k) => ({ line, place: `line ${k + 1}` })).filter(({ line }) => line.trim());
  let entries: readonly { readonly place: string; readonly value: unknown }[];
  if (lines.length > 1 && lines.every(({ line }) => parseJson(line) !== undefined)) {
    entries = lines.map(({ line, place }) => ({ place, value: parseJson(line) }));
  } else {
    let all: unknown;
    try {
      all = JSON.parse(text);
    } catch (cause) {
      return fail("it", "valid JSON, or a line of JSON for each row", (cause as Error).message);
    }
    if (!Array.isArray(all)) return fail("it", "a list of rows", show(all));
    entries = all.map((value, k) => ({ place: `entry ${k + 1}`, value }));
  }
  let names: string[] | undefined;
  const cell = (place: string) => (value: unknown): string => {
    if (value === null || value === undefined) return "";
    if (typeof value === "object") return fail(place, "a list or object of numbers", "a list or object in it");
    return typeof value === "string" ? value.trim() : String(value);
  };
  const rows = entries.map(({ place, value }) => {
    if (Array.isArray(value)) {
      if (names) return fail(place, "an object, as those before are", show(value));
      return value.flat(2).map(cell(place));
    }
    if (typeof value !== "object" || value === null) return fail(place, "a list of numbers or an object", show(value));
    if (!names) names = Object.keys(value);
    const stranger = Object.keys(value).find((name) => !names!.includes(name));
    if (stranger !== undefined) return fail(place, `an object with the names ${names.join(", ")}`, show(stranger));
    return names.map((name) => cell(place)((value as Record<string, unknown>)[name]));
  });
  return { rows, places: entries.map(({ place }) => place), names };
}
