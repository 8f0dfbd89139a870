/** Prices relative to x = 0: offsets that cancel do not matter, and what rounding may do is told. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { decodeMechanism, encodeMechanism } from "../../src/io/mechanism_file.ts";
import { bestResponses } from "../../src/kernels/best_responses/select.ts";
import { menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { groupMaxLayout } from "../../src/networks/groupmax_layout.ts";
import { roundedPrice, roundingFactors } from "../../src/networks/groupmax_price.ts";
import { price } from "../../src/networks/price.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { symmetricGroupMax } from "../../src/networks/symmetric_groupmax.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";

const SEED = randomKey(92);

Deno.test("the price is f(x) - f(0), and its bound on rounding is small", () => {
  for (let k = 0; k < 30; k++) {
    const size = { goods: 1 + k % 7, layers: 1 + k % 3, groups: 1 + k % 5, groupSize: 1 + k % 4 };
    const network = (k % 2 === 0 ? partialGroupMax : symmetricGroupMax)(size), m = size.goods;
    const noise = normals(deriveKey(SEED, k), network.weightCount);
    const raw = network.initialWeights(deriveKey(SEED, k, 1)).map((weight, p) => weight + 0.5 * noise[p]);
    const own = roundedPrice(network.groupMax!, raw), p = price(network.bindOnHost(raw), m);
    const slope = new Float64Array(m), other = new Float64Array(m);
    assertEquals(own.price(new Float64Array(m), slope), 0);
    const rounding = own.factors.relative * own.magnitude;
    assert(rounding > 0 && rounding < 1e-10, `rounding ${rounding}`);
    for (let j = 0; j < 20; j++) {
      const x = Float64Array.from(uniforms(deriveKey(SEED, k, 2, j), m));
      assertAlmostEquals(own.price(x, slope), p(x, other), 1e-12);
      slope.forEach((value, i) => assertAlmostEquals(value, other[i], 1e-11));
    }
  }
});

Deno.test("offsets of 1e17 that cancel change no bit of a price", async () => {
  // One good for 0.5, by a group whose elements have the offset 1e17 in common, which the last offset takes away.
  const shape = { participants: 1, goods: 1, exchangeable: true };
  const network = { layers: 1, groups: 1, groupSize: 2, hidden: [1] };
  const mechanism = (offset: number) => {
    const raw = Float32Array.of(Math.log(Math.E - 1), 0.5, offset, 0, offset - 0.25, 0, -offset);
    return menuMechanism({ problem: "mine", shape, network, parameters: { "output.bias": { shape: [7], data: raw } } });
  };
  const types = Float32Array.from({ length: 100 }, (_, k) => k / 99);
  const plain = await mechanism(0).run(types), large = await mechanism(2 ** 57).run(types);
  assert(large.gaps.every((gap) => gap < 1e-8));
  // 2^57 - 0.25 is 2^57 in 32 bits: there the second element, which costs nothing, is as large at 0 as the first.
  assert(plain.gaps.every((gap) => gap < 1e-8));
  assertEquals(large.payments, plain.payments);
  assertEquals(new Set(large.payments).size, 2);
  assertAlmostEquals(large.payments[99], 0.5, 1e-7);
});

Deno.test("slopes that cancel are not certified, and the bound on rounding says so", () => {
  const network = partialGroupMax({ goods: 1, layers: 1, groups: 1, groupSize: 1 }), large = 1e17;
  const { outFree } = groupMaxLayout(network.groupMax!.size);
  // softplus(0) = log 2, times 1e17, and its opposite, which is rounded to 32 bits.
  const bias = Float32Array.of(0, large, 0, 0, 0);
  bias[outFree] = -Math.LN2 * large;
  const { gaps, roundings } = bestResponses(network, { bias }, Float32Array.of(0.5), 1);
  assert(gaps[0] > 1 && roundings[0] > 1 && roundings[0] <= gaps[0]);
  const factors = roundingFactors(network.groupMax!.size);
  assertAlmostEquals(roundings[0] / (factors.relative * 2 * Math.LN2 * large), 1, 1e-6);
});

Deno.test("files whose products may overflow are refused, by what they are", async () => {
  const shape = { participants: 1, goods: 2, exchangeable: true };
  const network = { layers: 9, groups: 2, groupSize: 1, hidden: [1] }, small = { ...network, layers: 2 };
  const data = (size: typeof network) => {
    const count = partialGroupMax({ goods: 2, layers: size.layers, groups: 2, groupSize: 1 }).weightCount;
    const parameters = { "output.bias": { shape: [count], data: new Float32Array(count).fill(3e38) } };
    return { problem: "mine", shape, network: size, parameters };
  };
  assertThrows(() => menuMechanism(data(network)), InvalidInputError, "9 layers of weights up to 3.0e+38");
  const bytes = await encodeMechanism(data(network));
  await assertRejects(() => decodeMechanism(bytes, "a.safetensors"), InvalidInputError, "products may overflow");
  const { gaps } = await menuMechanism(data(small)).run([[[0.5, 0.5]]]);
  assert(gaps[0] > 1); // 1e76 and more: no certificate, but numbers
});
