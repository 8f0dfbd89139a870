import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { threefry2x32 } from "../../src/random/threefry.ts";

// The keys are fixed, so these tests never fail by chance. The false-alarm rates say how likely a correct generator
// with another key would fail: 5 standard errors are 6e-7.

const COUNT = 200_000;

/** The correlation of two samples that both have mean 0 and variance `variance`, in standard errors. */
function correlation(a: Float32Array, b: Float32Array, mean: number, variance: number): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] - mean) * (b[j] - mean);
  return sum / variance / Math.sqrt(a.length);
}

/** Kolmogorov's distance between a sample and a distribution function, times the root of the sample's size. */
function kolmogorov(sample: Float32Array, distribution: (x: number) => number): number {
  const sorted = sample.toSorted();
  let distance = 0;
  for (let j = 0; j < sorted.length; j++) {
    const p = distribution(sorted[j]);
    distance = Math.max(distance, p - j / sorted.length, (j + 1) / sorted.length - p);
  }
  return distance * Math.sqrt(sample.length);
}

/** P(Kolmogorov > 2.7) = 2 exp(-2 * 2.7^2) = 9e-7. */
const KOLMOGOROV_LIMIT = 2.7;

/** The standard normal distribution function by the midpoint rule from 0, good to 1e-7. */
const normalTable = new Float64Array(8001);
for (let j = 1; j <= 8000; j++) {
  const x = (j - 0.5) / 1000;
  normalTable[j] = normalTable[j - 1] + Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) / 1000;
}
function normalDistribution(x: number): number {
  const at = Math.min(Math.abs(x) * 1000, 7999), low = Math.floor(at);
  const half = normalTable[low] + (at - low) * (normalTable[low + 1] - normalTable[low]);
  return x < 0 ? 0.5 - half : 0.5 + half;
}

Deno.test("threefry2x32 gives the published known answers", () => {
  const cases = [
    [0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ];
  for (const [k0, k1, c0, c1, r0, r1] of cases) {
    const out = new Uint32Array(2);
    threefry2x32(k0, k1, c0, c1, 1, out);
    assertEquals([...out], [r0, r1]);
  }
});

Deno.test("threefry2x32 enciphers consecutive counters", () => {
  const many = new Uint32Array(20), one = new Uint32Array(2);
  threefry2x32(1, 2, 7, 3, 10, many);
  for (let j = 0; j < 10; j++) {
    threefry2x32(1, 2, 7 + j, 3, 1, one);
    assertEquals([...many.subarray(2 * j, 2 * j + 2)], [...one]);
  }
});

for (const [name, draw] of [["uniforms", uniforms], ["normals", normals]] as const) {
  Deno.test(`${name}: count does not change the first numbers`, () => {
    const key = randomKey(11);
    const all = draw(key, 5001);
    for (const count of [0, 1, 2, 3, 1023, 2047, 2048, 2049, 4097]) {
      assertEquals(draw(key, count), all.slice(0, count), `count ${count}`);
    }
    assertEquals(draw(key, 100), draw(key, 100));
  });
}

Deno.test("uniforms: range, moments and distribution (false alarms: 3e-6)", () => {
  const numbers = uniforms(randomKey(1), COUNT);
  let mean = 0, square = 0;
  for (const u of numbers) {
    assert(u >= 0 && u < 1);
    assertEquals(u * 2 ** 24 % 1, 0);
    mean += u / COUNT;
    square += (u - 0.5) ** 2 / COUNT;
  }
  assertAlmostEquals(mean, 1 / 2, 5 * Math.sqrt(1 / 12 / COUNT));
  assertAlmostEquals(square, 1 / 12, 5 * Math.sqrt(1 / 180 / COUNT));
  assert(kolmogorov(numbers, (x) => x) < KOLMOGOROV_LIMIT);
  assert(Math.abs(correlation(numbers.subarray(1), numbers.subarray(0, -1), 0.5, 1 / 12)) < 5);
});

Deno.test("normals: moments and distribution (false alarms: 4e-6)", () => {
  const numbers = normals(randomKey(2), COUNT);
  const moment = [0, 0, 0, 0, 0];
  for (const z of numbers) for (let k = 1; k <= 4; k++) moment[k] += z ** k / COUNT;
  // The variances of z, z^2, z^3, z^4 are 1, 2, 15, 96.
  assertAlmostEquals(moment[1], 0, 5 * Math.sqrt(1 / COUNT));
  assertAlmostEquals(moment[2], 1, 5 * Math.sqrt(2 / COUNT));
  assertAlmostEquals(moment[3], 0, 5 * Math.sqrt(15 / COUNT));
  assertAlmostEquals(moment[4], 3, 5 * Math.sqrt(96 / COUNT));
  assert(kolmogorov(numbers, normalDistribution) < KOLMOGOROV_LIMIT);
  const even = numbers.filter((_, j) => j % 2 === 0), odd = numbers.filter((_, j) => j % 2 === 1);
  assert(Math.abs(correlation(even, odd, 0, 1)) < 5);
});

Deno.test("deriveKey: streams do not correlate with their parent or each other (false alarms: 6e-6)", () => {
  const parent = randomKey(3);
  const keys = [parent, deriveKey(parent, 0), deriveKey(parent, 1), deriveKey(parent, 0, 0), deriveKey(parent, 1, 0)];
  const samples = keys.map((key) => uniforms(key, 50_000));
  for (let a = 0; a < keys.length; a++) {
    for (let b = 0; b < a; b++) {
      assert(Math.abs(correlation(samples[a], samples[b], 0.5, 1 / 12)) < 5, `keys ${b} and ${a} are correlated`);
    }
  }
});

Deno.test("deriveKey: a key for each path, and never a block of numbers", () => {
  const parent = randomKey(4);
  assertEquals(deriveKey(parent), parent);
  assertEquals(deriveKey(parent, 1, 2), deriveKey(deriveKey(parent, 1), 2));
  const seen = new Set<string>();
  for (let a = 0; a < 50; a++) for (let b = 0; b < 50; b++) seen.add(String(deriveKey(parent, a, b)));
  for (let a = 0; a < 2500; a++) seen.add(String(deriveKey(parent, a)));
  assertEquals(seen.size, 5000);
  const block = new Uint32Array(2);
  threefry2x32(parent[0], parent[1], 5, 0, 1, block);
  assert(String(deriveKey(parent, 5)) !== String([...block]));
});

Deno.test("randomKey: every seed up to 2^53 - 1 has a key of its own, other seeds are refused", () => {
  assertEquals(randomKey(0), [0, 0]);
  assertEquals(randomKey(2 ** 32), [0, 1]);
  assertEquals(randomKey(Number.MAX_SAFE_INTEGER), [2 ** 32 - 1, 2 ** 21 - 1]);
  for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => randomKey(seed), InvalidInputError, `got ${seed}`);
  }
  assertThrows(() => randomKey("7" as unknown as number), InvalidInputError, 'integer from 0 to 2^53 - 1, got "7"');
});
