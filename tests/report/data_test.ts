/** What is read of a run, and what is looked at in a mechanism. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { parseMetrics, viewMechanism } from "../../src/report/data.ts";
import { randomMechanism } from "../mechanisms/random_mechanism.ts";

Deno.test("metrics: what is recorded is read, null is nothing, and a line that is being written does not count", () => {
  const text = [
    `{"iteration":1,"softRevenue":0.5,"beta":20,"seconds":0.1,"profilesPerSecond":5000,"other":"x"}`,
    `{"iteration":2,"softRevenue":null}`,
    `{"iteration":3,"softRev`,
  ].join("\n");
  const { metrics, seconds } = parseMetrics(text, "m", 250);
  assertEquals(metrics.map(({ iteration, softRevenue }) => [iteration, softRevenue]), [[1, 0.5], [2, undefined]]);
  assertEquals([metrics[0].milliseconds, metrics[0].beta, metrics[1].milliseconds, seconds], [50, 20, undefined, 0.1]);
  assertEquals(parseMetrics("", "m", 1), { metrics: [], seconds: undefined });
});

Deno.test("a malformed line of metrics is refused by its number", () => {
  const cases: [line: string, message: string][] = [
    ["nonsense", `m, line 2: it must be a JSON object, got "nonsense"`],
    ["[]", "m, line 2: it must be a JSON object"],
    ["", "m, line 2: it must be a JSON object"],
    ["{}", "m, line 2: iteration must be a non-negative integer, got undefined"],
    [`{"iteration":-1}`, "m, line 2: iteration must be a non-negative integer, got -1"],
    [`{"iteration":2,"beta":"<b>"}`, "m, line 2: beta must be a finite number or null"],
    [`{"iteration":2,"softRevenue":1e999}`, "m, line 2: softRevenue must be a finite number or null"],
  ];
  for (const [line, message] of cases) {
    assertThrows(() => parseMetrics(`{"iteration":1}\n${line}\n`, "m", 1), InvalidInputError, message);
  }
});

Deno.test("slices of a mechanism are what it does, for one, two and many goods", async () => {
  for (const [setting, n, m] of [["U-1-1", 1, 1], ["U-2-2", 2, 2], ["U-3-5", 3, 5]] as const) {
    const mechanism = randomMechanism(n, m, 2);
    const view = await viewMechanism(settingProblem(setting), mechanism, { seed: 1, profiles: 60 });
    assertEquals(view.contexts.map(({ others }) => others), n > 1 ? [0.2, 0.5, 0.8] : [undefined]);
    assertEquals([view.profiles, view.payments.length, view.sold.length], [60, 60 * n, m]);
    assertEquals(view.outcomes.length > 0, m >= 3);

    const { others = 0.5, firstGood, secondGood, payments, prices } = view.contexts.at(-1)!;
    const { size } = firstGood, row = m > 1 ? 10 : 0, k = row * size + 25;
    const x = 25 / (size - 1), y = row / (size - 1);
    const own = [x, y, ...new Array<number>(m).fill(0.5)].slice(0, m);
    if (m > 2) own.fill(0.5, 2);
    const profile = [own, ...Array.from({ length: n - 1 }, () => new Array<number>(m).fill(others))];
    const result = await mechanism.run([profile]);
    assertAlmostEquals(firstGood.values[k], result.outcomes[0], 1e-6);
    if (m > 1) assertAlmostEquals(secondGood!.values[k], result.outcomes[1], 1e-6);
    assertAlmostEquals(payments.values[k], result.payments[0], 1e-6);
    const outcome = new Float64Array(n * m);
    [x, y].slice(0, m).forEach((value, j) => outcome[j] = value);
    assertAlmostEquals(prices.values[k], (await mechanism.prices([profile], outcome))[0], 1e-9);
    assertEquals(prices.values[0], 0);
    assert(view.received.every((share, j) => share >= 0 && share <= 1 && view.sold[j] <= 1 + 1e-9));
    const shares = view.outcomes.reduce((sum, { share }) => sum + share, 0);
    if (m >= 3) assertAlmostEquals(shares, 1, 1e-9);
  }
});
