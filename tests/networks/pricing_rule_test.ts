import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Tensor, tf } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { contexts, type ContextShape } from "../../src/networks/context.ts";
import { hostRawWeights, rawWeights } from "../../src/networks/hypernetwork_output.ts";
import { type NetworkSize, pricingRules } from "../../src/networks/pricing_rule.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { uploadAll } from "../../src/runtime/tensors.ts";
import { forEachDevice } from "../devices.ts";
import { randomMechanism } from "../mechanisms/random_mechanism.ts";

forEachDevice(
  "weights from the context are the affine network's, computed by plain loops, on the host too",
  async () => {
    const shape = { participants: 3, goods: 2, exchangeable: false };
    const rules = pricingRules(shape, { layers: 1, groups: 2, groupSize: 2, hidden: [5, 4] });
    const host = Object.fromEntries(
      Object.entries(rules.parameterShapes).map(([name, sizes], stream) => [
        name,
        { shape: sizes, data: normals(deriveKey(randomKey(1), stream), sizes.reduce((a, b) => a * b, 1)) },
      ]),
    );
    const types = uniforms(randomKey(2), 4 * 6);
    const parameters: Record<string, Tensor> = {};
    for (const [name, { shape, data }] of Object.entries(host)) parameters[name] = tf.tensor(data, shape as number[]);
    const weights = rawWeights(rules.hypernetwork(parameters, types)), P = rules.network.weightCount;
    assertEquals(weights.shape, [12, P]);
    const hypernetwork = rules.hostHypernetwork(host, types);
    const got = await weights.data(), context = contexts(types, shape), d = context.length / 12;
    for (let row = 0; row < 12; row++) {
      let layer = Array.from(context.subarray(row * d, (row + 1) * d), (y) => 2 * y - 1);
      for (const name of ["hidden.0", "hidden.1", "output"]) {
        const { shape: [height, width], data } = host[`${name}.weight`];
        assertEquals(height, layer.length);
        layer = Array.from({ length: width }, (_, j) => {
          let sum = host[`${name}.bias`].data[j];
          for (let i = 0; i < height; i++) sum += layer[i] * data[i * width + j];
          return name === "output" ? sum : Math.max(0, sum);
        });
      }
      const exact = hostRawWeights(hypernetwork, row);
      for (let j = 0; j < P; j++) {
        assertAlmostEquals(got[row * P + j], layer[j], 1e-4 * (1 + Math.abs(layer[j])));
        assertAlmostEquals(exact[j], layer[j], 1e-13 * (1 + Math.abs(layer[j])));
      }
    }
  },
);

forEachDevice("without a context all participants have one pricing rule, whatever the others report", async () => {
  const shape = { participants: 3, goods: 3, exchangeable: true };
  for (const kind of ["groupmax", "symmetric", "mlp"] as const) {
    const size = { kind, layers: 2, groups: 3, groupSize: 2, hidden: [7], context: "none" } as const;
    const rules = pricingRules(shape, size), parameters = rules.initialParameters(randomKey(3));
    const single = pricingRules({ ...shape, participants: 1 }, { ...size, context: "dense" });
    assertEquals(rules.parameterShapes, single.parameterShapes);
    const tensors = uploadAll(parameters), types = uniforms(randomKey(4), 2 * 9);
    const onDevice = await rawWeights(rules.hypernetwork(tensors, types)).data();
    assertEquals(onDevice, parameters["output.bias"].data); // one row of weights for all
    const price = rules.price(parameters, types),
      expected = single.price(parameters, types),
      slope = new Float64Array(3);
    for (let row = 0; row < 6; row++) {
      const x = Float64Array.from(uniforms(randomKey(row), 3));
      assertEquals(price(row)(x, slope), expected(row)(x, slope));
    }
    assertEquals(rules.lowerBounds(true), single.lowerBounds(true));
  }
});

Deno.test("prices that the others' types cannot change must have no context, and participants who are the same", () => {
  const shape = { participants: 3, goods: 3, exchangeable: true },
    size = { layers: 1, groups: 2, groupSize: 2, hidden: [] };
  const refuse = (shape: ContextShape, network: Partial<NetworkSize>, words: string) =>
    assertThrows(() => pricingRules(shape, { ...size, ...network }), InvalidInputError, words);
  refuse(shape, { kind: "symmetric" }, "network.kind must not be symmetric for 3 participants with a context");
  refuse(
    { ...shape, exchangeable: false },
    { context: "none" },
    'network.context must be dense or set where participants are not exchangeable, got "none"',
  );
});

Deno.test("nothing costs nothing, whatever the weights and the others' types", async () => {
  for (const [n, m] of [[1, 3], [2, 2], [4, 5]]) {
    const mechanism = randomMechanism(n, m, 7);
    const prices = await mechanism.prices(uniforms(randomKey(8), 20 * n * m), new Float64Array(20 * n * m));
    assertEquals(prices, new Float64Array(20 * n));
  }
});

Deno.test("prices are convex in x along random segments, for random weights and contexts", async () => {
  for (const [n, m] of [[1, 3], [3, 2], [4, 5]]) {
    const mechanism = randomMechanism(n, m, 9), B = 30;
    const types = uniforms(randomKey(10), B * n * m), ends = uniforms(randomKey(11), B * n * 2 * m);
    const outcomes = new Float64Array(B * n * 3 * m);
    for (let row = 0; row < B * n; row++) {
      for (let j = 0; j < m; j++) {
        const [a, b] = [ends[row * 2 * m + j], ends[(row * 2 + 1) * m + j]];
        [a, b, 0.3 * a + 0.7 * b].forEach((x, k) => outcomes[(row * 3 + k) * m + j] = x);
      }
    }
    const prices = await mechanism.prices(types, outcomes);
    let curved = 0;
    for (let row = 0; row < B * n; row++) {
      const [a, b, between] = prices.subarray(row * 3, row * 3 + 3);
      const slack = 0.3 * a + 0.7 * b - between;
      if (slack < -1e-9) throw new Error(`price above its chord by ${-slack}`);
      if (slack > 1e-6) curved++;
    }
    if (curved === 0) throw new Error("every price was linear: the test would show nothing");
  }
});

Deno.test("a participant's own type has no effect on its prices; the others' types have", async () => {
  const n = 3, m = 2, mechanism = randomMechanism(n, m, 12);
  const base = uniforms(randomKey(13), n * m), outcomes = new Float64Array(n * m).fill(0.7);
  const before = await mechanism.prices(base, outcomes);
  const changed = base.slice();
  changed[0] = 1 - changed[0];
  const after = await mechanism.prices(changed, outcomes);
  assertEquals(after[0], before[0]);
  for (const other of [1, 2]) if (after[other] === before[other]) throw new Error(`price of ${other} did not change`);
});
