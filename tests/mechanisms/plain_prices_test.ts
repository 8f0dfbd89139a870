/** Prices in plain numbers are those of the mechanism. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import type { MenuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { bundlePrices, type PlainPrices, plainPrices } from "../../src/mechanisms/plain_prices.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { randomOf } from "./random_mechanism.ts";

/** What the description says, with nothing of the package. */
function plainPrice({ inputs, layers, last }: PlainPrices, outcome: readonly number[]): number {
  const x = inputs === "outcome" ? outcome : [...outcome].sort((a, b) => b - a).map((_, k, sorted) => (
    inputs.sumsOfLargest.scale * sorted.slice(0, k + 1).reduce((sum, one) => sum + one, 0)
  ));
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, one, k) => sum + one * b[k], 0);
  let values: number[] = [];
  for (const { offsets, slopes, weights } of layers) {
    const before = values;
    values = offsets[0].map((_, g) => (
      Math.max(...offsets.map((offset, e) => (
        offset[g] + dot(x, slopes[e].map((row) => row[g])) +
        (weights ? dot(before, weights[e].map((row) => row[g])) : 0)
      )))
    ));
  }
  return dot(values, last.weights) + dot(x, last.slopes);
}

Deno.test("plain prices are the mechanism's: one participant or several, every context, symmetric networks, units", async () => {
  const cases: [string, MenuMechanism][] = [
    ["one participant", randomOf(1, 3, {})],
    ["one layer", randomOf(1, 2, { layers: 1 })],
    ["symmetric", randomOf(1, 4, { kind: "symmetric" })],
    ["PICNN", randomOf(1, 3, { kind: "picnn" })],
    ["dense context", randomOf(3, 2, {}, false)],
    ["set context", randomOf(3, 3, { context: "set" })],
    ["no context", randomOf(2, 2, { context: "none" })],
  ];
  for (const [name, mechanism] of cases) {
    const { participants: n, goods: m } = mechanism, N = 5;
    const types = uniforms(randomKey(1), n * m).map((u) => 80 * u), x = uniforms(randomKey(2), n * N * m);
    const expected = await mechanism.prices(types, Float64Array.from(x));
    for (let i = 0; i < n; i++) {
      const plain = plainPrices(mechanism, types, i);
      assertEquals(JSON.parse(JSON.stringify(plain)), plain);
      assertAlmostEquals(plainPrice(plain, new Array(m).fill(0)), 0, 1e-11, name);
      for (let k = 0; k < N; k++) {
        const at = i * N + k, outcome = [...x.subarray(at * m, (at + 1) * m)];
        assert(Math.abs(expected[at]) > 1e-3);
        assertAlmostEquals(plainPrice(plain, outcome), expected[at], 1e-10 * Math.abs(expected[at]) + 1e-10, name);
      }
    }
  }
});

Deno.test("prices of bundles: every set of goods once, nothing for nothing; what cannot be told is refused", async () => {
  const mechanism = randomOf(3, 3, { context: "set" }), types = uniforms(randomKey(4), 9).map((u) => 80 * u);
  const bundles = await bundlePrices(mechanism, types, 1);
  assertEquals(bundles.length, 8);
  assertEquals([bundles[0], bundles[3].outcome, bundles[6].outcome], [{ outcome: [0, 0, 0], price: 0 }, [1, 1, 0], [
    0,
    1,
    1,
  ]]);
  const outcomes = new Float64Array(9).fill(0);
  outcomes.set(bundles[6].outcome, 3);
  assertEquals(bundles[6].price, (await mechanism.prices(types, outcomes))[1]);
  const many = randomOf(1, 17, {});
  await assertRejects(() => bundlePrices(many, new Float32Array(17), 0), InvalidInputError, "at most 16 goods, got 17");
  assertThrows(
    () => plainPrices(randomOf(1, 2, { kind: "mlp" }), new Float32Array(2), 0),
    InvalidInputError,
    "--network mlp",
  );
});
