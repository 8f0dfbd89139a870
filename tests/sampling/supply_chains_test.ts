/**
 * Chains on the product of simplices against their exact densities, which are integrated numerically.
 *
 * Only last states of independent chains are used. The tests fail where Pearson's chi-square is more than 4.5 standard
 * deviations high. That they can fail is shown with the density of another beta.
 */
import { assert } from "@std/assert";
import { randomKey } from "../../src/random/key.ts";
import { moveSupplyChains, type OutcomeValue, uniformOutcomes } from "../../src/sampling/supply_chains.ts";
import { chiSquareDeviation, evenPoints } from "../statistics.ts";

const CHAINS = 2000, SWEEPS = 60, ALARM = 4.5;

/** A(x) = <l, x> - sum of max(0, a (sum of own - b)) over participants - the same of what is sold; concave. */
function valueOf(n: number, m: number, linear: readonly number[], dear: number): OutcomeValue {
  return (x, slope) => {
    let value = 0, sold = 0;
    for (let c = 0; c < n * m; c++) value += linear[c] * x[c], sold += x[c], slope[c] = linear[c];
    for (let i = 0; i < n; i++) {
      let own = 0;
      for (let j = 0; j < m; j++) own += x[i * m + j];
      if (own <= 0.6) continue;
      value -= dear * (own - 0.6);
      for (let j = 0; j < m; j++) slope[i * m + j] -= dear;
    }
    if (sold > 0.8) {
      value -= 0.2 * (sold - 0.8);
      for (let c = 0; c < n * m; c++) slope[c] -= 0.2;
    }
    return value;
  };
}

/** Exact probabilities of bins under exp(beta A), integrated over even points: sorted ones of a square fill the simplex. */
function exact(
  m: 1 | 2,
  points: number,
  value: OutcomeValue,
  beta: number,
  bin: (x: ArrayLike<number>) => number,
  bins: number,
): Float64Array {
  const found = new Float64Array(bins), x = new Float64Array(2 * m), slope = new Float64Array(2 * m);
  const even = evenPoints(2 * m);
  for (let k = 0; k < points; k++) {
    for (let j = 0; j < m; j++) {
      const a = even(k, 2 * j), b = even(k, 2 * j + 1);
      x[j] = Math.min(a, b), x[m + j] = Math.abs(a - b);
    }
    found[bin(x)] += Math.exp(beta * value(x, slope));
  }
  const total = found.reduce((sum, p) => sum + p, 0);
  return found.map((p) => p / total);
}

/** By how much the bins of last states deviate from those of some density. */
function deviation(
  m: 1 | 2,
  value: OutcomeValue,
  beta: number,
  expected: Float64Array,
  bin: (x: ArrayLike<number>) => number,
): number {
  const chains = uniformOutcomes(CHAINS, 2, m, randomKey(1)), counts = new Float64Array(expected.length);
  moveSupplyChains(chains, value, { participants: 2, goods: m, beta }, SWEEPS, randomKey(2));
  for (let c = 0; c < CHAINS; c++) {
    const x = chains.subarray(c * 2 * m, (c + 1) * 2 * m);
    assert(x.every((share) => share >= 0), `${x}`);
    for (let j = 0; j < m; j++) assert(x[j] + x[m + j] <= 1 + 1e-12, `${x}`);
    counts[bin(x)]++;
  }
  // Bins that hardly anything is in are one.
  const kept = [...expected.keys()].filter((k) => expected[k] * CHAINS >= 8),
    rest = [...expected.keys()].filter((k) => !kept.includes(k));
  const together = (of: Float64Array) => [...kept.map((k) => of[k]), rest.reduce((sum, k) => sum + of[k], 0)];
  const few = rest.reduce((sum, k) => sum + expected[k], 0) * CHAINS < 8;
  const [p, counted] = [expected, counts].map((of) => few ? kept.map((k) => of[k]) : together(of));
  return chiSquareDeviation(counted, p.map((q) => q / p.reduce((a, b) => a + b, 0)));
}

const inBins = (share: number, bins: number) => Math.min(bins - 1, Math.floor(share * bins));

for (const beta of [0, 4, 30]) {
  Deno.test(`the stationary law on a simplex is the exact one (n = 2, m = 1, beta = ${beta})`, () => {
    const value = valueOf(2, 1, [0.5, 0.4], 0.3), bins = 8;
    const bin = (x: ArrayLike<number>) => inBins(x[0], bins) * bins + inBins(x[1], bins);
    const of = (beta: number) => exact(1, 200_000, value, beta, bin, bins * bins);
    const found = deviation(1, value, beta, of(beta), bin);
    assert(Math.abs(found) < ALARM, `${found}`);
    const wrong = deviation(1, value, beta, of(1.3 * beta + 4), bin);
    assert(wrong > ALARM, `${wrong}`);
  });
}

Deno.test("the stationary law on a product of simplices is the exact one (n = 2, m = 2)", () => {
  const beta = 12, value = valueOf(2, 2, [0.5, 0.3, 0.4, 0.45], 0.35), bins = 5;
  const bin = (x: ArrayLike<number>) =>
    (inBins(x[0], bins) * bins + inBins(x[3], bins)) * bins + inBins((x[0] + x[1] + x[2] + x[3]) / 2, bins);
  const of = (beta: number) => exact(2, 500_000, value, beta, bin, bins ** 3);
  const found = deviation(2, value, beta, of(beta), bin);
  assert(Math.abs(found) < ALARM, `${found}`);
  const wrong = deviation(2, value, beta, of(beta + 5), bin);
  assert(wrong > ALARM, `${wrong}`);
});

Deno.test("at a high beta chains go from corner to corner", () => {
  // Handing both goods to one participant is worth 1, to the other 0.98, and nothing in between is worth more than 0.6.
  const value: OutcomeValue = (x, slope) => {
    const bundles = [Math.min(x[0], x[1]), Math.min(x[2], x[3])];
    slope.fill(0);
    slope[x[0] < x[1] ? 0 : 1] = 1, slope[x[2] < x[3] ? 2 : 3] = 0.98;
    return bundles[0] + 0.98 * bundles[1];
  };
  const chains = new Float64Array(4 * 400).map((_, c) => c % 4 < 2 ? 1 : 0), beta = 50;
  moveSupplyChains(chains, value, { participants: 2, goods: 2, beta }, 100, randomKey(3));
  let second = 0;
  for (let c = 0; c < 400; c++) if (chains[4 * c + 2] > 0.5) second++;
  // exp(-1) to 1, but for what the corners' surroundings weigh.
  assert(second > 60 && second < 180, `${second}`);
});
