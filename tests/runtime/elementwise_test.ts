/** Formulas for every element: the same on every device, and in 64-bit floats in between on the host. */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { type Arithmetic, elementwise } from "../../src/runtime/elementwise.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { globalNorm } from "../../src/runtime/global_norm.ts";
import { forEachDevice } from "../devices.ts";

forEachDevice("every operation, of tensors, numbers for all and numbers for the last axis", async () => {
  const run = elementwise<"x" | "y" | "s" | "t" | "edge", "sum" | "rest" | "most" | "same">(
    <T>({ constant, add, sub, mul, div, max, sqrt }: Arithmetic<T>, { x, y, s, t, edge }: Record<string, T>) => ({
      sum: add(mul(s, x), sub(y, mul(t, t))),
      rest: div(sqrt(x), add(y, sqrt(s))),
      most: max(x, edge),
      same: mul(constant(0.25), max(s, t)),
    }),
  );
  const shape = [7, 3], x = uniforms(randomKey(1), 21), y = uniforms(randomKey(2), 21), [s, t] = [0.3, 0.7];
  const edge = Float32Array.of(0.2, 0.5, 0.9);
  const before = tf.memory().numTensors, inputs = { x: tf.tensor(x, shape), y: tf.tensor(y, shape), s, t, edge };
  const made = run(shape, inputs);
  assertEquals(tf.memory().numTensors - before, 6, "two inputs and four results");
  const expected = {
    sum: x.map((x, k) => s * x + (y[k] - t * t)),
    rest: x.map((x, k) => Math.sqrt(x) / (y[k] + Math.sqrt(s))),
    most: x.map((x, k) => Math.max(x, edge[k % 3])),
    same: x.map(() => 0.25 * 0.7),
  };
  for (const name of ["sum", "rest", "most", "same"] as const) {
    assertEquals(made[name].shape, shape);
    (await made[name].data()).forEach((value, k) => assertAlmostEquals(value, expected[name][k], 1e-6, `${name} ${k}`));
  }
  // A list as long as the result is one number for each element.
  const whole = await run(shape, { ...inputs, edge: y }).most.data();
  whole.forEach((value, k) => assertEquals(value, Math.max(x[k], y[k])));
});

Deno.test("on the host intermediate results are 64-bit floats, and what comes out is rounded once", async () => {
  await openDevice({ backend: "wasm" });
  const run = elementwise<"x" | "s", "y">(({ add, sub, mul, div }, { x, s }) => ({
    y: add(sub(add(x, s), s), div(mul(mul(x, s), s), mul(s, s))),
  }));
  const x = Float32Array.of(0.1, 1 / 3, 1e-7), s = 2 ** 25 + 1; // no 32-bit float
  const { y } = run([3], { x: tf.tensor1d(x), s });
  assertEquals(await y.data(), Float32Array.from(x, (x) => ((x + s) - s) + x * s * s / (s * s)));
});

forEachDevice("a tensor of one element is a number for all, and no result is one of the inputs", async () => {
  const run = elementwise<"x" | "s", "x" | "s" | "sum">(({ add }, { x, s }) => ({ x, s, sum: add(x, s) }));
  for (const s of [tf.scalar(0.5), tf.tensor1d([0.5]), Float32Array.of(0.5), 0.5]) {
    const inputs = { x: tf.tensor2d([[1, 2], [3, 4]]), s }, made = run([2, 2], inputs);
    tf.dispose(inputs);
    assertEquals([...await made.x.data()], [1, 2, 3, 4]);
    assertEquals([...await made.s.data()], [0.5, 0.5, 0.5, 0.5]);
    assertEquals([...await made.sum.data()], [1.5, 2.5, 3.5, 4.5]);
    for (const { shape } of Object.values(made)) assertEquals(shape, [2, 2]);
    tf.dispose(made);
  }
});

forEachDevice("inputs that do not fit the shape of the results are refused", () => {
  const run = elementwise<"x" | "edge", "y">(({ max }, { x, edge }) => ({ y: max(x, edge) }));
  const x = tf.zeros([2, 3]);
  assertThrows(
    () => run([2, 3], { x, edge: Float32Array.of(1, 2) }),
    InvalidInputError,
    "edge must have the shape [2,3], the length 3 of its last axis, or one element, got 2 elements",
  );
  assertThrows(
    () => run([2, 3], { x: tf.zeros([3, 2]), edge: 0 }),
    InvalidInputError,
    "x must have the shape [2,3], or one element, got the shape [3,2]",
  );
});

forEachDevice("the global norm is that of all tensors together", async () => {
  const tensors = { a: tf.tensor2d([[3, 0], [0, 4]]), b: tf.tensor1d([12]), c: tf.tensor1d([0, 0, -84]) };
  const before = tf.memory().numTensors, norm = globalNorm(tensors);
  assertAlmostEquals(typeof norm === "number" ? norm : (await norm.data())[0], 85, 1e-5);
  assertEquals(tf.memory().numTensors - before, typeof norm === "number" ? 0 : 1);
  assertEquals(globalNorm({}), 0);
});
