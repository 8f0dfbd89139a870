import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { vcg } from "../../src/baselines/vcg.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { randomKey } from "../../src/random/key.ts";
import { assertTruthful, principalUtilities } from "./auctions.ts";

/** Welfare of serving a set of participants, a bit each, with one good, `left` out of the sum of values. */
function welfare(types: ArrayLike<number>, served: number, cp: number, cd: number, left = -1): number {
  let sum = served === 0 ? 0 : -cp;
  for (let i = 0; i < types.length; i++) if (served >> i & 1) sum += (i === left ? 0 : types[i]) - cd;
  return sum;
}

Deno.test("VCG's outcomes are efficient and its payments Clarke's, by trying all of them", async () => {
  for (
    const name of ["U_{3,1}^{1,0}", "U_{4,1}^{0.5,0.25}", "C_{3,1}^{0.3,0.4}", "B_{3,1}^{0.7,0.2}", "U_{1,1}^{0.3,0}"]
  ) {
    const problem = settingProblem(name), n = problem.participants, sets = Array.from({ length: 1 << n }, (_, s) => s);
    const [, cp, cd] = /\^\{(.*),(.*)\}/.exec(name)!.map(Number);
    const B = 300, types = problem.distribution.sample(randomKey(5), B, "training");
    const { outcomes, payments } = await vcg(problem).run(types);
    for (let b = 0; b < B; b++) {
      const profile = types.subarray(b * n, (b + 1) * n);
      const chosen = sets.find((s) =>
        sets[s] === outcomes.subarray(b * n, (b + 1) * n).reduce((x, y, i) => x + y * 2 ** i, 0)
      )!;
      const best = Math.max(...sets.map((s) => welfare(profile, s, cp, cd)));
      assertAlmostEquals(welfare(profile, chosen, cp, cd), best, 1e-12, name);
      for (let i = 0; i < n; i++) {
        const without = Math.max(...sets.filter((s) => !(s >> i & 1)).map((s) => welfare(profile, s, cp, cd)));
        assertAlmostEquals(payments[b * n + i], without - welfare(profile, chosen, cp, cd, i), 1e-12, name);
      }
    }
  }
});

Deno.test("VCG earns nothing without a cost of production, and never anything with one", async () => {
  for (const name of ["U_{3,4}^{0,0}", "C_{3,4}^{0,0.5}", "B_{5,3}^{0,0.25}", "U_{1,3}^{0.5,0.25}"]) {
    const problem = settingProblem(name), types = problem.distribution.sample(randomKey(6), 500, "training");
    assert(principalUtilities(problem, await vcg(problem).run(types)).every((u) => Math.abs(u) < 1e-12), name);
  }
  for (const name of ["U_{3,4}^{1,0}", "C_{3,4}^{0.5,0.25}", "B_{5,3}^{1.5,0.25}"]) {
    const problem = settingProblem(name), types = problem.distribution.sample(randomKey(7), 500, "training");
    const utilities = principalUtilities(problem, await vcg(problem).run(types));
    assert(utilities.every((u) => u < 1e-12) && utilities.some((u) => u < -0.1), name);
  }
});

Deno.test("VCG is truthful and individually rational", async () => {
  for (const name of ["U_{3,4}^{1,0}", "C_{4,3}^{0.5,0.25}", "B_{3,3}^{1,0}", "U_{2,2}^{0,0.5}", "U_{1,3}^{0.4,0.1}"]) {
    await assertTruthful(settingProblem(name), vcg(settingProblem(name)));
  }
});

Deno.test("VCG needs no distribution that it knows, but reproducible goods", async () => {
  const mine = defineProblem({
    participants: 2,
    goods: 2,
    productionCost: 0.5,
    sampleTypes: (random, profiles) => random.uniform(profiles * 4).map((t) => t * t),
  });
  const { outcomes, payments } = await vcg(mine).run([[[0.9, 0.25], [0.25, 0.125]]]);
  assertEquals(Array.from(outcomes), [1, 0, 1, 0]);
  assertAlmostEquals(payments[0], 0.25, 1e-7);
  assertEquals(payments[1], 0);
  const other = defineProblem({
    name: "mine",
    participants: 1,
    goods: 1,
    distribution: "U",
    principalUtility: (tf, _, payments) => tf.sum(payments, 1),
  });
  assertThrows(() => vcg(other), InvalidInputError, "the principal's utility must be that of reproducible goods");
});
