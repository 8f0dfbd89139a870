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
  /** Standard error of the mean, over the test profiles, of which each seed has its own. */
  readonly standardError: number;
  /** Standard deviation over the seeds; undefined for one seed. */
  readonly seedDeviation?: number;
  /** Mean regret by the method's own search, where it was measured. */
  readonly regret?: number;
  /** Mean regret by the audit's search, where it was measured. */
  readonly auditedRegret?: number;
  /** Mean seconds. */
  readonly seconds: number;
  /** Mean 10^12 floating-point operations, where they were counted. */
  readonly teraflop?: number;
  /** How many seeds. */
  readonly seeds: number;
}

/** What seeds earned, taken together: see {@linkcode Summary}. */
export function overSeeds(
  seeds: readonly Pick<Cell, "revenue" | "standardError" | "seconds">[],
): Pick<Summary, "revenue" | "standardError" | "seedDeviation" | "seconds"> {
  const count = seeds.length, revenue = meanOf(seeds, (one) => one.revenue);
  const squares = seeds.reduce((sum, one) => sum + (one.revenue - revenue) ** 2, 0);
  return {
    revenue,
    standardError: Math.hypot(...seeds.map((one) => one.standardError)) / count,
    seedDeviation: count > 1 ? Math.sqrt(squares / (count - 1)) : undefined,
    seconds: meanOf(seeds, (one) => one.seconds),
  };
}

function meanOf<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0) / all.length;
}

/** Cells by method and setting, in the order in which these first appear. */
export function summarize(cells: readonly Cell[]): Summary[] {
  const groups = Map.groupBy(cells, ({ setting, method }) => `${method}\n${setting}`);
  return [...groups.values()].map((group) => {
    const optional = (name: "regret" | "auditedRegret" | "teraflop") =>
      group.every((cell) => cell[name] !== undefined) ? meanOf(group, (cell) => cell[name]!) : undefined;
    const { setting, method } = group[0], { revenue, standardError, seedDeviation, seconds } = overSeeds(group);
    return {
      setting,
      method,
      revenue,
      standardError,
      seedDeviation,
      regret: optional("regret"),
      auditedRegret: optional("auditedRegret"),
      seconds,
      teraflop: optional("teraflop"),
      seeds: group.length,
    };
  });
}

const COLUMNS = [
  ...[
    "method",
    "setting",
    "budget",
    "seed",
    "revenue",
    "standardError",
    "paper",
    "regret",
    "auditedRegret",
    "paperRegret",
    "seconds",
  ],
  ...["teraflop", "worstGap", "testProfiles", "version", "device", "evaluationSeconds", "command"],
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

/**
 * Whether a mean is above the paper's value beyond doubt: by more than two standard errors, of test profiles and of
 * seeds together, sqrt(standardError^2 + seedDeviation^2 / seeds). One seed says nothing of the others; of the error of
 * the paper's value nothing is known.
 */
export function beatsPaper({ method, setting, revenue, standardError, seedDeviation = 0, seeds }: Summary): boolean {
  const printed = printedValue(method, setting);
  return typeof printed === "number" &&
    revenue - printed > 2 * Math.hypot(standardError, seedDeviation / Math.sqrt(seeds));
}

/** Mean, standard error and deviation over seeds of a summary in Markdown, in bold where it beats the paper. */
export function revenueMarkdown(summary: Summary): string {
  const { revenue, standardError, seedDeviation, regret, auditedRegret } = summary;
  const more = [
    ...seedDeviation === undefined ? [] : [`; seeds ±${seedDeviation.toFixed(4)}`],
    ...regret === undefined ? [] : [`; regret ${regret.toFixed(4)}`],
    ...auditedRegret === undefined ? [] : [`, ${auditedRegret.toFixed(4)} by the audit`],
  ];
  const mean = `${revenue.toFixed(4)} ±${standardError.toFixed(4)}`;
  return `${beatsPaper(summary) ? `**${mean}**` : mean}${more.join("")}`;
}

/** Methods as rows and settings as columns; beside each value the paper's. */
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
      const paper = printed === undefined ? "" : ` (${typeof printed === "number" ? printed.toFixed(4) : printed})`;
      return `${revenueMarkdown(found)}${paper}`;
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
    "Mean of the principal's utility over seeds ± its standard error over test profiles; `seeds`: standard deviation of " +
    "a seed; in brackets the paper's value, and bold what is above it by more than two standard errors of profiles and " +
    "seeds together.",
    "",
  ].join("\n");
}
