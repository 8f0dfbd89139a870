/**
 * A sweep as a job array of Slurm: the script, its submission, and what the queue says of it.
 *
 * @module
 */
import { InvalidInputError, MachineError, show } from "../../errors.ts";
import { attempt, writeInto } from "../../io/atomic.ts";
import { parseObject } from "../../io/json.ts";
import { readTextIfThere } from "../../io/read.ts";
import { shellLine } from "../next_steps.ts";
import type { SlurmRequest, SweepDefinition } from "./definition.ts";
import { selfCommand } from "./local.ts";
import { writePlan } from "./plan.ts";
import { STOPPED } from "./work.ts";

/** A job array that was submitted. */
export interface Submission {
  /** Its number. */
  readonly id: string;
  /** Its folder: the plan, the script, and the logs of its tasks. */
  readonly folder: string;
  readonly tasks: number;
  /** Of a job that was in the queue already: how many tasks that Slurm held back were let go. */
  readonly released?: number;
}

/** What Slurm says of a task that it could not start, on a node that had just failed: it is held until it is released. */
const HELD = /launch failed requeued held/;
/** A file in the folder of a job that was cancelled. */
const CANCELLED = "cancelled";
/** How often a task that was killed, for want of memory for instance, is queued again. */
const RESTARTS = 3;
/** File systems that other machines cannot see. */
const OF_ONE_MACHINE = /^(ext[234]|xfs|btrfs|zfs|tmpfs|ramfs|overlay|f2fs)$/;

/** Groups cells into tasks of so many. */
export function tasksOf(cells: readonly number[], perTask: number): number[][] {
  const tasks: number[][] = [];
  for (let k = 0; k < cells.length; k += perTask) tasks.push(cells.slice(k, k + perTask));
  return tasks;
}

/**
 * Submits cells as an array. Everything that can be wrong is found before.
 *
 * @param cells Which of the sweep's cells are to be done.
 * Where the sweep is in the queue already, with tasks that Slurm holds back since a node failed, these are let go instead.
 *
 * @throws {InvalidInputError} if the nodes may not see the folder, or the array is larger than the cluster takes, or the
 * sweep is in the queue already.
 * @throws {MachineError} without Slurm's commands, or if it refuses the job.
 */
export async function submit(
  definition: SweepDefinition,
  cells: readonly number[],
  stamp: string,
  backend: string,
): Promise<Submission> {
  const { out, slurm } = definition, tasks = tasksOf(cells, slurm.cellsPerTask);
  const version = await slurmCommand("sbatch", ["--version"]);
  if (!/^slurm/i.test(version)) {
    throw new MachineError(`Cannot submit a sweep: sbatch must be Slurm's, got ${show(version)}`);
  }
  await requireShared(out, slurm.shared);
  await requireArraySize(tasks.length);
  for (const job of await submissions(out)) {
    const { id } = job, waiting = await queued(id), held = waiting.filter(({ reason }) => HELD.test(reason));
    if (waiting.length === 0) continue;
    for (const { task } of held) await slurmCommand("scontrol", ["release", task]);
    if (held.length > 0) return { ...job, released: held.length };
    throw new InvalidInputError(
      `Cannot submit a sweep: ${out} must not be in the queue, got job ${id}; wait, or cancel it`,
    );
  }
  const folder = `${out}/submissions/${stamp}`;
  await writePlan(`${folder}/plan.json`, definition, tasks);
  await writeInto(`${folder}/job.sh`, jobScript(slurm, folder, tasks.length, backend));
  const id = (await slurmCommand("sbatch", ["--parsable", `${folder}/job.sh`])).trim().split(";")[0];
  await writeInto(`${folder}/job.json`, `${JSON.stringify({ id, tasks: tasks.length })}\n`);
  return { id, folder, tasks: tasks.length };
}

/**
 * The script of an array. Slurm signals the shell some time before the time limit; the shell tells the worker, which
 * ends with a checkpoint, and the task goes back into the queue. One that is killed does, too, a few times.
 */
export function jobScript(slurm: SlurmRequest, folder: string, tasks: number, backend: string): string {
  const { partition, account, time, memory, cores, modules, setup, sbatch, stopBefore } = slurm;
  const given = (name: string, value: string | undefined) => value === undefined ? [] : [`--${name}=${value}`];
  const options = [
    `--job-name=tedi-sweep`,
    `--array=0-${tasks - 1}`,
    `--output=${folder}/task-%a.log`,
    ...["--open-mode=append", "--requeue", `--signal=B:USR1@${stopBefore}`, "--nodes=1", "--ntasks=1"],
    `--cpus-per-task=${cores}`,
    ...given("partition", partition),
    ...given("account", account),
    ...given("time", time),
    ...given("mem", memory),
    ...sbatch,
  ];
  const work = shellLine([
    ...selfCommand(),
    "sweep",
    "work",
    `${folder}/plan.json`,
    "--wait",
    "--threads",
    String(cores),
  ]);
  return `#!/bin/bash
${options.map((option) => `#SBATCH ${option}`).join("\n")}
# Written by tedi sweep --slurm.
${[...modules.map((name) => shellLine(["module", "load", name])), ...setup].map((line) => `${line}\n`).join("")}
task=\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}
${work} --backend ${backend} --task "$SLURM_ARRAY_TASK_ID" &
worker=$!
trap 'kill -s USR1 "$worker" 2>/dev/null' USR1
trap 'kill -s TERM "$worker" 2>/dev/null' TERM
# A signal ends a wait, and not the worker.
while kill -0 "$worker" 2>/dev/null; do wait "$worker"; done
wait "$worker"
code=$?
again=no
if [ "$code" -eq ${STOPPED} ]; then again=yes; fi
if [ "$code" -ge 128 ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt ${RESTARTS} ]; then again=yes; fi
if [ -e ${shellLine([`${folder}/${CANCELLED}`])} ]; then again=no; fi
if scontrol show job "$task" | grep -q 'JobState=CANCELLED'; then again=no; fi
if [ "$again" = yes ]; then
  echo "task $task ended with $code: into the queue again" >&2
  scontrol requeue "$task"
fi
exit "$code"
`;
}

/** The submissions of a sweep, oldest first. */
export async function submissions(out: string): Promise<Submission[]> {
  const found: Submission[] = [], folder = `${out}/submissions`;
  try {
    for await (const { name } of Deno.readDir(folder)) {
      const job = parseObject(await readTextIfThere(`${folder}/${name}/job.json`) ?? "");
      if (typeof job?.id !== "string") continue;
      found.push({ id: job.id, folder: `${folder}/${name}`, tasks: Number(job.tasks) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort((a, b) => a.folder < b.folder ? -1 : 1);
}

/** A task in the queue, or a range of them that wait. */
export interface QueuedTask {
  /** `12_3`, or `12_[4-7]`. */
  readonly task: string;
  /** Such as RUNNING. */
  readonly state: string;
  /** Where it runs, or why it does not. */
  readonly reason: string;
}

/** What is in the queue of a job. */
export async function queued(id: string): Promise<QueuedTask[]> {
  let text: string;
  try {
    text = await slurmCommand("squeue", ["--noheader", "--jobs", id, "--format", "%i|%T|%R"]);
  } catch (error) {
    if (error instanceof MachineError && /Invalid job id/i.test(error.message)) return []; // long gone
    throw error;
  }
  return text.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const [task, state, reason] = line.trim().split("|");
    return { task, state, reason };
  });
}

/**
 * Whether none of a job's tasks, which is no longer in the queue, has ever run its script: so it is where its nodes do not
 * see the folder of its logs.
 */
export async function neverRan({ folder }: Submission): Promise<boolean> {
  const names = await attempt(`read ${folder}`, () => Array.fromAsync(Deno.readDir(folder), ({ name }) => name));
  return !names.some((name) => name === CANCELLED || name.endsWith(".log"));
}

/** Takes a job out of the queue, and stops what runs; its cells keep their checkpoints. */
export async function cancel({ id, folder }: Submission): Promise<void> {
  await writeInto(`${folder}/${CANCELLED}`, "");
  await slurmCommand("scancel", [id]);
}

/** The output of a command of Slurm. */
async function slurmCommand(name: string, args: readonly string[]): Promise<string> {
  let ended: Deno.CommandOutput;
  try {
    ended = await new Deno.Command(name, { args: args as string[], stdin: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new MachineError(
      `Cannot sweep: --slurm needs the command ${name}, which is not here; log in to a machine of the cluster, install ` +
        "Slurm (Debian's slurm-client), or sweep with --local",
    );
  }
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (ended.success) return text(ended.stdout);
  throw new MachineError(`Cannot sweep: ${name} ended with ${ended.code}: ${text(ended.stderr).trim()}`);
}

/** Fails where the file system of a folder is one that other nodes do not see, and there are others. */
async function requireShared(out: string, known: boolean): Promise<void> {
  if (known) return;
  await attempt(`make ${out}`, () => Deno.mkdir(out, { recursive: true }));
  const path = await Deno.realPath(out), type = fileSystemOf(path, await readTextIfThere("/proc/self/mountinfo") ?? "");
  if (type === undefined || !OF_ONE_MACHINE.test(type)) return;
  const nodes = await slurmCommand("scontrol", ["--oneliner", "show", "node"]);
  const hosts = new Set(Array.from(nodes.matchAll(/NodeHostName=(\S+)/g), ([, host]) => host.split(".")[0]));
  const elsewhere = [...hosts].find((host) => host !== Deno.hostname().split(".")[0]);
  if (elsewhere === undefined) return;
  throw new InvalidInputError(
    `Cannot submit a sweep: out must be in a folder that all nodes share, got ${
      show(out)
    } on ${type} of this machine, ` +
      `which ${elsewhere} may not see; if it does, say shared = true under [slurm]`,
  );
}

/** The type of the file system of a path, by the text of /proc/self/mountinfo. */
export function fileSystemOf(path: string, mounts: string): string | undefined {
  let best = "", type: string | undefined;
  for (const line of mounts.split("\n")) {
    const [before, after] = line.split(" - "), at = before.split(" ")[4];
    if (after === undefined || !(at === "/" || path === at || path.startsWith(`${at}/`))) continue;
    if (at.length >= best.length) [best, type] = [at, after.split(" ")[0]];
  }
  return type;
}

async function requireArraySize(tasks: number): Promise<void> {
  const most = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(await slurmCommand("scontrol", ["show", "config"]))?.[1]);
  if (!(tasks > most - 1)) return;
  throw new InvalidInputError(
    `Cannot submit a sweep: an array must have at most ${most - 1} tasks on this cluster, got ${tasks}; raise ` +
      "cells-per-task under [slurm]",
  );
}
