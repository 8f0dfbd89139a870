/** Adam against a loop over 64-bit floats. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import type { Parameters } from "../../src/networks/network.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals } from "../../src/random/numbers.ts";
import { type AdamOptions, adamStep, averageParameters, initAdam } from "../../src/training/adam.ts";
import { forEachDevice } from "../devices.ts";

const SHAPES: Readonly<Record<string, number[]>> = { matrix: [20, 10], vector: [7], one: [1] };
const NAMES = Object.keys(SHAPES);
const STEPS = 6;
const RATES = [0.1, 0.1, 0.05, 0.02, 0.01, 0.1];

const size = (name: string) => SHAPES[name].reduce((product, side) => product * side, 1);
const random = (...streams: number[]) =>
  Object.fromEntries(
    NAMES.map((name, k) => [name, Float64Array.from(normals(deriveKey(randomKey(5), ...streams, k), size(name)))]),
  );
const upload = (values: Readonly<Record<string, Float64Array>>): Parameters =>
  Object.fromEntries(NAMES.map((name) => [name, tf.tensor(Float32Array.from(values[name]), SHAPES[name])]));

/** The textbook's step, in place; the gradient's norm. */
function plainStep(
  parameters: Readonly<Record<string, Float64Array>>,
  gradients: Readonly<Record<string, Float64Array>>,
  first: Readonly<Record<string, Float64Array>>,
  second: Readonly<Record<string, Float64Array>>,
  step: number,
  learningRate: number,
  { beta1, beta2, epsilon, clipNorm }: AdamOptions,
): number {
  let squares = 0;
  for (const name of NAMES) for (const g of gradients[name]) squares += g * g;
  const norm = Math.sqrt(squares), scale = norm > clipNorm ? clipNorm / norm : 1;
  for (const name of NAMES) {
    for (let j = 0; j < parameters[name].length; j++) {
      const g = scale * gradients[name][j];
      const m = first[name][j] = beta1 * first[name][j] + (1 - beta1) * g;
      const v = second[name][j] = beta2 * second[name][j] + (1 - beta2) * g * g;
      const unbiased = m / (1 - beta1 ** step);
      parameters[name][j] -= learningRate * unbiased / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon);
    }
  }
  return norm;
}

const cases: { name: string; options: AdamOptions; clipped: number }[] = [
  { name: "never clipped", options: { beta1: 0.9, beta2: 0.99, epsilon: 1e-3, clipNorm: 1e6 }, clipped: 0 },
  { name: "always clipped", options: { beta1: 0.9, beta2: 0.999, epsilon: 1e-4, clipNorm: 0.5 }, clipped: STEPS },
  { name: "clipped at times", options: { beta1: 0.5, beta2: 0.9, epsilon: 1e-3, clipNorm: 20 }, clipped: STEPS / 2 },
  { name: "without memory", options: { beta1: 0, beta2: 0, epsilon: 1e-2, clipNorm: 20 }, clipped: STEPS / 2 },
];
for (const { name, options, clipped } of cases) {
  forEachDevice(`adamStep is Adam's step, ${name}`, async () => {
    const plain = random(0), first = random(0), second = random(0);
    for (const name of NAMES) first[name].fill(0), second[name].fill(0);
    let parameters = upload(plain), state = initAdam(parameters), above = 0;
    for (let step = 0; step < STEPS; step++) {
      const gradients = random(1, step);
      // Norms of about 14.4 and 28.8 by turns.
      if (step % 2) { for (const name of NAMES) gradients[name].forEach((g, j) => gradients[name][j] = 2 * g); }
      const expected = plainStep(plain, gradients, first, second, step + 1, RATES[step], options);
      const next = adamStep(parameters, upload(gradients), state, step, RATES[step], options);
      if (expected > options.clipNorm) above++;
      assertAlmostEquals((await next.norm.data())[0], expected, 1e-5 * expected);
      for (const name of NAMES) {
        const [p, m, v] = await Promise.all(
          [next.parameters, next.state.first, next.state.second].map((group) => group[name].data()),
        );
        assertEquals(next.parameters[name].shape, SHAPES[name]);
        for (let j = 0; j < p.length; j++) {
          assertAlmostEquals(p[j], plain[name][j], 1e-5, `${name}[${j}] of step ${step}`);
          assertAlmostEquals(m[j], first[name][j], 1e-5, `first moment ${name}[${j}] of step ${step}`);
          assertAlmostEquals(v[j], second[name][j], 1e-5, `second moment ${name}[${j}] of step ${step}`);
        }
      }
      ({ parameters, state } = next);
    }
    assertEquals(above, clipped);
  });
}

forEachDevice("adamStep leaves what it was given as it was, and nothing else", async () => {
  const values = random(2), parameters = upload(values), gradients = upload(random(3)), state = initAdam(parameters);
  const before = tf.memory().numTensors;
  const next = adamStep(parameters, gradients, state, 0, 0.1, { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 });
  assertEquals(tf.memory().numTensors - before, 3 * NAMES.length + 1);
  for (const name of NAMES) {
    assertEquals(await parameters[name].data(), Float32Array.from(values[name]));
    assert((await state.first[name].data()).every((value) => value === 0));
  }
  tf.dispose([next.parameters, next.state.first, next.state.second, next.norm]);
  assertEquals(tf.memory().numTensors, before);
});

forEachDevice("a gradient of zero moves nothing", async () => {
  const values = random(4), parameters = upload(values);
  const zero = Object.fromEntries(NAMES.map((name) => [name, new Float64Array(size(name))]));
  const options = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 };
  const next = adamStep(parameters, upload(zero), initAdam(parameters), 0, 0.1, options);
  assertEquals((await next.norm.data())[0], 0);
  for (const name of NAMES) assertEquals(await next.parameters[name].data(), Float32Array.from(values[name]));
});

forEachDevice("parameters do not fall below their bounds, and nothing else is another", async () => {
  const parameters = upload(random(8)), gradients = upload(random(9)), state = initAdam(parameters);
  const options = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 };
  // One bound for each element of the last dimension; without one for `vector`.
  const bounds: Record<string, Float32Array> = {
    matrix: Float32Array.from({ length: 10 }, (_, j) => j % 2 ? -3.4e38 : 0.05 * j),
    one: Float32Array.of(9),
  };
  const free = adamStep(parameters, gradients, state, 0, 0.1, options);
  const bounded = adamStep(parameters, gradients, state, 0, 0.1, options, bounds);
  for (const name of NAMES) {
    const own = bounds[name];
    const expected = (await free.parameters[name].data()).map((value, j) =>
      own ? Math.max(value, own[j % own.length]) : value
    );
    assertEquals(await bounded.parameters[name].data(), expected, name);
    assertEquals(await bounded.state.first[name].data(), await free.state.first[name].data());
  }
  assertEquals(await bounded.parameters.one.data(), Float32Array.of(9));
});

forEachDevice("averageParameters mixes old and new", async () => {
  const old = random(6), now = random(7), before = upload(old), added = upload(now);
  for (const decay of [0, 0.1, 0.99, 1]) {
    const average = averageParameters(before, added, decay);
    assertEquals(Object.keys(average), NAMES);
    for (const name of NAMES) {
      assertEquals(average[name].shape, SHAPES[name]);
      (await average[name].data()).forEach((value, j) =>
        assertAlmostEquals(value, decay * old[name][j] + (1 - decay) * now[name][j], 1e-6)
      );
    }
  }
});
