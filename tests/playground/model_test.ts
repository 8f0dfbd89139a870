/** What the playground shows is what the mechanism does. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { contours } from "../../src/playground/contours.ts";
import {
  choiceOf,
  costOf,
  costsOfMechanism,
  curveOf,
  priceListOf,
  settingOfMechanism,
  surfaceOf,
  sweepReports,
} from "../../src/playground/model.ts";
import { parseSetting } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { randomMechanism } from "../mechanisms/random_mechanism.ts";

const SHAPES = [[1, 1], [1, 3], [3, 2], [2, 5]] as const;

Deno.test("a choice has the prices of the mechanism, and reports lead to what the mechanism gives for them", async () => {
  for (const [n, m] of SHAPES) {
    const mechanism = randomMechanism(n, m, 7 + n), types = uniforms(randomKey(m), n * m);
    for (let i = 0; i < n; i++) {
      const choice = choiceOf(mechanism, types, i), reported = uniforms(randomKey(100 + i), 4 * m);
      const results = choice.report(reported);
      for (let k = 0; k < 4; k++) {
        const report = reported.subarray(k * m, (k + 1) * m), profile = types.slice();
        profile.set(report, i * m);
        const { outcomes, payments } = await mechanism.run(profile), outcome = outcomes.slice(i * m, (i + 1) * m);
        assertAlmostEquals(results.payments[k], payments[i], 1e-9);
        outcome.forEach((x, j) => assertAlmostEquals(results.outcomes[k * m + j], x, 1e-9));
        assertAlmostEquals(choice.price(outcome), payments[i], 1e-9);
        const value = outcome.reduce((sum, x, j) => sum + x * types[i * m + j], 0);
        assertAlmostEquals(results.utilities[k], value - payments[i], 1e-9);
      }
    }
  }
});

Deno.test("in a sweep of reports the truth is one of them, and none is better", async () => {
  for (const [n, m] of SHAPES) {
    const mechanism = randomMechanism(n, m, 3 + m), types = uniforms(randomKey(n), n * m), own = types.slice(0, m);
    const { utilities, gaps } = await mechanism.run(types), choice = choiceOf(mechanism, types, 0);
    const sweep = sweepReports(choice, own, m - 1);
    assertEquals([sweep.reports[0], sweep.reports[sweep.truth], sweep.reports.at(-1)], [0, own[m - 1], 1]);
    assertAlmostEquals(sweep.utilities[sweep.truth], utilities[0], 1e-9);
    assert(Math.max(...sweep.utilities) <= sweep.utilities[sweep.truth] + gaps[0] + 1e-9);
    assertEquals(sweep.others === undefined, m === 1);
    // Who values a good more gets no less of it.
    sweep.received.forEach((x, k) => assert(k === 0 || x >= sweep.received[k - 1] - 1e-6));
  }
});

Deno.test("surfaces and curves: no point of them is better than the choice", async () => {
  const mechanism = randomMechanism(3, 3, 4), types = uniforms(randomKey(5), 9), own = types.slice(0, 3);
  const { outcomes, utilities } = await mechanism.run(types), chosen = outcomes.slice(0, 3);
  const choice = choiceOf(mechanism, types, 0), surface = surfaceOf(choice, own, chosen, [0, 2], 5);
  assert(Math.max(...surface.utilities) <= utilities[0] + 1e-7);
  assertAlmostEquals(surface.prices[1 * 5 + 3], choice.price(Float64Array.of(0.75, chosen[1], 0.25)), 1e-12);
  const single = randomMechanism(1, 1, 2), only = await single.run([[[0.75]]]);
  const curve = curveOf(choiceOf(single, Float32Array.of(0.75), 0), 0.75, 11);
  assert(Math.max(...curve.utilities) <= only.utilities[0] + 1e-7);
  assertEquals([curve.prices[0], curve.outcomes[10]], [0, 1]);
});

Deno.test("costs are those of reproducible goods, and known where a problem's name tells them", () => {
  const outcomes = Float64Array.of(0.5, 0, 1, 0.25);
  assertAlmostEquals(costOf(parseSetting("U_{2,2}^{1,0.5}"), outcomes, 2), 1 * (1 + 0.25) + 0.5 * 1.75);
  const mechanism = randomMechanism(2, 2, 1),
    named = (problem: string) => settingOfMechanism({ ...mechanism, problem });
  assertEquals(settingOfMechanism(mechanism), undefined);
  assertEquals(named("U_{3,2}^{0,0}"), undefined, "a setting of another size");
  assertEquals(named("C_{2,2}^{1,0.5}")?.productionCost, 1);
  const told = (problem: string) => costsOfMechanism({ ...mechanism, problem });
  assertEquals(told("C_{2,2}^{1,0.5}")?.duplicationCost, 0.5);
  const table = told("empirical (my, own.csv, n=2, m=2, cp=0.25, cd=1e-7)");
  assertEquals([table?.productionCost, table?.duplicationCost], [0.25, 1e-7]);
  assertEquals(told("taste and budget"), undefined);
});

Deno.test("contours of a plane are a straight line", () => {
  const size = 5, plane = Float64Array.from({ length: 25 }, (_, k) => k % size / 4 + Math.floor(k / size) / 2);
  const found = contours(plane, size, 0.6);
  for (const [x1, y1, x2, y2] of found) {
    assertAlmostEquals(x1 + 2 * y1, 0.6, 1e-12);
    assertAlmostEquals(x2 + 2 * y2, 0.6, 1e-12);
  }
  const length = found.reduce((sum, [x1, y1, x2, y2]) => sum + Math.hypot(x2 - x1, y2 - y1), 0);
  assertAlmostEquals(length, Math.hypot(0.6, 0.3), 1e-12);
  assertEquals(contours(plane, size, 4), []);
});

Deno.test("a price list has what is taken at its prices, and shares where the distribution is known", () => {
  const mechanism = { ...randomMechanism(2, 2, 5), problem: "U_{2,2}^{0,0}" }, types = uniforms(randomKey(3), 4);
  const choice = choiceOf(mechanism, types, 1), list = priceListOf(mechanism, choice, 1);
  assert(list.length > 0);
  for (const { outcome, price } of list) assertAlmostEquals(choice.price(Float64Array.from(outcome)), price, 0.05);
  list.slice(1).forEach(({ price }, e) => assert(price >= list[e].price));
  const sum = list.reduce((all, { share }) => all + share!, 0);
  assert(sum > 0 && sum <= 1 + 1e-12, `${sum}`);
  const unknown = { ...mechanism, problem: "mine" };
  assert(priceListOf(unknown, choiceOf(unknown, types, 1), 1).every(({ share }) => share === undefined));
});
