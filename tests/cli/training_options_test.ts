/** Training options from the command line. */
import { assert, assertEquals, assertObjectMatch, assertThrows } from "@std/assert";
import { networkOptions } from "../../src/cli/training_option_list.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import {
  chosenTraining,
  field,
  fieldOptions,
  requireSameTraining,
  trainingArguments,
  trainingGroups,
  trainingOptions,
} from "../../src/cli/training_options.ts";
import { InvalidInputError } from "../../src/errors.ts";
import type { MechanismProblem } from "../../src/problems/problem.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defaultTraining, type TrainingOptions } from "../../src/training/options.ts";
import { printedTraining } from "../../src/training/printed.ts";

/** The training options that a command line chooses. */
function chosen(problem: MechanismProblem, ...args: string[]): TrainingOptions {
  return chosenTraining(problem, parseCommandLine("train", trainingOptions, [], args).values);
}

/** Another value of each option than any default. */
const OTHERS: Readonly<Record<string, unknown>> = {
  ...{ iterations: 7, profiles: 3, chains: 5, steps: 2, seed: 9 },
  ...{ network: "pma", layers: 3, groups: 5, "group-size": 3, hidden: [6], context: "dense" },
  ...{
    estimator: "paired",
    refresh: 0.5,
    "warm-up": 1,
    averaging: 0.5,
    "tied-weights": true,
    nondecreasing: true,
    "initial-prices": "fees",
  },
  ...{ boundary: "project", "step-rule": "constant", "step-scale": 0.7, "largest-step": 0.1, "line-move-every": 3 },
  "new-chains": "annealed",
  ...{ "initial-points": 2, "initial-point-noise": 0.4, "initial-beta": 7, "final-beta": 9, "beta-growth-ratio": 0.6 },
  ...{ "largest-suboptimality": 5, "learning-rate": 0.1, "final-learning-rate-ratio": 0.2, "learning-rate-beta": 8 },
  ...{ "polish-share": 0.9, "polish-profiles": 17, "polish-learning-rate": 0.07 },
  ...{ "initial-spread": 0.3, "final-spread": 0.004 },
  ...{ "validate-every": 3, patience: 2 },
  ...{ beta1: 0.8, beta2: 0.95, epsilon: 1e-9, "clip-norm": 3 },
};

Deno.test("every field of the training options has an option, which sets it and nothing else", () => {
  const problem = settingProblem("U-3-2-cp1-cd0"), defaults = defaultTraining(problem);
  const named = (options: readonly { name: string }[]) => options.map(({ name }) => field(name)).sort();
  const sizes = Object.keys({ kind: 0, context: 0, ...defaults.network }).sort();
  assertEquals(named(networkOptions), sizes);
  assertEquals(
    named(fieldOptions),
    [...Object.keys(defaults).filter((name) => name !== "network"), ...sizes].sort(),
  );
  assertEquals(Object.keys(OTHERS).sort(), fieldOptions.map(({ name }) => name).sort());
  for (const [name, value] of Object.entries(OTHERS)) {
    const text = value === true ? "yes" : Array.isArray(value) ? value.join() : `${value}`;
    const { network, ...rest } = chosen(problem, `--${name}`, text);
    const flat: Record<string, unknown> = { context: "dense", ...rest, ...network };
    const before: Record<string, unknown> = { ...defaults, ...defaults.network };
    const changed = Object.keys(flat).filter((key) => String(flat[key]) !== String(before[key]));
    // Another network may not polish, another context has other widths, and patience needs measurements.
    const follows =
      { network: ["polishShare"], context: ["hidden", "polishLearningRate"], patience: ["validateEvery"] }[name] ?? [];
    assertEquals(changed.sort(), [field(name), ...follows].sort(), name);
    assertEquals(flat[field(name)], value, name);
  }
});

Deno.test("an option that is yes or no takes nothing else", () => {
  const problem = settingProblem("U-3-10");
  assertEquals(chosen(problem).tiedWeights, true);
  assertEquals(chosen(problem, "--tied-weights", "no").tiedWeights, false);
  assertThrows(() => chosen(problem, "--tied-weights", "true"), InvalidInputError, 'must be yes or no, got "true"');
});

Deno.test("the help text has every option once", () => {
  const listed = trainingGroups().flatMap(({ options }) => options.map(({ name }) => name));
  assertEquals(listed.sort(), trainingOptions.map(({ name }) => name).sort());
});

Deno.test("the preset as printed has its own options, and others overrule it", () => {
  for (const name of ["U-1-2", "B-1-10", "U-3-10"]) {
    const problem = settingProblem(name), printed = printedTraining(problem);
    assertEquals(chosen(problem, "--preset", "as-printed"), printed);
    assertEquals(chosen(problem, "--preset", "default"), defaultTraining(problem));
    assertEquals(
      chosen(problem, "--preset", "as-printed", "--chains", "8", "--groups", "3", "--network", "picnn"),
      { ...printed, chains: 8, network: { ...printed.network, kind: "picnn", groups: 3 } },
    );
  }
});

Deno.test("whoever has the preset as printed polish as well polishes as the defaults of the problem do", () => {
  for (const name of ["U-1-2", "B-1-10", "U-3-2-cp1-cd0", "U-3-10-cp1-cd0"]) {
    const problem = settingProblem(name), kinds = { kind: "groupmax", context: "dense" } as const;
    const { polishProfiles, polishLearningRate, initialSpread, finalSpread } = defaultTraining(
      ...[problem, kinds.kind, kinds.context] as const,
    );
    const expected = { polishShare: 0.5, polishProfiles, polishLearningRate, initialSpread, finalSpread };
    assertObjectMatch(chosen(problem, "--preset", "as-printed", "--polish-share", "0.5"), expected);
    assertObjectMatch({ ...printedTraining(problem), polishShare: 0.5 }, expected);
  }
  // A set context has a learning rate of its own.
  const line = ["--preset", "as-printed", "--polish-share", "0.5", "--context", "set"];
  const { polishLearningRate } = defaultTraining(settingProblem("U-3-2-cp1-cd0"), "groupmax", "set");
  assertEquals(chosen(settingProblem("U-3-2-cp1-cd0"), ...line).polishLearningRate, polishLearningRate);
});

Deno.test("the arguments of training options choose them again", () => {
  for (const name of ["U-1-2", "U-1-4", "B-1-10", "U-3-10", "U-3-10-cp1-cd0"]) {
    const problem = settingProblem(name), defaults = defaultTraining(problem), printed = printedTraining(problem);
    /** With the context that a network without one has. */
    const whole = (options: TrainingOptions) => ({ ...options, network: { context: "dense", ...options.network } });
    const again = (options: TrainingOptions) => chosen(problem, ...trainingArguments(problem, options));
    assertEquals(trainingArguments(problem, defaults), []);
    assertEquals(trainingArguments(problem, printed), ["--preset", "as-printed"]);
    const network = { ...defaults.network, hidden: [5], groups: 3 };
    for (
      const options of [
        printed,
        { ...printed, chains: 16, averaging: 0.9 },
        { ...defaults, tiedWeights: !defaults.tiedWeights, clipNorm: 0.3, epsilon: 1e-9, network },
        { ...defaultTraining(problem, "pma"), nondecreasing: true },
        { ...defaultTraining(problem, "groupmax", "none"), nondecreasing: true },
        { ...defaultTraining(problem, undefined, "none"), averaging: 0.5 },
        { ...printed, network: { ...defaults.network, kind: "pma", context: "none", hidden: [] } } as TrainingOptions,
        { ...defaultTraining(problem, "groupmax"), betaGrowthRatio: 0.123456789 },
        { ...defaults, network: { ...printed.network, hidden: [] } },
      ]
    ) assertEquals(whole(again(options)), whole(options));
  }
});

Deno.test("a run that goes on may name its preset with what it began with, and no other", () => {
  const problem = settingProblem("U-3-2"), options = { ...printedTraining(problem), iterations: 9 };
  const same = (values: Record<string, unknown>) => requireSameTraining(problem, values, options, "config.json");
  same({});
  same({ iterations: 9 });
  same({ preset: "as-printed", iterations: 9 });
  assertThrows(
    () => same({ preset: "as-printed" }),
    InvalidInputError,
    "--preset must be left out, or --iterations be 9, as in config.json, got --preset as-printed with 800",
  );
  assert(
    assertThrows(() => same({ preset: "default", iterations: 9 }), InvalidInputError).message.includes("--preset"),
  );
});

Deno.test("the default widths are those of the context that is chosen", () => {
  const network = (values: Record<string, unknown>) => {
    const { hidden, context } = chosenTraining(settingProblem("U-3-2-cp1-cd0"), values).network;
    return [context, hidden];
  };
  assertEquals(network({}), ["set", [32]]);
  assertEquals(network({ context: "dense" }), [undefined, [64]]);
  assertEquals(network({ context: "none" }), ["none", []]);
  assertEquals(network({ context: "dense", hidden: [8, 8] }), [undefined, [8, 8]]);
  assertEquals(network({ preset: "as-printed", context: "set" }), ["set", [32]]);
  assertEquals(network({ hidden: [8] }), ["set", [8]]);
  assertThrows(() => network({ hidden: [8, 8] }), InvalidInputError, "network.hidden must be one width, or three");
});

Deno.test("a run without a context in its options has a dense one", () => {
  const problem = settingProblem("U-3-2"), { network, ...rest } = chosenTraining(problem, { context: "dense" });
  const { context: _, ...old } = network;
  requireSameTraining(problem, { context: "dense" }, { ...rest, network: old }, "config.json");
  const other = () => requireSameTraining(problem, { context: "set" }, { ...rest, network: old }, "config.json");
  assertThrows(other, InvalidInputError, "--context must be left out or be dense, as in config.json, got set");
});
