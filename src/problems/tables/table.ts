/**
 * What is read of a table of types, and how it may be told to be read.
 *
 * @module
 */

/** How rows are laid out: a row has all values of a participant or profile, or one value. */
export const LAYOUTS = ["wide", "long"] as const;
/** What becomes of cells that say nothing: they are refused, they are 0, or their rows are left out. */
export const MISSING_CELLS = ["refuse", "zero", "drop"] as const;
/** One of them. */
export type MissingCells = typeof MISSING_CELLS[number];

/** How a table is to be read; what is left out is recognised. */
export interface TableOptions {
  /**
   * The columns with values, by name or by number from 1, in the order of goods. In the long layout three: who values,
   * what, and the value.
   */
  readonly columns?: readonly string[];
  /** The column, by name or number, that says whose row it is; it is left out. */
  readonly id?: string;
  /** Whether a row has all values or one. */
  readonly layout?: "wide" | "long";
  /** What becomes of cells that say nothing; `refuse` unless given. */
  readonly missing?: "refuse" | "zero" | "drop";
  /** What stands before the fraction of numbers. */
  readonly decimal?: "point" | "comma";
  /** What stands between columns. */
  readonly delimiter?: "comma" | "semicolon" | "tab" | "bar";
  /** Whether the first row has names of columns. */
  readonly header?: boolean;
}

/** The names of {@linkcode TableOptions}. */
export const TABLE_OPTIONS: readonly (keyof TableOptions)[] = [
  "columns",
  "id",
  "layout",
  "missing",
  "decimal",
  "delimiter",
  "header",
];

/** Types that were read from a table. */
export interface TypeTable {
  /** The types `[rows, columns]`, row-major, each at least 0, in the table's unit. */
  readonly values: Float32Array;
  /** How many rows of types. */
  readonly rows: number;
  /** How many types a row has. */
  readonly columns: number;
  /** The names of the columns, where there are any. */
  readonly names?: readonly string[];
  /** Which of the table's rows they are, from 0, where others are left out as they have missing cells. */
  readonly kept?: readonly number[];
  /** The currency in which all values are, where the cells name one. */
  readonly unit?: string;
  /** The largest value. */
  readonly largest: number;
  /** What was recognised, in sentences for the one who gave the table. */
  readonly notes: readonly string[];
}
