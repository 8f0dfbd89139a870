/** Types, costs, payments and revenue in a unit of their own. */
import { trainDiscrete } from "../../src/baselines/discrete_training.ts";
import { trainGemNet } from "../../src/baselines/gem_net_training.ts";
import { trainLotteryAma } from "../../src/baselines/lottery_ama_training.ts";
import { trainMenuNet } from "../../src/baselines/menu_net_training.ts";
import { trainRegretNet } from "../../src/baselines/regret_net_training.ts";
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { decodeMechanism, encodeMechanism } from "../../src/io/mechanism_file.ts";
import { audit } from "../../src/mechanisms/audit.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { choiceOf, sweepReports } from "../../src/playground/model.ts";
import { dividedProblem, networkUnit } from "../../src/problems/scaled.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { randomKey } from "../../src/random/key.ts";
import { viewContext } from "../../src/report/data.ts";
import { train } from "../../src/training/train.ts";
import { randomMechanism } from "./random_mechanism.ts";

const plain = randomMechanism(2, 2, 3), { shape, network, parameters, problem } = plain;
const units = { largest: 400, network: 100, name: "EUR", goods: ["laptop", "phone"] };
const scaled = menuMechanism({ problem, shape, network, parameters, units });

Deno.test("a mechanism takes types and tells payments in its unit, and its prices are in that, too", async () => {
  const types = [[[0.5, 0.25], [0.75, 1]]],
    times = (by: number) => types.map((p) => p.map((t) => t.map((v) => v * by)));
  const own = await plain.run(types), inUnit = await scaled.run(times(100));
  assertEquals(inUnit.outcomes, own.outcomes);
  for (const name of ["payments", "utilities", "gaps"] as const) {
    assertEquals(inUnit[name], own[name].map((value) => value * 100));
  }
  const outcomes = Float64Array.of(1, 0, 0.5, 0.5);
  assertEquals(
    await scaled.prices(times(100), outcomes),
    (await plain.prices(types, outcomes)).map((price) => 100 * price),
  );
  // Types may be larger than what is 1 to the network, and no larger than the largest.
  assert((await scaled.run([[[400, 400], [0, 0]]])).payments.every(Number.isFinite));
  await assertRejects(
    () => scaled.run([[[0, 401], [0, 0]]]),
    InvalidInputError,
    "types[0][0][1] must be a number in [0, 400], got 401",
  );
});

Deno.test("a file keeps the unit, and files of types in [0, 1] are as they were", async () => {
  const again = await decodeMechanism(await encodeMechanism(scaled), "file");
  assertEquals(again.units, units);
  const types = [[[50, 25], [75, 100]]];
  assertEquals((await again.run(types)).payments, (await scaled.run(types)).payments);
  assert(!new TextDecoder().decode(await encodeMechanism(plain)).includes('"units"'));
  const bad = menuMechanism({ problem, shape, network, parameters, units: { largest: -1, network: 1 } });
  await assertRejects(
    async () => decodeMechanism(await encodeMechanism(bad), "f"),
    InvalidInputError,
    "above 0, got -1",
  );
});

Deno.test("an audit is in the unit of the mechanism, with bounds in proportion", async () => {
  const euros = defineProblem({ participants: 2, goods: 2, distribution: "U", scale: 400, exchangeable: false });
  const sizes = { profiles: 20, misreports: 40, exact: 6, revenueProfiles: 400 };
  const report = await audit(euros, scaled, sizes), { revenue } = await evaluate(euros, scaled, { profiles: 400 });
  assert(report.passed, JSON.stringify(report.checks.filter(({ passed }) => !passed)));
  const check = (name: string) => report.checks.find((one) => one.name === name)!;
  assertAlmostEquals(check("incentiveCompatibility").bound, 4e-4, 1e-12);
  assertEquals([check("feasibility").bound, check("exactBestResponse").cases], [1e-6, 6]);
  assert(
    Math.abs(report.revenue.mean - revenue) < 10 * report.revenue.standardError,
    `${report.revenue.mean} ${revenue}`,
  );
  const strict = await audit(euros, scaled, { ...sizes, bounds: { individualRationality: 1e-3 } });
  assertAlmostEquals(strict.checks[1].bound, 1e-3, 1e-12);
});

Deno.test("views and the playground's choice are in the unit", async () => {
  const view = await viewContext(scaled, 80);
  assertEquals([view.prices.largest, view.firstGood.largest, view.level, view.goods], [1, 400, 200, [
    "laptop",
    "phone",
  ]]);
  const types = Float32Array.of(50, 25, 75, 100), choice = choiceOf(scaled, types, 0);
  const { payments, utilities } = await scaled.run(types);
  const sweep = sweepReports(choice, types.slice(0, 2), 0, units.largest);
  assertAlmostEquals(sweep.payments[sweep.truth], payments[0], 1e-9);
  assertAlmostEquals(sweep.utilities[sweep.truth], utilities[0], 1e-9);
  assertEquals(sweep.reports.at(-1), 400);
});

Deno.test("what is 1 to the network is the scale, or twice the mean where values are mostly small", () => {
  assertEquals(networkUnit(settingProblem("U-1-2")), 1);
  const of = (scale: number, draw: (u: number) => number) =>
    networkUnit(defineProblem({
      ...{ participants: 1, goods: 1, scale },
      sampleTypes: (random, profiles) => random.uniform(profiles).map(draw),
    }));
  assertEquals([of(16, (u) => 16 * u), of(8, (u) => 4 + 4 * u)], [16, 8]);
  assertAlmostEquals(of(1, (u) => u / 100), 0.01, 0.0005);
  assertAlmostEquals(of(10, (u) => Math.min(10, -Math.log(1 - u))), 2, 0.1);
});

Deno.test("a problem in another unit is the same problem: training in EUR and in hundreds of EUR", async () => {
  const definition = { participants: 1, goods: 2, distribution: "U" as const, productionCost: 0.2 };
  const options = { iterations: 8, profiles: 16 };
  const own = await train(defineProblem(definition), options);
  const inUnit = await train(
    defineProblem({ ...definition, scale: 64, productionCost: 0.2 * 64, unit: "EUR" }),
    options,
  );
  // Types times 64, a power of two, are divided by it again without rounding.
  assertEquals(inUnit.mechanism.parameters, own.mechanism.parameters);
  assertEquals(inUnit.mechanism.units, { largest: 64, network: 64, name: "EUR" });
  assertAlmostEquals(inUnit.metrics!.softRevenue, 64 * own.metrics!.softRevenue, 1e-6);
});

Deno.test("a principal's utility of one's own is asked in the unit, with its own types", async () => {
  const euros = defineProblem({
    ...{ participants: 1, goods: 2, distribution: "U" as const, scale: 50, exchangeable: true },
    principalUtility: (tf, outcomes, payments, types) =>
      tf.add(tf.sum(payments, 1), tf.mul(0.5, tf.sum(tf.mul(outcomes, types), [1, 2]))),
  });
  const inside = dividedProblem(euros, 50), { tf } = await import("../../src/deps/tfjs.ts");
  await evaluate("U-1-2", randomMechanism(1, 2, 1), { profiles: 2 }); // opens a device
  const value = (problem: typeof euros, by: number) =>
    problem.principalUtility.evaluate(
      tf,
      tf.tensor3d([[[1, 0.5]]]),
      tf.tensor2d([[10 / by]]),
      tf.tensor3d([[[20 / by, 40 / by]]]),
    ).dataSync()[0];
  assertEquals([value(euros, 1), inside.scale], [30, 1]);
  assertAlmostEquals(value(inside, 50), 30 / 50, 1e-6);
  assert(inside.distribution.sample(randomKey(0), 10, "training").every((type) => type <= 1));
});

Deno.test("a definition's scale, unit and names are checked, and a misspelt field is refused", () => {
  const bad = (more: Record<string, unknown>, message: string) =>
    assertThrows(
      () => defineProblem({ participants: 1, goods: 2, distribution: "U", ...more }),
      InvalidInputError,
      message,
    );
  bad({ scale: 0 }, "scale must be above 0, got 0");
  bad({ unit: 3 }, "unit must be a string, got 3");
  bad({ goodNames: ["one"] }, "goodNames must be 2 texts, one for each good");
  bad({ exchangable: true }, 'got "exchangable"; did you mean exchangeable?');
  bad({ productioncost: 1 }, "did you mean productionCost?");
  const problem = defineProblem({
    participants: 1,
    goods: 1,
    scale: 2,
    sampleTypes: (_, count) => Array(count).fill(3),
  });
  assertThrows(
    () => problem.distribution.sample(randomKey(0), 1, "training"),
    InvalidInputError,
    "must be a number in [0, 2], got 3; scale is the largest value that a type may have",
  );
});

const definition = { participants: 1, goods: 2, distribution: "U" as const };
for (
  const [name, trainer] of Object.entries({ trainMenuNet, trainGemNet, trainLotteryAma, trainRegretNet, trainDiscrete })
) {
  Deno.test(`${name} learns in any unit, and its file keeps that`, async () => {
    const euros = defineProblem({ ...definition, scale: 64, unit: "EUR" }), few = { iterations: 2, profiles: 8 };
    const own = await trainer(defineProblem(definition), few), inEuros = await trainer(euros, few);
    assertEquals(inEuros.mechanism.parameters, own.mechanism.parameters);
    assertAlmostEquals(inEuros.metrics!.softRevenue, 64 * own.metrics!.softRevenue, 1e-4);
    const types = [[[32, 64]]], { payments, outcomes } = await inEuros.mechanism.run(types);
    const expected = await own.mechanism.run([[[0.5, 1]]]);
    assertEquals([outcomes, payments], [expected.outcomes, expected.payments.map((payment) => 64 * payment)]);
    const again = await decodeMechanism(await encodeMechanism(inEuros.mechanism), "file", euros);
    assertEquals([again.units, (await again.run(types)).payments], [
      { largest: 64, network: 64, name: "EUR" },
      payments,
    ]);
    await assertRejects(() => again.run([[[65, 0]]]), InvalidInputError, "must be a number in [0, 64], got 65");
  });
}
