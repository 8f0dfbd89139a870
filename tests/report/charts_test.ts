/** Axes of charts. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { amountBars } from "../../src/report/histogram.ts";
import { logTicks, places } from "../../src/report/training_charts.ts";

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
