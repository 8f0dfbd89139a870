/** `tedi runs` and `tedi metrics`: what is told of run folders from their files. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { age } from "../../src/cli/commands/runs.ts";
import { metricsCsv } from "../../src/cli/commands/metrics.ts";
import { findRuns } from "../../src/cli/found_runs.ts";
import { openRunFolder } from "../../src/io/run_folder.ts";
import { jsonLines, smallRun, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder(), small = smallRun(FOLDER);

/** A run folder that nobody trained in. */
async function madeUp(name: string, training: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const folder = await openRunFolder(`${FOLDER}/${name}`, { resume: false });
  await folder.writeConfig({ problem: { name: "mine", source: { kind: "custom" } }, training, ...more });
  return folder;
}

Deno.test("runs are listed with what they ended with, how far they are, and which are under way", async () => {
  await small();
  const begun = await madeUp("deep/er/begun", { iterations: 8, network: { kind: "picnn" } });
  begun.appendMetrics({ iteration: 1 });
  begun.appendMetrics({ iteration: 2 });
  Deno.mkdirSync(`${FOLDER}/other`);
  Deno.writeTextFileSync(`${FOLDER}/other/config.json`, '{"compilerOptions": {}}');
  try {
    const runs = await findRuns(`${FOLDER}/`), [one, two] = runs;
    assertEquals(runs.length, 2);
    const { state, iterations, planned, method, problem, revenue } = one;
    assertEquals([state, iterations, planned, method, problem, revenue], [
      "running",
      2,
      8,
      "TEDI-PICNN",
      "mine",
      undefined,
    ]);
    assertEquals([two.folder, two.state, two.problem, two.method], [
      `${FOLDER}/small`,
      "finished",
      "U_{1,2}^{0,0}",
      "TEDI",
    ]);
    assert(two.revenue! > 0 && two.standardError! > 0 && Date.now() - two.changed < 600_000);
  } finally {
    begun.close();
  }
  const { code, stdout } = await tedi(["runs", FOLDER]);
  assertEquals(code, 0);
  assert(/mine +TEDI-PICNN +- +2 of 8 +stopped +now\n/.test(stdout), stdout);
  assert(/small +U_\{1,2\}\^\{0,0\} +TEDI +0\.\d{4} +3 +finished/.test(stdout), stdout);
  const lines = jsonLines((await tedi(["runs", FOLDER, "--json"])).stdout);
  assertEquals(lines.map(({ event, state }) => [event, state]), [["run", "stopped"], ["run", "finished"]]);
});

Deno.test("where there are no runs that is said, and a folder that is not there is wrong", async () => {
  const cwd = `${FOLDER}/empty`;
  Deno.mkdirSync(cwd);
  assertStringIncludes((await tedi(["runs"], { cwd })).stdout, "No runs in runs; tedi train makes one");
  const { code, stderr } = await tedi(["runs", "nowhere"], { cwd });
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'Cannot list runs: FOLDER must be a folder that is there, got "nowhere"');
});

Deno.test("a run without a result shows what was last measured, and how", async () => {
  const source = { kind: "empirical", file: "x.csv", unit: "EUR", scale: 200 };
  const run = await madeUp("measured", { iterations: 9 }, { problem: { name: "mine", source } });
  const found = async () => (await findRuns(`${FOLDER}/measured`))[0].lastMeasured;
  const listed = async () => (await tedi(["runs", `${FOLDER}/measured`])).stdout;
  try {
    assertEquals(await found(), undefined);
    assert(/ - +0 of 9 /.test(await listed()), await listed());
    run.appendMetrics({ iteration: 1, softRevenue: 61.5 });
    assertEquals(await found(), { by: "soft", iteration: 1, revenue: 61.5 });
    assertStringIncludes(await listed(), "soft 61.50 EUR");
    run.appendMetrics({ iteration: 2, softRevenue: 62, validationRevenue: 60.25 });
    run.appendMetrics({ iteration: 3, softRevenue: null });
    assertEquals(await found(), { by: "validation", iteration: 2, revenue: 60.25 });
    assertStringIncludes(await listed(), "validation 60.25 EUR");
    await run.writeResult({ revenue: 59, unit: "EUR" });
    assertEquals(await found(), undefined);
  } finally {
    run.close();
  }
});

Deno.test("a result goes where training goes on, and with the run", async () => {
  const run = await madeUp("result", { iterations: 2 });
  await run.writeResult({ revenue: 0.5, unit: "EUR" });
  run.close();
  const state = async () => (await findRuns(`${FOLDER}/result`))[0];
  assertEquals([(await state()).state, (await state()).revenue, (await state()).unit], ["finished", 0.5, "EUR"]);
  const again = await openRunFolder(`${FOLDER}/result`, { resume: true });
  await again.removeResult();
  await again.removeResult();
  again.close();
  assertEquals([(await state()).state, (await state()).revenue], ["stopped", undefined]);
});

Deno.test("how long ago something was is said in one word or two", () => {
  const minute = 60_000;
  assertEquals(
    [-5, minute - 1, minute, 59.9 * minute, 60 * minute, 47.9 * 60 * minute, 48 * 60 * minute].map(age),
    ["now", "now", "1 min", "59 min", "1 h", "47 h", "2 days"],
  );
});

Deno.test("metrics are a column each, and empty where nothing was measured", async () => {
  const one = {
    run: "a",
    records: [{ iteration: 1, softRevenue: 0.5 }, { iteration: 2, softRevenue: null, validationRevenue: 0.25 }],
  };
  assertEquals(
    metricsCsv([one]),
    "iteration,softRevenue,validationRevenue\n1,0.5,\n2,,0.25\n",
  );
  const two = { run: 'b, "c"', records: [{ iteration: 7 }] };
  assertEquals(
    metricsCsv([one, two]).split("\n").slice(-2),
    ['"b, ""c""",7,,', ""],
  );
  const folder = await small(), { stdout } = await tedi(["metrics", folder]), lines = stdout.split("\n");
  assertEquals(lines[0].split(",").slice(0, 2), ["iteration", "softRevenue"]);
  assertEquals([lines.length, lines[3].split(",").length], [5, lines[0].split(",").length]);
  const json = jsonLines((await tedi(["metrics", folder, "--json"])).stdout);
  assertEquals(json.map(({ iteration }) => iteration), [1, 2, 3]);
  assertEquals(String(json[2].softRevenue), lines[3].split(",")[1]);
  const wrong = await tedi(["metrics", FOLDER]);
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.stderr, "RUN must be the folder of a run, got");
});

Deno.test("an affine maximizer is called one", async () => {
  (await madeUp("once/ama", { iterations: 4, boost: { kind: "separate" } })).close();
  assertEquals((await findRuns(`${FOLDER}/once`)).map(({ method, state }) => [method, state]), [[
    "TEDI-AMA",
    "stopped",
  ]]);
});
