/**
 * Results as tables: CSV for programs, Markdown for people.
 *
 * @module
 */
import type { Cell } from "./cells.ts";
import { printedValue } from "../problems/table_one.ts";

/** The seeds of one method in one setting, taken together. */
export interface Summary {
  /** The name of the setting. */
  readonly setting: string;
  /** The name of the method. */
  readonly method: string;
  /** Mean over the seeds. */
  readonly revenue: number;
  /** Standard error over test profiles of one seed, averaged. */
  readonly standardError: number;
  /** Standard deviation over the seeds; undefined for one seed. */
  readonly seedDeviation?: number;
  /** Mean regret, where it was measured. */
  readonly regret?: number;
  /** Mean seconds. */
  readonly seconds: number;
  /** Mean 10^12 floating-point operations, where they were counted. */
  readonly teraflop?: number;
  /** How many seeds. */
  readonly seeds: number;
}

/** Cells by method and setting, in the order in which these first appear. */
export function summarize(cells: readonly Cell[]): Summary[] {
  const groups = Map.groupBy(cells, ({ setting, method }) => `${method}\n${setting}`);
  return [...groups.values()].map((group) => {
    const mean = (of: (cell: Cell) => number) => group.reduce((sum, cell) => sum + of(cell), 0) / group.length;
    const optional = (name: "regret" | "teraflop") =>
      group.every((cell) => cell[name] !== undefined) ? mean((cell) => cell[name]!) : undefined;
    const revenue = mean((cell) => cell.revenue), { setting, method } = group[0];
    const squares = group.reduce((sum, cell) => sum + (cell.revenue - revenue) ** 2, 0);
    return {
      setting,
      method,
      revenue,
      standardError: mean((cell) => cell.standardError),
      seedDeviation: group.length > 1 ? Math.sqrt(squares / (group.length - 1)) : undefined,
      regret: optional("regret"),
      seconds: mean((cell) => cell.seconds),
      teraflop: optional("teraflop"),
      seeds: group.length,
    };
  });
}

const COLUMNS = [
  ...["method", "setting", "budget", "seed", "revenue", "standardError", "paper", "regret", "paperRegret", "seconds"],
  ...["teraflop", "worstGap", "testProfiles", "version", "device"],
];

/** A line for each cell, with the paper's value beside it. */
export function tableCsv(cells: readonly Cell[]): string {
  const lines = cells.map((cell) => {
    const values: Record<string, unknown> = {
      ...cell,
      paper: printedValue(cell.method, cell.setting),
      paperRegret: cell.regret === undefined ? undefined : printedValue("regret", cell.setting),
    };
    return COLUMNS.map((column) => quoted(values[column])).join(",");
  });
  return [COLUMNS.join(","), ...lines, ""].join("\n");
}

function quoted(value: unknown): string {
  const text = value === undefined ? "" : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Methods as rows and settings as columns; under each value the paper's. */
export function tableMarkdown(cells: readonly Cell[]): string {
  const summaries = summarize(cells);
  const settings = [...new Set(cells.map(({ setting }) => setting))];
  const methods = [...new Set(cells.map(({ method }) => method))];
  const row = (entries: readonly string[]) => `| ${entries.join(" | ")} |`;
  const lines = methods.map((method) => {
    const entries = settings.map((setting) => {
      const found = summaries.find((one) => one.method === method && one.setting === setting);
      const printed = printedValue(method, setting);
      if (!found) return printed === undefined ? "" : `(${printed})`;
      const regret = found.regret === undefined ? "" : `; regret ${found.regret.toFixed(4)}`;
      const deviation = found.seedDeviation === undefined ? "" : `; seeds ±${found.seedDeviation.toFixed(4)}`;
      const paper = printed === undefined ? "" : ` (${typeof printed === "number" ? printed.toFixed(4) : printed})`;
      return `${found.revenue.toFixed(4)} ±${found.standardError.toFixed(4)}${deviation}${regret}${paper}`;
    });
    const own = summaries.filter((one) => one.method === method);
    const seconds = own.reduce((sum, one) => sum + one.seconds, 0) / Math.max(1, own.length);
    return row([method, ...entries, own.length > 0 ? seconds.toFixed(0) : ""]);
  });
  return [
    row(["", ...settings.map((setting) => `\`${setting}\``), "seconds, mean"]),
    row(["---", ...settings.map(() => "---:"), "---:"]),
    ...lines,
    "",
    "Mean of the principal's utility ± standard error over test profiles; in brackets the paper's value.",
    "",
  ].join("\n");
}
