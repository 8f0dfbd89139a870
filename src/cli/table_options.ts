/**
 * The options that say how a table of types is to be read, shared by commands.
 *
 * @module
 */
import { DELIMITERS } from "../problems/tables/grid.ts";
import { DECIMAL_MARKS } from "../problems/tables/numbers.ts";
import { LAYOUTS, type TableOptions } from "../problems/tables/table.ts";
import type { Option, Values } from "./command.ts";

const MISSING = ["zero", "drop"] as const;
const DELIMITER_NAMES = Object.keys(DELIMITERS) as (keyof typeof DELIMITERS)[];

/** The options. All is recognised that is left out. */
export const tableOptions = [
  {
    name: "columns",
    kind: "text",
    placeholder: "NAMES",
    help: "The columns of the table with values, by name or number from 1: laptop,phone",
    default: "all of numbers",
  },
  {
    name: "id",
    kind: "text",
    placeholder: "NAME",
    help: "The column that says whose row it is; it is left out",
    default: "recognised",
  },
  {
    name: "layout",
    kind: "choice",
    choices: LAYOUTS,
    help: "Whether a row has all values, or one: who, what, value",
    default: "recognised by names of columns",
  },
  {
    name: "missing",
    kind: "choice",
    choices: MISSING,
    help: "Take empty cells for 0, or leave their rows out",
    default: "an error",
  },
  {
    name: "decimal",
    kind: "choice",
    choices: DECIMAL_MARKS,
    help: "The decimal mark of numbers",
    default: "recognised",
  },
  {
    name: "delimiter",
    kind: "choice",
    choices: DELIMITER_NAMES,
    help: "What is between columns",
    default: "recognised",
  },
  { name: "header", kind: "boolean", help: "Whether the first row has names of columns", default: "recognised" },
] as const satisfies readonly Option[];

/** Their values. */
export type TableValues = Values<typeof tableOptions[number]>;

/** The names of the options. */
export const TABLE_OPTION_NAMES = tableOptions.map(({ name }) => name);

/** How the options say that a table is to be read. */
export function chosenTable({ columns, ...others }: TableValues): TableOptions {
  const { id, layout, missing, decimal, delimiter, header } = others;
  const all = {
    columns: columns?.split(",").map((name) => name.trim()),
    id,
    layout,
    missing,
    decimal,
    delimiter,
    header,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The options again, of how a table was read. */
export function tableArguments({ columns, header, ...others }: TableOptions): string[] {
  const { id, layout, missing, decimal, delimiter } = others;
  const texts = { columns: columns?.join(","), id, layout, missing, decimal, delimiter };
  const words = Object.entries(texts).flatMap(([name, value]) => value === undefined ? [] : [`--${name}`, value]);
  return header === undefined ? words : [...words, "--header", header ? "yes" : "no"];
}
