/** The best menus for finitely many types: against formulas, against other menus, and whatever the multipliers are. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { optimalMenu } from "../../src/mechanisms/optimal_menu.ts";
import { lagrangianBound } from "../../src/mechanisms/optimal_menu/dual_bound.ts";
import { menuRevenue } from "../../src/mechanisms/optimal_menu/menu_revenue.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { gridTypes } from "../../tasks/bounds.ts";

/** R random types of m goods. */
function randomTypes(R: number, m: number, seed: number): number[][] {
  const draws = uniforms(randomKey(seed), R * m);
  return Array.from({ length: R }, (_, r) => Array.from(draws.subarray(r * m, (r + 1) * m)));
}

Deno.test("for one good it is the best price, with costs and weights", async () => {
  const values = randomTypes(30, 1, 1), weights = uniforms(randomKey(2), 30);
  const total = weights.reduce((a, b) => a + b, 0);
  for (const cost of [0, 0.3]) {
    const profits = values.map(([price]) =>
      (price - cost) * values.reduce((sum, [value], r) => sum + (value >= price ? weights[r] : 0), 0) / total
    );
    const { bound, revenue } = await optimalMenu(values, { weights, duplicationCost: cost });
    assertAlmostEquals(bound, Math.max(...profits), 1e-9);
    assertAlmostEquals(revenue, bound, 1e-9);
  }
});

Deno.test("a bundle takes all where everybody has the same total; equal types count together", async () => {
  const { bound, revenue, outcomes, prices } = await optimalMenu([[1, 2], [2, 1], [1, 2]]);
  assertAlmostEquals(bound, 3, 1e-9);
  assertAlmostEquals(revenue, 3, 1e-9);
  assertEquals(prices.length, 1);
  [1, 1].forEach((x, j) => assertAlmostEquals(outcomes[j], x, 1e-9));
});

Deno.test("where lotteries are needed, they earn more than the best menu without", async () => {
  // Types (1, 0), (0, 2) and (3, 3), one third each (Hart and Reny, "Maximal revenue with multiple goods", 2015): with
  // prices of 1, 2 and 3 for good 1, good 2 and both, 5 or 6 is earned in all; with a half of good 2 it is more.
  const types = [[1, 0], [0, 2], [3, 3]], { bound, revenue } = await optimalMenu(types);
  let deterministic = 0;
  const candidates = Array.from({ length: 13 }, (_, k) => k / 2);
  for (const first of candidates) {
    for (const second of candidates) {
      for (const both of candidates) {
        const earned = menuRevenue(
          { types: Float64Array.from(types.flat()), weights: new Float64Array(3).fill(1 / 3) },
          ...[2, 0, {
            outcomes: Float64Array.of(1, 0, 0, 1, 1, 1),
            prices: Float64Array.of(first, second, both),
          }] as const,
        );
        deterministic = Math.max(deterministic, earned);
      }
    }
  }
  assertAlmostEquals(revenue, bound, 1e-8);
  assert(bound > deterministic + 0.05, `${bound} and ${deterministic}`);
});

Deno.test("the optimum of a discretised U_{1,2} falls towards 0.549201 as the grid becomes finer", async () => {
  const optima = [];
  for (const G of [3, 6, 12]) {
    const { bound, revenue } = await optimalMenu(gridTypes(G));
    assertAlmostEquals(bound, revenue, 1e-8);
    optima.push(bound);
  }
  // What rounding types to midpoints changes is of the order of 1 / G, so that the differences halve.
  const [first, second, third] = optima.map((value) => value - (12 + 2 * Math.SQRT2) / 27);
  assert(first > second && second > third && third > 0, `${optima}`);
  assertAlmostEquals(second / first, 0.5, 0.15);
  assertAlmostEquals(third / second, 0.5, 0.15);
});

Deno.test("no menu earns more than the bound, and any multipliers give one", async () => {
  const R = 25,
    m = 3,
    list = randomTypes(R, m, 3),
    { bound, revenue } = await optimalMenu(list, { productionCost: 0.2 });
  assertAlmostEquals(bound, revenue, 1e-8);
  const all = { types: Float64Array.from(list.flat()), weights: new Float64Array(R).fill(1 / R) };
  for (let seed = 0; seed < 50; seed++) {
    const key = deriveKey(randomKey(4), seed), draws = uniforms(deriveKey(key, 0), 8 * (m + 1));
    const outcomes = Float64Array.from(draws.subarray(0, 8 * m), (x) => x < 0.3 ? 0 : x > 0.6 ? 1 : x);
    const prices = Float64Array.from(draws.subarray(8 * m), (p) => 2 * p);
    assert(menuRevenue(all, m, 0.2, { outcomes, prices }) <= bound);
    const envies = Array.from(uniforms(deriveKey(key, 1), 60), (u, k) => ({ of: k % R, by: Math.floor(u * R) }))
      .filter(({ of, by }) => of !== by);
    const multipliers = Float64Array.from(uniforms(deriveKey(key, 2), envies.length), (y) => (y - 0.2) / 10);
    assert(lagrangianBound(all, m, 0.2, envies, multipliers) >= bound - 1e-9);
  }
});

Deno.test("types, weights and costs that make no sense are refused by name", async () => {
  for (
    const [types, options, words] of [
      [[], {}, "types must be a list of one type or more, got []"],
      [[[1, 2], [1]], {}, "types[1] must be a list of numbers, as many as types[0] has"],
      [[[1, -2]], {}, "types[0][1] must be a number in [0, 1000000], got -2"],
      [[[NaN]], {}, "types[0][0] must be"],
      [[[1]], { weights: [1, 2] }, "weights must be as many as types, 1, got 2"],
      [[[1], [2]], { weights: [1, -1] }, "weights[1] must be"],
      [[[1]], { weights: [0] }, "weights must not all be 0"],
      [[[1]], { productionCost: -1 }, "productionCost must be"],
      [randomTypes(501, 1, 5), {}, "there must be at most 500 different types, got 501"],
    ] as const
  ) {
    await assertRejects(() => optimalMenu(types as unknown as number[][], options), InvalidInputError, words);
  }
});
