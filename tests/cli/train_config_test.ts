/** Configuration files of `tedi train`: what they may say, what --dry-run writes, and what the command line overrules. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { deviceOptions } from "../../src/cli/device_options.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import { problemOptions } from "../../src/cli/problem_options.ts";
import { configTable, configToml, overruled, parseConfig } from "../../src/cli/train_config.ts";
import { chosenTraining, optionValues, trainingOptions, type TrainingValues } from "../../src/cli/training_options.ts";
import { warmStartOption } from "../../src/cli/warm_start.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import type { ProblemSource } from "../../src/problems/problem.ts";
import { printedTraining } from "../../src/training/printed.ts";
import { jsonLines, SMALL, tedi, testFolder } from "./tedi.ts";

const OPTIONS = [...problemOptions, ...trainingOptions, ...deviceOptions, warmStartOption];
const read = (text: string, name = "run.toml") => parseConfig(text, name, OPTIONS);

Deno.test("a file says what a command line does", async () => {
  const line = "--types bids.csv --columns a,b --header no --exchangeable-goods --scale 7.5 --seed 3 --hidden 8,8 " +
    "--tied-weights yes --initial-beta 30 --backend wasm --from runs/a";
  const { values } = parseCommandLine("train", OPTIONS, [], line.split(" "));
  const file = await read(`types = "bids.csv"
columns = ["a", "b"]
header = false
exchangeable-goods = true
scale = 7.5
backend = "wasm"
from = "runs/a"
allow-software = false
[training] # as in a sweep
seed = 3
hidden = [8, 8]
tied-weights = true
initial-beta = 30
`);
  assertEquals(file.values, { ...values });
  assertEquals([file.placeOf("scale"), file.placeOf("hidden")], ["run.toml, line 5", "run.toml, line 11"]);
  const json = await read('{"seed": 3,\n "training": {"hidden": []}}', "run.json");
  assertEquals([json.values, json.placeOf("hidden")], [{ seed: 3, hidden: [] }, "run.json, line 2"]);
});

Deno.test("a mistake is told with its file, line, key and value, and what was probably meant", async () => {
  const cases: [string, string][] = [
    [
      'setting = "U-1-2"\n# a remark\nitertions = 5',
      '(run.toml, line 3): there is no key "itertions"; did you mean iterations?',
    ],
    [
      "[training]\nlearning-rat = 1",
      '(run.toml, line 2): there is no key "learning-rat" in training; did you mean learning-rate?',
    ],
    ['[training]\niterations = "many"', '(run.toml, line 2): training.iterations must be an integer, got "many"'],
    ["[training]\niterations = 2.5", '(run.toml, line 2): training.iterations must be an integer, got "2.5"'],
    ["[training]\nhidden = [1.5]", "training.hidden must be a list of integers, got [1.5]"],
    ['network = "mlpp"', "network must be one of groupmax"],
    ["[training]\nscale = 2", "(run.toml, line 2): scale must be above the table training, got it inside"],
    ["seed = 1\n[training]\nseed = 2", "(run.toml, line 3): training.seed must be given once"],
    ["seed = -1", "(run.toml, line 1): seed must be a non-negative integer, got -1"],
    ["resume = true", "(run.toml, line 1): resume must be left to the command line, got true"],
    ["training = 1", "training must be a table, got 1"],
    ["a b", "Cannot read run.toml: it must be TOML, got: Parse error on line 1"],
  ];
  for (const [text, said] of cases) {
    const { message } = await assertRejects(() => read(text), InvalidInputError);
    assertStringIncludes(message, said);
  }
});

Deno.test("what is written reads as what it was", async () => {
  const table: ProblemSource = {
    ...{ kind: "empirical" as const, file: 'my "bids".csv', participants: 2, goods: 2, sha256: "0", unit: "EUR" },
    ...{ productionCost: 0, duplicationCost: 0.25, columns: ["a", "b"], header: true, exchangeableGoods: true },
  };
  for (const source of [settingProblem("U-3-2-cp1-cd0").source, table]) {
    const problem = settingProblem("U-3-2-cp1-cd0"), training = { ...printedTraining(problem), epsilon: 1e-21 };
    const { values } = await read(configToml(configTable(source, optionValues(training), { backend: "wasm" })));
    const again = chosenTraining(problem, values as TrainingValues);
    assertEquals(again, training);
    const { types, unit, columns, setting } = values, given = source.kind === "setting";
    assertEquals(
      [types, unit, columns, setting, values["duplication-cost"], values.backend],
      given
        ? [undefined, undefined, undefined, "U_{3,2}^{1,0}", undefined, "wasm"]
        : ['my "bids".csv', "EUR", "a,b", undefined, 0.25, "wasm"],
    );
  }
});

Deno.test("the command line overrules a file, and a problem there all that the file says of its own", async () => {
  const file = await read('types = "a.csv"\ncolumns = "x,y"\nunit = "EUR"\n[training]\niterations = 5\nchains = 4');
  const kept = { iterations: 5, chains: 4 };
  assertEquals(overruled(file, { chains: 8 }), { ...file.values, chains: 8 });
  assertEquals(overruled(file, { setting: "U-1-2" }), { ...kept, setting: "U-1-2" });
  assertEquals(overruled(file, { types: "b.csv" }), { ...file.values, types: "b.csv" });
  assertThrows(() => overruled(file, { preset: "as-printed" }), InvalidInputError, "beside iterations");
});

Deno.test("what --dry-run writes is trained as the command line was, in TOML and in JSON", async () => {
  const cwd = testFolder(), args = ["train", "--setting", "U-2-2-cp0.5-cd0", ...SMALL, "--seed", "4"];
  const plan = await tedi([...args, "--dry-run"], { cwd });
  assertEquals(plan.code, 0, plan.stderr);
  Deno.writeTextFileSync(`${cwd}/run.toml`, plan.stdout);
  const [{ config }] = jsonLines((await tedi([...args, "--dry-run", "--json"], { cwd })).stdout);
  Deno.writeTextFileSync(`${cwd}/run.json`, JSON.stringify(config));
  const result = async (...more: string[]) => {
    const { code, stdout, stderr } = await tedi([...more, "--json", "--quiet"], { cwd });
    assertEquals(code, 0, stderr);
    const { revenue, out, profiles } = jsonLines(stdout).at(-1)!;
    const { training } = JSON.parse(Deno.readTextFileSync(`${cwd}/${out}/config.json`));
    return { revenue, profiles, training: { ...training, network: { kind: "groupmax", ...training.network } } };
  };
  const plain = await result(...args, "--out", "plain");
  assertEquals(await result("train", "--config", "run.toml", "--out", "again"), plain);
  const other = await result("train", "--config", "run.json", "--seed", "5", "--out", "other");
  assertEquals(other.training, { ...plain.training, seed: 5 });

  Deno.writeTextFileSync(`${cwd}/wrong.toml`, 'setting = "U-1-2"\n[training]\nrefresh = 3\n');
  const { code, stderr } = await tedi(["train", "--config", "wrong.toml"], { cwd });
  assertEquals(code, 2);
  assertStringIncludes(stderr, "refresh must be a number in [0, 1], got 3 (wrong.toml, line 3)");
});
