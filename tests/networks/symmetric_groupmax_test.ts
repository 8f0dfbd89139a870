import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { straightJacketPrices } from "../../src/problems/straight_jacket.ts";
import { InvalidInputError } from "../../src/errors.ts";
import type { PartialGroupMaxSize } from "../../src/networks/groupmax_layout.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { pricingRules } from "../../src/networks/pricing_rule.ts";
import { inverseSoftplus } from "../../src/networks/softplus.ts";
import { sumScale } from "../../src/networks/sums_of_largest.ts";
import { groupMaxNetwork, symmetricGroupMax } from "../../src/networks/symmetric_groupmax.ts";
import { deriveKey, type RandomKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { forEachDevice } from "../devices.ts";
import { checkDeviceIsHost, checkWeightGradient } from "./on_device.ts";

const SIZES: readonly PartialGroupMaxSize[] = [
  { goods: 1, layers: 1, groups: 1, groupSize: 1 },
  { goods: 2, layers: 1, groups: 3, groupSize: 2 },
  { goods: 3, layers: 2, groups: 5, groupSize: 3 },
  { goods: 7, layers: 3, groups: 4, groupSize: 4 },
];

/** x in some other order. */
function shuffled(x: Float64Array, key: RandomKey): Float64Array {
  const draws = uniforms(key, x.length);
  return Float64Array.from([...x.keys()].sort((i, j) => draws[i] - draws[j]), (i) => x[i]);
}

/** All orders of some numbers. */
function permutations(numbers: readonly number[]): number[][] {
  if (numbers.length < 2) return [[...numbers]];
  return numbers.flatMap((first, k) => permutations(numbers.toSpliced(k, 1)).map((rest) => [first, ...rest]));
}

Deno.test("a symmetric network is a GroupMax network of the sums of the largest coordinates", () => {
  SIZES.forEach((size, s) => {
    const { goods: m } = size, network = symmetricGroupMax(size), ofSums = partialGroupMax(size);
    for (let k = 0; k < 20; k++) {
      const key = deriveKey(randomKey(1), s, k), raw = normals(key, network.weightCount);
      const x = Float64Array.from(uniforms(deriveKey(key, 1), m)), sorted = x.toSorted().reverse();
      const sums = sorted.map((_, k) => 2 / (m + 1) * sorted.subarray(0, k + 1).reduce((sum, value) => sum + value, 0));
      // Slopes in all sums but that of all goods count as 0 where they are below.
      const first = (size.layers - 1) * size.groupSize * size.groups ** 2 + size.groups, last = raw.length - m - 1;
      const counted = raw.map((weight, at) => {
        if (at < first) return weight;
        const row = at < last ? Math.floor((at - first) / size.groups) % (m + 1) : at - last;
        return row < m - 1 ? Math.max(0, weight) : weight;
      });
      const f = network.bindOnHost(raw)(x, new Float64Array(m));
      const expected = ofSums.bindOnHost(counted)(sums, new Float64Array(m));
      assertAlmostEquals(f, expected, 1e-9 * (1 + Math.abs(expected)));
    }
  });
});

forEachDevice("symmetric networks on the device equal those on the host, in value and gradient", async () => {
  for (const [s, size] of SIZES.entries()) {
    const network = symmetricGroupMax(size), key = deriveKey(randomKey(2), s);
    await checkDeviceIsHost(network, normals(key, 3 * network.weightCount), key, JSON.stringify(size));
  }
});

forEachDevice("the weights' gradient of a symmetric network on the device equals finite differences", async () => {
  const network = symmetricGroupMax({ goods: 2, layers: 2, groups: 3, groupSize: 3 });
  await checkWeightGradient(network, normals(randomKey(3), 2 * network.weightCount), "symmetric");
});

Deno.test("f is symmetric and convex, and its gradient supports it, for random weights", () => {
  SIZES.forEach((size, s) => {
    const network = symmetricGroupMax(size), m = size.goods;
    for (let k = 0; k < 200; k++) {
      const key = deriveKey(randomKey(6), s, k), u = uniforms(deriveKey(key, 1), 2 * m + 1);
      const f = network.bindOnHost(normals(key, network.weightCount)), gradient = new Float64Array(m);
      const a = Float64Array.from(u.subarray(0, m)), b = Float64Array.from(u.subarray(m, 2 * m)), share = u[2 * m];
      const between = a.map((value, i) => share * value + (1 - share) * b[i]);
      if (k % 4 === 0 && m > 1) { for (const x of [a, b, between]) x.fill(b[1], 0, 2); } // equal coordinates
      const chord = share * f(a, gradient) + (1 - share) * f(b, gradient), value = f(between, gradient);
      assert(value <= chord + 1e-9 * (1 + Math.abs(chord)), `not convex: ${value} above ${chord}`);
      let support = value;
      for (let i = 0; i < m; i++) support += gradient[i] * (a[i] - between[i]);
      const fa = f(a, new Float64Array(m));
      assert(fa >= support - 1e-9 * (1 + Math.abs(fa)), `no subgradient: ${fa} below ${support}`);
      assertAlmostEquals(f(shuffled(a, deriveKey(key, 2)), gradient), fa, 1e-9 * (1 + Math.abs(fa)));
    }
  });
});

Deno.test("within its bounds a symmetric f never falls as x grows, and starting weights are within them", () => {
  for (const goods of [1, 2, 10]) {
    const network = symmetricGroupMax({ goods, layers: 2, groups: 6, groupSize: 3 }),
      bounds = network.lowerBounds(true)!;
    const gradient = new Float64Array(goods);
    for (let seed = 0; seed < 20; seed++) {
      const key = randomKey(seed), start = network.initialWeights(key);
      assert(start.every((weight, at) => weight >= bounds[at] && weight >= network.lowerBounds(false)![at]));
      const f = network.bindOnHost(normals(deriveKey(key, 1), start.length).map((z, at) => Math.max(z, bounds[at])));
      f(Float64Array.from(uniforms(deriveKey(key, 2), goods)), gradient);
      assert(gradient.every((slope) => slope >= 0));
    }
  }
});

Deno.test("the straight-jacket auction is linear in the sums: the smallest network has its prices", () => {
  for (const m of [1, 2, 5, 10]) {
    const prices = straightJacketPrices(m), scale = sumScale(m);
    const network = symmetricGroupMax({ goods: m, layers: 1, groups: 1, groupSize: 1 });
    const raw = new Float64Array(network.weightCount).fill(0, 1);
    for (let k = 1; k <= m; k++) {
      const next = k < m ? prices[k + 1] - prices[k] : 0;
      raw[raw.length - m - 2 + k] = (prices[k] - prices[k - 1] - next) / scale;
    }
    const f = network.bindOnHost(raw), gradient = new Float64Array(m), none = f(new Float64Array(m), gradient);
    for (let bundle = 0; bundle < 2 ** m; bundle++) {
      const x = Float64Array.from({ length: m }, (_, j) => bundle >> j & 1),
        size = x.reduce((sum, one) => sum + one, 0);
      assertAlmostEquals(f(x, gradient) - none, prices[size], 1e-6);
    }
  }
});

Deno.test("symmetric networks approximate: they are the maximum of any planes over all orders of the goods", () => {
  const m = 4, E = 3, scale = sumScale(m), key = randomKey(8);
  const network = symmetricGroupMax({ goods: m, layers: 1, groups: 1, groupSize: E });
  for (let k = 0; k < 10; k++) {
    const planes = Array.from({ length: E }, (_, e) => [...normals(deriveKey(key, k, e), m + 1)]);
    const raw = new Float64Array(network.weightCount);
    raw[0] = inverseSoftplus(1);
    planes.forEach((plane, e) => {
      const a = plane.slice(0, m).sort((x, y) => y - x), at = 1 + e * (m + 1);
      for (let j = 0; j < m; j++) raw[at + j] = (a[j] - (a[j + 1] ?? 0)) / scale;
      raw[at + m] = plane[m];
    });
    const f = network.bindOnHost(raw), gradient = new Float64Array(m);
    for (let j = 0; j < 50; j++) {
      const x = Float64Array.from(uniforms(deriveKey(key, k, 100 + j), m));
      const highest = Math.max(
        ...planes.flatMap((plane) =>
          permutations(plane.slice(0, m)).map((a) => a.reduce((sum, slope, i) => sum + slope * x[i], plane[m]))
        ),
      );
      assertAlmostEquals(f(x, gradient), highest, 1e-9);
    }
  }
});

Deno.test("a symmetric network has no context", () => {
  const size = { layers: 1, groups: 2, groupSize: 2, hidden: [4], kind: "symmetric" as const };
  const shape = { participants: 2, goods: 3, exchangeable: true };
  assertThrows(() => pricingRules(shape, size), InvalidInputError, "must not be symmetric for 2 participants");
  assertEquals(pricingRules({ ...shape, participants: 1 }, size).tiedParameters(), {});
  assertEquals(groupMaxNetwork({ goods: 3, layers: 1, groups: 2, groupSize: 2 }).lowerBounds(false), undefined);
});
