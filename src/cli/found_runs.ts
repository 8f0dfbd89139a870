/**
 * Finds run folders, and what can be told of each from its files alone: no problem is loaded, and no code runs.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { attempt, unlessMissing } from "../io/atomic.ts";
import { isObject, parseObject } from "../io/json.ts";
import { isLocked } from "../io/lock.ts";
import { readTextIfThere } from "../io/read.ts";
import { NETWORK_KINDS } from "../networks/kinds.ts";
import { isUnitSupplyTraining } from "../training/unit_supply/options.ts";

/** How far a run is. */
export type RunState = "finished" | "running" | "stopped";

/** A run folder. */
export interface FoundRun {
  readonly folder: string;
  /** The name of its problem. */
  readonly problem: string;
  /** What Table 1 calls a training with its network. */
  readonly method: string;
  readonly state: RunState;
  /** Iterations done. */
  readonly iterations: number;
  /** Iterations that it is to have. */
  readonly planned: number;
  readonly seed: number;
  /** The principal's utility that training ended with, where the folder says it. */
  readonly revenue?: number;
  readonly standardError?: number;
  /** Where the folder does not say it: what training last measured, which is not what the mechanism earns. */
  readonly lastMeasured?: LastMeasured;
  /** The largest type of the problem, and the unit's name. */
  readonly scale?: number;
  readonly unit?: string;
  /** When its files last changed, in milliseconds since 1970. */
  readonly changed: number;
}

/** What metrics say last of the principal's utility. */
export interface LastMeasured {
  /** On validation profiles or rows, or with the soft choices of chains. */
  readonly by: "validation" | "soft";
  readonly iteration: number;
  readonly revenue: number;
}

/** Folders below the given one that are looked into. */
const DEPTH = 4;

/**
 * The run folders in a folder, itself included, the newest first.
 *
 * @throws {InvalidInputError} where there is no such folder.
 * @throws {MachineError} where it cannot be read.
 */
export async function findRuns(folder: string): Promise<FoundRun[]> {
  const found: FoundRun[] = [], path = folder.replace(/(?<=.)[/\\]+$/, "");
  const there = await unlessMissing(`look for runs in ${folder}`, Deno.stat(folder));
  if (!there?.isDirectory) {
    throw new InvalidInputError(`Cannot list runs: FOLDER must be a folder that is there, got ${show(folder)}`);
  }
  await attempt(`look for runs in ${folder}`, () => walk(path, DEPTH, found));
  return found.sort((a, b) => b.changed - a.changed || (a.folder < b.folder ? -1 : 1));
}

async function walk(folder: string, depth: number, found: FoundRun[]): Promise<void> {
  const run = await runIn(folder);
  if (run) found.push(run);
  if (run || depth === 0) return;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory && !name.startsWith(".") && name !== "node_modules") {
      await walk(folder === "." ? name : `${folder}/${name}`, depth - 1, found);
    }
  }
}

/** The run in a folder; undefined where it holds none. */
async function runIn(folder: string): Promise<FoundRun | undefined> {
  const config = parseObject(await readTextIfThere(`${folder}/config.json`) ?? "");
  const { problem, training } = config ?? {};
  if (!isObject(problem) || !isObject(training) || typeof problem.name !== "string") return undefined;
  const result = parseObject(await readTextIfThere(`${folder}/result.json`) ?? "");
  const planned = numberOf(training.iterations) ?? 0, { iterations, lastMeasured } = await metricsOf(folder);
  const there = await changedAt(`${folder}/mechanism.safetensors`) !== undefined;
  const done = result !== undefined || (there && iterations >= planned);
  return {
    ...{ folder, problem: nameOf(problem.name, problem.source), method: methodOf(training) },
    state: isLocked(folder) ? "running" : done ? "finished" : "stopped",
    ...{ iterations, planned, seed: numberOf(training.seed) ?? 0 },
    ...result === undefined && lastMeasured && { lastMeasured, ...defined(unitOf(problem.source)) },
    ...result && {
      ...defined({ revenue: numberOf(result.revenue), standardError: numberOf(result.standardError) }),
      ...defined({ scale: numberOf(result.scale), unit: typeof result.unit === "string" ? result.unit : undefined }),
    },
    changed: Math.max(
      ...await Promise.all(
        ["config.json", "metrics.jsonl", "result.json"].map(async (name) => await changedAt(`${folder}/${name}`) ?? 0),
      ),
    ),
  };
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

/** Fields without those that are undefined. */
function defined<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;
}

/** The name of a problem; that of its module where its author gave it none. */
function nameOf(name: string, source: unknown): string {
  return name === "custom" && isObject(source) && typeof source.module === "string" ? source.module : name;
}

/** The row of a table that a training is closest to, by its network and estimator. */
function methodOf(training: Readonly<Record<string, unknown>>): string {
  if (isUnitSupplyTraining(training)) return "TEDI-AMA";
  const { network, estimator, averaging, refresh } = training;
  const kind = isObject(network) && typeof network.kind === "string" ? network.kind : NETWORK_KINDS[0];
  if (kind !== "groupmax" && kind !== "symmetric") return `TEDI-${kind.toUpperCase()}`;
  return estimator === "paired" && averaging === 0 && refresh === 0 ? "TEDI-Paper" : "TEDI";
}

/** The unit of a problem and its largest type, as far as its source states them. */
function unitOf(source: unknown): Pick<FoundRun, "scale" | "unit"> {
  const { scale, unit } = isObject(source) ? source : {};
  return { scale: numberOf(scale), unit: typeof unit === "string" ? unit : undefined };
}

/** What the whole lines of metrics say: of how many iterations they are, and what was measured last. */
async function metricsOf(folder: string): Promise<{ iterations: number; lastMeasured?: LastMeasured }> {
  const lines = (await readTextIfThere(`${folder}/metrics.jsonl`) ?? "").split("\n").slice(0, -1);
  const last = parseObject(lines.at(-1) ?? ""), iterations = numberOf(last?.iteration) ?? 0;
  const validated = lines.findLast((line) => line.includes('"validationRevenue"'));
  for (const [by, record] of [["validation", parseObject(validated ?? "")], ["soft", last]] as const) {
    const revenue = numberOf(record?.[`${by}Revenue`]), iteration = numberOf(record?.iteration);
    if (revenue !== undefined && iteration !== undefined) {
      return { iterations, lastMeasured: { by, iteration, revenue } };
    }
  }
  return { iterations };
}

/** When a file was last changed; undefined where there is none. */
async function changedAt(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).mtime?.getTime() ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
