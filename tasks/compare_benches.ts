/**
 * Compares two records of `deno bench --json`: `deno task bench-compare OLD.json NEW.json [--threshold 1.2]`.
 *
 * The least times are compared, as they suffer least from other work on the machine. The exit code is 1 if a bench
 * takes more than the threshold times as long as it did, or fails in the new record; 2 for wrong input; 0 otherwise.
 */
import { parseArgs } from "@std/cli";
import { loadZod, type Schema } from "../src/deps/zod.ts";
import { InvalidInputError, requireNumber, show } from "../src/errors.ts";

/** What a record says, as far as it is compared. */
export interface BenchRecord {
  /** Deno's version and the system. */
  readonly runtime: string;
  readonly cpu: string;
  /** Least times in nanoseconds by file, group and name; NaN where the bench failed. */
  readonly benches: ReadonlyMap<string, number>;
}

/** A bench that ran for both records. */
export interface Comparison {
  readonly bench: string;
  /** Least times in nanoseconds. */
  readonly before: number;
  readonly after: number;
  /** How many times as long it takes now. */
  readonly ratio: number;
}

/** All that differs between two records. */
export interface Comparisons {
  /** What slowed down most comes first. */
  readonly compared: readonly Comparison[];
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  /** Those that fail in the new record, and those that failed in the old one only. */
  readonly failing: readonly string[];
  readonly mended: readonly string[];
  /** Differences of the machines, as sentences. */
  readonly machines: readonly string[];
}

/** The form of a record, version 1, as Deno 2 writes it. */
type WrittenRecord = {
  runtime: string;
  cpu: string;
  benches: { origin: string; group: string | null; name: string; results: { ok?: { min: number } }[] }[];
};

/**
 * Reads a record.
 *
 * @throws {InvalidInputError} unless `text` is one.
 */
export async function readBenchRecord(text: string, path: string): Promise<BenchRecord> {
  const rule = `Cannot compare benches: ${show(path)} must be a record of deno bench --json`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError(`${rule}, but it is not JSON: ${printable((error as Error).message)}`);
  }
  const z = await loadZod();
  const result = z.union([z.object({ ok: z.object({ min: z.number().min(0) }) }), z.object({ failed: z.object({}) })]);
  const schema = z.object({
    version: z.literal(1),
    runtime: z.string(),
    cpu: z.string(),
    benches: z.array(z.object({
      origin: z.string(),
      group: z.nullable(z.string()),
      name: z.string(),
      results: z.array(result).min(1),
    })),
  }) as unknown as Schema<WrittenRecord>;
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const { path: place, message } = parsed.error.issues[0];
    throw new InvalidInputError(`${rule}, but ${place.join(".") || "it"} is not: ${printable(message)}`);
  }
  const { runtime, cpu, benches } = parsed.data, times = new Map<string, number>();
  for (const { origin, group, name, results } of benches) {
    // Records may come from different folders; and benches of one file, group and name count as one.
    const file = origin.slice(origin.lastIndexOf("/") + 1);
    const bench = printable([file, ...(group === null ? [] : [group]), name].join(" / "));
    times.set(bench, results.reduce((least, { ok }) => Math.min(least, ok?.min ?? NaN), times.get(bench) ?? Infinity));
  }
  return { runtime: printable(runtime), cpu: printable(cpu), benches: times };
}

/** Compares two records. */
export function compareBenches(before: BenchRecord, after: BenchRecord): Comparisons {
  const both = [...before.benches.keys()].filter((bench) => after.benches.has(bench));
  const failed = (record: BenchRecord, bench: string) => Number.isNaN(record.benches.get(bench));
  const compared = both.filter((bench) => !failed(before, bench) && !failed(after, bench)).map((bench) => {
    const [a, b] = [before, after].map(({ benches }) => benches.get(bench)!);
    return { bench, before: a, after: b, ratio: a === b ? 1 : b / a };
  });
  const without = (record: BenchRecord, other: BenchRecord) =>
    [...record.benches.keys()].filter((bench) => !other.benches.has(bench));
  return {
    compared: compared.sort((a, b) => b.ratio - a.ratio),
    onlyBefore: without(before, after),
    onlyAfter: without(after, before),
    failing: [...after.benches.keys()].filter((bench) => failed(after, bench)),
    mended: both.filter((bench) => failed(before, bench) && !failed(after, bench)),
    machines: (["runtime", "cpu"] as const).filter((name) => before[name] !== after[name]).map((name) =>
      `The ${name} is ${after[name]} now and was ${before[name]}: times may differ for that alone.`
    ),
  };
}

/** Whether something got worse: slower by more than the threshold, or failing. */
export function worse({ compared, failing }: Comparisons, threshold: number): boolean {
  return failing.length > 0 || compared.some(({ ratio }) => ratio > threshold);
}

/** Comparisons as Markdown. */
export function comparisonText(comparisons: Comparisons, threshold: number): string {
  const { compared, onlyBefore, onlyAfter, failing, mended, machines } = comparisons;
  const list = (title: string, benches: readonly string[]) =>
    benches.length > 0 ? [`${title}:\n\n${benches.map((bench) => `- ${bench}`).join("\n")}`] : [];
  const slower = compared.filter(({ ratio }) => ratio > threshold).length;
  const rows = compared.map(({ bench, before, after, ratio }) =>
    `| ${bench.replaceAll("|", "\\|")} | ${duration(before)} | ${duration(after)} | ` +
    `${ratio.toFixed(2)}${ratio > threshold ? " slower" : ""} |`
  );
  const table = ["| bench | old | new | ratio |", "| --- | ---: | ---: | ---: |", ...rows].join("\n");
  return [
    ...machines,
    ...(rows.length > 0 ? [table] : ["No bench ran for both."]),
    ...list("Fails in the new record", failing),
    ...list("Failed in the old record, runs in the new one", mended),
    ...list("Only in the old record", onlyBefore),
    ...list("Only in the new record", onlyAfter),
    `${slower} of ${compared.length} benches take more than ${threshold} times as long.`,
  ].join("\n\n");
}

/** Nanoseconds for people. */
function duration(nanoseconds: number): string {
  const units: [number, string][] = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const [size, unit] = units.find(([size]) => nanoseconds >= size) ?? [1, "ns"];
  const value = nanoseconds / size;
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`;
}

/** A text of somebody else's on one line, without anything that a terminal would act on. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

/** The record in a file. */
async function readFile(path: string): Promise<BenchRecord> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new InvalidInputError(
      `Cannot compare benches: ${show(path)} must be a file, got ${(error as Error).message}`,
    );
  }
  return await readBenchRecord(text, path);
}

async function main(args: readonly string[]): Promise<number> {
  const { _: paths, threshold: text } = parseArgs([...args], {
    string: ["threshold", "_"],
    default: { threshold: "1.2" },
    unknown: (argument: string, key?: string) => {
      if (key !== undefined) throw new InvalidInputError(`Cannot compare benches: there is no ${argument}`);
      return true;
    },
  });
  if (paths.length !== 2) {
    throw new InvalidInputError(`Cannot compare benches: give two records, OLD.json NEW.json, got ${paths.length}`);
  }
  const threshold = text.trim() === "" ? NaN : Number(text);
  requireNumber("compare benches", "--threshold", threshold, 1);
  const [before, after] = [await readFile(String(paths[0])), await readFile(String(paths[1]))];
  const comparisons = compareBenches(before, after);
  console.log(comparisonText(comparisons, threshold));
  return worse(comparisons, threshold) ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
