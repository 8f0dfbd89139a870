import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { bundleShares, bundleVolume } from "../../src/baselines/bundle_volumes.ts";
import { straightJacket, straightJacketPrices } from "../../src/baselines/straight_jacket.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { knownOptimum } from "../../src/problems/known_values.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { assertTruthful, earned } from "./auctions.ts";

/** Revenue of any menu of prices by size, from one buyer. */
const revenueOf = (prices: Float64Array) => bundleShares(prices).reduce((sum, share, k) => sum + share * prices[k], 0);

Deno.test("bundleVolume: bodies whose volume is known", () => {
  assertAlmostEquals(bundleVolume([0, 0.7]), 0.7, 1e-15);
  assertAlmostEquals(bundleVolume([0, 0.5, 1, 1.5, 2]), 0.5 ** 4, 1e-15); // a cube
  assertAlmostEquals(bundleVolume([0, 0.8, 0.8, 0.8]), 0.8 ** 3 / 6, 1e-15); // a simplex
  assertAlmostEquals(bundleVolume([0, 2 / 3, 0.9]), 4 / 9 - (4 / 3 - 0.9) ** 2 / 2, 1e-15);
  assertEquals(bundleVolume([0]), 1);
});

Deno.test("bundleVolume and bundleShares agree with counting (false alarms: 1e-4)", () => {
  const m = 4, B = 100_000, prices = Float64Array.of(0, 0.7, 1.2, 1.5, 1.6), types = uniforms(randomKey(3), B * m);
  const counts = new Float64Array(m + 1);
  for (let b = 0; b < B; b++) {
    const sorted = types.slice(b * m, (b + 1) * m).sort().reverse();
    let value = 0, best = 0, size = 0;
    sorted.forEach((type, k) => {
      value += type;
      if (value - prices[k + 1] > best) best = value - prices[k + 1], size = k + 1;
    });
    counts[size]++;
  }
  const shares = bundleShares(prices);
  assertAlmostEquals(shares.reduce((x, y) => x + y), 1, 1e-14);
  assertAlmostEquals(shares[0], bundleVolume(prices), 1e-15);
  counts.forEach((count, k) => assertAlmostEquals(count / B, shares[k], 4.5 * Math.sqrt(shares[k] / B), `${k} goods`));
});

Deno.test("straight-jacket prices of one and two goods, and the first two of more", () => {
  assertAlmostEquals(straightJacketPrices(1)[1], 0.5, 1e-15);
  for (const m of [2, 3, 4, 6, 10]) {
    const prices = straightJacketPrices(m);
    assertAlmostEquals(prices[1], m / (m + 1), 1e-14);
    assertAlmostEquals(prices[2], (2 * m - Math.SQRT2) / (m + 1), 1e-14);
    assertAlmostEquals(bundleVolume(prices), 1 / (m + 1), 1e-14);
    assertAlmostEquals(bundleShares(prices).reduce((x, y) => x + y), 1, 1e-14);
  }
});

Deno.test("the straight-jacket auction earns the known optimum", () => {
  for (const m of [1, 2, 4, 6]) {
    const name = `U_{1,${m}}^{0,0}`;
    assertAlmostEquals(straightJacket(settingProblem(name)).revenue, knownOptimum(name)!.value, 2e-5, name);
  }
  assertAlmostEquals(straightJacket(settingProblem("U_{1,2}^{0,0}")).revenue, (12 + 2 * Math.SQRT2) / 27, 1e-14);
  assertAlmostEquals(straightJacket(settingProblem("U_{3,2}^{0,0}")).revenue, (12 + 2 * Math.SQRT2) / 9, 1e-14);
});

Deno.test("no price of the straight-jacket auction can be changed to earn more", () => {
  for (const m of [2, 3, 4, 6, 8, 10, 20]) {
    const prices = straightJacketPrices(m), revenue = revenueOf(prices);
    // Sizes from `last` on cost the same: they are one price.
    const last = prices.findIndex((price) => price === prices[m]);
    for (let k = 1; k <= last; k++) {
      for (const change of [-1e-4, 1e-4]) {
        const changed = prices.map((price, size) => size === k || (k === last && size > k) ? price + change : price);
        // Shares are exact only while increments do not rise.
        if (changed.some((_, s) => s > 1 && changed[s] - changed[s - 1] > changed[s - 1] - changed[s - 2])) continue;
        if (changed.some((_, s) => s > 0 && changed[s] < changed[s - 1])) continue;
        assert(revenueOf(changed) < revenue, `${m} goods, price ${k}`);
      }
    }
  }
});

Deno.test("the straight-jacket auction earns what it says (false alarms: 1e-4)", async () => {
  for (const name of ["U_{1,1}^{0,0}", "U_{1,3}^{0,0}", "U_{1,6}^{0,0}", "U_{2,10}^{0,0}", "U_{1,30}^{0,0}"]) {
    const problem = settingProblem(name), mechanism = straightJacket(problem);
    const { mean, error } = await earned(problem, mechanism, 20_000);
    assertAlmostEquals(mean, mechanism.revenue, 4 * error, name);
  }
});

Deno.test("the straight-jacket auction is truthful and individually rational", async () => {
  for (const name of ["U_{1,2}^{0,0}", "U_{1,6}^{0,0}", "U_{2,10}^{0,0}"]) {
    await assertTruthful(settingProblem(name), straightJacket(settingProblem(name)));
  }
});

Deno.test("the straight-jacket auction refuses other problems", () => {
  for (const name of ["B_{1,2}^{0,0}", "C_{1,2}^{0,0}", "U_{1,2}^{0.5,0}", "U_{1,2}^{0,0.5}"]) {
    assertThrows(
      () => straightJacket(settingProblem(name)),
      InvalidInputError,
      "must have uniform types and no costs, such as U_{1,2}^{0,0}",
    );
  }
  assertThrows(() => straightJacketPrices(51), InvalidInputError, "goods must be at most 50, got 51");
});
