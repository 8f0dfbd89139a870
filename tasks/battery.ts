/**
 * Trains problems whose optima are known with the defaults, and prints what share of the optimum is reached:
 * `deno task battery [--only NAMES] [--seeds 0,1,2] [--out FOLDER] [--quick]`.
 *
 * Finished entries are kept as files in results/battery, a seed each, and not computed again. With `--quick` a few
 * iterations of one seed, on few profiles, show that it works.
 */
import { parseArgs } from "@std/cli";
import { InvalidInputError, show } from "../src/errors.ts";
import { attempt, writeFileAtomic } from "../src/io/atomic.ts";
import { evaluate } from "../src/mechanisms/evaluate.ts";
import { type Device, openDevice } from "../src/runtime/device.ts";
import { train } from "../src/training/train.ts";
import { VERSION } from "../src/version.ts";
import { batteryEntries, type BatteryEntry } from "./battery/problems.ts";
import {
  BATTERY_PROFILES,
  type BatteryMean,
  type BatteryResult,
  batteryTable,
  meanOf,
  readResult,
  resultFile,
} from "./battery/results.ts";
import { alignedMarkdown } from "./results/markdown.ts";

/** How an entry is trained and measured. */
export interface BatteryWork {
  readonly seeds: readonly number[];
  /** Those of `train`'s defaults unless given. */
  readonly iterations?: number;
  readonly testProfiles: number;
  /** Where finished entries are kept. */
  readonly folder: string;
}

/** Trains and measures an entry with a seed, or reads what was found before. */
async function resultOf(
  { name, problem }: BatteryEntry,
  seed: number,
  { iterations, testProfiles, folder }: BatteryWork,
  device: Device,
): Promise<BatteryResult> {
  const kept = await readResult(folder, { entry: name, seed, testProfiles, iterations });
  if (kept) return kept;
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
  const path = `${folder}/${resultFile(result)}`;
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
    const done = meanOf(entry, results, means);
    means.push(done);
    onEntry(done);
  }
  return means;
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
  const size = quick ? { iterations: 5, testProfiles: 2000 } : { testProfiles: BATTERY_PROFILES };
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
    console.log(alignedMarkdown(batteryTable(means)));
    device.close();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
