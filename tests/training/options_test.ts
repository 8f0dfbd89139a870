/** Defaults that are allowed, and everything that is not. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import type { NetworkKind } from "../../src/networks/kinds.ts";
import type { MechanismProblem } from "../../src/problems/problem.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { tableOneSettings } from "../../src/problems/table_one.ts";
import { defineProblem, type RandomStream } from "../../src/problems/user_module.ts";
import { checkTraining, defaultKind, defaultTraining, type TrainingOptions } from "../../src/training/options.ts";
import { train } from "../../src/training/train.ts";

Deno.test("the defaults of every setting of Table 1 are allowed", () => {
  assertEquals(tableOneSettings.length, 13);
  for (const { setting } of tableOneSettings) checkTraining(defaultTraining(settingProblem(setting)));
});

const POSITIVE = "a positive integer";
const ABOVE = "above 0";
const LEAST_ZERO = "a finite number of at least 0";
const SHARE = "a number in [0, 1]";
const network = (part: Record<string, unknown>) => ({ layers: 2, groups: 3, groupSize: 2, hidden: [8], ...part });

/** What is set, to what, and the words that follow "must be" with the value that is shown. */
const bad: [setting: Record<string, unknown>, thing: string, rule: string, got: string][] = [
  ...["iterations", "profiles", "steps", "polishProfiles"].flatMap((name) =>
    ([[0, "0"], [-3, "-3"], [2.5, "2.5"], [NaN, "NaN"], [Infinity, "Infinity"], ["8", '"8"'], [null, "null"]] as const)
      .map((
        [value, got],
      ): [Record<string, unknown>, string, string, string] => [{ [name]: value }, name, POSITIVE, got])
  ),
  [{ iterations: undefined }, "iterations", POSITIVE, "undefined"],
  [{ iterations: 2 ** 53 }, "iterations", POSITIVE, "9007199254740992"],
  [{ chains: 1 }, "chains", "an integer of at least 2", "1"],
  [{ chains: 2.5 }, "chains", "an integer of at least 2", "2.5"],
  [{ initialPoints: 0 }, "initialPoints", POSITIVE, "0"],
  [{ initialPointNoise: 0 }, "initialPointNoise", ABOVE, "0"],
  [{ warmUp: -1 }, "warmUp", "a non-negative integer", "-1"],
  [{ validateEvery: -1 }, "validateEvery", "a non-negative integer", "-1"],
  [{ patience: 0.5 }, "patience", "a non-negative integer", "0.5"],
  [{ warmUp: true }, "warmUp", "a non-negative integer", "true"],
  [{ lineMoveEvery: -1 }, "lineMoveEvery", "a non-negative integer", "-1"],
  [{ lineMoveEvery: 0.5 }, "lineMoveEvery", "a non-negative integer", "0.5"],
  [{ network: network({ layers: 0 }) }, "network.layers", POSITIVE, "0"],
  [{ network: network({ groups: 1.5 }) }, "network.groups", POSITIVE, "1.5"],
  ...["layers", "groups", "groupSize", "hidden"].map((name): [Record<string, unknown>, string, string, string] => [
    { network: network({ [name]: undefined }) },
    "network",
    `one with ${name}`,
    JSON.stringify(network({ [name]: undefined })),
  ]),
  [{ network: network({ hidden: [8, -8] }) }, "network.hidden[1]", POSITIVE, "-8"],
  ...[[null, "null"], ["sets", '"sets"'], [1, "1"]].map(([context, got]): [
    Record<string, unknown>,
    string,
    string,
    string,
  ] => [{ network: network({ context }) }, "network.context", "one of dense, set, none", `${got}`]),
  [
    { network: network({ context: "set", hidden: [8, 8] }) },
    ...["network.hidden", "one width, or three, for a set context", "[8,8]"] as const,
  ],
  [{ network: network({ hidden: null }) }, "network.hidden", "a list of widths", "null"],
  [{ network: network({ hidden: 8 }) }, "network.hidden", "a list of widths", "8"],
  [{ network: undefined }, "network", "an object of sizes", "undefined"],
  [{ network: "large" }, "network", "an object of sizes", '"large"'],
  [{ network: [8] }, "network", "an object of sizes", "[8]"],
  ...["refresh", "betaGrowthRatio", "finalLearningRateRatio", "averaging", "beta1", "beta2", "polishShare"].flatMap((
    name,
  ) =>
    ([[-0.1, "-0.1"], [1.1, "1.1"], [NaN, "NaN"], ["0.5", '"0.5"']] as const)
      .map(([value, got]): [Record<string, unknown>, string, string, string] => [{ [name]: value }, name, SHARE, got])
  ),
  ...["averaging", "beta1", "beta2"].map((name): [Record<string, unknown>, string, string, string] => [
    { [name]: 1 },
    name,
    "below 1",
    "1",
  ]),
  ...[
    "initialBeta",
    "finalBeta",
    "stepScale",
    "largestStep",
    "largestSuboptimality",
    "learningRate",
    "learningRateBeta",
    "epsilon",
    "clipNorm",
    "polishLearningRate",
  ].flatMap((name) =>
    ([[0, ABOVE, "0"], [-1, LEAST_ZERO, "-1"], [NaN, LEAST_ZERO, "NaN"], [Infinity, LEAST_ZERO, "Infinity"]] as const)
      .map(([value, rule, got]): [Record<string, unknown>, string, string, string] => [
        { [name]: value },
        name,
        rule,
        got,
      ])
  ),
  ...["initialSpread", "finalSpread"].flatMap((name) =>
    ([[1e-30, "1e-30"], [0, "0"], [-1, "-1"], [5, "5"], [1e9, "1000000000"], [NaN, "NaN"], ["0.1", '"0.1"']] as const)
      .map(([value, got]): [Record<string, unknown>, string, string, string] => [
        { [name]: value },
        name,
        "a number in [0.000001, 1]",
        got,
      ])
  ),
  [{ initialSpread: 1 }, "initialSpread", "below 1", "1"],
  [{ initialSpread: 0.01, finalSpread: 0.02 }, "finalSpread", "at most initialSpread, 0.01", "0.02"],
  [{ boundary: "bounce" }, "boundary", "one of reflect, project", '"bounce"'],
  [{ stepRule: "toString" }, "stepRule", "one of adapted, constant", '"toString"'],
  [{ estimator: undefined }, "estimator", "one of coordinate, paired", "undefined"],
  [{ nondecreasing: 1 }, "nondecreasing", "true or false", "1"],
  [{ newChains: "anywhere" }, "newChains", "one of by-device, best-responses, annealed", '"anywhere"'],
  [{ initialPrices: "free" }, "initialPrices", "one of cheap, fees", '"free"'],
  [{ tiedWeights: "no" }, "tiedWeights", "true or false", '"no"'],
  [{ seed: -1 }, "seed", "an integer from 0 to 2^53 - 1", "-1"],
  [{ seed: 0.5 }, "seed", "an integer from 0 to 2^53 - 1", "0.5"],
  [{ seed: "1" }, "seed", "an integer from 0 to 2^53 - 1", '"1"'],
];

Deno.test("a bad option is refused by its name, the rule and the value", () => {
  const defaults = defaultTraining(settingProblem("U-2-2-cp1-cd0"));
  for (const [setting, thing, rule, got] of bad) {
    const check = () => checkTraining({ ...defaults, ...setting } as TrainingOptions);
    const { message } = assertThrows(check, InvalidInputError, undefined, JSON.stringify(setting));
    assertStringIncludes(message, `${thing} must be ${rule}, got ${got}`);
  }
});

/** Draws types of participants and goods who may differ. */
const drawing = (participants: number, goods: number) => (random: RandomStream, profiles: number) =>
  random.uniform(profiles * participants * goods);

Deno.test("contexts are symmetric where goods are exchangeable, or there is one", () => {
  const context = (problem: MechanismProblem) => defaultTraining(problem).network.context;
  for (const name of ["U-2-2-cp1-cd0", "U-3-10-cp1-cd0.5", "B-3-2-cp1-cd0", "C-2-5"]) {
    assertEquals(context(settingProblem(name)), "set", name);
  }
  assertEquals(context(settingProblem("U-1-2")), undefined);
  const participants = 2, goods = 2, sampleTypes = drawing(2, 2);
  assertEquals(context(defineProblem({ participants, goods, distribution: "U", productionCost: 1 })), "set");
  assertEquals(context(defineProblem({ participants, goods, distribution: "U", exchangeable: false })), "set");
  assertEquals(context(defineProblem({ participants, goods: 1, sampleTypes: drawing(2, 1) })), "set");
  assertEquals(context(defineProblem({ participants, goods, sampleTypes, exchangeable: true })), undefined);
});

Deno.test("the others' types are not read where participants are exchangeable, independent and apart in u0", () => {
  const chosen = (problem: MechanismProblem) => {
    const { iterations, profiles, nondecreasing, network: { kind, context, hidden } } = defaultTraining(problem);
    return [context, kind, hidden.length, iterations, profiles, nondecreasing];
  };
  assertEquals(chosen(settingProblem("U-3-2-cp0-cd0.5")), ["none", undefined, 0, 500, 86, true]);
  assertEquals(chosen(settingProblem("U-3-10-cp0-cd0.5")), ["none", "symmetric", 0, 500, 171, true]);
  assertEquals(chosen(settingProblem("B-3-10")), ["none", undefined, 0, 500, 86, false]);
  assertEquals(chosen(settingProblem("C-3-10-cp0-cd0.5")), ["set", undefined, 1, 800, 128, false]);
  const participants = 2,
    goods = 2,
    sampleTypes = drawing(2, 2),
    types = { participants, goods, sampleTypes };
  const context = (problem: MechanismProblem) => defaultTraining(problem).network.context;
  assertEquals(context(defineProblem({ ...types, exchangeable: true, independent: true })), "none");
  assertEquals(context(defineProblem({ ...types, exchangeable: true })), undefined);
  assertEquals(context(defineProblem({ ...types, independent: true })), undefined);
  assertEquals(
    context(defineProblem({ ...types, exchangeable: true, independent: true, productionCost: 1 })),
    undefined,
  );
  const own = defineProblem({
    ...{ ...types, exchangeable: true, independent: true },
    principalUtility: (tf, _x, payments) => tf.sum(payments, 1),
  });
  assertEquals(context(own), undefined); // which may depend on what the others buy
});

Deno.test("training begins with fees where cheap goods are lost: of one good, of more than 4, and with atoms", () => {
  const begins = (problem: MechanismProblem) => {
    const { initialPrices, initialBeta, polishShare } = defaultTraining(problem);
    return [initialPrices, initialBeta, polishShare];
  };
  const ofSetting = (name: string) => begins(settingProblem(name));
  assertEquals(["U-5-1-cp2-cd0", "C-2-1-cp0.5-cd0"].map(ofSetting), Array(2).fill(["fees", 100, 1]));
  assertEquals(ofSetting("U-3-10-cp1-cd0"), ["fees", 100, 0.25]);
  assertEquals(["B-5-1-cp2-cd0", "B-3-4-cp1-cd0"].map(ofSetting), Array(2).fill(["fees", 100, 1]));
  assertEquals(["U-3-2-cp1-cd0", "U-3-1-cp0-cd0.5"].map(ofSetting), Array(2).fill(["cheap", 20, 0.5]));
  const alike = (random: RandomStream, profiles: number) => [...random.uniform(profiles)].map((t) => [[t], [t]]);
  const agreeing = defineProblem({ participants: 2, goods: 1, productionCost: 0.5, sampleTypes: alike });
  assertEquals(begins(agreeing), ["fees", 100, 1]);
  const rate = (name: string) => defaultTraining(settingProblem(name)).polishLearningRate;
  assertEquals(["U-5-1-cp2-cd0", "B-5-1-cp2-cd0", "U-3-2-cp1-cd0"].map(rate), [2e-3, 1e-3, 4e-3]);
});

Deno.test("defaults go with the context that is asked for", () => {
  const problem = settingProblem("U-3-10"),
    { network, profiles, iterations } = defaultTraining(problem, "groupmax", "set");
  assertEquals([network.context, network.hidden, network.groupSize, profiles, iterations], ["set", [32], 8, 128, 800]);
  assertEquals([defaultKind(problem), defaultKind(problem, "dense")], ["symmetric", "groupmax"]);
  assertEquals(defaultKind(settingProblem("U-3-10-cp1-cd0"), "none"), "symmetric");
});

Deno.test("more than 4 goods share weights where types and the principal's utility are the same for all", () => {
  const shares = (problem: MechanismProblem) => defaultTraining(problem).tiedWeights;
  for (const name of ["U-1-10", "U-3-10", "B-3-6", "C-2-5"]) assert(shares(settingProblem(name)), name);
  for (const name of ["U-1-2", "B-3-4"]) assert(!shares(settingProblem(name)), name);
  const participants = 1, goods = 5, sampleTypes = drawing(1, 5);
  assert(shares(defineProblem({ participants, goods, distribution: "U" })));
  assert(!shares(defineProblem({ participants, goods, sampleTypes, exchangeable: true })));
  const own = defineProblem({
    participants,
    goods,
    distribution: "U",
    principalUtility: (_tf, _x, payments) => payments,
  });
  assert(!shares(own));
  assert(!shares({ ...settingProblem("U-2-5"), principalUtility: own.principalUtility })); // goods may differ in it
});

Deno.test("groups are larger where weights are shared, most of all without a context", () => {
  const groupSize = (name: string) => defaultTraining(settingProblem(name), "groupmax").network.groupSize;
  assertEquals(["U-1-2", "U-3-2", "U-1-10", "U-3-10", "C-3-10"].map(groupSize), [4, 4, 16, 16, 8]);
});

Deno.test("a network without a context is symmetric where more than 2 goods are exchangeable and types have a density", () => {
  const kind = (problem: MechanismProblem) => defaultTraining(problem).network.kind ?? "groupmax";
  assertEquals(
    ["U-1-2", "U-1-3", "U-1-10", "B-1-10", "U-2-10", "U-2-10-cp1-cd0", "C-3-10"].map((name) =>
      kind(settingProblem(name))
    ),
    ["groupmax", "symmetric", "symmetric", "groupmax", "symmetric", "groupmax", "groupmax"],
  );
  const sampleTypes = drawing(1, 5);
  assertEquals(kind(defineProblem({ participants: 1, goods: 5, sampleTypes })), "groupmax"); // goods may differ
});

Deno.test("defaults go with the kind of network that is asked for", () => {
  const problem = settingProblem("U-1-10");
  const symmetric = defaultTraining(problem), other = defaultTraining(problem, "groupmax");
  const chosen = ({ initialBeta, steps, lineMoveEvery, initialPoints, profiles }: TrainingOptions) => [
    ...[initialBeta, steps, lineMoveEvery],
    ...[initialPoints, profiles],
  ];
  assertEquals([symmetric, other].map(chosen), [[200, 20, 2, 16, 512], [20, 10, 10, 4, 256]]);
  const contextOf = (kind: NetworkKind) => defaultTraining(settingProblem("C-3-10"), kind).network.context;
  assertEquals([contextOf("pma"), contextOf("picnn")], ["set", undefined]);
});

Deno.test("beta ends higher where types have atoms, and the learning rate stays", () => {
  const options = (name: string) => defaultTraining(settingProblem(name));
  for (
    const [name, finalBeta, learningRateBeta] of [["U-1-2", 600, 300], ["C-3-10", 600, 60], ["B-3-2", 20_000, 20_000]]
  ) {
    const chosen = options(name as string);
    assertEquals(chosen.nondecreasing, name === "U-1-2");
    assertEquals([chosen.finalBeta, chosen.learningRateBeta], [finalBeta, learningRateBeta], name as string);
  }
});

Deno.test("every option is checked", () => {
  const checked = new Set(bad.flatMap(([setting]) => Object.keys(setting)));
  assertEquals([...checked].sort(), Object.keys(defaultTraining(settingProblem("U-2-2-cp1-cd0"))).sort());
});

Deno.test("the ends of the ranges are allowed", () => {
  const defaults = defaultTraining(settingProblem("U-1-2"));
  const ends: Partial<TrainingOptions>[] = [
    {
      refresh: 0,
      betaGrowthRatio: 0,
      finalLearningRateRatio: 0,
      averaging: 0,
      beta1: 0,
      beta2: 0,
      warmUp: 0,
      lineMoveEvery: 0,
      seed: 0,
    },
    {
      refresh: 1,
      betaGrowthRatio: 1,
      finalLearningRateRatio: 1,
      seed: 2 ** 53 - 1,
      chains: 2,
      iterations: 1,
      profiles: 1,
    },
    { network: { layers: 1, groups: 1, groupSize: 1, hidden: [] } },
    { network: { layers: 1, groups: 1, groupSize: 1, hidden: [1], context: "set" } },
  ];
  for (const end of ends) checkTraining({ ...defaults, ...end });
});

Deno.test("train refuses a bad option before it opens a device", async () => {
  for (const [setting, thing] of bad) {
    await assertRejects(() => train("U-2-2", setting), InvalidInputError, thing, JSON.stringify(setting));
  }
  const misspelt = { iteration: 9 } as Partial<TrainingOptions>;
  await assertRejects(() => train("U-2-2", misspelt), InvalidInputError, 'got "iteration"');
  await assertRejects(() => train("U-2-2", {}, { checkpointEvery: 0 }), InvalidInputError, "checkpointEvery");
  await assertRejects(() => train("U-0-2"), InvalidInputError, "n, the number of participants,");
  // The first device to be opened loads TensorFlow.js, and no other test of this file opens one.
  assertEquals(tf, undefined);
});

Deno.test("a network's kind and context go together, and with the problem, before any work", async () => {
  const setContext = { layers: 1, groups: 2, groupSize: 2, hidden: [8], context: "set" as const };
  const single = settingProblem("U-1-2"), several = settingProblem("U-3-2");
  const distinct = defineProblem({ participants: 2, goods: 2, distribution: "U", exchangeable: false });
  const optionsFor = (problem: MechanismProblem, kind?: NetworkKind) => ({
    ...defaultTraining(problem, kind),
    network: { ...setContext, ...kind && { kind } },
  });
  for (const kind of ["mlp", "picnn", "symmetric"] as const) {
    const words = `network.context must be dense where network.kind is ${kind}, got "set"`;
    for (const problem of [single, several]) {
      assertThrows(() => checkTraining(optionsFor(problem, kind)), InvalidInputError, words);
    }
  }
  for (const kind of [undefined, "pma"] as const) checkTraining(optionsFor(several, kind), several);
  const none = { ...defaultTraining(distinct), network: { ...setContext, hidden: [], context: "none" as const } };
  checkTraining(none); // it does not know the problem
  const words =
    `Cannot train: network.context must be dense or set where participants are not exchangeable, got "none"`;
  assertThrows(() => checkTraining(none, distinct), InvalidInputError, words);
  await assertRejects(() => train(distinct, { network: none.network }), InvalidInputError, words);
  const symmetric = { network: { ...setContext, context: undefined, kind: "symmetric" as const } };
  const kind = "Cannot train: network.kind must not be symmetric for 3 participants";
  await assertRejects(() => train(several, symmetric), InvalidInputError, kind);
});

Deno.test("a misspelt option, size or hook is refused with the one that was meant; part of a network, with what to do", async () => {
  const refused = async (words: string, settings: object, hooks: object = {}) => {
    const { message } = await assertRejects(() => train("U-1-2", settings, hooks), InvalidInputError);
    assert(message.startsWith("Cannot train: ") && message.includes(words), message);
  };
  const { network } = defaultTraining("U-1-2");
  await refused(`got "itertions"; did you mean iterations?`, { itertions: 3 });
  await refused(`a name in network must be one of layers, groups`, { network: { ...network, groopSize: 2 } });
  await refused(`got "groopSize"; did you mean groupSize?`, { network: { ...network, groopSize: 2 } });
  await refused(`a hook must be one of device, resume`, {}, { onIterations: () => {} });
  await refused(`got "onIterations"; did you mean onIteration?`, {}, { onIterations: () => {} });
  await refused(
    `network must be one with layers, got {"groups":16}; it replaces the whole default network: for another size of ` +
      "that, spread it, as in { ...defaultTraining(problem).network, groups: 16 }",
    { network: { groups: 16 } },
  );
});
