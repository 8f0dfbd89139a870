import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Marginal } from "../../src/problems/distributions/family.ts";
import { bernoulli } from "../../src/problems/distributions/bernoulli.ts";
import { correlated } from "../../src/problems/distributions/correlated.ts";
import { uniform } from "../../src/problems/distributions/uniform.ts";
import { priceProfit, virtualSurplus } from "../../src/problems/virtual_surplus.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";

/** Participants, c^p and c^d. */
type Case = readonly [n: number, cp: number, cd: number];

/** The same without its closed form. */
const plain = (marginal: Marginal): Marginal => ({ ...marginal, virtualSurplus: undefined });

Deno.test("virtualSurplus: numbers and closed forms agree", () => {
  const cases: readonly [...Case, error: number][] = [
    [1, 0, 0, 1e-15],
    [1, 0.3, 0.2, 1e-15],
    [7, 0, 0.4, 1e-14],
    [2, 0.5, 0.1, 1e-10],
    [2, 0.01, 0, 1e-10],
    [3, 1, 0, 1e-10],
    [3, 1, 0.5, 1e-10],
    [5, 1.3, 0.2, 1e-10],
    [10, 2.5, 0, 1e-9],
    [10, 0.5, 0.37, 1e-10],
    [40, 9.7, 0.05, 1e-7],
    [1000, 250, 0, 1e-3],
  ];
  for (const { letter, marginal } of [uniform, bernoulli]) {
    for (const [n, cp, cd, error] of cases) {
      const exact = virtualSurplus(marginal!, n, cp, cd), numeric = virtualSurplus(plain(marginal!), n, cp, cd);
      assertAlmostEquals(numeric, exact, error * Math.max(1, exact), `${letter}, n = ${n}, ${cp}, ${cd}`);
    }
  }
});

Deno.test("virtualSurplus agrees with Monte Carlo for a triangle (false alarms: 3e-6)", () => {
  const marginal = correlated.marginal!, B = 200_000, draws = uniforms(randomKey(4), 2 * B * 5);
  const cases: readonly Case[] = [[2, 0, 0.3], [2, 0.3, 0], [3, 0.8, 0.1], [4, 0.4, 0.4], [5, 1, 0]];
  for (const [n, cp, cd] of cases) {
    let sum = 0, squares = 0;
    for (let b = 0; b < B; b++) {
      let surplus = -cp;
      for (let i = 0; i < n; i++) {
        const type = (draws[2 * (b * 5 + i)] + draws[2 * (b * 5 + i) + 1]) / 2;
        surplus += Math.max(0, marginal.virtualValue(type) - cd);
      }
      const value = Math.max(0, surplus);
      sum += value, squares += value * value;
    }
    const mean = sum / B, error = Math.sqrt((squares / B - mean * mean) / B);
    assertAlmostEquals(virtualSurplus(marginal, n, cp, cd), mean, 5 * error, `${n}, ${cp}, ${cd}`);
  }
});

Deno.test("nothing is worth producing where costs are as large as all values together", () => {
  for (const { marginal } of [uniform, bernoulli, correlated]) {
    for (const one of [marginal!, plain(marginal!)]) {
      for (const [n, cp, cd] of [[3, 3, 0], [3, 0, 1], [1, 0.5, 0.5], [2, 0.1, 7]]) {
        assertEquals(virtualSurplus(one, n, cp, cd), 0);
      }
    }
  }
  assertEquals(priceProfit(uniform.marginal!, 0.5), 0.0625);
});
