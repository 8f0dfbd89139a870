/**
 * TensorFlow.js' WebAssembly backend 4.22.0.
 * Chosen because it is the fastest way to run tfjs on a CPU that needs nothing installed: SIMD kernels in one file.
 *
 * @module
 */
import type * as wasmBackend from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
export type { BackendWasm } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";

/** The type of the backend's namespace. */
export type TensorflowWasm = typeof wasmBackend;

/** Loads the backend, which registers its kernels and a factory under the name `wasm`. */
export function loadTensorflowWasm(): Promise<TensorflowWasm> {
  return import("npm:@tensorflow/tfjs-backend-wasm@4.22.0");
}
