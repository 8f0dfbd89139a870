import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { audit, type AuditOptions } from "../../src/mechanisms/audit.ts";
import { evaluate, type EvaluationOptions } from "../../src/mechanisms/evaluate.ts";
import { flatTypes, type Mechanism } from "../../src/mechanisms/mechanism.ts";
import type { MechanismProblem } from "../../src/problems/problem.ts";
import { empiricalProblem } from "../../src/problems/empirical.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { defaultTraining, freshProfiles } from "../../src/training/options.ts";
import { refreshProfiles } from "../../src/training/profiles.ts";
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

/** The type profiles that an evaluation draws, as text. */
async function drawn(problem: MechanismProblem, options: EvaluationOptions): Promise<string[]> {
  const { participants: n, goods: m } = problem, mechanism = postedPrices(n, m, 0.5), profiles: string[] = [];
  const run: Mechanism["run"] = (reported) => {
    const types = flatTypes(reported, n, m);
    for (let at = 0; at < types.length; at += n * m) profiles.push(types.subarray(at, at + n * m).join());
    return mechanism.run(types);
  };
  await evaluate(problem, { ...mechanism, run }, options);
  return profiles;
}

/** Checks that no profile is in two of some lists, nor twice in one. */
function requireApart(lists: readonly (readonly string[])[]): void {
  assertEquals(new Set(lists.flat()).size, lists.reduce((sum, { length }) => sum + length, 0));
}

Deno.test("profiles of training, of validation and of a test are never the same, whatever the seeds", async () => {
  const problem = settingProblem("U-3-2"), all: string[][] = [];
  for (const seed of [0, 1, 0x5eed]) {
    for (const part of ["validation", "held-out"] as const) {
      all.push(await drawn(problem, { profiles: 5000, seed, part }));
    }
    const types: string[] = [], options = { ...defaultTraining(problem), seed };
    for (let iteration = 1; iteration <= 200; iteration++) {
      const kept = refreshProfiles(problem, options, { types: new Float32Array(options.profiles * 6), iteration });
      for (let at = 6 * (options.profiles - freshProfiles(options)); at < kept.length; at += 6) {
        types.push(kept.subarray(at, at + 6).join());
      }
    }
    assert(types.length > 1000);
    all.push(types);
  }
  requireApart(all);
  assertEquals(await drawn(problem, { profiles: 5000 }), all[1]); // an evaluation that says nothing is of held-out ones
});

Deno.test("problems of different names or shapes have different random numbers", async () => {
  const named = (name: string, participants = 2, goods = 3) =>
    defineProblem({ name, participants, goods, distribution: "U" });
  const types = async (problem: MechanismProblem) => (await drawn(problem, { profiles: 1000 })).join().split(",");
  const a = await types(named("a")), b = await types(named("b"));
  // 24-bit numbers: two lists of 6000 share 2 in expectation; more than 20 with a probability below 1e-13.
  const shared = (one: string[], two: string[]) => new Set(one).intersection(new Set(two)).size;
  for (const other of [b, await types(named("a", 3, 2)), await types(named("a", 1, 6))]) assert(shared(a, other) <= 20);
  assertEquals(await types(named("a")), a);
  // Costs alone make another setting.
  const costs = await Promise.all(["U-2-3", "U-2-3-cp1-cd0"].map((name) => types(settingProblem(name))));
  assert(shared(costs[0], costs[1]) <= 20);
});

Deno.test("the part of an evaluation is one of two", async () => {
  const part = "training" as "validation";
  await assertRejects(
    () => evaluate(settingProblem("U-1-2"), postedPrices(1, 2, 0.5), { part }),
    InvalidInputError,
    'part must be validation or held-out, got "training"',
  );
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

Deno.test("on data every held-out row counts once, the error is over rows, and the gap to training rows is told", async () => {
  // A price of 0.5 that 30 of 60 rows pay, whichever of them are held out.
  const text = Array.from({ length: 60 }, (_, row) => `${row % 2},0`).join("\n");
  const problem = await empiricalProblem({ text, participants: 1, goods: 2 });
  const found = await evaluate(problem, postedPrices(1, 2, 0.5), { profiles: 100_000 });
  const { rows = 0, trainingRows, trainingRevenue = 0, profiles, revenue, standardError, interval } = found;
  assertEquals([rows, trainingRows, profiles], [12, 42, 12]);
  const share = revenue / 0.5; // of the twelve
  assertAlmostEquals(share * 12, Math.round(share * 12), 1e-9);
  assertAlmostEquals(standardError, 0.5 * Math.sqrt(share * (1 - share) / 11), 1e-9);
  assert(interval[0] < 0.25 && interval[1] > 0.25 && Math.abs(trainingRevenue - 0.25) < 0.1);
  // More profiles, or another seed, say nothing more about the distribution.
  assertEquals((await evaluate(problem, postedPrices(1, 2, 0.5), { profiles: 10, seed: 3 })).revenue, revenue);
  const { revenue: audited } = await audit(problem, postedPrices(1, 2, 0.5), { profiles: 5, misreports: 5 });
  assertEquals([audited.rows, audited.mean, audited.interval], [12, revenue, interval]);
});

Deno.test("with rows of single participants the error is that of rows / n profiles", async () => {
  const text = Array.from({ length: 300 }, (_, row) => String((row % 10) / 10)).join("\n");
  const problem = await empiricalProblem({ text, participants: 3, goods: 1 });
  const found = await evaluate(problem, postedPrices(3, 1, 0.5), { profiles: 5000 });
  assertEquals(found.rows, 60);
  // Each pays 0.5 with a chance of about 1/2: n independent payments of variance 1/16.
  assertAlmostEquals(found.standardError, Math.sqrt(3 / 16 / 20), 0.02);
  assertAlmostEquals(found.revenue, 0.75, 0.15);
});
