/**
 * Opens the device on which training runs: a GPU by WebGPU, or else the CPU by WASM.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import { InvalidInputError, MachineError, show } from "../errors.ts";
import { setThreadCount } from "./threads.ts";
import type { Device } from "./types.ts";
import { hasSimd, openWasm, wasmName } from "./wasm.ts";
import { adapterName, findAdapters, isSoftware, openWebgpu } from "./webgpu.ts";

export type { Device, DeviceLoss } from "./types.ts";

/** The names of the backends that {@linkcode openDevice} takes. */
export const BACKENDS = ["auto", "webgpu", "wasm"] as const;

/** A backend by name; `auto` is a hardware GPU where there is one, or else `wasm`. */
export type BackendName = typeof BACKENDS[number];

/** Which device to open. */
export interface DeviceOptions {
  /** Defaults to `auto`. */
  readonly backend?: BackendName;
  /** Whether a GPU emulated on the CPU will do, which is slow and good for tests. Defaults to false. */
  readonly allowSoftware?: boolean;
  /** How many threads compute on the CPU; one for each logical core unless given. No result depends on it. */
  readonly threads?: number;
}

/**
 * Opens a device, and makes TensorFlow.js use it for everything from now on.
 *
 * Another device can be opened later. Tensors on `wasm` move along when an operation needs them; tensors on a GPU can
 * still be read by `data()`, until it is closed or a second WebGPU device takes its place. With `wasm` no GPU driver
 * is touched.
 *
 * @throws {InvalidInputError} for an unknown backend.
 * @throws {MachineError} when `webgpu` was asked for and the machine has no adapter that may be used.
 *
 * @example
 * ```ts
 * import { openDevice } from "@tedi/toolkit";
 *
 * const device = await openDevice({ backend: "wasm" });
 * console.log(device.reason); // "wasm: it was asked for"
 * device.close();
 * ```
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { backend = "auto", allowSoftware = false, threads } = options;
  if (!BACKENDS.includes(backend)) {
    const choices = BACKENDS.map((name) => show(name)).join(", ");
    throw new InvalidInputError(`Cannot open a device: backend must be one of ${choices}, got ${show(backend)}`);
  }
  if (threads !== undefined) setThreadCount(threads);
  if (backend === "wasm") return await openWasm("wasm: it was asked for");

  const adapters = await findAdapters();
  const choice = chooseAdapter(adapters.map((adapter) => adapter.info), allowSoftware);
  const adapter = adapters[choice.index];
  if (backend === "webgpu") {
    if (!adapter) throw new MachineError(`Cannot open a WebGPU device: ${choice.remedy}`);
    return await openWebgpu(adapter, "webgpu: it was asked for");
  }
  if (!adapter) return await openWasm(choice.reason);
  try {
    return await openWebgpu(adapter, choice.reason);
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    return await openWasm(`wasm: the GPU could not be used (${error.message})`);
  }
}

/** Opens a device as {@linkcode openDevice} does by default, unless one is open already. */
export async function ensureDevice(): Promise<void> {
  if (!tf?.engine().backendName) await openDevice();
}

/** What `auto` makes of the adapters that a machine has. */
export interface AdapterChoice {
  /** The adapter to take, by its place in the list; -1 means `wasm`. */
  readonly index: number;
  /** Why, as {@linkcode Device.reason}. */
  readonly reason: string;
  /** When no adapter may be used: why, and what to do about it. */
  readonly remedy?: string;
  /** When no adapter may be used: the same for who wants to test one. */
  readonly missing?: string;
}

/** What to do where there is no adapter. */
const DRIVERS = "install the GPU's Vulkan, Metal or Direct3D 12 driver";

/** Chooses the first hardware adapter; else, where software is allowed, the first one; else none. */
export function chooseAdapter(adapters: readonly GPUAdapterInfo[], allowSoftware: boolean): AdapterChoice {
  const hardware = adapters.findIndex((info) => !isSoftware(info));
  if (hardware >= 0) {
    return { index: hardware, reason: `webgpu: the hardware adapter ${adapterName(adapters[hardware])} was found` };
  }
  if (adapters.length === 0) {
    return {
      index: -1,
      reason: "wasm: no WebGPU adapter was found",
      missing: `no WebGPU adapter was found; ${DRIVERS}`,
      remedy: `no WebGPU adapter was found; ${DRIVERS}, or use the backend wasm (--backend wasm)`,
    };
  }
  const name = adapterName(adapters[0]);
  if (allowSoftware) return { index: 0, reason: `webgpu: the software adapter ${name} was found, and is allowed` };
  return {
    index: -1,
    reason: `wasm: only a software adapter (${name}) was found, and WASM is faster`,
    missing: `only a software adapter (${name}) was found; pass --allow-software to test it`,
    remedy: `only a software adapter (${name}) was found; pass --allow-software to use it, ` +
      "or use the backend wasm (--backend wasm)",
  };
}

/**
 * The adapters to test: all hardware, and software where it is allowed.
 *
 * @throws {InvalidInputError} where there is none, telling what to do.
 */
export async function testableAdapters(allowSoftware: boolean): Promise<readonly GPUAdapter[]> {
  const adapters = await findAdapters(), infos = adapters.map(({ info }) => info);
  const tested = adapters.filter(({ info }) => allowSoftware || !isSoftware(info));
  if (tested.length > 0) return tested;
  throw new InvalidInputError(`Cannot test a GPU: ${chooseAdapter(infos, allowSoftware).missing}`);
}

/** The WASM device of this machine. */
export interface WasmDescription {
  /** TensorFlow.js' name of the backend. */
  readonly backend: "wasm";
  /** `SIMD WASM` or `WASM without SIMD`. */
  readonly adapter: string;
  /** Never: this is no GPU. */
  readonly software: false;
  /** Whether the CPU's SIMD instructions can be used. */
  readonly simd: boolean;
  /** How many logical cores the machine has. */
  readonly cores: number;
  /** Why `auto` takes this device; undefined when it takes another. */
  readonly chosen?: string;
}

/** A WebGPU adapter of this machine. */
export interface WebgpuDescription {
  /** TensorFlow.js' name of the backend. */
  readonly backend: "webgpu";
  /** The adapter's name. */
  readonly adapter: string;
  /** Whether it is emulated on the CPU. */
  readonly software: boolean;
  /** The largest buffer, in bytes: no tensor can be larger. */
  readonly maxBufferSize: number;
  /** The largest part of a buffer that one operation can read or write, in bytes. */
  readonly maxStorageBufferBindingSize: number;
  /** The memory that a workgroup shares, in bytes. */
  readonly maxComputeWorkgroupStorageSize: number;
  /** WebGPU's names of the optional features, sorted. */
  readonly features: readonly string[];
  /** Why `auto` takes this device; undefined when it takes another. */
  readonly chosen?: string;
}

/** One device that `openDevice` could open on this machine. */
export type DeviceDescription = WasmDescription | WebgpuDescription;

/** Describes every device of this machine, WebGPU adapters first and `wasm` last, without opening one. */
export async function listDevices(): Promise<readonly DeviceDescription[]> {
  const adapters = await findAdapters();
  const choice = chooseAdapter(adapters.map((adapter) => adapter.info), false);
  const gpus = adapters.map((adapter, index): WebgpuDescription => ({
    backend: "webgpu",
    adapter: adapterName(adapter.info),
    software: isSoftware(adapter.info),
    maxBufferSize: adapter.limits.maxBufferSize,
    maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
    features: [...adapter.features].sort(),
    chosen: index === choice.index ? choice.reason : undefined,
  }));
  const wasm: WasmDescription = {
    backend: "wasm",
    adapter: wasmName(),
    software: false,
    simd: hasSimd(),
    cores: navigator.hardwareConcurrency,
    chosen: choice.index < 0 ? choice.reason : undefined,
  };
  return [...gpus, wasm];
}
