/**
 * Dense layers of hypernetworks, which read contexts: on the device, and in 64-bit floats on the host.
 *
 * @module
 */
import { type Tensor, type Tensor2D, tf } from "../deps/tfjs.ts";
import type { HostTensor } from "../runtime/host_tensor.ts";

/**
 * input `[R, a]` times weight `[a, b]`, differentiable in both. Its gradient transposes matrices before it multiplies,
 * since TensorFlow.js multiplies transposed arguments slowly on wasm.
 */
export function dense(input: Tensor2D, weight: Tensor2D): Tensor2D {
  // deno-lint-ignore no-explicit-any -- tfjs types the saving function of customGrad for one tensor only
  const product = tf.customGrad((x: any, w: any, save: any) => {
    save([x, w]);
    return {
      value: tf.matMul(x, w),
      // deno-lint-ignore no-explicit-any
      gradFunc: (dy: any, saved: any) => [
        tf.matMul(dy, tf.transpose(saved[1])),
        tf.matMul(tf.transpose(saved[0]), dy),
      ],
    };
  });
  return product(input, weight) as Tensor2D;
}

/** relu(input weight + bias) `[R, b]`. */
export function reluLayer(input: Tensor2D, weight: Tensor, bias: Tensor): Tensor2D {
  return tf.relu(tf.add(dense(input, weight as Tensor2D), bias));
}

/** As {@linkcode reluLayer}, for an input that does not depend on parameters: no gradient in the input is computed. */
export function firstReluLayer(input: Tensor2D, weight: Tensor, bias: Tensor): Tensor2D {
  // deno-lint-ignore no-explicit-any -- as above
  const product = tf.customGrad((w: any, save: any) => {
    save([input]);
    // deno-lint-ignore no-explicit-any
    return { value: tf.matMul(input, w), gradFunc: (dy: any, saved: any) => tf.matMul(tf.transpose(saved[0]), dy) };
  });
  return tf.relu(tf.add(product(weight), bias));
}

/** As {@linkcode reluLayer}, for input `[R, width]`, flat, in 64-bit floats on the host. */
export function hostReluLayer(input: Float64Array, width: number, weight: HostTensor, bias: HostTensor): Float64Array {
  const next = bias.data.length, rows = input.length / width, out = new Float64Array(rows * next);
  for (let row = 0; row < rows; row++) {
    const sums = out.subarray(row * next, (row + 1) * next);
    sums.set(bias.data);
    for (let i = 0; i < width; i++) {
      const x = input[row * width + i];
      if (x === 0) continue; // about half of the outputs of a relu layer
      for (let j = 0; j < next; j++) sums[j] += x * weight.data[i * next + j];
    }
    for (let j = 0; j < next; j++) sums[j] = Math.max(0, sums[j]);
  }
  return out;
}
