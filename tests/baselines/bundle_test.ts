import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { bundle } from "../../src/baselines/bundle.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { assertTruthful, earned } from "./auctions.ts";

Deno.test("Bundle-OPT: one good is Myerson's price, two are worked out by hand", () => {
  const profiles = 200_000;
  assertAlmostEquals(bundle(settingProblem("U_{1,1}^{0,0}"), { profiles }).price, 0.5, 0.02);
  assertAlmostEquals(bundle(settingProblem("U_{2,1}^{0,0.5}"), { profiles }).price, 0.75, 0.02);
  // r (1 - r^2 / 2) is largest at r = sqrt(2 / 3).
  const two = bundle(settingProblem("U_{1,2}^{0,0}"), { profiles });
  assertAlmostEquals(two.price, Math.sqrt(2 / 3), 0.02);
  assertAlmostEquals(two.trainingUtility, Math.sqrt(2 / 3) * 2 / 3, 0.005);
  // Four of ten: 4 P(at least 4) = 4 (1 - 176 / 1024).
  const bernoulli = bundle(settingProblem("B_{1,10}^{0,0}"), { profiles });
  assertEquals(bernoulli.price, 4);
  assertAlmostEquals(bernoulli.trainingUtility, 4 * (1 - 176 / 1024), 0.02);
});

Deno.test("Bundle-OPT sells nothing where that is best", async () => {
  for (const name of ["U_{3,2}^{1,0}", "U_{2,2}^{0,1}", "B_{1,2}^{1,0.5}"]) {
    const mechanism = bundle(settingProblem(name), { profiles: 20_000 });
    assertEquals([mechanism.price, mechanism.trainingUtility], [Infinity, 0], name);
    const { outcomes, payments } = await mechanism.run(new Float32Array(4 * mechanism.participants).fill(1));
    assert(outcomes.every((x) => x === 0) && payments.every((p) => p === 0), name);
  }
});

Deno.test("Bundle-OPT: the training utility is confirmed on other profiles, and no other price is better", async () => {
  const problem = settingProblem("C_{3,4}^{0.5,0.1}"), mechanism = bundle(problem);
  const { mean, error } = await earned(problem, mechanism, 20_000);
  assert(mean > 0.1);
  assertAlmostEquals(mean, mechanism.trainingUtility, 5 * error);
  assertEquals(bundle(problem).price, mechanism.price);
  assert(bundle(problem, { seed: 1 }).price !== mechanism.price);
  // By trying the prices of a grid on one small sample.
  const profiles = 500, small = bundle(settingProblem("U_{2,2}^{0.2,0.1}"), { profiles, seed: 3 });
  let sampled: Float32Array = new Float32Array();
  const sample = settingProblem("U_{2,2}^{0.2,0.1}");
  bundle({
    ...sample,
    distribution: {
      ...sample.distribution,
      sample: (key, count, part) => sampled = sample.distribution.sample(key, count, part),
    },
  }, { profiles, seed: 3 });
  for (let price = 0; price < 2; price += 0.01) {
    let utility = 0;
    for (let b = 0; b < profiles; b++) {
      const values = [0, 2].map((at) => sampled[4 * b + at] + sampled[4 * b + at + 1]);
      const buyers = values.filter((value) => value >= price).length;
      utility += buyers * (price - 0.2) - (buyers > 0 ? 0.4 : 0);
    }
    assert(utility / profiles <= small.trainingUtility + 1e-9, `${price}`);
  }
});

Deno.test("Bundle-OPT is truthful and individually rational", async () => {
  for (const name of ["U_{3,4}^{0.2,0}", "C_{2,3}^{0,0.25}", "B_{3,4}^{0,0}"]) {
    const problem = settingProblem(name);
    await assertTruthful(problem, bundle(problem, { profiles: 5000 }));
  }
});

Deno.test("Bundle-OPT takes any distribution, but needs reproducible goods and profiles", () => {
  const mine = defineProblem({
    participants: 1,
    goods: 2,
    sampleTypes: (random, profiles) => random.uniform(profiles * 2).fill(0.25),
  });
  assertEquals(bundle(mine, { profiles: 10 }).price, 0.5);
  assertThrows(() => bundle(mine, { profiles: 0 }), InvalidInputError, "profiles must be a positive integer, got 0");
  const other = { ...mine, principalUtility: { ...mine.principalUtility, name: "other" } };
  assertThrows(() => bundle(other), InvalidInputError, `must be that of reproducible goods, got "other"`);
});
