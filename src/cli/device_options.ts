/**
 * The options that choose a device, shared by commands.
 *
 * @module
 */
import { type BackendName, BACKENDS, type Device, type DeviceOptions, openDevice } from "../runtime/device.ts";
import type { Option, Values } from "./command.ts";

/** The option of commands that compute on the CPU in any case. */
export const threadsOption = {
  name: "threads",
  kind: "integer",
  least: 1,
  placeholder: "N",
  help: "Threads on the CPU, at least 1; results do not depend on their number",
  default: "one for each core",
} as const satisfies Option;

/** The options. */
export const deviceOptions = [
  {
    name: "backend",
    kind: "choice",
    choices: BACKENDS,
    help: "Where to compute: webgpu is a GPU, wasm the CPU, auto a GPU if there is one and, to train, it is faster",
    default: "auto",
  },
  {
    name: "allow-software",
    kind: "flag",
    help: "Allow webgpu on a GPU that the CPU emulates: slow, for tests",
  },
  threadsOption,
] as const satisfies readonly Option[];

/** Their values. */
export type DeviceValues = Values<typeof deviceOptions[number]>;

/** The device that the options ask for. */
export function requestedDevice(values: DeviceValues): DeviceOptions & { readonly backend: BackendName } {
  const { backend = "auto", threads } = values;
  return { backend, allowSoftware: values["allow-software"] ?? false, threads };
}

/** Opens the device that the options ask for. */
export function chosenDevice(values: DeviceValues): Promise<Device> {
  return openDevice(requestedDevice(values));
}
