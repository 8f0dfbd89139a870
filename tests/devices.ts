/**
 * Runs one test on every backend.
 *
 * @module
 */
import { tf } from "../src/deps/tfjs.ts";
import { type Device, openDevice } from "../src/runtime/device.ts";
import { findAdapters, openWebgpu } from "../src/runtime/webgpu.ts";

/**
 * Set to 1 to leave WebGPU out on a machine that has no adapter, not even a software one. Deno counts the tests as
 * ignored. Without it a machine without an adapter fails, so that no run passes by testing half of the backends.
 */
export const WITHOUT_WEBGPU: boolean = Deno.env.get("TEDI_TEST_WITHOUT_WEBGPU") === "1";

/** The backends under test. */
export const TESTED_BACKENDS = ["wasm", "webgpu"] as const;

/**
 * Registers `name [wasm]` and `name [webgpu]`, each with its device open; WebGPU on whichever adapter there is.
 * Tensors that `fn` leaves are disposed, and a GPU error that it did not ask for fails the test.
 */
export function forEachDevice(name: string, fn: (device: Device) => void | Promise<void>): void {
  for (const backend of TESTED_BACKENDS) {
    Deno.test({
      name: `${name} [${backend}]`,
      ignore: backend === "webgpu" && WITHOUT_WEBGPU,
      async fn() {
        const device = await openDevice({ backend, allowSoftware: true });
        tf.engine().startScope();
        try {
          await fn(device);
          await new Promise((resolve) => setTimeout(resolve)); // GPU errors arrive by events
          device.check();
        } finally {
          tf.engine().endScope();
          device.close();
        }
      },
    });
  }
}

/** What WebGPU guarantees on every adapter. */
const LEAST = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 2 ** 14,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupsPerDimension: 65535,
};

/** Opens a WebGPU device with no more than that: a device enforces the limits that it was asked for, not those of its adapter. */
export async function openLeast(): Promise<Device> {
  const [adapter] = await findAdapters();
  const least = {
    info: adapter.info,
    limits: LEAST,
    features: new Set(),
    requestDevice: (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
  };
  return await openWebgpu(least as unknown as GPUAdapter, "webgpu: with the least limits");
}
