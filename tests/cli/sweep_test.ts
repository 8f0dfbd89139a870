/** Sweeps: what their files may say, which cells they have, that these are done once, and what is collected from them. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { cellPath } from "../../src/experiments/cells.ts";
import { type SweepCell, sweepCells } from "../../src/cli/sweep/cells.ts";
import { sweepRows } from "../../src/cli/sweep/collect.ts";
import { sweepCharts } from "../../src/report/sweep_charts.ts";
import { parseSweep } from "../../src/cli/sweep/definition.ts";
import { fileSystemOf, jobScript, tasksOf } from "../../src/cli/sweep/slurm.ts";
import { TABLE_ONE } from "../../src/cli/sweep/table_one.ts";
import { experimentMethods } from "../../src/experiments/methods.ts";

import { parseSetting, settingName } from "../../src/problems/settings.ts";
import { tableOneSettings } from "../../src/problems/table_one.ts";
import { tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();

const SMALL = `problems = ["U-1-2"]
seeds = [0, 1]
test-profiles = 200

[training]
iterations = 3
profiles = 16
chains = [4, 6]
steps = 2
groups = 4
`;

const cellsOf = async (text: string, path = "sweep.toml") => await sweepCells(await parseSweep(text, path));
const training = (cells: readonly SweepCell[]) => cells.map(({ key }) => `${key.seed} ${key.training}`);

Deno.test("a sweep is every combination of its lists, in TOML as in JSON", async () => {
  const cells = await cellsOf(
    `problems = ["U-1-2", "B-1-2"]\nseeds = [0, 1]\n[training]\nchains = [4, 8]\nhidden = "none"`,
  );
  assertEquals(cells.length, 8);
  assertEquals(training(cells.slice(0, 4)), [
    ...["0 --chains=4 --hidden=none", "1 --chains=4 --hidden=none"],
    ...["0 --chains=8 --hidden=none", "1 --chains=8 --hidden=none"],
  ]);
  assertEquals(cells[3].training?.chains, 8);
  assertEquals(cells[3].training?.seed, 1);
  const json = { problems: ["U-1-2", "B-1-2"], seeds: [0, 1], training: { chains: [4, 8], hidden: [[]] } };
  assertEquals(training(await cellsOf(JSON.stringify(json), "sweep.json")), training(cells));
});

Deno.test("ranges are drawn by their seed, the first ones the same however many there are", async () => {
  const text = (samples: number, seed = 0) =>
    `problems = "U-1-2"\nsamples = ${samples}\nsample-seed = ${seed}\n[training]\n` +
    `learning-rate = {min = 1e-4, max = 1e-2, scale = "log"}\nchains = {min = 4, max = 64}`;
  const three = await cellsOf(text(3)), five = await cellsOf(text(5));
  assertEquals([three.length, five.length], [3, 5]);
  assertEquals(training(five.slice(0, 3)), training(three));
  assert(training(await cellsOf(text(3, 1))).every((one) => !training(three).includes(one)));
  for (const { training } of five) {
    const { learningRate, chains } = training!;
    assert(learningRate >= 1e-4 && learningRate <= 1e-2 && Number.isInteger(chains) && chains >= 4 && chains <= 64);
  }
});

Deno.test("a changed definition is another cell, and the same one the same", async () => {
  const path = async (text: string) => cellPath("", (await cellsOf(text))[0].key);
  assertEquals(await path(SMALL), await path(SMALL));
  const others = [
    SMALL.replace("groups = 4", "groups = 5"),
    SMALL.replace("steps = 2", "steps = 3"),
    `problems="U-1-2"`,
  ];
  assertEquals(new Set(await Promise.all([SMALL, ...others].map(path))).size, 4);
});

Deno.test("the sweep of Table 1 has its cells, under the names that tedi table1 gives them", async () => {
  const cells = await cellsOf(TABLE_ONE, "table1");
  assertEquals(new Set(cells.map(({ key }) => key.setting)), new Set(tableOneSettings.map(({ setting }) => setting)));
  assertEquals(new Set(cells.map(({ key }) => key.method)), new Set(experimentMethods.map(({ name }) => name)));
  const { definition } = await parseSweep(TABLE_ONE, "table1");
  assertEquals(definition.problems.map(({ setting }) => settingName(parseSetting(setting))), [
    ...tableOneSettings.map(({ setting }) => setting),
  ]);
  assertEquals(
    cellPath("results/table1", cells[0].key),
    "results/table1/U-1-10-0-0_TEDI_standard_seed0_100000.json",
  );
});

Deno.test("what is wrong with a sweep is named with its line, key and cell, before any work", async () => {
  const wrong: [text: string, message: string][] = [
    ["problems = []", "line 1): problems must be a list of at least one, got []"],
    [`problems = "U-1-2"\nmethod = "TEDI"`, `line 2): there is no key "method"; did you mean methods?`],
    [`problems = "U-1-2"\n[training]\nchain = 4`, `line 3): there is no key "chain" in training; did you mean chains?`],
    [`problems = "U-1-2"\nseeds = [1, 1]`, "line 2): seeds must be a list without repetitions, got 1"],
    [`problems = "U-1-2"\nmethods = "VCH"`, "line 2): methods must be of TEDI,"],
    [`problems = "U-1-2"\nbudget = "quick"\n[training]\nchains = 4`, "line 2): budget must be left out"],
    [`problems = "U-1-2"\nmethods = ["TEDI", "VCG"]\n[training]\nchains = 4`, "line 2): methods must be TEDI alone"],
    [`problems = "U-1-2"\n[training]\nchains = {min = 8, max = 4}`, "line 3): training.chains must be a range"],
    [`problems = "U-1-2"\n[training]\nboundary = {min = 1, max = 2}`, "training.boundary must be a list"],
    [`problems = "U-1-2"\n[training]\nchains = {min = 4, max = 8}`, "training must be without ranges"],
    [`problems = "U-1-2"\n[slurm]\ncores = 0`, "line 3): slurm.cores must be an integer of at least 1, got 0"],
    [`problems = "U-1-2"\n[slurm]\nsbatch = ["a\\nrm x"]`, "slurm.sbatch must be a list of texts of one line"],
    [`problems = "Q-1-2"`, "line 1)"],
    [`problems = "U-1-2"\nseeds = = 3`, "it must be TOML"],
  ];
  for (const [text, message] of wrong) {
    const error = await assertRejects(() => cellsOf(text), InvalidInputError);
    assertStringIncludes(error.message, message);
    assertStringIncludes(error.message, "sweep.toml");
  }
  // 2 problems, 3 values, 10 seeds; the third value of the first problem is out of range.
  const sixty =
    `problems = ["U-1-2", "B-1-2"]\nseeds = [0,1,2,3,4,5,6,7,8,9]\n[training]\niterations = 3\nchains = [4, 8, 1]`;
  const error = await assertRejects(() => cellsOf(sixty), InvalidInputError);
  assertStringIncludes(error.message, "Cannot sweep (sweep.toml, line 5) in cell 21 of 60: ");
  assertStringIncludes(error.message, "chains must be an integer of at least 2, got 1");
});

Deno.test("a sweep on this machine does what is missing, and collects a table with the best options by validation", async () => {
  await Deno.writeTextFile(`${FOLDER}/small.toml`, SMALL);
  const run = (...args: string[]) => tedi(["sweep", ...args, "--backend", "wasm"], { cwd: FOLDER });
  const planned = await run("small.toml", "--dry-run", "--quiet");
  assertEquals(planned.code, 0, planned.stderr);
  assertEquals(planned.stdout.match(/waiting/g)?.length, 4);
  const first = await run("small.toml", "--jobs", "2", "--quiet");
  assertEquals(first.code, 0, first.stderr);
  const { rows, cells } = JSON.parse(await Deno.readTextFile(`${FOLDER}/sweeps/small/sweep.json`));
  assertEquals([rows.length, cells.length], [2, 4]);
  assertEquals(rows.filter((row: { best?: boolean }) => row.best).length, 1);
  assertEquals(sweepRows(cells).map(({ revenue }) => revenue), rows.map((row: { revenue: number }) => row.revenue));
  for (const name of ["sweep.csv", "sweep.md", "cells.csv", "report.html"]) {
    assert((await Deno.stat(`${FOLDER}/sweeps/small/${name}`)).size > 0, name);
  }
  const page = await Deno.readTextFile(`${FOLDER}/sweeps/small/report.html`);
  assertEquals(page.match(/<figure>/g)?.length, 1);
  assertStringIncludes(page, 'aria-label="Revenue of 2 choices in U_{1,2}^{0,0}, from ');
  assert(page.includes(">chains 4<") && page.includes(">chains 6<"), "choices are named by what differs");
  // A lost cell is done again, and no other; its bits are the same.
  const lost = [...Deno.readDirSync(`${FOLDER}/sweeps/small`)].find(({ name }) => /seed1.*\.json$/.test(name))!.name;
  const revenueOf = async () => JSON.parse(await Deno.readTextFile(`${FOLDER}/sweeps/small/${lost}`)).revenue;
  const before = await revenueOf();
  await Deno.remove(`${FOLDER}/sweeps/small/${lost}`);
  const { stdout } = await run("status", "small.toml", "--json").catch((error) => ({ stdout: String(error) }));
  assertStringIncludes(stdout, `"finished":3`);
  const again = await run("small.toml");
  assertStringIncludes(again.stderr, "4 cells, 1 to do");
  assertEquals(await revenueOf(), before);
});

Deno.test("charts show what each choice earned, and how it depends on options that are numbers", async () => {
  const rates = [0.001, 0.003, 0.03],
    choices = rates.map((rate, k) => ({
      ...{ problem: "U_{1,2}^{0,0}", label: `learning-rate ${rate}`, options: { "learning-rate": String(rate) } },
      ...{ revenue: 0.5 + k / 100, standardError: 0.001, ofSeeds: [0.5, 0.51], best: k === 1 },
    }));
  const [{ choices: all, options }] = await sweepCharts(choices);
  assertStringIncludes(all!.alt, "from 0.5 (learning-rate 0.001) to 0.52 (learning-rate 0.03)");
  assertStringIncludes(all!.caption, "the best by validation is in another colour");
  assertEquals(options.map(({ name }) => name), ["sweep-U_-1-2-0-0-learning-rate"]);
  assertStringIncludes(options[0].alt, "the highest, 0.52, is at 0.03");
  // Two values, words, and one cell alone have no axis.
  assertEquals((await sweepCharts(choices.slice(1)))[0].options, []);
  const words = choices.map((one) => ({ ...one, options: { hidden: `none${one.revenue}` } }));
  assertEquals((await sweepCharts(words))[0].options, []);
  assertEquals((await sweepCharts([{ ...choices[0], ofSeeds: [0.5] }]))[0].choices, undefined);
});

Deno.test("a cell's command makes the same mechanism in a run folder", async () => {
  const [{ command }] = (await cellsOf(SMALL)).slice(1);
  const { code, stderr, stdout } = await tedi([...command.split(" ").slice(1), "--backend", "wasm", "--json"], {
    cwd: FOLDER,
  });
  assertEquals(code, 0, stderr);
  const { cells } = JSON.parse(await Deno.readTextFile(`${FOLDER}/sweeps/small/sweep.json`));
  const result = stdout.trim().split("\n").map((line) => JSON.parse(line)).find(({ event }) => event === "result");
  assertEquals(result.revenue, cells[1].revenue);
});

Deno.test("without Slurm, or with a wrong action, an error says what to do, and nothing is written", async () => {
  await Deno.writeTextFile(`${FOLDER}/none.toml`, SMALL);
  const env = { PATH: FOLDER };
  const { code, stderr } = await tedi(["sweep", "none.toml", "--slurm"], { cwd: FOLDER, env });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "needs the command sbatch, which is not here");
  const wrong = await tedi(["sweep", "stats", "none.toml"], { cwd: FOLDER });
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.stderr, "ACTION must be of status, cancel, collect, work");
  const missing = await tedi(["sweep", "collect"], { cwd: FOLDER });
  assertEquals(missing.code, 2);
  assert(![...Deno.readDirSync(`${FOLDER}/sweeps`)].some(({ name }) => name === "none"));
});

Deno.test("the script of a job asks for what the file says, and bash takes it", async () => {
  const { definition: { slurm } } = await parseSweep(
    `problems = "U-1-2"\n[slurm]\npartition = "short"\ntime = "01:00:00"\nmemory = "2G"\ncores = 4\n` +
      `modules = ["gcc/12"]\nsetup = ["export X=1"]\nsbatch = ["--constraint=icelake"]\nstop-before = 90`,
    "sweep.toml",
  );
  const script = jobScript(slurm, "sweeps/a b/submissions/1", 7, "wasm");
  const lines = script.split("\n");
  const said = [
    ...["--partition=short", "--time=01:00:00", "--mem=2G", "--cpus-per-task=4", "--array=0-6", "--signal=B:USR1@90"],
    ...["--requeue", "--constraint=icelake"],
  ];
  for (const option of said) assert(lines.includes(`#SBATCH ${option}`), option);
  assert(lines.includes("module load gcc/12") && lines.includes("export X=1"));
  const file = `${FOLDER}/job.sh`;
  await Deno.writeTextFile(file, script);
  assertEquals((await new Deno.Command("bash", { args: ["-n", file] }).output()).code, 0);
});

Deno.test("tasks group cells, and a folder's file system is that of its nearest mount", () => {
  assertEquals(tasksOf([1, 2, 5, 7, 8], 2), [[1, 2], [5, 7], [8]]);
  const mounts = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 21 0:5 / /home rw - nfs4 server:/home rw\n";
  assertEquals(fileSystemOf("/home/me/sweeps", mounts), "nfs4");
  assertEquals(fileSystemOf("/homes", mounts), "ext4");
});

Deno.test("goods that exist once are swept, too, with options of their own, and methods that have them", async () => {
  const text = `problems = ["U-2-2-unit"]\nseeds = [0, 1]\n[training]\niterations = 3\nboost = ["separate", "joint"]`;
  const cells = await cellsOf(text);
  assertEquals(training(cells), [
    ...["0 --iterations=3 --boost=separate", "1 --iterations=3 --boost=separate"],
    ...["0 --iterations=3 --boost=joint", "1 --iterations=3 --boost=joint"],
  ]);
  assertStringIncludes(cells[0].command, "tedi train --setting U-2-2-unit --iterations=3 --boost=separate --seed 0");
  const methods =
    `problems = ["U-2-2-unit"]\nmethods = ["TEDI", "TEDI-MLP", "MD-GemNet", "MD-LotteryAMA", "Bundle-OPT"]`;
  assertEquals((await cellsOf(methods)).map(({ method }) => method.name), ["TEDI", "MD-LotteryAMA"]);
  await assertRejects(
    () => cellsOf(`problems = ["U-2-2-unit"]\n[training]\ncontext = "set"`),
    InvalidInputError,
    "line 3) in cell 1 of 1: Cannot train: --context must be left out, got set: it is for menu mechanisms",
  );
  await assertRejects(
    () => cellsOf(`problems = ["U-2-2"]\n[training]\nboost = "joint"`),
    InvalidInputError,
    "line 3) in cell 1 of 1: Cannot train: --boost must be left out, got joint: it is for goods that exist once",
  );

  const folder = `${FOLDER}/once`, file = `${FOLDER}/once.toml`;
  await Deno.writeTextFile(
    file,
    `out = "${folder}"\nproblems = ["U-2-2-unit"]\ntest-profiles = 100\n[training]\niterations = 2\nprofiles = 8\n`,
  );
  const { code, stdout, stderr } = await tedi(["sweep", file, "--backend", "wasm", "--jobs", "1"]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, "| `U_{2,2}^{unit}` | TEDI |");
  const planned = await tedi(["sweep", file, "--dry-run", "--backend", "wasm"]);
  assertStringIncludes(planned.stdout, "finished");
});
