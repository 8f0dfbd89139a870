/** The battery of known optima: its problems are what they are called, and its command keeps what is finished. */
import { assertAlmostEquals, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { bundle } from "../../src/baselines/bundle.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { randomKey } from "../../src/random/key.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { runBattery } from "../../tasks/battery.ts";
import { batteryEntries } from "../../tasks/battery/problems.ts";
import { BATTERY_PROFILES, batteryTable, readBattery } from "../../tasks/battery/results.ts";
import { withTables } from "../../tasks/results.ts";
import { alignedMarkdown } from "../../tasks/results/markdown.ts";
import { ROOT, succeed } from "../root.ts";

const named = (name: string) => batteryEntries.find((entry) => entry.name === name)!;

/** The mean of a function of types over 400,000 profiles. */
function meanOf(name: string, of: (types: Float32Array) => number): number {
  const { distribution, participants, goods } = named(name).problem, profiles = 400_000;
  const types = distribution.sample(randomKey(1), profiles, "held-out"), size = participants * goods;
  let sum = 0;
  for (let b = 0; b < profiles; b++) sum += of(types.subarray(b * size, (b + 1) * size));
  return sum / profiles;
}

Deno.test("the optima of the battery, where integrals tell them (false alarms: 1e-6)", async () => {
  const virtual = (t: number) => Math.max(0, 2 * t - 1);
  // The surplus is below 1.4 and has a deviation of 0.33: five standard errors of the mean are 0.0026.
  const surplus = meanOf("asymmetric-pair", ([a, b]) => Math.max(0, virtual(a) + virtual(b) - 0.6));
  assertAlmostEquals(surplus, 0.258, 0.0026);
  const ironed = (t: number) => t < 0.5 ? 0 : 2 * t - 1;
  assertAlmostEquals(meanOf("irregular-pair", ([a, b]) => Math.max(0, ironed(a) + ironed(b) - 0.6)), 0.0961875, 0.002);
  const ranges = [1, 0.8, 0.6, 0.4],
    ofRanges = (types: Float32Array) =>
      Math.max(0, ranges.reduce((sum, most, i) => sum + Math.max(0, 2 * types[i] - most), -0.8));
  assertAlmostEquals(meanOf("four-ranges", ofRanges), 0.150986, 0.0026);
  assertAlmostEquals(meanOf("agreeing", (types) => Math.max(0, types.reduce((a, b) => a + b) - 1)), 2 / 3, 0.006);
  // Beta(1, 2) has mean 1/3, E t^2 = 1/6; the triangle mean 1/3, too, and E t1 t2 = 1/12. Five standard errors.
  assertAlmostEquals(meanOf("Beta-1-2", ([a, b]) => (a + b) / 2), 1 / 3, 0.0014);
  assertAlmostEquals(meanOf("Beta-1-2", ([a, b]) => a * b), 1 / 9, 0.0012);
  assertAlmostEquals(meanOf("triangle", ([a, b]) => (a + b) / 2), 1 / 3, 0.001);
  assertAlmostEquals(meanOf("triangle", ([a, b]) => a * b), 1 / 12, 0.0006);
  assertAlmostEquals(meanOf("U-4-16-U-4-7", ([a, _]) => 16 * a), 10, 0.028);
  assertAlmostEquals(meanOf("U-4-16-U-4-7", ([_, b]) => 16 * b), 5.5, 0.007);
  const { problem, optimum } = named("triangle");
  const { revenue, standardError } = await evaluate(problem, bundle(problem));
  assertAlmostEquals(revenue, (optimum as { value: number }).value, 5 * standardError + 1e-3);
});

Deno.test("the battery's command trains every problem, and does not repeat what is finished", async () => {
  const out = await Deno.makeTempDir();
  try {
    const run = (...args: string[]) =>
      succeed(Deno.execPath(), ["run", "-A", "tasks/battery.ts", "--quick", "--out", out, ...args], { cwd: ROOT });
    const { stdout } = await run();
    const rows = stdout.trim().split("\n").slice(2);
    assertEquals(rows.length, batteryEntries.length);
    rows.forEach((row, k) => assertStringIncludes(row, `| ${batteryEntries[k].problem.name} `));
    const files = Array.from(Deno.readDirSync(out), ({ name }) => name).sort();
    assertEquals(files, batteryEntries.map(({ name }) => `${name}_seed0.json`).sort());
    const before = files.map((file) => Deno.readTextFileSync(`${out}/${file}`));
    assertEquals((await run()).stdout, stdout);
    assertEquals(files.map((file) => Deno.readTextFileSync(`${out}/${file}`)), before); // with the same seconds
    const { stdout: one } = await run("--only", "U-5-2-cp0-cd0.5");
    assertEquals(one.trim().split("\n").length, 4); // with the entry that it is compared with
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

Deno.test("entries have means over seeds, and another entry's earnings as optimum; files of others are refused", async () => {
  const folder = await Deno.makeTempDir(), device = await openDevice({ backend: "wasm" });
  try {
    const work = { seeds: [0, 1], iterations: 2, testProfiles: 200, folder };
    const entries = [named("U-1-2-cp0-cd0.5"), named("U-5-2-cp0-cd0.5")];
    const [single, five] = await runBattery(entries, work, device);
    const cells = [0, 1].map((seed) => JSON.parse(Deno.readTextFileSync(`${folder}/U-1-2-cp0-cd0.5_seed${seed}.json`)));
    assertAlmostEquals(single.revenue, (cells[0].revenue + cells[1].revenue) / 2, 1e-12);
    assertAlmostEquals(single.seedDeviation!, Math.abs(cells[0].revenue - cells[1].revenue) / Math.SQRT2, 1e-12);
    assertAlmostEquals(single.standardError, Math.hypot(cells[0].standardError, cells[1].standardError) / 2, 1e-12);
    assertEquals([single.optimum, five.optimum], [undefined, 5 * single.revenue]);
    assertStringIncludes(alignedMarkdown(batteryTable([single, five])), "| 5 times what U-1-2-cp0-cd0.5 earns |");
    for (const other of [{ testProfiles: 100 }, { iterations: 3 }]) {
      await assertRejects(() => runBattery(entries, { ...work, ...other }, device), InvalidInputError, "delete it");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a folder's results become the table of EXPERIMENTS.md; what is no result is refused", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const write = (name: string, seed: number, more: Record<string, unknown> = {}) => {
      const result = {
        entry: name,
        seed,
        iterations: 500,
        testProfiles: BATTERY_PROFILES,
        revenue: 0.13 + seed / 1000,
      };
      const file = `${folder}/${name}_seed${seed}.json`;
      Deno.writeTextFileSync(file, JSON.stringify({ ...result, standardError: 0.0002, seconds: 20, ...more }));
      return file;
    };
    for (const seed of [0, 1, 2]) write("U-3-1-cp1-cd0", seed);
    write("U-1-2-cp0-cd0.5", 0);
    write("U-5-2-cp0-cd0.5", 0, { revenue: 0.6435 });
    const means = await readBattery(folder), text = withTables("<!-- table: battery -->\n<!-- end -->", [], means);
    // In the order of the entries, with the share of the mean: 0.131 of 0.130208, and 0.6435 of 5 times 0.13.
    assertEquals(means.map(({ entry, seeds }) => [entry.name, seeds]), [
      ["U-1-2-cp0-cd0.5", 1],
      ["U-3-1-cp1-cd0", 3],
      ["U-5-2-cp0-cd0.5", 1],
    ]);
    assertStringIncludes(text, "| 0.130208 | 0.13100 ±0.00012 |     3 |              0.00100 | 100.61% |      20 |");
    assertStringIncludes(text, "| 0.650000 | 0.64350 ±0.00020 |     1 |                      |  99.00% |      20 |");
    for (const [seed, more] of [[3, { testProfiles: 1000 }], [3, { revenue: null }]] as const) {
      const file = write("U-3-1-cp1-cd0", seed, more);
      await assertRejects(() => readBattery(folder), InvalidInputError, file);
      Deno.removeSync(file);
    }
    write("U-3-1-cp1-cd0", 4); // without seed 3
    await assertRejects(() => readBattery(folder), InvalidInputError, 'got "U-3-1-cp1-cd0_seed4.json"');
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
