/**
 * Trains problems whose optima are known with the defaults, and prints what share of the optimum is reached:
 * `deno task battery [--only NAMES] [--seeds 0,1,2] [--out FOLDER] [--quick]`.
 *
 * Finished entries are kept as files in results/battery, a seed each, and not computed again. With `--quick` a few
 * iterations of one seed, on few profiles, show that it works.
 */
import { parseArgs } from "@std/cli";
import { InvalidInputError, show } from "../src/errors.ts";
import { overSeeds } from "../src/experiments/tables.ts";
import { attempt, writeFileAtomic } from "../src/io/atomic.ts";
import { parseObject } from "../src/io/json.ts";
import { readTextIfThere } from "../src/io/read.ts";
import { evaluate } from "../src/mechanisms/evaluate.ts";
import { type Device, openDevice } from "../src/runtime/device.ts";
import { train } from "../src/training/train.ts";
import { VERSION } from "../src/version.ts";
import { batteryEntries, type BatteryEntry } from "./battery/problems.ts";

/** How an entry is trained and measured. */
export interface BatteryWork {
  readonly seeds: readonly number[];
  /** Those of `train`'s defaults unless given. */
  readonly iterations?: number;
  readonly testProfiles: number;
  /** Where finished entries are kept. */
  readonly folder: string;
}

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
  /** Undefined where none is known. */
  readonly optimum?: number;
  readonly revenue: number;
  /** Standard error over the test profiles of all seeds. */
  readonly standardError: number;
  /** Standard deviation over the seeds; undefined for one. */
  readonly seedDeviation?: number;
  readonly seconds: number;
}

/** Trains and measures an entry with a seed, or reads what was found before. */
async function resultOf(
  { name, problem }: BatteryEntry,
  seed: number,
  { iterations, testProfiles, folder }: BatteryWork,
  device: Device,
): Promise<BatteryResult> {
  const path = `${folder}/${name}_seed${seed}.json`, text = await readTextIfThere(path);
  if (text !== undefined) {
    const kept = parseObject(text) as Partial<BatteryResult> | undefined;
    const numbers = ["iterations", "revenue", "standardError", "seconds"] as const;
    const whole = kept?.entry === name && kept.seed === seed && kept.testProfiles === testProfiles &&
      (iterations ?? kept.iterations) === kept.iterations && numbers.every((field) => Number.isFinite(kept[field]));
    if (whole) return kept as BatteryResult;
    throw new InvalidInputError(
      `Cannot go on with the battery: ${path} must be the result of ${name}, seed ${seed}, on ${testProfiles} test ` +
        `profiles, got ${show(text.slice(0, 80))}; delete it to compute it again`,
    );
  }
  const begin = performance.now();
  const trained = await train(problem, { seed, ...iterations !== undefined && { iterations } }, { device });
  const middle = performance.now();
  const { revenue, standardError, worstGap } = await evaluate(problem, trained.mechanism, {
    profiles: testProfiles,
    seed,
  });
  const result: BatteryResult = {
    ...{ entry: name, seed, iterations: trained.iterations, testProfiles, revenue, standardError, worstGap },
    ...{ seconds: (middle - begin) / 1000, evaluationSeconds: (performance.now() - middle) / 1000 },
    ...{ version: VERSION, device: `${device.backend} (${device.adapter})` },
  };
  await attempt(`write ${path}`, () => writeFileAtomic(path, `${JSON.stringify(result, undefined, 2)}\n`));
  return result;
}

/** Runs entries, each with all seeds; `onEntry` is told of each that is done. */
export async function runBattery(
  entries: readonly BatteryEntry[],
  work: BatteryWork,
  device: Device,
  onEntry: (mean: BatteryMean) => void = () => {},
): Promise<BatteryMean[]> {
  await attempt(`make ${work.folder}`, () => Deno.mkdir(work.folder, { recursive: true }));
  const means: BatteryMean[] = [];
  for (const entry of entries) {
    const results: BatteryResult[] = [];
    for (const seed of work.seeds) results.push(await resultOf(entry, seed, work, device));
    const { optimum } = entry;
    const reference = optimum && "entry" in optimum ? means.find((one) => one.entry.name === optimum.entry) : undefined;
    const done: BatteryMean = {
      entry,
      ...overSeeds(results),
      optimum: optimum && ("value" in optimum ? optimum.value : reference && optimum.times * reference.revenue),
    };
    means.push(done);
    onEntry(done);
  }
  return means;
}

/** Entries as a table in Markdown. */
export function batteryMarkdown(means: readonly BatteryMean[]): string {
  const lines = means.map(({ entry, optimum, revenue, standardError, seedDeviation, seconds }) => {
    const source = !entry.optimum
      ? ""
      : "value" in entry.optimum
      ? entry.optimum.source
      : `${entry.optimum.times} times what ${entry.optimum.entry} earns`;
    const deviation = seedDeviation === undefined ? "" : seedDeviation.toFixed(5);
    const share = optimum === undefined ? "" : `${(100 * revenue / optimum).toFixed(2)}%`;
    const figures = [`${revenue.toFixed(5)} ±${standardError.toFixed(5)}`, deviation, share, seconds.toFixed(0)];
    return `| ${[entry.problem.name, optimum?.toFixed(6) ?? "", source, ...figures].join(" | ")} |`;
  });
  return [
    "| problem | optimum | by | earned | deviation over seeds | share | seconds |",
    "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ...lines,
  ].join("\n");
}

/** What the command line asks for. */
function parse(args: readonly string[]): { entries: BatteryEntry[]; work: BatteryWork } {
  const { only, seeds, out, quick } = parseArgs([...args], { string: ["only", "seeds", "out"], boolean: ["quick"] });
  const names = batteryEntries.map(({ name }) => name),
    wanted: string[] = only === undefined ? [...names] : only.split(",");
  for (const name of wanted) {
    if (names.includes(name)) continue;
    throw new InvalidInputError(`Cannot run the battery: --only must be of ${names.join(", ")}, got ${show(name)}`);
  }
  for (const { optimum } of batteryEntries.filter(({ name }) => wanted.includes(name))) {
    if (optimum && "entry" in optimum) wanted.push(optimum.entry);
  }
  const list: string[] = (seeds ?? (quick ? "0" : "0,1,2")).split(",");
  const wrong = list.find((text) => !/^\d{1,15}$/.test(text));
  if (wrong !== undefined) {
    throw new InvalidInputError(`Cannot run the battery: --seeds must be integers of at least 0, got ${show(wrong)}`);
  }
  const size = quick ? { iterations: 5, testProfiles: 2000 } : { testProfiles: 1_000_000 };
  const folder = out ?? (quick ? "results/battery-quick" : "results/battery");
  return {
    entries: batteryEntries.filter(({ name }) => wanted.includes(name)),
    work: { seeds: list.map(Number), folder, ...size },
  };
}

if (import.meta.main) {
  try {
    const { entries, work } = parse(Deno.args), device = await openDevice();
    const means = await runBattery(entries, work, device, ({ entry, revenue, optimum }) => {
      const share = optimum === undefined ? "" : `, ${(100 * revenue / optimum).toFixed(2)}% of ${optimum.toFixed(6)}`;
      console.error(`${entry.name}: ${revenue.toFixed(5)}${share}`);
    });
    console.log(batteryMarkdown(means));
    device.close();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
