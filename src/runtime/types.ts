/**
 * What a device is: the place where tensors live and operations run.
 *
 * @module
 */

/** Why a device stopped working. */
export interface DeviceLoss {
  /** WebGPU's word for it: `destroyed` when it was closed, or else `unknown`. */
  readonly reason: string;
  /** The driver's words, which may be empty. */
  readonly message: string;
}

/** An open device. TensorFlow.js makes its tensors there until another device is opened. */
export interface Device {
  /** Which TensorFlow.js backend runs the operations. */
  readonly backend: "webgpu" | "wasm";
  /** For people: the GPU's name, `SIMD WASM` or `WASM without SIMD`. */
  readonly adapter: string;
  /** Whether WebGPU is emulated on the CPU (slower than WASM). Always false on `wasm`. */
  readonly software: boolean;
  /** The largest piece of memory that one operation can use, in bytes. */
  readonly largestBuffer: number;
  /** Why this backend was taken, such as `wasm: no WebGPU adapter was found`. */
  readonly reason: string;
  /**
   * Resolves when the device is gone, be it lost or closed; tensors on it are gone too. Never resolves on `wasm`.
   * After a loss, `openDevice` opens a working device again.
   */
  readonly lost: Promise<DeviceLoss>;
  /**
   * Fails once the GPU has reported an error that no call threw, or is lost, and on every call from then on.
   * Without this check such errors show only as zeros. Errors arrive late: first await a tensor's `data()`.
   *
   * @throws {MachineError} with the first error's message.
   */
  check(): void;
  /** Gives the GPU and its memory back: tensors on it are gone. Closing twice, or `wasm`, does nothing. */
  close(): void;
}
