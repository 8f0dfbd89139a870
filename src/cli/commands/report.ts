/**
 * `tedi report`: a page of charts about training runs.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import { writeInto } from "../../io/atomic.ts";
import { loadMechanism } from "../../io/mechanism_file.ts";
import { requireMenuMechanism } from "../../io/mechanism_kinds.ts";
import { isAffineMaximizer } from "../../mechanisms/affine_maximizer.ts";
import { audit } from "../../mechanisms/audit.ts";
import { TEST_PROFILES } from "../../mechanisms/evaluate.ts";
import type { MechanismProblem } from "../../problems/problem.ts";
import { readMetrics, type ReportedRun, viewMechanism } from "../../report/data.ts";
import { makeReport } from "../../report/page.ts";
import type { Command, Option, Positional, Values } from "../command.ts";
import { chosenDevice, deviceOptions } from "../device_options.ts";
import { besideSimpleMechanisms, evaluateShown } from "../evaluation_report.ts";
import { findMechanism } from "../mechanism_argument.ts";
import { aboutRun, sayNext, shellLine } from "../next_steps.ts";
import { parseCommandLine, requireHtmlName } from "../options.ts";
import { openOutput, type Output } from "../output.ts";
import { chosenProblem, problemOptions } from "../problem_options.ts";
import { readConfig } from "../run_config.ts";
import { startedRun } from "../started_run.ts";

const runArgument: Positional = {
  name: "RUN",
  help: "The folder of a training run that is done; several are compared",
  repeats: true,
};

const reportOptions = [
  {
    name: "out",
    kind: "text",
    placeholder: "FILE.html",
    help: "Where the page goes, replacing what is there; folders on the way are made",
    default: "report.html in the folder of the first run",
  },
  { name: "svg", kind: "text", placeholder: "FOLDER", help: "Write every chart to this folder, too, as an SVG file" },
  { name: "audit", kind: "flag", help: "Audit the mechanisms, too; exit code 1 where a bound is broken" },
  {
    name: "test-profiles",
    kind: "integer",
    least: 2,
    placeholder: "N",
    help: "New type profiles on which the revenue is measured",
    default: String(TEST_PROFILES),
  },
  { name: "json", kind: "flag", help: "Write what was made to stdout as one line of JSON" },
  { name: "quiet", kind: "flag", help: "No progress on stderr" },
] as const satisfies readonly Option[];

/** As elsewhere, but that runs may be of several modules. */
const moduleOption = {
  name: "problem",
  kind: "text",
  placeholder: "FILE.ts",
  repeats: true,
  help: "The module of a run's problem: a path or URL; once for each where runs have different ones",
} as const satisfies Option;
const ofProblem = problemOptions.filter((option) => option.name !== "problem");

const options = [moduleOption, ...ofProblem, ...reportOptions, ...deviceOptions] as const;

/** The sizes of a report's audits: a second or so for a few goods. */
const AUDIT = { profiles: 100, misreports: 100, exact: 40, revenueProfiles: 5000 };

/** `tedi report`. */
export const reportCommand: Command = {
  name: "report",
  description: "Makes a page about training runs: revenue beside what is known, training curves, prices and " +
    "allocations, who pays and gets what, and how runs differ. It is one file that loads nothing, and can be " +
    "read on a phone, on a dark screen and in print.",
  positionals: [runArgument],
  groups: [
    { heading: "Report", options: reportOptions },
    { heading: "Device", options: deviceOptions },
    { heading: "Problem (only for runs whose problem is a module)", options: [moduleOption, ...ofProblem] },
  ],
  examples: [
    { line: "tedi report runs/U-1-2-cp0-cd0-seed0 --audit", help: "writes report.html to the run folder" },
    { line: "tedi report runs/a runs/b --out compared.html --svg charts", help: "two runs, and all charts as files" },
  ],
  async run(args) {
    const { values, positionals } = parseCommandLine("report", options, [runArgument], args);
    const output = openOutput(values), chosen = await chosenProblems(values);
    requireHtmlName("make a report", values.out);
    // All that can be wrong is found before any work begins.
    const names = distinctNames(positionals), found = [];
    for (const run of positionals) found.push(await findRun(run, chosen));
    for (const { changed } of found) if (changed !== undefined) output.warn(changed);

    const device = await chosenDevice(values), runs: ReportedRun[] = [];
    try {
      for (const [k, { folder, problem, config, mechanism, recorded }] of found.entries()) {
        const test = { profiles: values["test-profiles"] ?? TEST_PROFILES, seed: config.training.seed };
        const { evaluation, each } = await evaluateShown(problem, mechanism, test, output);
        runs.push({
          ...await besideSimpleMechanisms(problem, each, test),
          ...{ ...startedRun(names[k], folder, problem, config), ...recorded, evaluation },
          mechanism: await viewMechanism(problem, mechanism, test),
          ...values.audit && { audit: await auditShown(problem, mechanism, output) },
        });
      }
    } finally {
      device.close();
    }

    const { html, charts } = await makeReport(runs), out = values.out ?? `${found[0].folder}/report.html`;
    await writeInto(out, html);
    for (const { name, svg } of values.svg === undefined ? [] : charts) {
      await writeInto(`${values.svg}/${name}.svg`, svg);
    }
    output.event("report", {
      out,
      charts: charts.map(({ name }) => name),
      ...values.svg !== undefined && { svg: values.svg },
      runs: runs.map(({ name, problem, evaluation, audit }) => ({
        ...{ name, setting: problem.name, ...evaluation },
        ...audit && { passed: audit.passed },
      })),
    });
    output.text(out);
    const failed = runs.filter((run) => run.audit?.passed === false);
    for (const { name } of failed) output.warn(`the audit of ${name} broke a bound; tedi audit says where`);
    if (found.length === 1) {
      const [{ folder, problem }] = found;
      const audited = aboutRun("audit", folder, problem), played = shellLine(["tedi", "playground", folder]);
      sayNext(output, problem.supply === "unit" ? [audited] : [audited, played]);
    }
    return failed.length > 0 ? 1 : 0;
  },
};

/** The problems that the command line names. */
async function chosenProblems({ problem: modules = [], ...others }: Values<typeof options[number]>) {
  const first = await chosenProblem("report", { ...others, ...modules.length > 0 && { problem: modules[0] } });
  const problems = first ? [first] : [];
  for (const problem of modules.slice(1)) problems.push((await chosenProblem("report", { problem }))!);
  return problems;
}

/** Reads all of a run. */
async function findRun(argument: string, chosen: readonly MechanismProblem[]) {
  const { file, folder } = await findMechanism(argument);
  if (folder === undefined) {
    throw new InvalidInputError(`Cannot make a report: RUN must be the folder of a run, got ${show(argument)}`);
  }
  const { config, problem, changed } = await readConfig(folder, chosen);
  const mechanism = await loadMechanism(file, problem);
  if (!isAffineMaximizer(mechanism)) requireMenuMechanism(`make a report on ${folder}`, mechanism);
  return { folder, config, problem, mechanism, changed, recorded: await readMetrics(folder, config.training.profiles) };
}

async function auditShown(problem: MechanismProblem, mechanism: Parameters<typeof audit>[1], output: Output) {
  const progress = output.progress("auditing");
  try {
    return await audit(problem, mechanism, { ...AUDIT, onProgress: (done, all) => progress.update(done, all) });
  } finally {
    progress.end();
  }
}

/** The last parts of paths, as many as tell them apart; a path that is there twice has a number. */
function distinctNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split(/[/\\]+/).filter((part) => part !== "" && part !== "."));
  const longest = Math.max(...parts.map((each) => each.length));
  for (let depth = 1; depth <= longest; depth++) {
    const names = parts.map((each) => each.slice(-depth).join("/") || "run");
    if (new Set(names).size === names.length) return names;
  }
  return parts.map((each, k) => `${each.at(-1) ?? "run"} (${k + 1})`);
}
