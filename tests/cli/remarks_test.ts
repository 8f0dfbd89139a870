import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { bundle } from "../../src/baselines/bundle.ts";
import { measuredReferences } from "../../src/baselines/reference_utilities.ts";
import { comparedWithBest } from "../../src/baselines/compared_with_best.ts";
import { remarksOn } from "../../src/cli/remarks.ts";
import { differenceOf, evaluate, evaluateEach } from "../../src/mechanisms/evaluate.ts";
import { flatTypes, type Mechanism } from "../../src/mechanisms/mechanism.ts";
import { amount, plainAmount } from "../../src/problems/amounts.ts";
import { empiricalProblem } from "../../src/problems/empirical.ts";
import { defineProblem } from "../../src/problems/user_module.ts";

/** Every good at one price. */
function goodsAt(price: number, largest: number): Mechanism {
  return {
    ...{ participants: 1, goods: 2 },
    run(reported) {
      const types = flatTypes(reported, 1, 2, largest), profiles = types.length / 2;
      const outcomes = Float64Array.from(types, (type) => type >= price ? 1 : 0);
      const payments = Float64Array.from(
        { length: profiles },
        (_, b) => price * (outcomes[2 * b] + outcomes[2 * b + 1]),
      );
      const nothing = new Float64Array(profiles);
      return Promise.resolve({ profiles, outcomes, payments, utilities: nothing, gaps: nothing });
    },
  };
}

const test = { profiles: 4000, seed: 0 };
const euros = defineProblem({ participants: 1, goods: 2, distribution: "U", scale: 50, unit: "EUR" });

Deno.test("a mechanism that sells nothing, or less than one bundle, is told so in words", async () => {
  const references = await measuredReferences(euros, test);
  const remarks = async (mechanism: Mechanism) => {
    const each = await evaluateEach(euros, mechanism, test);
    return remarksOn(euros, each.evaluation, comparedWithBest(each, references));
  };
  const said = async (price: number) => await remarks(goodsAt(price, 50));
  assertEquals((await said(50)).length, 2);
  assertStringIncludes((await said(50))[0], "it sells next to nothing");
  const [less, ...more] = await said(40);
  assert(
    /^it earns 1\d\.\d{3} EUR less than Bundle-OPT \(all goods together, at (39|40|41|42)\.\d{3} EUR\): train/.test(
      less,
    ),
    less,
  );
  assertEquals(more, []);
  assertEquals(await remarks(bundle(euros)), []);
});

Deno.test("values that fill a hundredth of the scale are told so", async () => {
  const small = defineProblem({
    ...{ participants: 1, goods: 2, scale: 50 },
    sampleTypes: (random, profiles) => random.uniform(2 * profiles).map((u) => u / 3),
  });
  const remarks = remarksOn(small, await evaluate(small, bundle(small), test), undefined);
  assertEquals(remarks.map((one) => one.slice(0, 33)), ["99 of 100 values are below 0.330,"]);
});

Deno.test("on data mechanisms are compared on the same rows, where far smaller differences can be told", async () => {
  const text = Array.from({ length: 100 }, (_, row) => `${20 + row % 7},${60 - row % 11}`).join("\n");
  const problem = await empiricalProblem({ text }), references = await measuredReferences(problem, test);
  const best = Math.max(...references.filter(({ upperBound }) => !upperBound).map(({ utility }) => utility));
  const each = await evaluateEach(problem, goodsAt(56, 60), test), own = each.evaluation;
  const compared = comparedWithBest(each, references)!;
  assertAlmostEquals(compared.difference, own.revenue - best, 1e-5);
  assert(compared.interval[0] < compared.difference && compared.interval[1] > compared.difference);
  const [less] = remarksOn(problem, own, compared);
  assert(less.startsWith(`it earns ${amount(problem, -compared.difference)} less than `), less);
  // A difference that may be nothing is not told from nothing.
  const near = { ...compared, difference: 0.01, interval: [-0.1, 0.12] as const };
  assertStringIncludes(remarksOn(problem, own, near)[0], "may earn as much: there are too few held-out rows");
  assertEquals(remarksOn(problem, own, { ...near, interval: [0.001, 0.02] as const }), []);
  // The same mechanism twice: no difference, and no error.
  const same = differenceOf(each, await evaluateEach(problem, goodsAt(56, 60), test));
  assertEquals([same.mean, same.standardError], [0, 0]);
});

Deno.test("amounts have as many places as the scale asks for, and their unit", () => {
  assertEquals([plainAmount({}, 0.54951), plainAmount({ scale: 16 }, 9.77), plainAmount({ scale: 0.01 }, 0.0054)], [
    "0.5495",
    "9.770",
    "0.005400",
  ]);
  assertEquals([amount({ scale: 1600, unit: "EUR" }, 1016.21), plainAmount({ scale: 3e6 }, 1e6)], [
    "1016.2 EUR",
    "1000000",
  ]);
});
