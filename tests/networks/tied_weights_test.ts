/** Weights that goods share: f is the same function of all goods, and its gradient stays among such weights. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { copyTied, meanOfTied, networkTies } from "../../src/networks/tied_weights.ts";
import { hostPrices } from "../../src/networks/hypernetwork_output.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { pricingRules } from "../../src/networks/pricing_rule.ts";
import { multiplicities } from "../../src/networks/reparameterisation.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { tiedGradient } from "../../src/training/gradient.ts";
import { forEachDevice } from "../devices.ts";

/** m, G, and the cycles' length: the largest divisor of m that is at most G. */
const SIZES = [[1, 4, 1], [2, 8, 2], [5, 5, 5], [10, 32, 10], [12, 8, 6], [7, 5, 1], [30, 12, 10]];

Deno.test("weights with the same values in cycles are the same function of the goods of a cycle", () => {
  for (const [goods, groups, length] of SIZES) {
    for (const layers of [1, 3]) {
      const size = { goods, layers, groups, groupSize: 2 }, network = partialGroupMax(size);
      const { raw } = networkTies(size), key = deriveKey(randomKey(1), goods, groups, layers);
      assertEquals([raw.inputs, raw.from.length], [network.weightCount, network.weightCount]);
      // Weights are tied in cycles of this length, or by themselves; those that are not the first of a cycle hold none.
      assert(multiplicities(raw).every((count) => [0, 1, length].includes(count)));
      assertEquals(multiplicities(raw).includes(length), true);
      const weights = normals(key, network.weightCount), gradient = new Float64Array(goods);
      const shift = (x: Float64Array) => x.map((_, j) => x[(j + goods / length) % goods]);
      const differs = (own: Float32Array) => {
        const f = network.bindOnHost(own);
        let most = 0;
        for (let k = 0; k < 10; k++) {
          const x = Float64Array.from(uniforms(deriveKey(key, k), goods));
          most = Math.max(most, Math.abs(f(x, gradient) - f(shift(x), gradient)) / (1 + Math.abs(f(x, gradient))));
        }
        return most;
      };
      assertEquals(differs(weights) > 1e-3, length > 1);
      copyTied(weights, raw);
      assert(differs(weights) < 1e-12);
      // Goods of a cycle are told apart by what else is bought: sums over goods are not all that f depends on.
      if (length < 3 || groups < length) continue;
      const f = network.bindOnHost(weights), two = new Float64Array(goods), three = new Float64Array(goods);
      two[0] =
        two[goods / length] =
        three[0] =
        three[2 * goods / length] =
          1;
      if (length > 3) assertNotEquals(f(two, gradient), f(three, gradient));
    }
  }
});

Deno.test("with a set context, permuting goods of all types by the cycle permutes goods of prices", () => {
  const shape = { participants: 3, goods: 6, exchangeable: true };
  const rules = pricingRules(shape, { layers: 2, groups: 8, groupSize: 2, hidden: [5], context: "set" });
  const parameters = rules.initialParameters(randomKey(2), { tied: true }), shared = rules.tiedParameters();
  assertEquals(Object.keys(shared).sort(), ["output.bias", "output.slopes", "output.weight"]);
  for (const [name, cycles] of Object.entries(shared)) {
    const noise = normals(deriveKey(randomKey(3), name.length), parameters[name].data.length);
    const data = parameters[name].data as Float32Array;
    noise.forEach((z, k) => data[k] += z);
    copyTied(data, cycles);
  }
  const types = uniforms(randomKey(4), 18), shifted = types.map((_, k) => types[k - k % 6 + (k + 1) % 6]);
  const before = hostPrices(rules.network, rules.hostHypernetwork(parameters, types));
  const after = hostPrices(rules.network, rules.hostHypernetwork(parameters, shifted)),
    gradient = new Float64Array(6);
  for (let row = 0; row < 3; row++) {
    const x = Float64Array.from(uniforms(deriveKey(randomKey(5), row), 6)), y = x.map((_, j) => x[(j + 1) % 6]);
    assertAlmostEquals(after(row)(y, gradient), before(row)(x, gradient), 1e-9);
    assert(Math.abs(before(row)(y, gradient) - before(row)(x, gradient)) > 1e-6);
  }
});

Deno.test("starting parameters are shared on request, where the network can", () => {
  const shape = { participants: 1, goods: 4, exchangeable: true };
  const size = { layers: 2, groups: 5, groupSize: 3, hidden: [8] }, rules = pricingRules(shape, size);
  const { raw } = networkTies({ goods: 4, layers: 2, groups: 5, groupSize: 3 });
  const start = (tied: boolean) =>
    Float32Array.from(rules.initialParameters(randomKey(1), { nondecreasing: true, tied })["output.bias"].data);
  const alike = start(true), own = start(false), copied = alike.slice();
  copyTied(copied, raw);
  assertEquals(copied, alike);
  assertNotEquals(own, alike);
  assertEquals(pricingRules(shape, { ...size, kind: "picnn" }).tiedParameters(), {});
  assertEquals(pricingRules({ ...shape, participants: 2 }, size).tiedParameters(), {}); // a dense context
});

forEachDevice("a tied gradient is the mean over tied weights, the same for all of them", async () => {
  const { raw, maps } = networkTies({ goods: 5, layers: 2, groups: 7, groupSize: 2 });
  for (const [ties, rows] of [[raw, 1], [maps, 4]] as const) {
    const { inputs: width, from } = ties, each = normals(randomKey(6), rows * width);
    const gradient = tf.tensor(each, rows === 1 ? [width] : [rows, width]), other = tf.tensor1d([1, 2, 3]);
    const found = tiedGradient({ gradient, other }, { gradient: ties });
    assertEquals(found.gradient.shape, gradient.shape);
    assertEquals(Array.from(await found.other.data()), [1, 2, 3]);
    const mean = Float32Array.from(await found.gradient.data()), again = new Float32Array(mean.length);
    for (let at = 0; at < width; at++) {
      const tied = Array.from(from.keys()).filter((k) => from[k] === from[at]);
      assert(tied.includes(at));
      assertAlmostEquals(mean[at], tied.reduce((sum, k) => sum + each[k], 0) / tied.length, 1e-6);
      for (const k of tied) assertEquals(mean[k], mean[at]);
    }
    meanOfTied(mean, again, ties);
    mean.forEach((value, k) => assertAlmostEquals(again[k], value, 1e-6));
    tf.dispose([gradient, other, found.gradient]);
  }
});
