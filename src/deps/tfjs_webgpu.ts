/**
 * TensorFlow.js' WebGPU backend 4.22.0.
 * Chosen because it is the only tensor backend that reaches any maker's GPU from Deno without a native library.
 *
 * @module
 */
import type * as webgpuBackend from "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";
export type { WebGPUBackend, WebGPUProgram } from "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";

/** The type of the backend's namespace. */
export type TensorflowWebgpu = typeof webgpuBackend;

/** Loads the backend, which registers its kernels under the name `webgpu`. */
export function loadTensorflowWebgpu(): Promise<TensorflowWebgpu> {
  return import("npm:@tensorflow/tfjs-backend-webgpu@4.22.0");
}
