import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { loadTensorflow } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { uniformTypes } from "../../src/problems/distributions/uniform.ts";
import { defineProblem, moduleProblem, type ProblemDefinition } from "../../src/problems/user_module.ts";
import { randomKey } from "../../src/random/key.ts";

const define = (definition: Record<string, unknown>) =>
  defineProblem({ participants: 2, goods: 3, ...definition } as unknown as ProblemDefinition);

Deno.test("defineProblem with one of the paper's distributions", () => {
  const problem = define({ name: "mine", distribution: "U", productionCost: 1 });
  assertEquals([problem.name, problem.participants, problem.goods], ["mine", 2, 3]);
  assertEquals(problem.source, { kind: "custom" });
  const key = randomKey(1);
  assertEquals(problem.distribution.sample(key, 4, "training"), uniformTypes(2, 3).sample(key, 4, "training"));
  assert(problem.principalUtility.name.includes("production cost 1"));
});

Deno.test("exchangeable is assumed only where nothing of the author's can break it", () => {
  const exchangeable = (definition: Record<string, unknown>) => define(definition).distribution.exchangeable;
  const sampleTypes = () => [];
  const principalUtility = () => {};
  assertEquals(exchangeable({ distribution: "C" }), true);
  assertEquals(exchangeable({ distribution: "C", exchangeable: false }), false);
  assertEquals(exchangeable({ distribution: "C", principalUtility }), false);
  assertEquals(exchangeable({ distribution: "C", principalUtility, exchangeable: true }), true);
  assertEquals(exchangeable({ sampleTypes }), false);
  assertEquals(exchangeable({ sampleTypes, exchangeable: true }), true);
});

Deno.test("sampleTypes draws from a running stream of the key, as flat or nested lists", () => {
  const flat = define({
    sampleTypes: (random: Parameters<NonNullable<ProblemDefinition["sampleTypes"]>>[0], profiles: number) => {
      const first = random.uniform(profiles * 3), second = random.uniform(profiles * 3), third = random.normal(1);
      assert(first.every((u, j) => u !== second[j]));
      assert(Math.abs(third[0]) < 6);
      return Float32Array.from([...first, ...second]);
    },
  }).distribution;
  const types = flat.sample(randomKey(1), 5, "training");
  assertEquals(types.length, 30);
  assertEquals(flat.sample(randomKey(1), 5, "training"), types);
  assert(flat.sample(randomKey(2), 5, "training").some((value, j) => value !== types[j]));

  const seen: unknown[] = [];
  const nested = define({
    sampleTypes: (_: unknown, profiles: number, part: string) => {
      seen.push(profiles, part);
      return [[[0, 0.25, 0.5], [0.75, 1, 0]]];
    },
  }).distribution;
  assertEquals([...nested.sample(randomKey(1), 1, "held-out")], [0, 0.25, 0.5, 0.75, 1, 0]);
  assertEquals(seen, [1, "held-out"]);
});

Deno.test("sampleTypes is checked when it is used", () => {
  const sample = (returned: unknown) =>
    define({ sampleTypes: () => returned }).distribution.sample(randomKey(1), 2, "training");
  const bad = (returned: unknown, message: string) => assertThrows(() => sample(returned), InvalidInputError, message);
  assertEquals(sample(new Float64Array(12)), new Float32Array(12));
  bad(new Float32Array(11), "shape [2, 2, 3] must have 12 numbers, got 11");
  bad([[[0, 0, 0], [0, 0, 0]]], "shape [2, 2, 3] must have 12 numbers, got 6");
  bad(
    Float32Array.from({ length: 12 }, (_, j) => j === 10 ? NaN : 0),
    "types[1][1][1] must be a number in [0, 1], got NaN",
  );
  bad(
    Float32Array.from({ length: 12 }, (_, j) => j === 5 ? 1.5 : 0),
    "types[0][1][2] must be a number in [0, 1], got 1.5",
  );
  bad(Array(12).fill("0.5"), 'types[0][0][0] must be a number in [0, 1], got "0.5"');
  bad(undefined, "must be a Float32Array or nested lists, got undefined");
  bad(Promise.resolve([]), "must be a Float32Array or nested lists, got");
  const negative = define({ sampleTypes: (random: { uniform(count: number): unknown }) => random.uniform(-1) });
  assertThrows(
    () => negative.distribution.sample(randomKey(1), 1, "training"),
    InvalidInputError,
    "count must be a non",
  );
});

Deno.test("principalUtility is checked when it is used", async () => {
  const tf = await loadTensorflow();
  await tf.setBackend("cpu");
  tf.tidy(() => {
    const outcomes = tf.ones([4, 2, 3]) as ReturnType<typeof tf.tensor3d>;
    const payments = tf.ones([4, 2]) as ReturnType<typeof tf.tensor2d>;
    const evaluate = (principalUtility: NonNullable<ProblemDefinition["principalUtility"]>) =>
      define({ distribution: "U", principalUtility }).principalUtility.evaluate(tf, outcomes, payments, outcomes);
    const utility = evaluate((tf, x, p, t) => tf.add(tf.sum(p, 1), tf.sum(tf.mul(x, t), [1, 2])));
    assertEquals([...utility.dataSync()], [8, 8, 8, 8]);
    const bad = (principalUtility: unknown, got: string) =>
      assertThrows(
        () => evaluate(principalUtility as NonNullable<ProblemDefinition["principalUtility"]>),
        InvalidInputError,
        `must be a tensor of shape [4], one utility for each type profile, got ${got}`,
      );
    bad(() => payments, "a tensor of shape [4, 2]");
    bad(() => tf.sum(payments), "a tensor of shape []");
    bad(() => tf.ones([2]), "a tensor of shape [2]");
    bad(() => 3, "3");
    bad(() => undefined, "undefined");
  });
});

Deno.test("defineProblem refuses incomplete and contradictory definitions", () => {
  const bad = (definition: Record<string, unknown>, message: string) =>
    assertThrows(() => define(definition), InvalidInputError, `Cannot define a problem: ${message}`);
  bad({ participants: 0, distribution: "U" }, "participants must be a positive integer, got 0");
  bad({ goods: undefined, distribution: "U" }, "goods must be a positive integer, got undefined");
  bad({}, "exactly one of sampleTypes and distribution must be given");
  bad({ distribution: "U", sampleTypes: () => [] }, "exactly one of sampleTypes and distribution must be given");
  bad({ sampleTypes: [] }, "sampleTypes must be a function, got []");
  bad({ distribution: "U", principalUtility: 1 }, "principalUtility must be a function, got 1");
  bad({ distribution: "U", name: 7 }, "name must be a string, got 7");
  bad({ distribution: "U", exchangeable: "yes" }, 'exchangeable must be a boolean, got "yes"');
  bad(
    { distribution: "U", principalUtility: () => {}, productionCost: 1 },
    "productionCost must be left out where principalUtility is given, got 1",
  );
  assertThrows(() => define({ distribution: "N" }), InvalidInputError, 'distribution must be one of U, B, C, got "N"');
  assertThrows(() => define({ distribution: "U", duplicationCost: -1 }), InvalidInputError, "duplicationCost must be");
  assertThrows(
    () => defineProblem(null as unknown as ProblemDefinition),
    InvalidInputError,
    "must be an object, got null",
  );
});

Deno.test("moduleProblem loads paths and URLs", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const at = (name: string, text: string) => Deno.writeTextFileSync(`${folder}/${name}`, text);
    at("plain problem.js", "export default { participants: 2, goods: 1, sampleTypes: (r, b) => r.uniform(b * 2) };");
    const defining = new URL("../../src/problems/user_module.ts", import.meta.url).href;
    at(
      "defined.ts",
      `import { defineProblem } from ${JSON.stringify(defining)};\n` +
        `export default defineProblem({ name: "mine", participants: 1, goods: 4, distribution: "B" });`,
    );
    at("none.js", "export const problem = 1;");
    at("wrong.js", "export default { participants: -2, goods: 1, distribution: 'U' };");
    at("throws.js", "throw new Error('no luck');");

    const path = `${folder}/plain problem.js`;
    const plain = await moduleProblem(path);
    const { sha256, ...source } = plain.source as { sha256?: string };
    assertEquals([plain.participants, plain.goods, source], [2, 1, { kind: "module", module: path }]);
    assertEquals(sha256?.length, 64);
    assertEquals(plain.distribution.sample(randomKey(1), 3, "training").length, 6);
    const relative = await import("node:path").then(({ relative }) => relative(Deno.cwd(), path));
    assertEquals((await moduleProblem(relative)).goods, 1);
    const defined = await moduleProblem(new URL(`file://${folder}/defined.ts`).href);
    assertEquals([defined.name, defined.goods, defined.distribution.name], ["mine", 4, "B"]);
    assertEquals(
      (await moduleProblem("data:text/javascript,export default {participants:1,goods:5,distribution:'U'}")).goods,
      5,
    );

    const bad = (name: string, message: string) =>
      assertRejects(() => moduleProblem(`${folder}/${name}`), InvalidInputError, message);
    await bad("missing.js", "Cannot load the problem module");
    await bad("throws.js", "no luck");
    await bad("none.js", "its default export must be a problem definition");
    await bad("wrong.js", "participants must be a positive integer, got -2 (in");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("where a function of the author's throws, it is named, with its line and what it threw", async () => {
  const tf = await loadTensorflow(),
    fail = () => {
      throw new Error("no more types");
    };
  const words = (name: string) => `Cannot use ${name}: it must give a value, got an error: `;
  const here = /user_module_test\.ts:\d+:\d+\)$/;
  const drawn = assertThrows(
    () => define({ sampleTypes: fail }).distribution.sample(randomKey(1), 4, "training"),
    ...[InvalidInputError, `${words("sampleTypes")}no more types (file://`] as const,
  );
  assert(here.test(drawn.message), drawn.message);
  const outcomes = tf.zeros([4, 2, 3]), payments = tf.zeros([4, 2]);
  const { principalUtility } = define({ distribution: "U", principalUtility: () => tf.matMul(outcomes, payments) });
  const thrown = assertThrows(
    () => principalUtility.evaluate(tf, outcomes as never, payments as never, outcomes as never),
    ...[InvalidInputError, `${words("principalUtility")}Error in matMul`] as const,
  );
  assert(here.test(thrown.message), `the line is this file's, not one of TensorFlow.js: ${thrown.message}`);
  tf.dispose([outcomes, payments]);
});
