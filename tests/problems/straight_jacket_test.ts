import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { bundleShares, bundleVolume } from "../../src/problems/bundle_volumes.ts";
import { bundleRevenue, straightJacketOptimum, straightJacketPrices } from "../../src/problems/straight_jacket.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";

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

Deno.test("no price of the straight-jacket auction can be changed to earn more", () => {
  for (const m of [2, 3, 4, 6, 8, 10, 20]) {
    const prices = straightJacketPrices(m), revenue = bundleRevenue(prices);
    // Sizes from `last` on cost the same: they are one price.
    const last = prices.findIndex((price) => price === prices[m]);
    for (let k = 1; k <= last; k++) {
      for (const change of [-1e-4, 1e-4]) {
        const changed = prices.map((price, size) => size === k || (k === last && size > k) ? price + change : price);
        // Shares are exact only while increments do not rise.
        if (changed.some((_, s) => s > 1 && changed[s] - changed[s - 1] > changed[s - 1] - changed[s - 2])) continue;
        if (changed.some((_, s) => s > 0 && changed[s] < changed[s - 1])) continue;
        assert(bundleRevenue(changed) < revenue, `${m} goods, price ${k}`);
      }
    }
  }
});

/** What a buyer who values the goods at `types`, in falling order, gains from a menu. */
function utility(types: readonly number[], prices: ArrayLike<number>): number {
  let value = 0, best = 0;
  types.forEach((type, k) => {
    value += type;
    best = Math.max(best, value - prices[k + 1]);
  });
  return best;
}

/** The mean of a function over [0, 1]^d, for functions of sorted coordinates: midpoints of N^d cells. */
function mean(d: number, N: number, value: (falling: number[]) => number): number {
  let sum = 0;
  // Sorted cells only, each as often as it can be shuffled.
  const visit = (chosen: number[], from: number, shuffles: number, same: number) => {
    if (chosen.length === d) return void (sum += shuffles * value(chosen.map((cell) => (cell + 0.5) / N)));
    for (let cell = from; cell >= 0; cell--) {
      const times = cell === from && chosen.length > 0 ? same + 1 : 1;
      visit([...chosen, cell], cell, shuffles * (chosen.length + 1) / times, times);
    }
  };
  visit([], N - 1, 1, 0);
  return sum / N ** d;
}

Deno.test("what the straight-jacket auction earns, by numerical integration of the buyer's utility", () => {
  // With payments grad u(t) t - u(t), the revenue is m E[u given t_1 = 1] - (m + 1) E[u], by integration in parts.
  const revenue = (m: number, N: number) => {
    const prices = straightJacketPrices(m);
    const faced = mean(m - 1, N, (types) => utility([1, ...types], prices));
    return m * faced - (m + 1) * mean(m, N, (types) => utility(types, prices));
  };
  assertAlmostEquals(mean(3, 10, () => 1), 1, 1e-12);
  // Errors of midpoints fall nearly with 1 / N^2, which twice as many of them show and take away.
  const cases = [[1, 1000, 1e-7], [2, 1000, 1e-6], [3, 160, 2e-6], [4, 60, 3e-5], [5, 40, 2e-4]] as const;
  for (const [m, N, tolerance] of cases) {
    const integral = (4 * revenue(m, N) - revenue(m, N / 2)) / 3;
    assertAlmostEquals(straightJacketOptimum(m)!.value, integral, tolerance, `${m} goods`);
  }
});

Deno.test("the straight-jacket auction's values: proved up to six goods, conjectured up to 50", () => {
  const known: Readonly<Record<number, number>> = {
    1: 1 / 4,
    2: (12 + 2 * Math.SQRT2) / 27,
    3: 0.8754648,
    4: 1.2195223,
    5: 1.5764357,
    6: 1.9432452,
    10: 3.4777928,
  };
  for (const [m, value] of Object.entries(known)) {
    const optimum = straightJacketOptimum(Number(m))!;
    assertAlmostEquals(optimum.value, value, Number(m) <= 2 ? 1e-14 : 5e-8, `${m} goods`);
    assertEquals(
      [optimum.proved, optimum.name.includes("conjectured")],
      Number(m) <= 6 ? [true, false] : [false, true],
    );
  }
  // The buyer's whole value is m / 2, of which more goods leave a smaller part.
  const share = (m: number) => straightJacketOptimum(m)!.value / (m / 2);
  for (let m = 2; m <= 50; m++) assert(share(m) > share(m - 1) && share(m) < 1, `${m} goods`);
  assert(bundleShares(straightJacketPrices(50)).every((chance) => chance >= 0));
  assertEquals(straightJacketOptimum(51), undefined);
  assertThrows(() => straightJacketPrices(51), InvalidInputError, "goods must be at most 50, got 51");
  assertEquals(straightJacketOptimum(30), straightJacketOptimum(30));
});
