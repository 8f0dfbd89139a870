/**
 * `tedi devices`: what this machine can compute on.
 *
 * @module
 */
import { type DeviceDescription, listDevices } from "../../runtime/device.ts";
import type { Command, Option } from "../command.ts";
import { parseCommandLine } from "../options.ts";
import { colour, openOutput } from "../output.ts";

const options = [
  { name: "json", kind: "flag", help: "Write a JSON object for each device" },
] as const satisfies readonly Option[];

/** `tedi devices`. */
export const devicesCommand: Command = {
  name: "devices",
  description: "Lists what this machine can compute on: GPUs by WebGPU, then the CPU by WASM; and says which one " +
    "--backend auto takes, and why.",
  positionals: [],
  groups: [{ heading: "Options", options }],
  examples: [{ line: "tedi devices", help: "look before training" }],
  async run(args) {
    const { values } = parseCommandLine("devices", options, [], args);
    const output = openOutput(values);
    for (const device of await listDevices()) {
      output.event("device", { ...device });
      output.text(describe(device));
    }
    return 0;
  },
};

function describe(device: DeviceDescription): string {
  const title = `${device.backend}  ${device.adapter}${device.software ? " (software: emulated on the CPU)" : ""}`;
  const details = device.backend === "wasm" ? [["cores", String(device.cores)]] : [
    ["largest buffer", size(device.maxBufferSize)],
    ["largest binding", size(device.maxStorageBufferBindingSize)],
    ["workgroup memory", size(device.maxComputeWorkgroupStorageSize)],
    ["subgroups", device.features.includes("subgroups") ? "yes" : "no"],
    ["16-bit floats", device.features.includes("shader-f16") ? "yes" : "no"],
  ];
  if (device.chosen !== undefined) details.push(["taken by auto", device.chosen]);
  const rows = details.map(([name, value]) => `  ${name.padEnd(18)}${value}`);
  return [colour(Deno.stdout, "bold", title), ...rows].join("\n");
}

function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (unit < units.length - 1 && bytes >= 1024) bytes /= 1024, unit++;
  return `${Number(bytes.toPrecision(3))} ${units[unit]}`;
}
