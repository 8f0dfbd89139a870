/**
 * What is known of an adapter and of the machine around it, for a bug report and to tell one from another.
 *
 * @module
 */
import { adapterName, isSoftware, LIMITS } from "../../runtime/webgpu.ts";
import { VERSION } from "../../version.ts";

/** What is known of an adapter. */
export interface AdapterFacts {
  /** Its name for people. */
  readonly adapter: string;
  /** Whether it is emulated on the CPU. */
  readonly software: boolean;
  /** WebGPU's own words, which may be empty. */
  readonly info: Readonly<Record<"vendor" | "architecture" | "device" | "description", string>>;
  /** The driver, as far as the system tells without a question. */
  readonly driver?: string;
  /** What training asks of the adapter. */
  readonly limits: Readonly<Record<string, number>>;
  /** WebGPU's names of its optional features, sorted. */
  readonly features: readonly string[];
}

/** What is known of an adapter. */
export function adapterFacts({ info, limits, features }: GPUAdapter): AdapterFacts {
  const { vendor, architecture, device, description } = info, driver = driverVersion();
  return {
    adapter: adapterName(info),
    software: isSoftware(info),
    info: { vendor, architecture, device, description },
    ...driver !== undefined && { driver },
    limits: Object.fromEntries(LIMITS.map((name) => [name, limits[name]])),
    features: [...features].sort(),
  };
}

/** The versions of all that runs on a machine. */
export interface MachineFacts {
  /** This package's version. */
  readonly version: string;
  readonly deno: string;
  readonly os: string;
  readonly architecture: string;
  /** The system's release, where it may be asked for. */
  readonly release?: string;
  /** Logical cores. */
  readonly cores: number;
}

/** The versions of all that runs on this machine. */
export function machineFacts(): MachineFacts {
  const { os, arch: architecture } = Deno.build, release = unlessRefused("osRelease", () => Deno.osRelease());
  return {
    ...{ version: VERSION, deno: Deno.version.deno, os, architecture },
    ...release !== undefined && { release },
    cores: navigator.hardwareConcurrency,
  };
}

/** Where NVIDIA's driver says its version; WebGPU does not tell, and other drivers come with the system's release. */
const NVIDIA = "/proc/driver/nvidia/version";

/** The version of NVIDIA's driver on Linux. */
function driverVersion(): string | undefined {
  if (Deno.build.os !== "linux") return undefined;
  if (Deno.permissions.querySync({ name: "read", path: NVIDIA }).state !== "granted") return undefined;
  try {
    return /Module\s.*?(\d+[\d.]+)/.exec(Deno.readTextFileSync(NVIDIA))?.[1];
  } catch {
    return undefined; // another driver
  }
}

/** What the system says; nothing where that needs a permission which was not given. */
function unlessRefused(kind: "osRelease", ask: () => string): string | undefined {
  return Deno.permissions.querySync({ name: "sys", kind }).state === "granted" ? ask() : undefined;
}
