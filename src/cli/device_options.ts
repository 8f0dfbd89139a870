/**
 * The options that choose a device, shared by commands.
 *
 * @module
 */
import { BACKENDS, type Device, type DeviceOptions, openDevice } from "../runtime/device.ts";
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

/** The device that the options ask for. */
export function requestedDevice(values: DeviceValues): Required<DeviceOptions> {
  return { backend: values.backend ?? "auto", allowSoftware: values["allow-software"] ?? false };
}

/** Opens the device that the options ask for. */
export function chosenDevice(values: DeviceValues): Promise<Device> {
  return openDevice(requestedDevice(values));
}
