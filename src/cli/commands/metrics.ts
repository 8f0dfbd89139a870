/**
 * `tedi metrics`: the metrics of training runs as a table.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import { underPresentNames } from "../../former_names.ts";
import { isObject, parseObject } from "../../io/json.ts";
import { readTextIfThere } from "../../io/read.ts";
import type { Command, Option, Positional } from "../command.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput, writeStdout } from "../output.ts";

const runArgument: Positional = {
  name: "RUN",
  help: "The folder of a training run, which may be under way; of several the rows say which",
  repeats: true,
};

const options = [
  { name: "json", kind: "flag", help: "Write JSON lines to stdout instead of CSV" },
] as const satisfies readonly Option[];

/** `tedi metrics`. */
export const metricsCommand: Command = {
  name: "metrics",
  description: "Writes the metrics of training runs to stdout as CSV, a row for each iteration and a column for each " +
    "metric, for pandas, R or a spreadsheet. Where nothing was measured a cell is empty.",
  positionals: [runArgument],
  groups: [{ heading: "Options", options }],
  examples: [
    { line: "tedi metrics runs/U-1-2-cp0-cd0-seed0 > metrics.csv", help: "one run" },
    { line: "tedi metrics runs/a runs/b > metrics.csv", help: "two, with a first column that says whose row it is" },
  ],
  async run(args) {
    const { values, positionals } = parseCommandLine("metrics", options, [runArgument], args);
    const output = openOutput(values), runs = [];
    for (const run of positionals) runs.push({ run, records: await recordsOf(run) });
    for (const { run, records } of runs) {
      for (const record of records) output.event("iteration", { ...runs.length > 1 && { run }, ...record });
    }
    if (!output.json) writeStdout(metricsCsv(runs));
    return 0;
  },
};

/** What training recorded of each iteration in a run folder. */
async function recordsOf(folder: string): Promise<Record<string, unknown>[]> {
  if (await readTextIfThere(`${folder}/config.json`) === undefined) {
    throw new InvalidInputError(`Cannot read metrics: RUN must be the folder of a run, got ${show(folder)}`);
  }
  const path = `${folder}/metrics.jsonl`, text = await readTextIfThere(path) ?? "";
  // A last line without a line break is still being written.
  return text.split("\n").slice(0, -1).map((line, k) => {
    const record = parseObject(line);
    if (record) return underPresentNames(record);
    throw new InvalidInputError(`Cannot read ${path}, line ${k + 1}: it must be a JSON object, got ${show(line)}`);
  });
}

/** Records as CSV: the columns are all that any record has, in the order of appearance. */
export function metricsCsv(
  runs: readonly { readonly run: string; readonly records: readonly Record<string, unknown>[] }[],
): string {
  const all = runs.flatMap(({ run, records }) =>
    records.map((record) => runs.length > 1 ? { run, ...record } : record)
  );
  const names = [...new Set(all.flatMap((record) => Object.keys(record)))];
  const lines = [
    names.map(cell),
    ...all.map((record) => names.map((name) => cell((record as Record<string, unknown>)[name]))),
  ];
  return all.length === 0 ? "" : `${lines.map((line) => line.join(",")).join("\n")}\n`;
}

/** A value as a cell. NaN and infinities are null in files, and empty here. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = Array.isArray(value) || isObject(value) ? JSON.stringify(value) : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
