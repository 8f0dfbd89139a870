/**
 * `tedi runs`: the run folders that there are.
 *
 * @module
 */
import { plainAmount } from "../../problems/amounts.ts";
import type { Command, Option, Positional } from "../command.ts";
import { findRuns, type FoundRun } from "../found_runs.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput } from "../output.ts";

const folderArgument: Positional = {
  name: "FOLDER",
  help: "Where to look, up to four folders deep; runs unless given",
  optional: true,
};

const options = [
  { name: "json", kind: "flag", help: "Write each run to stdout as one line of JSON" },
] as const satisfies readonly Option[];

/** `tedi runs`. */
export const runsCommand: Command = {
  name: "runs",
  description:
    "Lists run folders, the newest first: the problem, the method, what training ended with, how far it is, " +
    "and how long ago anything changed. Of a run without a result the last measurement on validation profiles is " +
    "shown, or soft revenue, both marked as such. It reads their files, and runs no problem's code.",
  positionals: [folderArgument],
  groups: [{ heading: "Options", options }],
  examples: [
    { line: "tedi runs", help: "those in the folder runs" },
    { line: "tedi runs . --json", help: "those in the current folder, for a program" },
  ],
  async run(args) {
    const { values, positionals: [folder] } = parseCommandLine("runs", options, [folderArgument], args);
    const output = openOutput(values), place = folder ?? "runs";
    const none = folder === undefined && !(await Deno.stat(place).catch(() => undefined));
    const runs = none ? [] : await findRuns(place), now = Date.now();
    for (const { changed, ...run } of runs) output.event("run", { ...run, changed: new Date(changed).toISOString() });
    output.text(runs.length > 0 ? table(runs, now) : `No runs in ${place}; tedi train makes one`);
    return 0;
  },
};

function table(runs: readonly FoundRun[], now: number): string {
  const rows = [["RUN", "PROBLEM", "METHOD", "EARNED", "ITERATIONS", "STATE", "AGE"]];
  for (const run of runs) {
    const { folder, problem, method, iterations, planned, state, changed } = run;
    const of = iterations === planned ? String(planned) : `${iterations} of ${planned}`;
    rows.push([folder, problem, method, earned(run), of, state, age(now - changed)]);
  }
  const widths = rows[0].map((_, j) => Math.max(...rows.map((row) => row[j].length)));
  const right = new Set([3, 4, 6]);
  return rows.map((row) =>
    row.map((cell, j) => right.has(j) ? cell.padStart(widths[j]) : cell.padEnd(widths[j])).join("  ").trimEnd()
  ).join("\n");
}

/** What a run earns; where its folder does not say it, what training last measured, and how. */
function earned(run: FoundRun): string {
  const { unit, lastMeasured, revenue = lastMeasured?.revenue } = run;
  if (revenue === undefined) return "-";
  const amount = plainAmount(run, revenue) + (unit === undefined ? "" : ` ${unit}`);
  return lastMeasured ? `${lastMeasured.by} ${amount}` : amount;
}

/** Milliseconds as a person says how long ago something was. */
export function age(milliseconds: number): string {
  const minutes = Math.max(0, milliseconds) / 60_000;
  if (minutes < 1) return "now";
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}
