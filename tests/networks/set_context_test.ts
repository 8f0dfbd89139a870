/** The set context network: its definition, its symmetries, and the way back through it. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Tensor, tf } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import type { ContextShape } from "../../src/networks/context.ts";
import { disposeHidden, hostRawWeights, rawWeights } from "../../src/networks/hypernetwork_output.ts";
import { type NetworkSize, type PricingRules, pricingRules } from "../../src/networks/pricing_rule.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import type { HostTensor } from "../../src/runtime/host_tensor.ts";
import { uploadAll } from "../../src/runtime/tensors.ts";
import { parameterGradient } from "../../src/training/gradient.ts";
import { forEachDevice } from "../devices.ts";

type Host = Record<string, HostTensor>;

const SIZE: NetworkSize = { layers: 2, groups: 3, groupSize: 2, hidden: [5, 4, 6], context: "set" };
const SHAPES: readonly ContextShape[] = [
  ...[[2, 1], [2, 3], [3, 4], [5, 2]].map(([participants, goods]) => ({ participants, goods, exchangeable: true })),
  ...[[2, 1], [4, 2]].map(([participants, goods]) => ({ participants, goods, exchangeable: false })),
];

/** Parameters of which every one matters. */
function randomParameters(rules: PricingRules, seed: number): Host {
  return Object.fromEntries(
    Object.entries(rules.parameterShapes).map(([name, shape], stream) => [
      name,
      { shape, data: normals(deriveKey(randomKey(seed), stream), shape.reduce((a, b) => a * b, 1)) },
    ]),
  );
}

forEachDevice("weights from a set context are those of plain loops, on the host too", async () => {
  for (const shape of SHAPES) {
    const { participants: n, goods: m } = shape, rules = pricingRules(shape, SIZE), host = randomParameters(rules, 1);
    const parameters = uploadAll(host), types = uniforms(randomKey(2), 6 * n * m);
    const hypernetwork = rules.hypernetwork(parameters, types),
      weights = rawWeights(hypernetwork),
      found = await weights.data();
    const onHost = rules.hostHypernetwork(host, types), P = rules.network.weightCount;
    assertEquals(weights.shape, [6 * n, P]);
    for (let row = 0; row < 6 * n; row++) {
      const expected = plainWeights(host, types, row, shape), exact = hostRawWeights(onHost, row);
      assertEquals(expected.length, P);
      for (let p = 0; p < P; p++) {
        assertAlmostEquals(exact[p], expected[p], 1e-12 * (1 + Math.abs(expected[p])));
        assertAlmostEquals(found[row * P + p], expected[p], 1e-4 * (1 + Math.abs(expected[p])));
      }
    }
    const onDevice = tf.tensor2d(types, [6 * n, m]), ofTensor = rules.hypernetwork(parameters, onDevice);
    const again = rawWeights(ofTensor), foundAgain = await again.data();
    found.forEach((weight, p) => assertAlmostEquals(foundAgain[p], weight, 1e-4 * (1 + Math.abs(weight))));
    [hypernetwork, ofTensor].forEach(disposeHidden);
    tf.dispose([parameters, weights, again, onDevice]);
  }
});

/** Raw weights `[P]` of one row by the formulas, with K = 2, G = 3 and E = 2. */
function plainWeights(host: Host, types: Float32Array, row: number, shape: ContextShape) {
  const { participants: n, goods: m, exchangeable } = shape, unit = (i: number) => Array(n).fill(0).with(i, 1);
  const names = [...Array(n).keys()].filter((k) => k !== row % n);
  const who = names.map((k) => exchangeable ? [] : [...unit(row % n), ...unit(k)]);
  const others = names.map((k) => {
    const at = ((row - row % n) + k) * m;
    return Array.from(types.subarray(at, at + m));
  });
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const product = (x: number[], name: string, column: number) => {
    const { shape: [height, width], data } = host[name];
    assertEquals(height, x.length);
    return x.reduce((sum, value, i) => sum + value * data[i * width + column], 0);
  };
  const relu = (x: number[], name: string) =>
    Array.from(host[`${name}.bias`].data, (b, column) => Math.max(0, b + product(x, `${name}.weight`, column)));
  const goods = [...Array(m).keys()];
  const perGood = goods.map((j) => {
    const column = others.map((t) => t[j]);
    const elements = others.map((t, at) => {
      const ofTypes = [t[j], mean(t), mean(column), Math.max(...column)].map((y) => 2 * y - 1);
      return relu([...ofTypes, ...who[at]], "hidden.element");
    });
    return elements[0].map((_, e) => mean(elements.map((element) => element[e])));
  });
  const all = perGood[0].map((_, e) => mean(perGood.map((one) => one[e])));
  const hidden = relu(all, "hidden.global"), ofGoods = perGood.map((one) => relu([...one, ...all], "hidden.local"));
  const raw = Array.from({ length: 21 }, (_, p) => product(hidden, "output.weight", p));
  for (let map = 0; map < 12; map += 3) {
    for (const j of goods) for (let g = 0; g < 3; g++) raw.push(product(ofGoods[j], "output.slopes", map + g));
    for (let g = 0; g < 3; g++) raw.push(product(hidden, "output.weight", 21 + map + g));
  }
  for (const j of goods) raw.push(product(ofGoods[j], "output.slopes", 12));
  raw.push(product(hidden, "output.weight", 33));
  return raw.map((value, p) => value + host["output.bias"].data[p]);
}

Deno.test("exchanging the other participants changes no weight", () => {
  const shape = { participants: 4, goods: 3, exchangeable: true }, rules = pricingRules(shape, SIZE);
  const host = randomParameters(rules, 3), types = uniforms(randomKey(4), 12);
  const exchanged = Float32Array.from([...types.subarray(0, 3), ...types.subarray(9), ...types.subarray(3, 9)]);
  const [before, after] = [types, exchanged].map((types) => hostRawWeights(rules.hostHypernetwork(host, types), 0));
  before.forEach((value, p) => assertAlmostEquals(after[p], value, 1e-12));
});

Deno.test("permuting the goods of the others' types permutes the context's effect", () => {
  const shape = { participants: 3, goods: 4, exchangeable: true }, rules = pricingRules(shape, SIZE);
  const host = randomParameters(rules, 5), types = uniforms(randomKey(6), 12), order = [2, 0, 3, 1];
  host["output.bias"].data.fill(0);
  const permuted = Float32Array.from(types, (_, at) => types[at - at % 4 + order[at % 4]]);
  const [before, after] = [types, permuted].map((types) => {
    // f of point x, and of the same point with permuted goods.
    const f = rules.network.bindOnHost(hostRawWeights(rules.hostHypernetwork(host, types), 1));
    return (x: readonly number[]) => f(Float64Array.from(x), new Float64Array(4));
  });
  for (let k = 0; k < 20; k++) {
    const x = Array.from(uniforms(deriveKey(randomKey(7), k), 4));
    assertAlmostEquals(after(order.map((j) => x[j])), before(x), 1e-10);
    assert(Math.abs(after(x) - before(x)) > 1e-6, "goods make no difference: the test would show nothing");
  }
});

forEachDevice("the gradient in the parameters is that of finite differences", async () => {
  for (const shape of SHAPES) {
    const { participants: n, goods: m } = shape, rules = pricingRules(shape, SIZE), host = randomParameters(rules, 8);
    const parameters = uploadAll(host), types = uniforms(randomKey(9), 4 * n * m), { hypernetwork } = rules;
    const { hidden, weight, perGood, bias } = hypernetwork(parameters, types);
    const random = (like: Tensor, stream: number) =>
      tf.tensor(normals(deriveKey(randomKey(10), stream), like.size), like.shape);
    const given = {
      ...{ hidden: random(hidden!, 0), weight: random(weight!, 1), bias: random(bias, 2) },
      perGood: { hidden: random(perGood!.hidden, 3), weight: random(perGood!.weight, 4) },
    };
    // deno-lint-ignore no-explicit-any -- shapes of random tensors are those of the hypernetwork's
    const make = () => ({ gradient: given as any });
    const found = parameterGradient(rules, parameters, types, types.length / m, make).gradients;
    assertEquals(Object.keys(found).sort(), Object.keys(rules.parameterShapes).sort());
    const factors = await Promise.all([given.hidden, given.perGood.hidden].map((tensor) => tensor.data()));
    const along = (parameters: Host) => {
      const { hidden, perGood } = rules.hostHypernetwork(parameters, types);
      const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        Array.from(a).reduce((sum, x, k) => sum + x * b[k], 0);
      return dot(hidden!, factors[0]) + dot(perGood!.hidden, factors[1]);
    };
    for (const name of Object.keys(found)) {
      const gradient = await found[name].data() as Float32Array;
      if (!name.startsWith("hidden.")) continue;
      const direction = normals(randomKey(11), gradient.length), step = 1e-6;
      const at = (by: number) =>
        along({
          ...host,
          [name]: { ...host[name], data: Float64Array.from(host[name].data, (w, k) => w + by * direction[k]) as never },
        });
      const expected = (at(step) - at(-step)) / (2 * step);
      const sum = gradient.reduce((sum, g, k) => sum + g * direction[k], 0);
      assertAlmostEquals(sum, expected, 1e-3 * (1 + Math.abs(expected)), name);
    }
    const [ofWeight, ofSlopes] = [found["output.weight"], found["output.slopes"]];
    assertEquals([ofWeight.id, ofSlopes.id], [given.weight.id, given.perGood.weight.id]);
    disposeHidden({ hidden, bias, perGood });
    tf.dispose([parameters, found, { ...given, perGood: { ...given.perGood } }]);
  }
});

Deno.test("one width is for all three layers, and one participant has no context", () => {
  const shape = { participants: 3, goods: 4, exchangeable: true };
  const { parameterShapes } = pricingRules(shape, { ...SIZE, hidden: [7] });
  assertEquals(parameterShapes["hidden.element.weight"], [4, 7]);
  assertEquals(parameterShapes["hidden.local.weight"], [14, 7]);
  assertEquals(parameterShapes["output.slopes"], [7, 13]);
  assertEquals(Object.keys(pricingRules({ ...shape, participants: 1 }, SIZE).parameterShapes), ["output.bias"]);
});

Deno.test("participants who differ have rules of their own, also for the same types of the others", () => {
  const shape = { participants: 3, goods: 2, exchangeable: false }, rules = pricingRules(shape, SIZE);
  const host = randomParameters(rules, 3), types = Float32Array.of(0.2, 0.7, 0.2, 0.7, 0.2, 0.7);
  const output = rules.hostHypernetwork(host, types);
  const [first, ...others] = [0, 1, 2].map((row) => hostRawWeights(output, row));
  for (const other of others) assert(other.some((value, p) => Math.abs(value - first[p]) > 0.01));
});

Deno.test("a set context network refuses other widths", () => {
  const shape = { participants: 3, goods: 4, exchangeable: true };
  const refuse = (hidden: number[], words: string) =>
    assertThrows(() => pricingRules(shape, { ...SIZE, hidden }), InvalidInputError, words);
  refuse([], "hidden must be one width, or three (element, global, local), got []");
  refuse([8, 8], "got [8,8]");
  refuse([8, 0, 8], "hidden[1] must be a positive integer, got 0");
});
