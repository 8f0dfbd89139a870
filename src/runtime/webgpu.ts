/**
 * The WebGPU device: TensorFlow.js on a GPU, with the adapter's own limits and without silent errors.
 *
 * @module
 */
import { loadTensorflow, type Tensorflow, tf } from "../deps/tfjs.ts";
import { loadTensorflowWebgpu, type WebGPUBackend } from "../deps/tfjs_webgpu.ts";
import { MachineError } from "../errors.ts";
import type { Device, DeviceLoss } from "./types.ts";

/** The limits we ask for in full; by default WebGPU gives far less (a binding of 128 MiB, 16 KiB a workgroup). */
export const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** The features we use where the adapter has them: what GPUs take is measured by timestamps. */
const FEATURES: readonly GPUFeatureName[] = ["timestamp-query"];

/**
 * tfjs' `MatMulPackedProgram`. Left to choose (-1), tfjs takes its split-K program for an inner dimension of 2000 or
 * more and few outputs. That program is silently wrong with `transposeB` (it reads vec4 along the wrong axis), and its
 * atomic adds make every run's sums differ in the last bits. The packed program is right, and the same in every run.
 */
const PACKED_MATMUL = 3;

/** The open device: tfjs has room for one. */
let current: Device | undefined;

/** The WebGPU device under TensorFlow.js; undefined where tensors are not on a GPU. */
export function openGpu(): GPUDevice | undefined {
  return tf?.getBackend() === "webgpu" ? (tf.backend() as WebGPUBackend).device : undefined;
}

/** An adapter's name for people: the driver's description, or what else it tells. */
export function adapterName(info: GPUAdapterInfo): string {
  return info.description || [info.vendor, info.architecture, info.device].filter(Boolean).join(" ") || "unnamed GPU";
}

/** Whether an adapter emulates a GPU on the CPU. Some drivers do not mark themselves, but their names tell. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  return info.isFallbackAdapter === true ||
    /llvmpipe|lavapipe|swiftshader|softpipe|basic render driver|\bwarp\b/i.test(`${info.description} ${info.device}`);
}

/** Every WebGPU adapter that can be had, the fastest first; none on a machine without a GPU. */
export async function findAdapters(): Promise<readonly GPUAdapter[]> {
  const gpu: GPU | undefined = navigator.gpu;
  if (!gpu) return [];
  const found = new Map<string, GPUAdapter>();
  await withoutDriverNoise(async () => {
    for (const powerPreference of ["high-performance", "low-power"] as const) {
      const adapter = await gpu.requestAdapter({ powerPreference });
      if (!adapter) continue;
      const { vendor, device } = adapter.info;
      const key = [adapterName(adapter.info), vendor, device].join("\n");
      if (!found.has(key)) found.set(key, adapter);
    }
  });
  return [...found.values()];
}

/**
 * Opens `adapter` as tfjs' backend `webgpu`. A WebGPU device that is still open is closed: tfjs has room for one.
 *
 * @throws {MachineError} when the driver gives no device.
 */
export async function openWebgpu(adapter: GPUAdapter, reason: string): Promise<Device> {
  const name = adapterName(adapter.info);
  const tf = await loadTensorflow();
  const { WebGPUBackend } = await loadTensorflowWebgpu();
  const gpu = await requestDevice(adapter);

  let failure: string | undefined;
  let closed = false;
  gpu.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    failure ??= `the GPU ${name} reported an error: ${(event as GPUUncapturedErrorEvent).error.message}`;
  });
  const lost = gpu.lost.then(({ reason, message }): DeviceLoss => {
    if (!closed) failure ??= `the GPU ${name} was lost (${reason}): ${message || "the driver gave no message"}`;
    return { reason, message };
  });

  const device: Device = {
    backend: "webgpu",
    adapter: name,
    software: isSoftware(adapter.info),
    largestBuffer: Math.min(gpu.limits.maxBufferSize, gpu.limits.maxStorageBufferBindingSize),
    reason,
    lost,
    check() {
      if (failure) throw new MachineError(`Cannot go on: ${failure}`);
    },
    close() {
      if (closed) return;
      closed = true;
      if (current === device) {
        current = undefined;
        forget(tf);
      }
      gpu.destroy();
    },
  };

  current?.close();
  current = device;
  forget(tf);
  const backend = new WebGPUBackend(gpu, adapter.info);
  tf.registerBackend("webgpu", () => backend);
  tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", PACKED_MATMUL);
  if (!await tf.setBackend("webgpu")) {
    device.close();
    throw new MachineError(`Cannot open the WebGPU device ${name}: TensorFlow.js refused it`);
  }
  return device;
}

/** Asks for a device with all of the adapter's compute limits. */
async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  try {
    return await withoutDriverNoise(() =>
      adapter.requestDevice({
        requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
        requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
      })
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new MachineError(`Cannot open the WebGPU device ${adapterName(adapter.info)}: ${message}`);
  }
}

/** Removes tfjs' backend `webgpu`, also the factory with default limits that loading the library registers. */
function forget(tf: Tensorflow): void {
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
}

/**
 * Runs `probe` with XDG_RUNTIME_DIR set. While it looks for adapters on Linux, Deno's GL backend asks libwayland for
 * a display, which prints an error to stderr where that variable is unset, as in a container. Any absolute path will
 * do. Without permission to set the variable, the lines are printed: they do no harm.
 */
async function withoutDriverNoise<T>(probe: () => Promise<T>): Promise<T> {
  const variable = "XDG_RUNTIME_DIR";
  const unset = Deno.build.os === "linux" &&
    Deno.permissions.querySync({ name: "env", variable }).state === "granted" && !Deno.env.get(variable);
  if (!unset) return await probe();
  Deno.env.set(variable, "/nonexistent");
  try {
    return await probe();
  } finally {
    Deno.env.delete(variable);
  }
}
