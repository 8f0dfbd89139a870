/**
 * Checks that networks pass on the device that is open.
 *
 * @module
 */
import { assertAlmostEquals } from "@std/assert";
import { type Tensor2D, tf } from "../../src/deps/tfjs.ts";
import type { ConvexNetwork } from "../../src/networks/network.ts";
import { deriveKey, type RandomKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";

/** Fails unless value and gradient at random points equal those on the host, for raw weights `[3, P]`. */
export async function checkDeviceIsHost(
  network: ConvexNetwork,
  raw: Float32Array,
  key: RandomKey,
  name: string,
): Promise<void> {
  const rows = 3, count = 5, m = network.goods, P = network.weightCount;
  const points = uniforms(deriveKey(key, 1), rows * count * m);
  const weights = tf.tensor2d(raw, [rows, P]), at = tf.tensor3d(points, [rows, count, m]);
  const value = await network.value(weights, at).data();
  const slope = await network.slope(weights)(at).data();
  for (let r = 0; r < rows; r++) {
    const f = network.bindOnHost(raw.subarray(r * P, (r + 1) * P)), gradient = new Float64Array(m);
    for (let c = 0; c < count; c++) {
      const base = (r * count + c) * m;
      const expected = f(Float64Array.from(points.subarray(base, base + m)), gradient);
      assertAlmostEquals(value[r * count + c], expected, 1e-4 * (1 + Math.abs(expected)), name);
      gradient.forEach((one, i) => assertAlmostEquals(slope[base + i], one, 1e-4 * (1 + Math.abs(one)), name));
    }
  }
}

/** Fails unless the gradient in raw weights `[2, P]` equals finite differences, for 2 goods. */
export async function checkWeightGradient(network: ConvexNetwork, raw: Float32Array, name: string): Promise<void> {
  const rows = 2, count = 4, P = network.weightCount;
  const points = uniforms(randomKey(4), rows * count * 2), factors = normals(randomKey(5), rows * count);
  const gradient = await tf.grad((weights) =>
    tf.sum(tf.mul(
      tf.tensor2d(factors, [rows, count]),
      network.value(weights as Tensor2D, tf.tensor3d(points, [rows, count, 2])),
    ))
  )(tf.tensor2d(raw, [rows, P])).data();
  const loss = (weights: Float64Array) => {
    let sum = 0;
    for (let r = 0; r < rows; r++) {
      const f = network.bindOnHost(weights.subarray(r * P, (r + 1) * P));
      for (let c = 0; c < count; c++) {
        const at = (r * count + c) * 2;
        sum += factors[r * count + c] * f(Float64Array.from(points.subarray(at, at + 2)), new Float64Array(2));
      }
    }
    return sum;
  };
  for (let j = 0; j < raw.length; j++) {
    const up = Float64Array.from(raw), down = up.slice();
    up[j] += 1e-6, down[j] -= 1e-6;
    const difference = (loss(up) - loss(down)) / (up[j] - down[j]);
    assertAlmostEquals(gradient[j], difference, 1e-3 * (1 + Math.abs(difference)), `${name}, weight ${j}`);
  }
}
