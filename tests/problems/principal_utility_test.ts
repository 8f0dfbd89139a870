import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { loadTensorflow } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { reproducibleGoods } from "../../src/problems/principal_utility.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";

/** u0 in plain loops. */
function plain(x: Float32Array, p: Float32Array, n: number, m: number, cp: number, cd: number): number[] {
  return Array.from({ length: p.length / n }, (_, b) => {
    let utility = 0;
    for (let i = 0; i < n; i++) utility += p[b * n + i];
    for (let j = 0; j < m; j++) {
      let most = 0, sum = 0;
      for (let i = 0; i < n; i++) {
        const outcome = x[(b * n + i) * m + j];
        most = Math.max(most, outcome);
        sum += outcome;
      }
      utility -= cp * most + cd * sum;
    }
    return utility;
  });
}

Deno.test("reproducibleGoods agrees with plain loops on random batches", async () => {
  const tf = await loadTensorflow();
  await tf.setBackend("cpu");
  let seed = 20;
  for (const [B, n, m] of [[1, 1, 1], [7, 1, 3], [5, 2, 1], [4, 3, 5], [33, 10, 2]]) {
    for (const [cp, cd] of [[0, 0], [1, 0], [0, 0.5], [0.3, 0.7]]) {
      const x = uniforms(randomKey(seed++), B * n * m), p = uniforms(randomKey(seed++), B * n);
      const before = tf.memory().numTensors;
      const outcomes = tf.tensor3d(x, [B, n, m]), payments = tf.tensor2d(p, [B, n]);
      const utility = reproducibleGoods({ productionCost: cp, duplicationCost: cd }).evaluate(
        tf,
        outcomes,
        payments,
        outcomes,
      );
      assertEquals(utility.shape, [B]);
      const values = utility.dataSync();
      plain(x, p, n, m, cp, cd).forEach((expected, b) => assertAlmostEquals(values[b], expected, 2e-6 * (1 + n * m)));
      tf.dispose([outcomes, payments, utility]);
      assertEquals(tf.memory().numTensors, before, "intermediate tensors must be disposed of");
    }
  }
});

Deno.test("reproducibleGoods can be differentiated in the payments", async () => {
  const tf = await loadTensorflow();
  await tf.setBackend("cpu");
  const u0 = reproducibleGoods({ productionCost: 1, duplicationCost: 0.5 });
  const gradient = tf.tidy(() => {
    const outcomes = tf.fill([4, 3, 2], 0.5) as ReturnType<typeof tf.tensor3d>;
    const payments = tf.fill([4, 3], 0.25) as ReturnType<typeof tf.tensor2d>;
    return tf.grad((p) => tf.sum(u0.evaluate(tf, outcomes, p as typeof payments, outcomes)))(payments).dataSync();
  });
  assert(gradient.length === 12 && gradient.every((value) => value === 1));
});

Deno.test("reproducibleGoods refuses costs that are negative or not finite", () => {
  const bad = (costs: Record<string, unknown>, message: string) =>
    assertThrows(() => reproducibleGoods(costs), InvalidInputError, message);
  bad({ productionCost: -1 }, "productionCost must be a finite number of at least 0, got -1");
  bad({ duplicationCost: NaN }, "duplicationCost must be a finite number of at least 0, got NaN");
  bad({ productionCost: Infinity }, "productionCost must be a finite number of at least 0, got Infinity");
  bad({ duplicationCost: "1" }, 'duplicationCost must be a finite number of at least 0, got "1"');
  const free = reproducibleGoods();
  assertEquals([free.productionCost, free.duplicationCost], [0, 0]);
});
