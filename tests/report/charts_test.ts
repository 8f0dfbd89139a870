/** Axes of charts. */
import { assert, assertEquals } from "@std/assert";
import { logTicks } from "../../src/report/charts.ts";

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
