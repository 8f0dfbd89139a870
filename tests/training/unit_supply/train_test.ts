import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../../src/errors.ts";
import { settingProblem } from "../../../src/problems/settings.ts";
import { defineProblem } from "../../../src/problems/user_module.ts";
import { randomKey } from "../../../src/random/key.ts";
import { uniforms } from "../../../src/random/numbers.ts";
import { trainAffineMaximizer } from "../../../src/training/unit_supply/train.ts";

Deno.test("with one good training finds Myerson's reserve", async () => {
  const problem = settingProblem("U-2-1");
  const { mechanism } = await trainAffineMaximizer(problem, { iterations: 120, profiles: 128, seed: 1 });
  const { payments } = await mechanism.run([[[0.95], [0]], [[0], [0.95]]]);
  assertAlmostEquals(payments[0], 0.5, 0.04);
  assertAlmostEquals(payments[3], 0.5, 0.04);
});

Deno.test("with two goods training earns more than the best auction of each good by itself", async () => {
  const problem = settingProblem("U-2-2"), profiles = 4000;
  const { mechanism } = await trainAffineMaximizer(problem, { iterations: 150, profiles: 128 });
  const { payments } = await mechanism.run(uniforms(randomKey(5), profiles * 4));
  const revenue = payments.reduce((sum, payment) => sum + payment, 0) / profiles;
  assert(revenue > 0.845, `${revenue}`); // 5/6 item by item; the standard error is 0.006
});

Deno.test("a seed is a run", async () => {
  const run = async (seed: number) => {
    const { mechanism } = await trainAffineMaximizer(settingProblem("U-2-2"), { iterations: 3, profiles: 8, seed });
    return [...mechanism.parameters.bundles.data];
  };
  const first = await run(3);
  assertEquals(await run(3), first);
  assert(String(await run(4)) !== String(first));
});

Deno.test("what cannot be trained is refused before any work", async () => {
  const problem = settingProblem("U-2-2");
  const wrong: [object, string][] = [
    [{ iterations: 0 }, "iterations must be a positive integer, got 0"],
    [{ finalSmoothing: 0 }, "finalSmoothing must be"],
    [{ boost: { kind: "both" } }, "boost.kind must be one of separate, joint"],
    [{ beta: 3 }, "beta"],
  ];
  for (const [settings, message] of wrong) {
    await assertRejects(() => trainAffineMaximizer(problem, settings), InvalidInputError, message);
  }
  const other = defineProblem({
    ...{ participants: 1, goods: 1, distribution: "U" },
    principalUtility: (tf, _outcomes, payments) => tf.sum(payments, 1),
  });
  await assertRejects(() => trainAffineMaximizer(other), InvalidInputError, "the principal's utility must be");
});
