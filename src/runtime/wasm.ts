/**
 * The WASM device: TensorFlow.js' kernels on one CPU core, on every machine.
 *
 * @module
 */
import { loadTensorflow, type Tensorflow } from "../deps/tfjs.ts";
import { loadTensorflowWasm } from "../deps/tfjs_wasm.ts";
import { MachineError } from "../errors.ts";
import type { Device } from "./types.ts";

/** The smallest module that uses SIMD: `() => i8x16.popcnt(i8x16.splat(0))`. */
// deno-fmt-ignore
const SIMD_MODULE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** The backend that all openings share, once the first has begun to load it. */
let loading: Promise<void> | undefined;

/** Whether this machine's WebAssembly has 128-bit SIMD. */
export function hasSimd(): boolean {
  return WebAssembly.validate(SIMD_MODULE);
}

/** The device's name for people. */
export function wasmName(): string {
  return hasSimd() ? "SIMD WASM" : "WASM without SIMD";
}

/**
 * Opens the WASM device. All openings in a process share one WASM memory, so tensors outlive `close()`.
 *
 * @throws {MachineError} when the backend's WASM file cannot be loaded.
 */
export async function openWasm(reason: string): Promise<Device> {
  const tf = await loadTensorflow();
  try {
    await (loading ??= register(tf));
  } catch (error) {
    loading = undefined; // the next opening tries again
    const message = (error as { message?: unknown } | undefined)?.message ?? error; // tfjs throws plain objects
    throw new MachineError(`Cannot open the WASM device: TensorFlow.js' WASM file did not load: ${message}`);
  }
  if (!await tf.setBackend("wasm")) {
    throw new MachineError("Cannot open the WASM device: TensorFlow.js refused its own WASM backend");
  }
  return {
    backend: "wasm",
    adapter: wasmName(),
    software: false,
    largestBuffer: 2 ** 32, // what WASM's addresses reach
    reason,
    lost: new Promise(() => {}),
    check: () => {},
    close: () => {},
  };
}

/** Loads the WASM file and registers it. Left to setBackend, an error is printed, and the answer is only false. */
async function register(tf: Tensorflow): Promise<void> {
  await loadTensorflowWasm();
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // its threads do not start in Deno
  const backend = await tf.findBackendFactory("wasm")();
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", () => backend);
}
