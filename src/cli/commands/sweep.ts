/**
 * `tedi sweep`: many trainings, on this machine or as a job array of Slurm.
 *
 * @module
 */
import { count } from "../../display.ts";
import { InvalidInputError, MachineError, show } from "../../errors.ts";
import { type Cell, readCell } from "../../experiments/cells.ts";
import { tediIterations, trainingStarts } from "../../experiments/budgets.ts";
import { affineIterations } from "../../experiments/methods.ts";
import { tableCsv } from "../../experiments/tables.ts";
import { writeInto } from "../../io/atomic.ts";
import { duration } from "../../report/html.ts";
import { defaultTraining } from "../../training/options.ts";
import { inMebibytes } from "../../training/plan.ts";
import { planTraining } from "../../training/train.ts";
import { isUnitSupplyTraining } from "../../training/unit_supply/options.ts";
import { planAffineMaximizer } from "../../training/unit_supply/train.ts";
import type { Command, Option, Positional, Values } from "../command.ts";
import { chosenDevice, deviceOptions } from "../device_options.ts";
import { INTERRUPTED, listenToInterrupts } from "../interrupt.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput, type Output } from "../output.ts";
import { sayNext, shellLine } from "../next_steps.ts";
import { type SweepCell, sweepCells } from "../sweep/cells.ts";
import { sweepCsv, sweepMarkdown, sweepPage, sweepRows } from "../sweep/collect.ts";
import { readSweepFile, type SweepDefinition } from "../sweep/definition.ts";
import { roomFor, runLocally } from "../sweep/local.ts";
import { type CellState, cellState, cellWords, errorPath, readTask, writePlan } from "../sweep/plan.ts";
import { cancel, neverRan, queued, type QueuedTask, submissions, submit } from "../sweep/slurm.ts";
import { STOPPED, workOn } from "../sweep/work.ts";

const sweepOptions = [
  { name: "dry-run", kind: "flag", help: "Print the cells, and the hours and memory that their plans say, and stop" },
  { name: "local", kind: "flag", help: "Run it on this machine, which is what happens without --slurm" },
  {
    name: "jobs",
    kind: "integer",
    least: 1,
    placeholder: "N",
    help: "Cells at a time on this machine",
    default: "as many as its cores and memory allow",
  },
  { name: "slurm", kind: "flag", help: "Submit it as a job array, and return at once" },
  { name: "json", kind: "flag", help: "Write JSON lines to stdout instead of text" },
  { name: "quiet", kind: "flag", help: "No logs and no progress on stderr" },
] as const satisfies readonly Option[];

const workerOptions = [
  { name: "task", kind: "integer", least: 0, placeholder: "K", help: "Of work: the task of the plan", default: "0" },
  { name: "wait", kind: "flag", help: "Of work: wait for cells that another process is doing" },
] as const satisfies readonly Option[];

const options = [...sweepOptions, ...workerOptions, ...deviceOptions] as const;
type SweepValues = Values<typeof options[number]>;

const positionals: readonly Positional[] = [
  {
    name: "ACTION",
    help: "Left out to run the sweep; or status (how far it is), cancel (stop its jobs), collect (make its table); " +
      "work is what a job calls",
  },
  { name: "FILE", help: "The sweep's file, TOML or JSON; or table1, the one of the paper's Table 1", optional: true },
];

/** What may come before the file. */
const ACTIONS = ["status", "cancel", "collect", "work"] as const;

/** Floating-point operations of training in a second and core, about: what BENCHMARKS.md measures. */
const RATE = 25e9;

/** `tedi sweep`. */
export const sweepCommand: Command = {
  name: "sweep",
  description:
    "Runs many trainings: every combination of the problems, methods, seeds and training options in a file, " +
    "on this machine or on a cluster that has Slurm. Everything is checked before anything runs.\n\n" +
    "A finished cell is kept in a file of its own, and a changed definition is another cell. After a stop the same " +
    "command does what is missing, from the last checkpoints.",
  positionals,
  groups: [
    { heading: "Sweep", options: sweepOptions },
    { heading: "Worker", options: workerOptions },
    { heading: "Device", options: deviceOptions },
  ],
  examples: [
    { line: "tedi sweep search.toml --dry-run", help: "what it would take" },
    { line: "tedi sweep search.toml --slurm", help: "submit it; log out and come back" },
    { line: "tedi sweep collect search.toml", help: "the table of what is finished, and the best training options" },
  ],
  async run(args) {
    const parsed = parseCommandLine("sweep", options, positionals, args), { values } = parsed;
    const [first, second] = parsed.positionals, action = ACTIONS.find((one) => one === first);
    if (!action && second !== undefined) {
      throw new InvalidInputError(`Cannot run tedi sweep: ACTION must be of ${ACTIONS.join(", ")}, got ${show(first)}`);
    }
    if (action && second === undefined) {
      throw new InvalidInputError(`Cannot run tedi sweep: the argument FILE is missing; tedi sweep --help says how`);
    }
    if (values.local && values.slurm) {
      throw new InvalidInputError("Cannot run tedi sweep: --local and --slurm exclude each other");
    }
    const output = openOutput(values);
    if (action === "work") return await work(second, values, output);
    const path = action ? second : first, file = await readSweepFile(path), cells = await sweepCells(file);
    if (cells.length === 0) {
      throw new InvalidInputError(
        `Cannot sweep: a method of ${path} must apply to one of its problems, got none that does`,
      );
    }
    const { definition } = file, sweep = { path, definition, cells };
    switch (action) {
      case "status":
        return await status(sweep, output);
      case "cancel":
        return await cancelJobs(sweep, output);
      case "collect":
        return await collect(sweep, output);
      default:
        if (values["dry-run"]) return await dryRun(sweep, values, output);
        return values.slurm ? await submitJobs(sweep, values, output) : await local(sweep, values, output);
    }
  },
};

/** A sweep whose file was read, and whose cells are all right. */
interface Sweep {
  /** Its file. */
  readonly path: string;
  readonly definition: SweepDefinition;
  readonly cells: readonly SweepCell[];
}

/** A worker: exit code 75 where it was told to stop, and 1 where a cell failed. */
async function work(plan: string, values: SweepValues, output: Output): Promise<number> {
  const { plan: { definition }, cells } = await readTask(plan, values.task ?? 0);
  const others = Deno.build.os === "windows" ? [] : ["SIGUSR1"] as const;
  const interrupt = listenToInterrupts(() => output.log("Stopping after this iteration, with a checkpoint"), others);
  const device = await chosenDevice(values);
  try {
    const { signal } = interrupt;
    return await workOn(definition.out, cells, { device, output, signal, wait: values.wait ?? false }) > 0 ? 1 : 0;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    return STOPPED;
  } finally {
    interrupt.end();
    device.close();
  }
}

/** The numbers of the cells that are not finished. */
async function unfinished({ definition: { out }, cells }: Sweep): Promise<number[]> {
  const states = await Promise.all(cells.map((cell) => cellState(out, cell)));
  return cells.map((_, k) => k).filter((k) => states[k] !== "finished");
}

async function local(sweep: Sweep, values: SweepValues, output: Output): Promise<number> {
  const { definition, cells, path } = sweep, { out } = definition, missing = await unfinished(sweep);
  output.log(`${count(cells.length, "cell")}, ${missing.length} to do, in ${out}`);
  if (missing.length > 0) {
    const bytes = values.jobs === undefined ? await largest(missing.map((k) => cells[k]), values) : 0;
    const jobs = Math.min(missing.length, values.jobs ?? roomFor(missing.length, bytes));
    const threads = values.threads ?? Math.max(1, Math.floor(navigator.hardwareConcurrency / jobs));
    const plan = `${out}/plan.json`;
    await writePlan(plan, definition, [missing]);
    const { backend = "auto", quiet = false } = values;
    const code = await runLocally(plan, { jobs, threads, backend, quiet }, output);
    if (code === INTERRUPTED) {
      output.log("Stopped; the same command goes on with the cells under way, and those that are missing");
      return INTERRUPTED;
    }
  }
  const failed = (await unfinished(sweep)).length;
  if (failed > 0) output.warn(`${count(failed, "cell")} failed: ${shellLine(["tedi", "sweep", "status", path])}`);
  await collect(sweep, output);
  return failed > 0 ? 1 : 0;
}

async function submitJobs(sweep: Sweep, values: SweepValues, output: Output): Promise<number> {
  const { definition, path } = sweep, missing = await unfinished(sweep);
  if (missing.length === 0) {
    output.log("All cells are finished");
    return await collect(sweep, output);
  }
  const stamp = new Date().toISOString().replace(/\.\d+Z$/, "").replaceAll(/[-:]/g, "");
  const { id, tasks, folder, released } = await submit(definition, missing, stamp, values.backend ?? "auto");
  if (released !== undefined) {
    output.event("released", { job: id, tasks: released });
    output.text(`Job ${id}: ${count(released, "task")} that Slurm held back may start again`);
    return 0;
  }
  output.event("submitted", { job: id, tasks, cells: missing.length, folder });
  output.text(`Job ${id}: ${count(missing.length, "cell")} in ${count(tasks, "task")}; logs in ${folder}`);
  const next = (action: string) => shellLine(["tedi", "sweep", action, path]);
  sayNext(output, [next("status"), next("cancel"), next("collect")]);
  return 0;
}

async function status({ definition: { out }, cells, path }: Sweep, output: Output): Promise<number> {
  const states = await Promise.all(cells.map((cell) => cellState(out, cell)));
  const of = (state: CellState) => states.filter((one) => one === state).length;
  const jobs = await submissions(out), tasks: QueuedTask[] = [], silent = [];
  try {
    for (const job of jobs) {
      const own = await queued(job.id);
      tasks.push(...own);
      if (job === jobs.at(-1) && own.length === 0 && await neverRan(job)) silent.push(job);
    }
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    output.warn(`the queue is not known: ${error.message}`); // the cells are, by their files
  }
  const counts = { finished: of("finished"), failed: of("failed"), begun: of("begun"), waiting: of("waiting") };
  output.event("status", { cells: cells.length, ...counts, queue: tasks });
  output.text(
    `${count(cells.length, "cell")}: ${
      Object.entries(counts).map(([state, number]) => `${number} ${state}`).join(", ")
    }`,
  );
  for (const [k, state] of states.entries()) {
    if (state !== "failed") continue;
    const reason = (await Deno.readTextFile(errorPath(out, cells[k]))).trim();
    output.text(`failed: ${cellWords(cells[k])}: ${reason}`);
  }
  for (const { task, state, reason } of tasks) output.text(`${task}  ${state}  ${reason}`);
  for (const { id, folder } of silent) {
    output.text(
      `Job ${id} has ended, and none of its tasks wrote a log: its nodes may not see ${folder}, which must be in a ` +
        `folder that all share; sacct -j ${id} says more`,
    );
  }
  if (tasks.some(({ reason }) => /held/.test(reason))) {
    output.log(
      `Slurm holds tasks back since a node failed; let them go: ${shellLine(["tedi", "sweep", path, "--slurm"])}`,
    );
  }
  return 0;
}

async function cancelJobs({ definition: { out } }: Sweep, output: Output): Promise<number> {
  let cancelled = 0;
  for (const job of await submissions(out)) {
    if ((await queued(job.id)).length === 0) continue;
    await cancel(job);
    output.event("cancelled", { job: job.id });
    output.text(`Job ${job.id} is cancelled; its cells keep their checkpoints`);
    cancelled++;
  }
  if (cancelled === 0) output.text(`No job of ${out} is in the queue`);
  return 0;
}

async function collect({ definition: { out }, cells, path }: Sweep, output: Output): Promise<number> {
  const found: Cell[] = [];
  for (const { key } of cells) {
    const cell = await readCell(out, key);
    if (cell) found.push(cell);
  }
  if (found.length === 0) {
    output.text(`None of ${count(cells.length, "cell")} is finished`);
    return 1;
  }
  const rows = sweepRows(found), table = sweepMarkdown(rows);
  const files = {
    "sweep.csv": sweepCsv(rows),
    "sweep.md": table,
    "sweep.json": `${JSON.stringify({ rows, cells: found }, undefined, 2)}\n`,
    "cells.csv": tableCsv(found),
    "report.html": await sweepPage(path, rows, found),
  };
  for (const [name, text] of Object.entries(files)) await writeInto(`${out}/${name}`, text);
  for (const row of rows) output.event("row", { ...row });
  output.text(table);
  output.log(
    `${found.length} of ${count(cells.length, "cell")}, in ${
      Object.keys(files).map((name) => `${out}/${name}`).join(", ")
    }`,
  );
  return 0;
}

/** What a training takes. */
interface Work {
  readonly bytes: number;
  /** Seconds of a core. */
  readonly seconds: number;
}

/** The plan of a cell of TEDI, with its iterations; undefined for other methods, whose work is not counted. */
function planner(device: Parameters<typeof planTraining>[2]) {
  const known = new Map<string, Promise<Work>>();
  const planned = async ({ problem, training, budget }: SweepCell): Promise<Work> => {
    if (problem.supply === "unit") {
      const given = training && isUnitSupplyTraining(training) ? training : undefined;
      const { bytes, secondsEach } = await planAffineMaximizer(problem, given);
      return { bytes, seconds: secondsEach * (given?.iterations ?? affineIterations(problem, budget)) };
    }
    const given = training && !isUnitSupplyTraining(training) ? training : undefined;
    const options = given ?? { ...defaultTraining(problem), iterations: tediIterations(budget) };
    const { bytes, flop } = await planTraining(problem, options, device);
    return { bytes: bytes.total, seconds: flop.all / RATE };
  };
  return async (cell: SweepCell): Promise<Work | undefined> => {
    const { problem, method, training, budget } = cell;
    if (method.name !== "TEDI") return undefined;
    const key = JSON.stringify([problem.name, budget, { ...training, seed: 0 }]);
    if (!known.has(key)) known.set(key, planned(cell));
    const { bytes, seconds } = await known.get(key)!;
    return { bytes, seconds: seconds * (training ? 1 : trainingStarts(problem, budget)) };
  };
}

/** Bytes of the largest training among cells, as far as they have plans. */
async function largest(cells: readonly SweepCell[], values: SweepValues): Promise<number> {
  const device = await chosenDevice(values), plan = planner(device);
  try {
    let most = 0;
    for (const cell of cells) most = Math.max(most, (await plan(cell))?.bytes ?? 0);
    return most;
  } finally {
    device.close();
  }
}

async function dryRun({ definition, cells }: Sweep, values: SweepValues, output: Output): Promise<number> {
  const device = await chosenDevice(values), plan = planner(device);
  try {
    let hours = 0, bytes = 0, unknown = 0;
    for (const [k, cell] of cells.entries()) {
      const state = await cellState(definition.out, cell), planned = await plan(cell);
      const seconds = planned?.seconds;
      if (state !== "finished") {
        if (planned) hours += planned.seconds / 3600, bytes = Math.max(bytes, planned.bytes);
        else unknown++;
      }
      output.event("cell", { number: k + 1, ...cell.key, state, coreSeconds: seconds, bytes: planned?.bytes });
      const work = planned ? `${duration(planned.seconds)} of a core, ${inMebibytes(planned.bytes)}` : "no plan";
      output.text(`${String(k + 1).padStart(4)}  ${state.padEnd(8)}  ${cellWords(cell)}: ${work}`);
    }
    output.event("plan", { cells: cells.length, coreHours: hours, bytes, withoutPlan: unknown });
    const more = unknown === 0 ? "" : `, besides ${count(unknown, "cell")} of methods without a plan`;
    output.text(
      `${count(cells.length, "cell")}; what is not finished takes about ${hours.toPrecision(2)} core hours, at ` +
        `${RATE / 1e9} GFLOPS a core and without best responses, and up to ${inMebibytes(bytes)} a cell${more}`,
    );
    return 0;
  } finally {
    device.close();
  }
}
