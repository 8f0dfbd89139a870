/**
 * TensorFlow.js 4.22.0: tensors and automatic differentiation, on WebGPU and WASM.
 * Chosen because it is the one maintained tensor library in JavaScript that has both.
 *
 * It takes a third of a second to load, so nothing loads it until a device is opened:
 * {@linkcode tf} is a live binding that {@linkcode loadTensorflow} fills.
 *
 * @module
 */
import type * as tfjs from "npm:@tensorflow/tfjs@4.22.0";
export type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "npm:@tensorflow/tfjs@4.22.0";

/** The type of the TensorFlow.js namespace. */
export type Tensorflow = typeof tfjs;

/** The TensorFlow.js namespace; undefined until a device has been opened. */
export let tf: Tensorflow;

/** Loads TensorFlow.js, once. */
export async function loadTensorflow(): Promise<Tensorflow> {
  if (!tf) {
    const loaded = await import("npm:@tensorflow/tfjs@4.22.0");
    loaded.enableProdMode(); // no banner, no shape re-checks of its own
    tf = loaded;
  }
  return tf;
}
