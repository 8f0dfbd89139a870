import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { vcg } from "../../src/baselines/vcg.ts";
import { measuredPriceList } from "../../src/mechanisms/measured_price_list.ts";
import { type PriceListEntry, shortList, takenOutcomes, useOfList } from "../../src/mechanisms/price_list.ts";
import { empiricalProblem } from "../../src/problems/empirical.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";

/** The straight-jacket auction of two goods. */
const OPTIMUM: readonly PriceListEntry[] = [
  { outcome: [1, 0], price: 2 / 3 },
  { outcome: [0, 1], price: 2 / 3 },
  { outcome: [1, 1], price: (4 - Math.SQRT2) / 3 },
];
const types = Float32Array.from(uniforms(randomKey(1), 2 * 20_000));

Deno.test("what is taken becomes a list: rounded, merged with what more take, at the least price", () => {
  const outcomes = Float64Array.of(0.995, 0.004, 1, 0, 0, 0, 0.5, 0, 0.51, 0, 0.5, 0, 0.6, 1);
  const { entries, leftOut } = takenOutcomes(outcomes, Float64Array.of(0.5, 0.4, 0, 0.2, 0.3, 0.25, 0.9), 2, {
    round: 0.99,
    tolerance: 0.02,
  });
  assertEquals(entries, [
    { outcome: [0.5, 0], price: 0.2 },
    { outcome: [1, 0], price: 0.4 },
    { outcome: [0.6, 1], price: 0.9 },
  ]);
  assertEquals(leftOut, 0);
});

Deno.test("a list in use: the best entry or nothing, ties to the higher price, costs of units", () => {
  const list = [{ outcome: [1, 0], price: 0.5 }, { outcome: [1, 1], price: 0.75 }];
  const use = useOfList(list, Float32Array.of(0.25, 0.25, 0.5, 0, 0.75, 0.25, 1, 1), 2, 0.125);
  assertEquals(use.shares, [0.25, 0.5]); // the third is indifferent
  assertAlmostEquals(use.profit, (0.375 + 2 * 0.5) / 4);
});

Deno.test("the optimum of two goods earns 0.5492 as a list, and the best bundle price is found from it", () => {
  const use = useOfList(OPTIMUM, types, 2, 0);
  assertAlmostEquals(use.profit, 0.5492, 5 * use.standardError);
  const [entry, ...more] = shortList(OPTIMUM, 1, types, 2, 0);
  assertEquals([entry.outcome, more], [[1, 1], []]);
  // No price of a grid sells the bundle better.
  const { profit } = useOfList([entry], types, 2, 0);
  for (let price = 0.5; price < 1.2; price += 0.01) {
    assert(useOfList([{ ...entry, price }], types, 2, 0).profit <= profit + 1e-9, `${price}`);
  }
  assertAlmostEquals(entry.price, Math.sqrt(2 / 3), 0.03);
  // Three entries that are priced anew earn no less than they did, and two no more than three.
  const three = useOfList(shortList(OPTIMUM, 3, types, 2, 0), types, 2, 0).profit;
  assert(three >= use.profit - 1e-9 && three >= useOfList(shortList(OPTIMUM, 2, types, 2, 0), types, 2, 0).profit);
});

Deno.test("prices of a short list pay for the cost of units", () => {
  const [{ price }] = shortList([{ outcome: [1, 0], price: 0.1 }], 1, types, 2, 0.5);
  assertAlmostEquals(price, 0.75, 0.03);
});

Deno.test("of a table of several participants each held-out row counts once, and its error is over rows", async () => {
  const u = uniforms(randomKey(2), 120), costs = { participants: 2, goods: 1, duplicationCost: 0.5, scale: 1 };
  const text = (columns: number) =>
    Array.from({ length: 40 }, (_, k) => u.slice(k * columns, (k + 1) * columns).join(",")).join("\n");
  for (const [columns, participant] of [[1, 0], [2, 0], [2, 1]]) {
    const problem = await empiricalProblem({ text: text(columns), ...costs }), { data } = problem.distribution;
    const list = await measuredPriceList(problem, vcg(problem), { participant, others: [[0.9]] });
    assertEquals([list.rows, list.tested], [true, 8], `${columns} columns`);
    const own = Array.from(data!.profiles(randomKey(0), "held-out", 1)).filter((_, k) =>
      columns === 1 || k % 2 === participant
    );
    assertEquals(list.entries, [{ outcome: [1], price: 0.5, share: own.filter((value) => value >= 0.5).length / 8 }]);
    assert(list.standardError === 0 && Math.abs(list.profit) < 1e-7);
  }
});
