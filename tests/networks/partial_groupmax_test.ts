import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import type { PartialGroupMaxSize } from "../../src/networks/groupmax_layout.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { softplus } from "../../src/networks/softplus.ts";
import { deriveKey, type RandomKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { forEachDevice } from "../devices.ts";
import { checkDeviceIsHost, checkWeightGradient } from "./on_device.ts";

const SIZES: readonly PartialGroupMaxSize[] = [
  { goods: 1, layers: 1, groups: 1, groupSize: 1 },
  { goods: 2, layers: 1, groups: 3, groupSize: 2 },
  { goods: 3, layers: 2, groups: 5, groupSize: 3 },
  { goods: 7, layers: 3, groups: 4, groupSize: 4 },
  { goods: 2, layers: 4, groups: 3, groupSize: 5 },
];

/** Random raw weights: far from the starting ones, so that nothing depends on how training starts. */
function randomWeights(count: number, key: RandomKey): Float32Array {
  return normals(key, count);
}

/** Definition 3.3 as it is written, for one context: h_k = W x + A x + b, then the maximum of each group. */
function byDefinition(size: PartialGroupMaxSize, raw: Float32Array, x: ArrayLike<number>): number {
  const { goods: m, layers: K, groups: G, groupSize: E } = size;
  let at = 0;
  const take = (height: number, width: number, positive: boolean): number[][] =>
    Array.from(
      { length: height },
      () => Array.from({ length: width }, () => positive ? softplus(raw[at++]) : raw[at++]),
    );
  const W: number[][][][] = [];
  for (let k = 1; k < K; k++) W[k] = Array.from({ length: E }, () => take(G, G, true));
  const last = take(G, 1, true).map(([w]) => w);
  const A = Array.from({ length: K }, () => Array.from({ length: E }, () => take(m + 1, G, false)));
  const out = take(m + 1, 1, false).map(([w]) => w);
  assertEquals(at, raw.length);

  let hidden: number[] = [];
  for (let k = 0; k < K; k++) {
    const h = Array.from({ length: G }, (_, g) =>
      Array.from({ length: E }, (_, e) => {
        let sum = A[k][e][m][g];
        for (let i = 0; i < m; i++) sum += A[k][e][i][g] * x[i];
        if (k > 0) { for (let i = 0; i < G; i++) sum += W[k][e][i][g] * hidden[i]; }
        return sum;
      }));
    hidden = h.map((group) => Math.max(...group));
  }
  let f = out[m];
  for (let i = 0; i < m; i++) f += out[i] * x[i];
  for (let g = 0; g < G; g++) f += last[g] * hidden[g];
  return f;
}

Deno.test("GroupMax networks on the host equal Definition 3.3", () => {
  SIZES.forEach((size, s) => {
    const network = partialGroupMax(size);
    for (let k = 0; k < 20; k++) {
      const key = deriveKey(randomKey(1), s, k);
      const raw = randomWeights(network.weightCount, key);
      const x = Float64Array.from(uniforms(deriveKey(key, 1), size.goods));
      const f = network.bindOnHost(raw)(x, new Float64Array(size.goods));
      const expected = byDefinition(size, raw, x);
      assertAlmostEquals(f, expected, 1e-9 * (1 + Math.abs(expected)));
    }
  });
});

forEachDevice("GroupMax networks on the device equal those on the host, in value and gradient", async () => {
  for (const [s, size] of SIZES.entries()) {
    const network = partialGroupMax(size), key = deriveKey(randomKey(2), s);
    await checkDeviceIsHost(network, randomWeights(3 * network.weightCount, key), key, JSON.stringify(size));
  }
});

forEachDevice("the weights' gradient on the device equals finite differences", async () => {
  const network = partialGroupMax({ goods: 2, layers: 2, groups: 3, groupSize: 3 });
  await checkWeightGradient(network, randomWeights(2 * network.weightCount, randomKey(3)), "GroupMax");
});

Deno.test("f is convex in x along random segments, and its gradient supports it, for random weights", () => {
  SIZES.forEach((size, s) => {
    const network = partialGroupMax(size), m = size.goods;
    for (let k = 0; k < 200; k++) {
      const key = deriveKey(randomKey(6), s, k);
      const f = network.bindOnHost(randomWeights(network.weightCount, key));
      const u = uniforms(deriveKey(key, 1), 2 * m + 1), gradient = new Float64Array(m);
      const a = Float64Array.from(u.subarray(0, m)), b = Float64Array.from(u.subarray(m, 2 * m)), share = u[2 * m];
      const between = a.map((value, i) => share * value + (1 - share) * b[i]);
      const [fa, fb, fm] = [f(a, gradient), f(b, gradient), f(between, gradient)];
      const chord = share * fa + (1 - share) * fb;
      if (fm > chord + 1e-9 * (1 + Math.abs(chord))) throw new Error(`not convex: ${fm} above the chord's ${chord}`);
      let support = fm;
      for (let i = 0; i < m; i++) support += gradient[i] * (a[i] - between[i]);
      if (fa < support - 1e-9 * (1 + Math.abs(fa))) throw new Error(`no subgradient: ${fa} below ${support}`);
    }
  });
});

Deno.test("with starting weights all goods together cost 0.4 each", () => {
  for (const goods of [1, 2, 10, 30]) {
    const network = partialGroupMax({ goods, layers: 2, groups: 16, groupSize: 4 });
    for (let seed = 0; seed < 5; seed++) {
      const f = network.bindOnHost(network.initialWeights(randomKey(seed))), gradient = new Float64Array(goods);
      const none = f(new Float64Array(goods), gradient), all = f(new Float64Array(goods).fill(1), gradient);
      assertAlmostEquals((all - none) / goods, 0.4, 1e-5);
    }
  }
});

Deno.test("within its bounds f never falls as x grows, and starting weights are within them", () => {
  for (const [goods, layers] of [[1, 2], [2, 1], [3, 2], [10, 3]]) {
    const network = partialGroupMax({ goods, layers, groups: 6, groupSize: 3 }), bounds = network.lowerBounds(true)!;
    assertEquals(bounds.filter((bound) => bound === 0).length, (layers * 6 * 3 + 1) * goods);
    const gradient = new Float64Array(goods);
    for (let seed = 0; seed < 20; seed++) {
      const key = randomKey(seed), start = network.initialWeights(key, { nondecreasing: true });
      const from = network.bindOnHost(start), all = from(new Float64Array(goods).fill(1), gradient);
      const price = (all - from(new Float64Array(goods), gradient)) / goods;
      assertAlmostEquals(price, 0.4, 1e-5);
      assert(start.every((weight, j) => weight >= bounds[j]));

      const noise = normals(key, start.length);
      const f = network.bindOnHost(start.map((weight, j) => Math.max(bounds[j], weight + noise[j])));
      const points = uniforms(deriveKey(key, 1), 20 * goods);
      for (let k = 0; k < 20; k++) {
        const point = Float64Array.from(points.subarray(k * goods, (k + 1) * goods));
        const below = f(point, gradient), more = point.map((x, j) => j % 2 === k % 2 ? x + (1 - x) * points[j] : x);
        assert(gradient.every((slope) => slope >= 0));
        assert(f(more, gradient) >= below - 1e-12);
      }
    }
  }
});

Deno.test("sizes must be positive integers", () => {
  for (const name of ["goods", "layers", "groups", "groupSize"]) {
    for (const value of [0, -1, 1.5, NaN]) {
      assertThrows(
        () => partialGroupMax({ goods: 2, layers: 2, groups: 2, groupSize: 2, [name]: value }),
        InvalidInputError,
        `${name} must be a positive integer, got ${value}`,
      );
    }
  }
});
