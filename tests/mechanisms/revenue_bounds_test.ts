/** Bounds on revenue: above what is earned, in order, and what they are said to be. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { separable } from "../../src/baselines/separable.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { revenueBounds } from "../../src/mechanisms/revenue_bounds.ts";
import { empiricalProblem } from "../../src/problems/empirical.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { uniforms } from "../../src/random/numbers.ts";

Deno.test("bounds of settings are above what is earned on the same profiles, the least first", async () => {
  for (
    const [name, names] of [
      ["U-1-2", ["known optimum", "favourite goods", "welfare"]],
      ["U-3-2-cp1-cd0.1", ["favourite goods", "welfare"]],
      ["B-2-3-cp0.5-cd0", ["known optimum", "favourite goods", "welfare"]],
      ["C-2-2", ["welfare"]],
    ] as const
  ) {
    const bounds = await revenueBounds(name, { profiles: 4000, seed: 3 });
    assertEquals(bounds.map(({ name }) => name).sort(), [...names].sort(), name);
    const values = bounds.map(({ value }) => value);
    assertEquals(values, [...values].sort((a, b) => a - b));
    const { revenue, standardError } = await evaluate(name, separable(name), { profiles: 4000, seed: 3 });
    assert(revenue <= values[0] + 5 * standardError, `${name}: ${revenue}, ${values}`);
  }
});

Deno.test("the bound by favourite goods is what Cai, Devanur and Weinberg's formula gives", async () => {
  const [{ value, standardError }] = (await revenueBounds("U-1-2", { profiles: 40_000 }))
    .filter(({ name }) => name === "favourite goods");
  // The larger value x has density 2x and counts as (2x - 1)^+, which makes 5/12; the smaller one has mean 1/3.
  assertAlmostEquals(value, 5 / 12 + 1 / 3, 5 * standardError);
  assert(standardError > 0 && standardError < 0.01);
  const [one] = (await revenueBounds("U-2-1-cp1-cd0", { profiles: 40_000 })).filter(({ name }) =>
    name === "favourite goods"
  );
  assertAlmostEquals(one.value, (await revenueBounds("U-2-1-cp1-cd0"))[0].value, 5 * one.standardError); // Myerson's for one good
});

Deno.test("data of one participant have the optimum on their held-out rows, n independent ones n times that", async () => {
  const draws = uniforms([7, 7], 100);
  const text = Array.from({ length: 50 }, (_, r) => `${draws[2 * r].toFixed(3)},${draws[2 * r + 1].toFixed(3)}`).join(
    "\n",
  );
  const one = await empiricalProblem({ text, participants: 1, goods: 2 });
  const [least, ...others] = await revenueBounds(one);
  assertEquals([least.name, least.standardError, others.map(({ name }) => name)], ["optimum on these rows", 0, [
    "welfare",
  ]]);
  const { revenue } = await evaluate(one, { ...separableAt(0.5), participants: 1, goods: 2 } as never);
  assert(revenue < least.value && least.value < others[0].value);
  const names = async (options: { participants: number; productionCost?: number }) =>
    (await revenueBounds(await empiricalProblem({ text, goods: 2, ...options }))).map(({ name }) => name);
  assertEquals(await names({ participants: 3 }), ["optimum on these rows", "welfare"]);
  assertEquals(await names({ participants: 3, productionCost: 1 }), ["welfare"]);
});

/** Sells each good for a price. */
function separableAt(price: number) {
  return {
    run(types: Float32Array) {
      const outcomes = Float64Array.from(types, (t) => t >= price ? 1 : 0), rows = types.length / 2;
      const payments = Float64Array.from({ length: rows }, (_, r) => price * (outcomes[2 * r] + outcomes[2 * r + 1]));
      const utilities = payments.map((paid, r) =>
        types[2 * r] * outcomes[2 * r] + types[2 * r + 1] * outcomes[2 * r + 1] - paid
      );
      return Promise.resolve({ outcomes, payments, utilities, gaps: new Float64Array(rows) });
    },
  };
}

Deno.test("a utility of one's own has no bounds, and options are checked", async () => {
  const own = defineProblem({
    ...{ participants: 1, goods: 2, distribution: "U" },
    principalUtility: (tf, _x, payments) => tf.sum(payments, 1),
  });
  assertEquals(await revenueBounds(own), []);
  await assertRejects(() => revenueBounds("U-1-2", { profiles: 1 }), InvalidInputError, "profiles must be");
  await assertRejects(() => revenueBounds("U-1-2", { profile: 10 } as never), InvalidInputError, "profile");
  await assertRejects(() => revenueBounds("U-1-2", { part: "training" } as never), InvalidInputError, "part must be");
});
