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
/** A tensor without dimensions. */
export type Scalar = tfjs.Scalar;
/** A tensor of any shape, on the device. */
export type Tensor = tfjs.Tensor;
/** A tensor `[a]`. */
export type Tensor1D = tfjs.Tensor1D;
/** A tensor `[a, b]`. */
export type Tensor2D = tfjs.Tensor2D;
/** A tensor `[a, b, c]`. */
export type Tensor3D = tfjs.Tensor3D;
/** A tensor `[a, b, c, d]`. */
export type Tensor4D = tfjs.Tensor4D;

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
