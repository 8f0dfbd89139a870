/** Reparameterised weights: forward, its transpose, compositions, and the same on the device. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { type Tensor, type Tensor2D, tf } from "../../src/deps/tfjs.ts";
import {
  compose,
  forward,
  forwardOnDevice,
  identity,
  LARGEST_FLOAT,
  linearPart,
  multiplicities,
  type Reparameterisation,
  transpose,
  transposeOnDevice,
} from "../../src/networks/reparameterisation.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { forEachDevice } from "../devices.ts";

/** A random map from P raw numbers to S slots: ties, constants, numbers that no slot holds, and clamps on request. */
function randomMap(seed: number, P: number, S: number, clamped: boolean): Reparameterisation {
  const key = randomKey(seed), draws = uniforms(deriveKey(key, 0), S), bounds = normals(deriveKey(key, 1), S);
  const from = Int32Array.from(draws, (u) => u < 0.2 ? -1 : Math.floor((u - 0.2) / 0.8 * P));
  const constants = normals(deriveKey(key, 2), S) as Float32Array<ArrayBuffer>;
  if (!clamped) return { inputs: P, from, constants };
  return { inputs: P, from, constants, least: bounds.map((z) => z < 0 ? -LARGEST_FLOAT : z - 0.5) };
}

/** Slots by the definition, number by number. */
function plainSlots({ inputs, from, constants, least }: Reparameterisation, raw: Float32Array): number[] {
  const rows = Array.from({ length: raw.length / inputs }, (_, row) => raw.subarray(row * inputs, (row + 1) * inputs));
  return rows.flatMap((row) =>
    Array.from(from, (at, s) => {
      const value = at >= 0 ? row[at] : constants?.[s] ?? 0;
      return Math.max(value, least?.[s] ?? -Infinity);
    })
  );
}

const MAPS = [[1, 5, 9], [2, 7, 7], [3, 1, 4], [4, 12, 30], [5, 6, 2]] as const;

Deno.test("slots are what the definition says, and a transpose is the pull-back of gradients", () => {
  for (const [seed, P, S] of MAPS) {
    for (const clamped of [false, true]) {
      const map = randomMap(seed, P, S, clamped), raw = normals(deriveKey(randomKey(seed), 3), 3 * P);
      const gradient = Float64Array.from(normals(deriveKey(randomKey(seed), 4), 3 * S));
      const slots = forward(map, raw, new Float64Array(3 * S));
      assertEquals(Array.from(slots), plainSlots(map, raw));
      const pulled = transpose(map, gradient, new Float64Array(3 * P), raw);
      // d <gradient, slots> / d raw, by differences that cross no clamp.
      const at = (shifted: Float64Array) =>
        forward(map, shifted, new Float64Array(3 * S)).reduce((sum, slot, k) => sum + slot * gradient[k], 0);
      for (let p = 0; p < 3 * P; p++) {
        const shifted = (h: number) => Float64Array.from(raw, (value, k) => k === p ? value + h : value);
        assertAlmostEquals(pulled[p], (at(shifted(1e-6)) - at(shifted(-1e-6))) / 2e-6, 1e-6);
      }
    }
  }
});

Deno.test("a composition is one map after the other, clamps and constants included", () => {
  for (const [seed, P, S] of MAPS) {
    const inner = randomMap(seed, P, S, seed % 2 === 0), outer = randomMap(seed + 50, S, 11, true);
    const raw = normals(deriveKey(randomKey(seed), 5), 2 * P), both = compose(outer, inner);
    assertEquals(both.inputs, P);
    const middle = forward(inner, raw, new Float32Array(2 * S));
    assertEquals(forward(both, raw, new Float32Array(22)), forward(outer, middle, new Float32Array(22)));
  }
});

Deno.test("an identity changes nothing, and numbers that several slots hold are counted", () => {
  const raw = Float32Array.of(1, -2, 3, 4);
  assertEquals(forward(identity(4), raw, new Float32Array(4)), raw);
  assertEquals(compose(identity(4), identity(4)).from, identity(4).from);
  assertEquals(multiplicities({ inputs: 3, from: Int32Array.of(2, -1, 2, 0) }), Int32Array.of(1, 0, 2));
});

forEachDevice("on the device slots, their derivative and their transpose are the host's", async () => {
  for (const [seed, P, S] of MAPS) {
    for (const clamped of [false, true]) {
      const map = randomMap(seed, P, S, clamped), rows = 3, before = tf.memory().numTensors;
      const raw = normals(deriveKey(randomKey(seed), 6), rows * P);
      const gradient = normals(deriveKey(randomKey(seed), 7), rows * S);
      const onDevice = tf.tensor2d(raw, [rows, P]), upstream = tf.tensor2d(gradient, [rows, S]);
      const slots = forwardOnDevice(map, onDevice), pulled = transposeOnDevice(map, upstream, onDevice);
      const derivative = tf.tidy(() =>
        tf.grad((x: Tensor) => tf.sum(tf.mul(upstream, forwardOnDevice(map, x as Tensor2D))))(onDevice)
      );
      const linear = forwardOnDevice(linearPart(map), onDevice);
      assertEquals(Array.from(await slots.data()), Array.from(forward(map, raw, new Float32Array(rows * S))));
      assertEquals(
        Array.from(await linear.data(), (value) => value + 0),
        Array.from(forward(linearPart(map), raw, new Float32Array(rows * S)), (value) => value + 0),
      );
      const expected = transpose(map, gradient, new Float64Array(rows * P), raw);
      for (const found of [pulled, derivative]) {
        (await found.data()).forEach((value, k) => assertAlmostEquals(value, expected[k], 1e-5));
      }
      tf.dispose([onDevice, upstream, slots, pulled, derivative, linear]);
      assertEquals(tf.memory().numTensors, before);
    }
  }
});
