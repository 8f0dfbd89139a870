import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { meanOf, meanOfRows } from "../../src/mechanisms/mean.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";

Deno.test("meanOf is the mean, with the normal interval", () => {
  const { mean, standardError, interval } = meanOf([1, 2, 3, 6]);
  assertEquals(mean, 3);
  assertAlmostEquals(standardError, Math.sqrt(14 / 3 / 4), 1e-12);
  assertAlmostEquals(interval[1] - mean, 1.959963984540054 * standardError, 1e-12);
});

Deno.test("meanOfRows counts two draws of each end as seen, and so has a width where all are alike", () => {
  // 7 of 10, and then 9 of 14; the variance of the ten is unbiased.
  const { mean, interval } = meanOfRows([1, 1, 1, 1, 1, 1, 1, 0, 0, 0], 10, []), p = 9 / 14;
  const width = 1.959963984540054 * Math.sqrt(((10 * (0.21 * 10 / 9 + 0.49) + 2) / 14 - p ** 2) / 14);
  assertEquals(mean, 0.7);
  assertAlmostEquals(interval[0], p - width, 1e-12);
  assertAlmostEquals(interval[1], p + width, 1e-12);

  const alike = meanOfRows([0.66, 0.66], 2, [0, 0.66, 0.9]);
  assertEquals(alike.standardError, 0);
  assert(alike.interval[0] < 0.66 && alike.interval[1] > 0.66 && alike.interval[1] - alike.interval[0] > 0.3);
});

Deno.test("the interval of few rows holds the truth in 93 to 99% of 2000 samples", () => {
  // Two prices, 0.6 and 0.9, that a third each pays: the truth is 0.5.
  for (const rows of [12, 40, 200]) {
    let held = 0;
    for (let sample = 0; sample < 2000; sample++) {
      const pay = (u: number) => u < 1 / 3 ? 0 : u < 2 / 3 ? 0.6 : 0.9;
      const values = Array.from(uniforms(deriveKey(randomKey(rows), sample), rows), pay);
      const [low, high] = meanOfRows(values, rows, [0, 0.6, 0.9]).interval;
      if (low <= 0.5 && 0.5 <= high) held++;
    }
    assert(held >= 0.93 * 2000 && held <= 0.99 * 2000, `${rows} rows: ${held}`);
  }
});
