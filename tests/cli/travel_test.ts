/** Runs of data that move, go on for longer, and are measured elsewhere. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { jsonLines, metricsOf, SMALL, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const table = (scale: number) =>
  Array.from({ length: 40 }, (_, k) => `${scale * (k % 8)},${scale * (k % 5)}`).join("\n");
Deno.mkdirSync(`${FOLDER}/study/data`, { recursive: true });
Deno.writeTextFileSync(`${FOLDER}/study/data/bids.csv`, `a,b\n${table(1)}\n`);
Deno.writeTextFileSync(`${FOLDER}/other.csv`, `a,b\n${table(0.5)}\n`);
Deno.writeTextFileSync(`${FOLDER}/larger.csv`, `a,b\n${table(2)}\n`);
const at = (cwd: string) => ({ cwd: `${FOLDER}/${cwd}` });

Deno.test("a run of data names its file relative to itself, and goes with it; another path overrules", async () => {
  const args = ["--types", "data/bids.csv", ...SMALL, "--out", "runs/bids", "--json"];
  const trained = await tedi(["train", ...args], at("study"));
  assertEquals(trained.code, 0, trained.stderr);
  const { revenue } = jsonLines(trained.stdout).at(-1)!;
  const config = JSON.parse(Deno.readTextFileSync(`${FOLDER}/study/runs/bids/config.json`));
  assertEquals(config.problem.source.file, "../../data/bids.csv");

  Deno.renameSync(`${FOLDER}/study`, `${FOLDER}/moved`);
  const moved = await tedi(["evaluate", "moved/runs/bids", "--json"], at(""));
  assertEquals([moved.code, jsonLines(moved.stdout)[0]?.revenue], [0, revenue], moved.stderr);

  Deno.renameSync(`${FOLDER}/moved/data/bids.csv`, `${FOLDER}/renamed.csv`);
  assertEquals((await tedi(["evaluate", "moved/runs/bids"], at(""))).code, 2);
  const given = ["--types", "renamed.csv"];
  assertEquals(
    jsonLines((await tedi(["evaluate", "moved/runs/bids", ...given, "--json"], at(""))).stdout)[0].revenue,
    revenue,
  );
  const resumed = await tedi(
    ["train", "--resume", "--out", "moved/runs/bids", ...given, "--json", "--iterations", "5"],
    at(""),
  );
  assertEquals(resumed.code, 0, resumed.stderr);
  assertEquals([jsonLines(resumed.stdout)[0].done, (await metricsOf(`${FOLDER}/moved/runs/bids`)).length], [3, 5]);
  const longer = JSON.parse(Deno.readTextFileSync(`${FOLDER}/moved/runs/bids/config.json`));
  assertEquals(longer.training.iterations, 5);
  const fewer = await tedi(["train", "--resume", "--out", "moved/runs/bids", ...given, "--iterations", "4"], at(""));
  assertEquals(fewer.code, 2);
  assertStringIncludes(fewer.stderr, "--iterations must be left out or be 5");

  const elsewhere = await tedi(["evaluate", "moved/runs/bids", "--types", "other.csv", "--json"], at(""));
  assertEquals(elsewhere.code, 0, elsewhere.stderr);
  const [other] = jsonLines(elsewhere.stdout);
  assertEquals([other.setting, other.trainedFor], [
    "empirical (other.csv, n=1, m=2, cp=0, cd=0)",
    "empirical (bids.csv, n=1, m=2, cp=0, cd=0)",
  ]);
  const refused = await tedi(["evaluate", "moved/runs/bids", "--types", "larger.csv"], at(""));
  assertEquals(refused.code, 2);
  assertStringIncludes(
    refused.stderr,
    "must be at most 7.0000, the largest that the mechanism was trained for, got 14.000",
  );
  const clipped = await tedi(["evaluate", "moved/runs/bids", "--types", "larger.csv", "--clip", "--json"], at(""));
  assert(Number.isFinite(jsonLines(clipped.stdout)[0].revenue), clipped.stderr);
});

Deno.test("runs of different modules are on one report, whose modules are given in any order", async () => {
  for (const [name, power] of [["flat", 1], ["steep", 2]]) {
    const types = `sampleTypes: (random, profiles) => random.uniform(profiles * 2).map((u) => u ** ${power})`;
    Deno.writeTextFileSync(
      `${FOLDER}/${name}.ts`,
      `export default { name: "${name}", participants: 1, goods: 2, ${types} };`,
    );
    const args = ["train", "--problem", `./${name}.ts`, ...SMALL, "--out", `of-${name}`, "--quiet"];
    assertEquals((await tedi(args, at(""))).code, 0);
  }
  const report = (...modules: string[]) =>
    tedi([
      ...["report", "of-flat", "of-steep", ...modules.flatMap((module) => ["--problem", module])],
      ...["--test-profiles", "100", "--out", "both.html", "--json", "--quiet"],
    ], at(""));
  const both = await report("./steep.ts", "./flat.ts");
  assertEquals(both.code, 0, both.stderr);
  const { runs } = jsonLines(both.stdout)[0] as unknown as { runs: { setting: string }[] };
  assertEquals(runs.map(({ setting }) => setting), ["flat", "steep"]);
  const one = await report("./flat.ts");
  assertEquals(one.code, 2);
  assertStringIncludes(one.stderr, "pass --problem ./steep.ts");
});

Deno.test("a setting's mechanism is measured in another setting of its size", async () => {
  assertEquals((await tedi(["train", ...SMALL, "--out", "u"], at(""))).code, 0);
  const { code, stdout } = await tedi(["evaluate", "u", "--setting", "C-1-2", "--profiles", "500"], at(""));
  assertEquals(code, 0);
  assertStringIncludes(stdout, "C_{1,2}^{0,0}, 1 participant, 2 goods");
  assertStringIncludes(stdout, "trained for        U_{1,2}^{0,0}");
});
