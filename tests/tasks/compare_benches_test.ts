/** Two records of benches: what slowed down, what is in one of them only, and records that are none. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { compareBenches, comparisonText, readBenchRecord, worse } from "../../tasks/compare_benches.ts";

/** A bench of a record: least times in nanoseconds of its runs, undefined for one that failed. */
interface Written {
  readonly name: string;
  readonly least: readonly (number | undefined)[];
  readonly group?: string;
  readonly origin?: string;
}

/** A record as Deno writes it. */
function written(benches: readonly Written[], more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    version: 1,
    runtime: "Deno/2.9.6 x86_64-unknown-linux-gnu",
    cpu: "AMD EPYC",
    benches: benches.map(({ name, least, group, origin }) => ({
      origin: origin ?? "file:///somewhere/bench/kernels_bench.ts",
      group: group ?? null,
      name,
      baseline: false,
      results: least.map((min) =>
        min === undefined
          ? { failed: { name: "Error", message: "it broke", stack: "", frames: [] } }
          : { ok: { n: 20, min, max: 9 * min, avg: 2 * min, p75: 2 * min, p99: 3 * min, highPrecision: false } }
      ),
    })),
    ...more,
  });
}

/** Compares two records. */
async function compared(before: string, after: string) {
  return compareBenches(await readBenchRecord(before, "old.json"), await readBenchRecord(after, "new.json"));
}

const FILE = "kernels_bench.ts";

Deno.test("least times are compared, and what slowed down most comes first", async () => {
  const before = written([
    { name: "value", least: [1000] },
    { name: "slope", least: [2e6], group: "m = 2" },
    { name: "slope", least: [4e6], group: "m = 10" },
    { name: "steps", least: [0] },
  ]);
  const after = written([
    { name: "slope", least: [3e6], group: "m = 2" },
    { name: "slope", least: [4e6], group: "m = 10" },
    { name: "steps", least: [0] },
    { name: "value", least: [900, 500] },
  ]);
  const comparisons = await compared(before, after);
  assertEquals(comparisons.compared.map(({ bench, ratio }) => [bench, ratio]), [
    [`${FILE} / m = 2 / slope`, 1.5],
    [`${FILE} / m = 10 / slope`, 1],
    [`${FILE} / steps`, 1],
    [`${FILE} / value`, 0.5],
  ]);
  assert(worse(comparisons, 1.2));
  assert(!worse(comparisons, 1.5));
  const text = comparisonText(comparisons, 1.2);
  assertStringIncludes(text, `| ${FILE} / m = 2 / slope | 2.00 ms | 3.00 ms | 1.50 slower |`);
  assertStringIncludes(text, `| ${FILE} / value | 1.00 µs | 500 ns | 0.50 |`);
  assertStringIncludes(text, "1 of 4 benches take more than 1.2 times as long.");
});

Deno.test("the same benches in other folders and in another order are the same", async () => {
  const a: Written = { name: "value", least: [10] }, b: Written = { name: "slope", least: [20] };
  const there = (bench: Written) => ({ ...bench, origin: "file:///C:/elsewhere/kernels_bench.ts" });
  const comparisons = await compared(written([a, b]), written([there(b), there(a)]));
  assertEquals(comparisons.compared.map(({ ratio }) => ratio), [1, 1]);
  assertEquals([comparisons.onlyBefore, comparisons.onlyAfter, comparisons.machines], [[], [], []]);
});

Deno.test("benches of one record only, failing ones and other machines are said", async () => {
  const before = written([
    { name: "gone", least: [10] },
    { name: "broken", least: [10] },
    { name: "mended", least: [undefined] },
  ]);
  const after = written([
    { name: "new", least: [10] },
    { name: "broken", least: [5, undefined] },
    { name: "mended", least: [10] },
  ], { cpu: "Apple M4" });
  const comparisons = await compared(before, after);
  assertEquals(comparisons.compared, []);
  const { onlyBefore, onlyAfter, failing, mended, machines } = comparisons;
  assertEquals([onlyBefore, onlyAfter], [[`${FILE} / gone`], [`${FILE} / new`]]);
  assertEquals([failing, mended], [[`${FILE} / broken`], [`${FILE} / mended`]]);
  assertEquals(machines, ["The cpu is Apple M4 now and was AMD EPYC: times may differ for that alone."]);
  assert(worse(comparisons, 100), "a bench that fails is worse");
  const text = comparisonText(comparisons, 1.2);
  for (const part of ["No bench ran for both.", "Only in the old record:", "Only in the new record:", ...machines]) {
    assertStringIncludes(text, part);
  }
});

Deno.test("names from a record do nothing to a terminal or a table", async () => {
  const name = "a\u001b[31m | b\nc\u202e", record = written([{ name, least: [10] }], { cpu: "\u0007" });
  const text = comparisonText(await compared(record, written([{ name, least: [10] }])), 1.2);
  assertStringIncludes(text, "a\ufffd[31m \\| b\ufffdc\ufffd |");
  // deno-lint-ignore no-control-regex -- what must not be there
  assert(!/[\u0007\u001b\u202e]/.test(text));
  const odd = await compared(
    written([{ name: "__proto__", least: [1] }]),
    written([{ name: "__proto__", least: [2] }]),
  );
  assertEquals(odd.compared.map(({ ratio }) => ratio), [2]);
});

Deno.test("what is not a record is refused, with the place that is wrong", async () => {
  const bench = { origin: "file:///a.ts", group: null, name: "a", results: [{ ok: { min: 1 } }] };
  const record = { version: 1, runtime: "Deno", cpu: "AMD", benches: [bench] };
  const cases: [text: string, place: string][] = [
    ["", "it is not JSON"],
    ["\u001b[1mCheck\u001b[0m a.ts", "it is not JSON"],
    ["[]", "it is not"],
    ["null", "it is not"],
    [JSON.stringify({ ...record, version: 2 }), "version is not"],
    [JSON.stringify({ ...record, cpu: 3 }), "cpu is not"],
    [JSON.stringify({ ...record, benches: {} }), "benches is not"],
    [JSON.stringify({ ...record, benches: [{ ...bench, name: undefined }] }), "benches.0.name is not"],
    [JSON.stringify({ ...record, benches: [{ ...bench, results: [] }] }), "benches.0.results is not"],
    [JSON.stringify({ ...record, benches: [bench, { ...bench, results: [{ ok: {} }] }] }), "benches.1.results.0"],
    [JSON.stringify({ ...record, benches: [{ ...bench, results: [{ ok: { min: "1" } }] }] }), "benches.0.results.0"],
    [JSON.stringify({ ...record, benches: [{ ...bench, results: [{ ok: { min: -1 } }] }] }), "benches.0.results.0"],
  ];
  for (const [text, place] of cases) {
    const { message } = await assertRejects(() => readBenchRecord(text, "x.json"), InvalidInputError, undefined, text);
    assertStringIncludes(message, 'Cannot compare benches: "x.json" must be a record of deno bench --json');
    assertStringIncludes(message, place);
    // deno-lint-ignore no-control-regex -- what must not be there
    assert(!/[\u0000-\u001f]/.test(message), message);
  }
});

/** Runs the task, and gives its exit code and what it printed. */
async function task(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL("../../tasks/compare_benches.ts", import.meta.url).href, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

Deno.test("the task exits with 0, with 1 where something slowed down, and with 2 for wrong input", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tedi-benches-" });
  try {
    const [old, fast, slow, none] = ["old", "fast", "slow", "none"].map((name) => `${folder}/${name}.json`);
    await Deno.writeTextFile(old, written([{ name: "value", least: [100] }]));
    await Deno.writeTextFile(fast, written([{ name: "value", least: [119] }]));
    await Deno.writeTextFile(slow, written([{ name: "value", least: [130] }]));
    await Deno.writeTextFile(none, "{}");
    const cases: [args: string[], code: number, said: string][] = [
      [[old, fast], 0, "0 of 1 benches take more than 1.2 times as long."],
      [[old, slow], 1, "1.30 slower"],
      [[old, slow, "--threshold", "1.5"], 0, "0 of 1"],
      [[old, none], 2, "version is not"],
      [[old, `${folder}/missing.json`], 2, "must be a file"],
      [[old], 2, "give two records"],
      [[old, fast, "--threshold", "0.5"], 2, "--threshold must be a finite number of at least 1, got 0.5"],
      [[old, fast, "--threshold", "much"], 2, "--threshold must be"],
      [[old, fast, "--treshold", "2"], 2, "there is no --treshold"],
    ];
    const ended = await Promise.all(cases.map(([args]) => task(args)));
    for (const [k, [args, code, said]] of cases.entries()) {
      assertEquals(ended[k].code, code, `${args}: ${ended[k].stderr}`);
      assertStringIncludes(code === 2 ? ended[k].stderr : ended[k].stdout, said);
      assertEquals(code === 2 ? ended[k].stdout : ended[k].stderr, "");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
