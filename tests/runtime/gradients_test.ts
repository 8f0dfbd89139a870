/** Work in the middle of a gradient: it is no part of it, takes gradients of its own, and leaves nothing but its result. */
import { assertEquals, assertThrows } from "@std/assert";
import { type Tensor, tf } from "../../src/deps/tfjs.ts";
import { apartFromGradient, tensorsIn } from "../../src/runtime/gradients.ts";
import { forEachDevice } from "../devices.ts";

forEachDevice("what is made apart is held fast, gradients in it are right, and so is the one around it", async () => {
  const x = tf.tensor1d([1, 2, 3]), before = tf.memory().numTensors;
  let apart: { inner: Tensor; parts: { cube: Tensor }[] } | undefined;
  const gradient = tf.grad((x) => {
    const square = tf.square(x);
    apart = apartFromGradient(() => {
      const inner = tf.grad((y: Tensor) => tf.sum(tf.mul(y, tf.square(y))))(square); // 3 y^2 = 3 x^4
      return { inner, parts: [{ cube: tf.mul(square, x) }] };
    });
    return tf.sum(tf.mul(square, apart.inner)); // as if inner did not depend on x: 2 x inner
  })(x);
  assertEquals(await gradient.data(), Float32Array.of(6, 2 * 2 * 48, 2 * 3 * 243));
  assertEquals(await apart!.inner.data(), Float32Array.of(3, 48, 243));
  assertEquals(await apart!.parts[0].cube.data(), Float32Array.of(1, 8, 27));
  assertEquals(tensorsIn(apart!).length, 2);
  assertEquals(tf.memory().numTensors - before, 3, "the gradient and what was made apart");
  tf.dispose([gradient, ...tensorsIn(apart!)]);
  assertEquals(tf.memory().numTensors, before);
});

forEachDevice("an error comes through, and gradients work after it", async () => {
  const x = tf.tensor1d([2]),
    fails = () => {
      throw new TypeError("mine");
    };
  assertThrows(() => tf.grad((x) => tf.mul(x, apartFromGradient(fails)))(x), TypeError, "mine");
  assertEquals(await tf.grad((x: Tensor) => tf.square(x))(x).data(), Float32Array.of(4));
});
