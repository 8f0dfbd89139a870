/** Axes of charts. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { amountBars, lineAt, logTicks } from "../../src/report/charts.ts";

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

Deno.test("curves end where their line does, without a spike or a bias", () => {
  // Noise around a slope: the mean would be low at the end, and the last value alone is off by all of its noise.
  const values = Array.from({ length: 9 }, (_, k) => 2 * k + (k % 2 === 0 ? 1 : -1));
  assert(Math.abs(lineAt(values, 8) - 16) < 0.5, `${lineAt(values, 8)}`);
  assertAlmostEquals(lineAt(values, 4), 8 + 1 / 9, 1e-12);
  assertEquals([lineAt([3], 0), lineAt([1, 1, 1], 2), lineAt([0, 0, 0, 1], 0)], [3, 1, 0]);
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
