import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { bernoulliTypes } from "../../src/problems/distributions/bernoulli.ts";
import { correlatedTypes } from "../../src/problems/distributions/correlated.ts";
import { distributionFamily, distributionLetters } from "../../src/problems/distributions/table.ts";
import { uniformTypes } from "../../src/problems/distributions/uniform.ts";
import { randomKey } from "../../src/random/key.ts";

const factories = { U: uniformTypes, B: bernoulliTypes, C: correlatedTypes };
const N = 3, M = 2, B = 50_000;

// Per type: variance, and covariances with the same good of another participant and with other goods.
const moments = {
  U: { variance: 1 / 12, sameGood: 0, otherGood: 0 },
  B: { variance: 1 / 4, sameGood: 0, otherGood: 0 },
  C: { variance: 1 / 24, sameGood: 1 / 48, otherGood: 0 },
};

/** Fails where the mean of `values` is more than 5 of its standard errors from `expected`. */
function assertMean(values: number[], expected: number, what: string): void {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  const error = Math.sqrt(variance / values.length);
  assert(Math.abs(mean - expected) <= 5 * error + 1e-12, `${what}: ${mean} +- ${error}, expected ${expected}`);
}

for (const letter of ["U", "B", "C"] as const) {
  // 27 means at 5 standard errors: a correct sampler with another key would fail with probability 2e-5.
  Deno.test(`${letter}: means, variances and covariances`, () => {
    const types = factories[letter](N, M).sample(randomKey(5), B, "training");
    assertEquals(types.length, B * N * M);
    const column = (c: number) => Array.from({ length: B }, (_, b) => types[b * N * M + c] - 0.5);
    const columns = Array.from({ length: N * M }, (_, c) => column(c));
    for (let a = 0; a < N * M; a++) {
      assertMean(columns[a], 0, `mean of type ${a}`);
      for (let b = 0; b <= a; b++) {
        const { variance, sameGood, otherGood } = moments[letter];
        const expected = a === b ? variance : a % M === b % M ? sameGood : otherGood;
        assertMean(columns[a].map((value, j) => value * columns[b][j]), expected, `covariance of types ${b} and ${a}`);
      }
    }
  });

  // The profiles of one key could hide numbers that are used twice; the first profile of many keys does not.
  Deno.test(`${letter}: moments over keys (false alarms: 2e-6)`, () => {
    const distribution = factories[letter](2, 1);
    const first = Array.from({ length: 20_000 }, (_, seed) => distribution.sample(randomKey(seed), 1, "training"));
    const { variance, sameGood } = moments[letter];
    assertMean(first.map((types) => (types[0] - 0.5) ** 2), variance, "variance of type 0");
    assertMean(first.map((types) => (types[1] - 0.5) ** 2), variance, "variance of type 1");
    assertMean(first.map((types) => (types[0] - 0.5) * (types[1] - 0.5)), sameGood, "covariance");
  });

  Deno.test(`${letter}: same key, same profiles; more profiles leave the first ones as they are`, () => {
    const distribution = factories[letter](N, M);
    const few = distribution.sample(randomKey(6), 10, "training");
    assertEquals(distribution.sample(randomKey(6), 10, "training"), few);
    assertEquals(distribution.sample(randomKey(6), 1000, "training").slice(0, few.length), few);
    assert(distribution.sample(randomKey(7), 10, "training").some((value, j) => value !== few[j]));
    assertEquals(distribution.name, letter);
    assertEquals(distribution.exchangeable, true);
    assertEquals(distribution.sample(randomKey(6), 0, "training").length, 0);
  });

  Deno.test(`${letter}: sizes are checked`, () => {
    assertThrows(() => factories[letter](0, 2), InvalidInputError, "participants must be a positive integer, got 0");
    assertThrows(() => factories[letter](2, 1.5), InvalidInputError, "goods must be a positive integer, got 1.5");
    assertThrows(
      () => factories[letter](1, 1).sample(randomKey(0), -1, "training"),
      InvalidInputError,
      "profiles must be a non-negative integer, got -1",
    );
  });
}

Deno.test("support: U in [0, 1), B in {0, 1}, C in [0, 1] with participants within 0.5 of each other", () => {
  const of = (letter: "U" | "B" | "C") => factories[letter](2, 1).sample(randomKey(8), 20_000, "held-out");
  assert(of("U").every((t) => t >= 0 && t < 1));
  assert(of("B").every((t) => t === 0 || t === 1));
  const correlated = of("C");
  assert(correlated.every((t) => t >= 0 && t <= 1));
  let widest = 0;
  for (let b = 0; b < correlated.length; b += 2) {
    widest = Math.max(widest, Math.abs(correlated[b] - correlated[b + 1]));
  }
  assert(widest <= 0.5 && widest > 0.49, `widest gap ${widest}`);
  // P(t < 0.5 d) is small but not 0: the ends of [0, 1] are reached.
  assert(Math.min(...correlated) < 0.01 && Math.max(...correlated) > 0.99);
});

Deno.test("letters of the table are single capitals, those that their families have", () => {
  for (const letter of distributionLetters) {
    assert(/^[A-Z]$/.test(letter), letter);
    assertEquals(distributionFamily("test", letter).letter, letter);
  }
});

for (const letter of distributionLetters) {
  const family = distributionFamily("test", letter), { marginal } = family;
  if (!marginal) continue;
  Deno.test(`${letter}: the marginal is that of what is drawn (false alarms: 1e-4)`, () => {
    const N = 100_000, types = family.sample(randomKey(9), N, 1, 1);
    for (let k = 0; k <= 20; k++) {
      const expected = marginal.tail(k / 20), share = types.filter((type) => type >= k / 20).length / N;
      assertAlmostEquals(share, expected, 4.5 * Math.sqrt(expected * (1 - expected) / N) + 1e-12, `at ${k / 20}`);
    }
    if (marginal.support) assert(types.every((type) => marginal.support!.includes(type)));
  });

  Deno.test(`${letter}: virtual values rise, and their types are the best prices`, () => {
    const grid = Array.from({ length: 1001 }, (_, k) => k / 1000);
    const virtual = grid.map((type) => marginal.virtualValue(type));
    for (let k = 1; k <= 1000; k++) assert(virtual[k] >= virtual[k - 1], `at ${grid[k]}`);
    for (const cost of [0, 0.1, 0.37, 0.5, 0.99]) {
      const price = marginal.typeOfVirtualValue(cost), profit = (price - cost) * marginal.tail(price);
      assert(marginal.virtualValue(price + 1e-12) >= cost && !(marginal.virtualValue(price - 1e-9) > cost));
      for (const other of grid) assert((other - cost) * marginal.tail(other) <= profit + 1e-15, `price ${other}`);
      // Costs may be as large as every value.
      if (cost < 0.5) assert(profit > 0);
    }
  });
}
