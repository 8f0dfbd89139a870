/**
 * The options that choose a device, shared by commands.
 *
 * @module
 */
import { type BackendName, BACKENDS, type Device, openDevice } from "../runtime/device.ts";
import type { Option, Values } from "./command.ts";

/** The options. */
export const deviceOptions = [
  {
    name: "backend",
    kind: "choice",
    choices: BACKENDS,
    help: "Where to compute: webgpu is a GPU, wasm the CPU, auto a GPU where there is one",
    default: "auto",
  },
  {
    name: "allow-software",
    kind: "flag",
    help: "Let webgpu be a GPU that is emulated on the CPU: slow, good for tests",
  },
] as const satisfies readonly Option[];

/** Their values. */
export type DeviceValues = Values<typeof deviceOptions[number]>;

/** The backend that was asked for. */
export function requestedBackend(values: DeviceValues): BackendName {
  return values.backend ?? "auto";
}

/** Opens the device that the options choose. */
export function chosenDevice(values: DeviceValues): Promise<Device> {
  return openDevice({ backend: requestedBackend(values), allowSoftware: values["allow-software"] ?? false });
}
