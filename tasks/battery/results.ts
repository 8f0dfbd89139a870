/** What the battery found, a file for each entry and seed, and the table of it. */
import { InvalidInputError, show } from "../../src/errors.ts";
import { overSeeds } from "../../src/experiments/tables.ts";
import { parseObject } from "../../src/io/json.ts";
import { readTextIfThere } from "../../src/io/read.ts";
import type { Table } from "../results/markdown.ts";
import { batteryEntries, type BatteryEntry } from "./problems.ts";

/** Test profiles of an entry and seed. */
export const BATTERY_PROFILES = 1_000_000;

/** What a seed of an entry earned. */
export interface BatteryResult {
  readonly entry: string;
  readonly seed: number;
  readonly iterations: number;
  readonly testProfiles: number;
  readonly revenue: number;
  readonly standardError: number;
  readonly worstGap: number;
  /** Seconds of training, and of the evaluation. */
  readonly seconds: number;
  readonly evaluationSeconds: number;
  readonly version: string;
  readonly device: string;
}

/** An entry, its seeds taken together. */
export interface BatteryMean {
  readonly entry: BatteryEntry;
  readonly seeds: number;
  /** Undefined where none is known. */
  readonly optimum?: number;
  readonly revenue: number;
  /** Standard error over the test profiles of all seeds. */
  readonly standardError: number;
  /** Standard deviation over the seeds; undefined for one. */
  readonly seedDeviation?: number;
  readonly seconds: number;
}

/** What says which result is meant; any number of iterations where that is undefined. */
type ResultKey = Pick<BatteryResult, "entry" | "seed" | "testProfiles"> & { readonly iterations?: number };

/** The name of a result's file. */
export function resultFile({ entry, seed }: Pick<ResultKey, "entry" | "seed">): string {
  return `${entry}_seed${seed}.json`;
}

/**
 * A result that is kept; undefined where it is not.
 *
 * @throws {InvalidInputError} for a file that is another's result, or none.
 */
export async function readResult(folder: string, key: ResultKey): Promise<BatteryResult | undefined> {
  const path = `${folder}/${resultFile(key)}`, text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const kept = parseObject(text) as Partial<BatteryResult> | undefined, { entry, seed, testProfiles, iterations } = key;
  const numbers = ["iterations", "revenue", "standardError", "seconds"] as const;
  const whole = kept?.entry === entry && kept.seed === seed && kept.testProfiles === testProfiles &&
    (iterations ?? kept.iterations) === kept.iterations && numbers.every((field) => Number.isFinite(kept[field]));
  if (whole) return kept as BatteryResult;
  throw new InvalidInputError(
    `Cannot go on with the battery: ${path} must be the result of ${entry}, seed ${seed}, on ${testProfiles} test ` +
      `profiles, got ${show(text.slice(0, 80))}; delete it to compute it again`,
  );
}

/** The results of an entry as one, its optimum perhaps by what an entry before it earned. */
export function meanOf(
  entry: BatteryEntry,
  results: readonly BatteryResult[],
  before: readonly BatteryMean[],
): BatteryMean {
  const { optimum } = entry;
  const reference = optimum && "entry" in optimum ? before.find((one) => one.entry.name === optimum.entry) : undefined;
  return {
    entry,
    seeds: results.length,
    ...overSeeds(results),
    optimum: optimum && ("value" in optimum ? optimum.value : reference && optimum.times * reference.revenue),
  };
}

/**
 * What there is in a folder, in the order of the entries.
 *
 * @throws {InvalidInputError} for a file that is no result of the battery.
 */
export async function readBattery(folder: string): Promise<BatteryMean[]> {
  const files = new Set(Array.from(Deno.readDirSync(folder), ({ name }) => name)), means: BatteryMean[] = [];
  for (const entry of batteryEntries) {
    const results: BatteryResult[] = [];
    for (let seed = 0;; seed++) {
      const key = { entry: entry.name, seed, testProfiles: BATTERY_PROFILES }, kept = await readResult(folder, key);
      if (!kept) break;
      results.push(kept);
      files.delete(resultFile(key));
    }
    if (results.length > 0) means.push(meanOf(entry, results, means));
  }
  const [other] = files;
  if (other !== undefined) {
    throw new InvalidInputError(
      `Cannot make tables: files in ${folder} must be of entries of the battery, ENTRY_seedK.json with K from 0 on, got ` +
        show(other),
    );
  }
  return means;
}

/** Entries as a table. */
export function batteryTable(means: readonly BatteryMean[]): Table {
  const rows = means.map(({ entry, optimum, revenue, standardError, seedDeviation, seeds, seconds }) => {
    const source = !entry.optimum
      ? ""
      : "value" in entry.optimum
      ? entry.optimum.source
      : `${entry.optimum.times} times what ${entry.optimum.entry} earns`;
    const deviation = seedDeviation === undefined ? "" : seedDeviation.toFixed(5);
    const share = optimum === undefined ? "" : `${(100 * revenue / optimum).toFixed(2)}%`;
    const figures = [`${revenue.toFixed(5)} ±${standardError.toFixed(5)}`, String(seeds), deviation, share];
    return [entry.problem.name, source, optimum?.toFixed(6) ?? "", ...figures, seconds.toFixed(0)];
  });
  const head = ["problem", "optimum by", "optimum", "earned", "seeds", "deviation over seeds", "share", "seconds"];
  return { rows: [head, ...rows], left: 2 };
}
