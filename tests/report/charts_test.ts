/** Axes of charts. */
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { settingProblem } from "../../src/problems/settings.ts";
import { amountBars } from "../../src/report/histogram.ts";
import { priceListChart, shownEntries } from "../../src/report/price_list_chart.ts";
import { logTicks, places, trainingCharts } from "../../src/report/training_charts.ts";
import { madeUpRun } from "./runs.ts";

Deno.test("logarithmic axes name round numbers, some and not too many, wherever they begin and end", () => {
  assertEquals(logTicks(18, 165), [20, 50, 100]);
  assertEquals(logTicks(0.21, 0.55), [0.3, 0.4, 0.5]);
  assertEquals(logTicks(0.5e-3, 200), [1e-3, 1e-2, 0.1, 1, 10, 100]);
  assertEquals(logTicks(0.41, 0.48), [0.44]); // no round number is between these
  for (const ratio of [1.21, 1.5, 2, 3, 4, 6, 9, 15, 40, 100, 1e3, 1e6]) {
    for (let low = 0.01; low < 0.1; low *= 1.03) {
      const ticks = logTicks(low, low * ratio), steps = ticks.slice(1).map((tick, k) => Math.log(tick / ticks[k]));
      assert(ticks.length >= (ratio >= 4 ? 2 : 1), `${ticks} from ${low} to ${low * ratio}`);
      assert(steps.every((step) => step / Math.log(ratio) > 0.12), `${ticks} from ${low} to ${low * ratio}`);
      assert(ticks.every((tick) => tick >= low && tick <= low * ratio));
    }
  }
});

Deno.test("all points of a curve are averaged over as many values: neither end has a spike or a bias", () => {
  for (const length of [60, 500, 100_000]) {
    const half = Math.ceil(length / 60), found = places(length, half);
    assertEquals(new Set(found.map(({ reach }) => reach)), new Set([half]));
    assertEquals([found[0].at, found.at(-1)!.at, found.length], [
      half,
      length - 1 - half,
      Math.min(240, length - 2 * half),
    ]);
  }
  // Few values are all there, the first and the last as they are.
  assertEquals(places(3, 1), [{ at: 0, reach: 0 }, { at: 1, reach: 1 }, { at: 2, reach: 0 }]);
  assertEquals([places(1, 1), places(0, 0)], [[{ at: 0, reach: 0 }], []]);
});

Deno.test("the bar at 0 of a histogram says apart what is nothing, and what is little", () => {
  const values = Float64Array.of(0, 0, 0.00003, 0.01, 0.02, 1, 1, 3), { bars, nothing } = amountBars(values, 1e-3);
  assertEquals(nothing, 3 / 8);
  assertEquals(bars[0], { start: 0, end: 0.1, share: 3 / 8, of: "nothing" });
  assertEquals(bars[1], { start: 0, end: 0.1, share: 2 / 8, of: "amount" });
  assertAlmostEquals(bars.reduce((sum, { share }) => sum + share, 0), 1, 1e-12);
  assertAlmostEquals(bars.at(-1)!.end, 3, 1e-12);
  // Amounts below 0 have bars of their own, and rounding has none.
  const below = amountBars(Float64Array.of(-0.5, 0, 1), 1e-3).bars;
  assert(below.some(({ start, end, share }) => start <= -0.5 && end > -0.5 && share > 0.3), JSON.stringify(below));
  assert(below.every(({ start, end }) => start >= -1e-9 || end <= 1e-9), "0 is between two bars");
  assertEquals(amountBars(Float64Array.of(-1e-9, 1), 1e-3).bars.map(({ start }) => start >= 0), [true, true]);
  assertEquals(amountBars(Float64Array.of(0, 0), 1e-3).nothing, 1);
});

Deno.test("the curve of suboptimality has a line where beta waits", async () => {
  const chart = (await trainingCharts([await madeUpRun("U-1-2")])).find(({ name }) =>
    name === "training-relative-chain-suboptimality"
  )!;
  assertStringIncludes(chart.alt, "a dashed line at 1.3, beta waits above this");
});

Deno.test("validation is a curve beside that of training rows, with a ring around what is kept", async () => {
  const measured = (revenues: readonly number[], kept?: number) =>
    revenues.map((validationRevenue, k) => ({
      ...{ iteration: 10 * (k + 1), softRevenue: 0.5, validationRevenue, trainingRevenue: validationRevenue + 0.1 },
      ...kept !== undefined && k > 0 && { keptIteration: kept },
    }));
  const named = "training-validation-revenue";
  const run = await madeUpRun("U-1-2"), one = { ...run, metrics: measured([0.4, 0.3, 0.5, 0.45], 30) };
  const chart = (await trainingCharts([one])).find(({ name }) => name === named)!;
  assertEquals(
    chart.alt,
    "Curve of validation revenue over iterations, from 0.4 to 0.45; that after iteration 30 is kept, 0.5.",
  );
  assertStringIncludes(chart.caption, "The ring is around what is kept");
  for (const words of ["kept", "validation", "training rows"]) assertStringIncludes(chart.svg, `>${words}</text>`);
  const without = (await trainingCharts([{ ...run, metrics: measured([0.4, 0.3]) }])).find(({ name }) =>
    name === named
  )!;
  assertEquals(without.alt, "Curve of validation revenue over iterations, from 0.4 to 0.3.");
  assert(!without.svg.includes(">kept</text>") && without.caption.endsWith("The last is kept."));
  const both = await trainingCharts([one, { ...run, name: "other", metrics: measured([0.2, 0.6], 20) }]);
  assertStringIncludes(both.find(({ name }) => name === named)!.alt, "other: that after iteration 20 is kept, 0.6");
  assertEquals((await trainingCharts([run])).filter(({ name }) => name === named), []);
});

Deno.test("the chart of a price list has its entries in words, cheap ones first, and what most take", async () => {
  const problem = { ...settingProblem("U-1-2"), scale: 400, unit: "EUR", goodNames: ["tea", "jam"] };
  const entries = [[[0, 1], 120, 0.2], [[1, 0.35], 200, 0.1], [[1, 1], 300.4, 0.3]] as [number[], number, number][];
  const rare = Array.from({ length: 12 }, (_, k) => [[0.5 + k / 100, 0], 50 + k, 0.001] as [number[], number, number]);
  const list = {
    entries: [...rare, ...entries].map(([outcome, price, share]) => ({ outcome, price, share })),
    ...{ nothing: 0.388, profit: 130, standardError: 1, mechanismProfit: 131, unitCost: 0, tested: 500, rows: true },
    leftOut: 0,
  };
  const { entries: shown, others } = shownEntries(problem, list);
  assertEquals([shown.length, others.count, shown.at(-1)?.name], [12, 3, "tea + jam"]);
  const { svg, alt, caption } = await priceListChart("list", problem, list);
  assertStringIncludes(
    alt,
    "jam 120.00 (20.0%); tea + 0.35 jam 200.00 (10.0%); tea + jam 300.40 (30.0%); nothing is taken",
  );
  assertStringIncludes(caption, "38.8% take nothing");
  for (const words of ["tea + 0.35 jam", "300.40 (30.0%)", "price in EUR"]) assertStringIncludes(svg, words);
});
