/**
 * Papa Parse 5.5.3: reads CSV. Chosen because it handles quotes, byte order marks and other
 * delimiters correctly, has no dependencies, and reports where a file is malformed.
 *
 * Only types from a file need it, so nothing loads it until then.
 *
 * @module
 */

/** What is read from a CSV text. */
export interface CsvTable {
  /** The cells of each line as text, empty lines included. */
  readonly data: readonly (readonly string[])[];
  /** What is malformed, and in which line (from 0). */
  readonly errors: readonly { readonly type: string; readonly message: string; readonly row?: number }[];
}

/** The part of Papa Parse that is used here. */
interface PapaParse {
  parse(text: string, options: { delimiter: string; newline: string }): CsvTable;
}

/** Splits a CSV text into cells. */
export async function readCsv(text: string, delimiter: string): Promise<CsvTable> {
  const papa: PapaParse = (await import("npm:papaparse@5.5.3")).default;
  return papa.parse(text, { delimiter, newline: "\n" });
}
