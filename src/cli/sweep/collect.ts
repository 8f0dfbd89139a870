/**
 * What the finished cells of a sweep say together: one table over seeds, and the best training options.
 *
 * @module
 */
import type { Cell } from "../../experiments/cells.ts";
import { overSeeds } from "../../experiments/tables.ts";
import { duration, figures, notation, page, table } from "../../report/html.ts";
import { sweepCharts, type SweptChoice } from "../../report/sweep_charts.ts";
import { VERSION } from "../../version.ts";

/** The seeds of one method, with one choice of training options, for one problem. */
export interface SweepRow {
  readonly problem: string;
  readonly method: string;
  /** Training options as arguments; empty where a budget sized the work. */
  readonly training: string;
  readonly budget: string;
  readonly seeds: number;
  /** Mean u0 over held-out profiles and seeds. */
  readonly revenue: number;
  /** Standard error of the mean, over the held-out profiles. */
  readonly standardError: number;
  /** Standard deviation over seeds; undefined for one. */
  readonly seedDeviation?: number;
  /** Mean u0 over validation profiles and seeds, where it was measured. */
  readonly validationRevenue?: number;
  /** Mean seconds of training. */
  readonly seconds: number;
  /**
   * Whether these are the training options with the highest validation revenue for the problem; undefined where there
   * was no choice.
   */
  readonly best?: boolean;
}

/** Rows in the order in which their first cells come. */
export function sweepRows(cells: readonly Cell[]): SweepRow[] {
  const groups = Map.groupBy(
    cells,
    ({ setting, source, method, training, budget }) => JSON.stringify([setting, source, method, training, budget]),
  );
  const rows = [...groups.values()].map((group) => {
    const { setting: problem, source, method, training = "", budget } = group[0];
    const validated = group.every((cell) => cell.validationRevenue !== undefined);
    return {
      ...{ problem, source, method, training, budget, seeds: group.length, ...overSeeds(group) },
      validationRevenue: validated
        ? group.reduce((sum, cell) => sum + cell.validationRevenue!, 0) / group.length
        : undefined,
    };
  });
  return rows.map(({ source, ...row }) => {
    const rivals = rows.filter((one) => one.problem === row.problem && one.source === source && one.training !== "");
    if (row.validationRevenue === undefined || rivals.length < 2) return row;
    return { ...row, best: rivals.every((one) => one.validationRevenue! <= row.validationRevenue!) };
  });
}

const COLUMNS = [
  ...["problem", "method", "training", "budget", "seeds", "revenue", "standardError", "seedDeviation"],
  ...["validationRevenue", "best", "seconds"],
] as const satisfies readonly (keyof SweepRow)[];

/** Rows as CSV. */
export function sweepCsv(rows: readonly SweepRow[]): string {
  const quoted = (value: unknown) => {
    const text = value === undefined ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [COLUMNS.join(","), ...rows.map((row) => COLUMNS.map((name) => quoted(row[name])).join(",")), ""].join("\n");
}

const HEAD = ["problem", "method", "training options", "seeds", "revenue", "validation", "time"];

function words(row: SweepRow): string[] {
  const deviation = row.seedDeviation === undefined ? "" : `; seeds ±${row.seedDeviation.toFixed(4)}`;
  return [
    ...[row.problem, row.method, row.training || `budget ${row.budget}`, String(row.seeds)],
    `${row.revenue.toFixed(4)} ±${row.standardError.toFixed(4)}${deviation}`,
    row.validationRevenue === undefined ? "" : `${row.validationRevenue.toFixed(4)}${row.best ? ", the best" : ""}`,
    duration(row.seconds),
  ];
}

const NOTE =
  "Revenue: mean of the principal's utility over held-out type profiles and seeds ± its standard error over " +
  "profiles; seeds: standard deviation of a seed. Training options are chosen by the revenue on validation profiles, " +
  "which are others.";

/** Rows as Markdown; the best training options of each problem in bold. */
export function sweepMarkdown(rows: readonly SweepRow[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(HEAD),
    line(HEAD.map((_, k) => k < 3 ? "---" : "---:")),
    ...rows.map((row) => {
      const [problem, method, training, ...numbers] = words(row);
      const options = row.training === "" ? training : `\`${training}\``;
      return line([`\`${problem}\``, method, row.best ? `**${options}**` : options, ...numbers]);
    }),
    "",
    NOTE,
    "",
  ].join("\n");
}

/** Arguments such as `--chains=8`, by the option's name. */
function optionsOf(training: string): Record<string, string> {
  return Object.fromEntries(Array.from(training.matchAll(/--([\w-]+)=(\S+)/g), ([, name, value]) => [name, value]));
}

/** Rows as charts have them: each named by what differs among those of its problem. */
function choices(rows: readonly SweepRow[], cells: readonly Cell[]): SweptChoice[] {
  return rows.map(({ problem, method, training, revenue, standardError, best = false }) => {
    const rivals = rows.filter((row) => row.problem === problem), all = rivals.map((row) => optionsOf(row.training));
    const options = Object.fromEntries(
      Object.entries(optionsOf(training)).filter(([name, value]) => all.some((one) => one[name] !== value)),
    );
    const words = Object.entries(options).map(([name, value]) => `${name} ${value}`);
    if (words.length === 0 || rivals.some((row) => row.method !== method)) words.unshift(method);
    const ofSeeds = cells.filter((cell) =>
      cell.setting === problem && cell.method === method && (cell.training ?? "") === training
    ).map((cell) => cell.revenue);
    return { problem, label: words.join(", "), options, revenue, standardError, ofSeeds, best };
  });
}

/** A page about the cells: charts, the rows, and every cell with the command that makes it. */
export async function sweepPage(name: string, rows: readonly SweepRow[], cells: readonly Cell[]): Promise<string> {
  const charts = (await sweepCharts(choices(rows, cells))).map(({ problem, choices, options }) =>
    [
      `<h3>${notation(problem)}</h3>`,
      choices ? figures([choices], "tall") : "",
      options.length > 0 ? figures(options) : "",
    ].join("\n")
  );
  const each = cells.map(({ setting, method, seed, revenue, standardError, worstGap, seconds, device, command }) => [
    ...[setting, method, String(seed), `${revenue.toFixed(4)} ±${standardError.toFixed(4)}`],
    ...[worstGap.toExponential(1), duration(seconds), device, command],
  ]);
  const main = `<header><h1>Sweep</h1></header>
<section><h2>Results</h2>
${charts.join("\n")}
${table(HEAD, rows.map(words), NOTE)}
</section>
<section><h2>Cells</h2>
${
    table(
      ["problem", "method", "seed", "revenue", "largest gap", "time", "device", "command"],
      each,
      `All ${cells.length} finished cells of ${name}, each with the command that makes it.`,
    )
  }
</section>
<footer><p>Made by tedi sweep ${VERSION}.</p></footer>`;
  return page({ title: `Sweep ${name}`, main });
}
