/**
 * The sum of many tensors on devices that bind few.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";

/** Tensors added at once: WebGPU's minimum is 8 storage buffers, of which one is for the sum. */
const AT_ONCE = 7;

/**
 * The sum of tensors of one shape, in their order. `tf.addN` binds them all, and its shader is silently refused where a
 * device cannot.
 */
export function sumOfTensors<T extends Tensor>(tensors: readonly T[]): T {
  if (tensors.length <= AT_ONCE) return tf.addN([...tensors]);
  return sumOfTensors([tf.addN(tensors.slice(0, AT_ONCE)), ...tensors.slice(AT_ONCE)]);
}
