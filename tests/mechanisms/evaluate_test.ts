import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { audit, type AuditOptions } from "../../src/mechanisms/audit.ts";
import { evaluate, type EvaluationOptions } from "../../src/mechanisms/evaluate.ts";
import { flatTypes, type Mechanism } from "../../src/mechanisms/mechanism.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { forEachDevice } from "../devices.ts";

/** Every good for everybody at its own price, bought at will. */
function postedPrices(n: number, m: number, price: number): Mechanism {
  return {
    participants: n,
    goods: m,
    run(reported) {
      const types = flatTypes(reported, n, m), rows = types.length / m;
      const outcomes = Float64Array.from(types, (type) => type >= price ? 1 : 0);
      const payments = new Float64Array(rows), utilities = new Float64Array(rows);
      for (let k = 0; k < types.length; k++) {
        payments[Math.floor(k / m)] += price * outcomes[k];
        utilities[Math.floor(k / m)] += (types[k] - price) * outcomes[k];
      }
      return Promise.resolve({ profiles: rows / n, outcomes, payments, utilities, gaps: new Float64Array(rows) });
    },
  };
}

forEachDevice("revenue, error and shares of posted prices are what they are known to be", async () => {
  const n = 3, m = 2, price = 0.6, cost = 0.25, profiles = 20_000;
  const problem = settingProblem(`U_{${n},${m}}^{0,${cost}}`);
  const found = await evaluate(problem, postedPrices(n, m, price), { profiles });
  const each = (price - cost) * (1 - price), deviation = (price - cost) * Math.sqrt(n * m * price * (1 - price));
  // Five standard errors: a false alarm in 1 of 10^6 seeds, and the seed is fixed.
  assertAlmostEquals(found.revenue, n * m * each, 5 * found.standardError);
  assertAlmostEquals(found.standardError, deviation / Math.sqrt(profiles), 0.05 * found.standardError);
  assertAlmostEquals(found.allocated, 1 - price, 0.01);
  assertAlmostEquals(found.participantsUtility, n * m * (1 - price) ** 2 / 2, 0.02);
  assertEquals(found.profiles, profiles);
});

forEachDevice("the same seed gives the same profiles, another seed others", async () => {
  const problem = settingProblem("U-1-2"), mechanism = postedPrices(1, 2, 0.5), profiles = 5000;
  const a = await evaluate(problem, mechanism, { profiles }), b = await evaluate(problem, mechanism, { profiles });
  const c = await evaluate(problem, mechanism, { profiles, seed: 1 });
  assertEquals(a, b);
  assert(a.revenue !== c.revenue);
});

Deno.test("a mechanism for other participants or goods is refused", async () => {
  await assertRejects(
    () => evaluate(settingProblem("U-3-2"), postedPrices(2, 2, 0.5)),
    InvalidInputError,
    "must be for 3 participants and 2 goods",
  );
  await assertRejects(
    () => evaluate(settingProblem("U-1-2"), postedPrices(1, 2, 0.5), { profiles: 1 }),
    InvalidInputError,
    "profiles must be an integer of at least 2, got 1",
  );
});

Deno.test("a misspelt option of an evaluation or an audit is refused with the one that was meant", async () => {
  const problem = settingProblem("U-1-2"), mechanism = postedPrices(1, 2, 0.5);
  const profils = { profils: 50 } as EvaluationOptions & AuditOptions, meant = `got "profils"; did you mean profiles?`;
  await assertRejects(() => evaluate(problem, mechanism, profils), InvalidInputError, meant);
  await assertRejects(() => audit(problem, mechanism, profils), InvalidInputError, meant);
  const bounds = { backend: 1 } as AuditOptions["bounds"];
  await assertRejects(() => audit(problem, mechanism, { bounds }), InvalidInputError, `did you mean backends?`);
});
