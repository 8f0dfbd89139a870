/**
 * `tedi devices`: what this machine can compute on; with `--test`, whether its GPUs compute what they should, and how fast.
 *
 * @module
 */
import { InvalidInputError } from "../../errors.ts";
import { type DeviceDescription, listDevices } from "../../runtime/device.ts";
import type { Command, Option } from "../command.ts";
import { parseCommandLine } from "../options.ts";
import { colour, openOutput } from "../output.ts";

const options = [
  {
    name: "test",
    kind: "flag",
    help:
      "Test the GPU: every kernel and a training against the CPU, then how fast it is; exit code 1 where it is wrong",
  },
  {
    name: "seed",
    kind: "integer",
    least: 0,
    placeholder: "N",
    help: "With --test: another seed tests other random shapes",
    default: "0",
  },
  { name: "allow-software", kind: "flag", help: "With --test: test GPUs that the CPU emulates, too" },
  { name: "json", kind: "flag", help: "Write a JSON object for each device: with --test a record for a bug report" },
] as const satisfies readonly Option[];

/** `tedi devices`. */
export const devicesCommand: Command = {
  name: "devices",
  description: "Lists what this machine can compute on: GPUs by WebGPU, then the CPU by WASM; and says which one " +
    "--backend auto takes, and why.\n\n" +
    "With --test it runs every kernel and a training on the GPU and on the CPU, on random shapes, and says whether the " +
    "GPU is right, how fast it is, and what to do. It takes from half a minute to some minutes.",
  positionals: [],
  groups: [{ heading: "Options", options }],
  examples: [
    { line: "tedi devices", help: "look before training" },
    { line: "tedi devices --test", help: "is the GPU right, and is it worth it?" },
    { line: "tedi devices --test --json > record.json", help: "a record to attach to a bug report" },
  ],
  async run(args) {
    const { values } = parseCommandLine("devices", options, [], args);
    const output = openOutput(values);
    if (values.test) {
      // Only here, as a list of devices needs no training.
      const { testDevices } = await import("../device_test/test_devices.ts");
      return await testDevices({ seed: values.seed ?? 0, allowSoftware: values["allow-software"] ?? false }, output);
    }
    for (const name of ["seed", "allow-software"] as const) {
      if (values[name] === undefined) continue;
      throw new InvalidInputError(`Cannot run tedi devices: --${name} must come with --test, which is missing`);
    }
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
  if (device.chosen !== undefined) {
    // Training measures that for its problem, and remembers it.
    const condition = device.backend === "webgpu" ? "; to train, where it is faster than wasm" : "";
    details.push(["taken by auto", device.chosen + condition]);
  }
  const rows = details.map(([name, value]) => `  ${name.padEnd(18)}${value}`);
  return [colour(Deno.stdout, "bold", title), ...rows].join("\n");
}

function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (unit < units.length - 1 && bytes >= 1024) bytes /= 1024, unit++;
  return `${Number(bytes.toPrecision(3))} ${units[unit]}`;
}
