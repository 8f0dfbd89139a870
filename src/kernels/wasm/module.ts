/**
 * The WASM module of the kernels, and the threads that run it.
 *
 * @module
 */
import {
  hasSharedMemory,
  openThreads,
  threadCount,
  type ThreadedExports,
  type Threads,
} from "../../runtime/threads.ts";
import { PLAIN, RELAXED } from "./binary.ts";

/** The functions that the module exports; see assembly/index.ts. */
export interface KernelExports extends ThreadedExports {
  prepare(): void;
  plan(job: number): void;
  begin(job: number): void;
  end(job: number): void;
}

/** The two builds of the module: with relaxed SIMD (fused multiply-add), and with plain SIMD. */
export type KernelBuild = "relaxed" | "plain";

let open: { readonly build: KernelBuild; readonly threads: Threads<KernelExports> } | undefined;
let supported: readonly KernelBuild[] | undefined;

/** The builds that run on this machine, the faster first; none without SIMD or without shared memory. */
export function kernelBuilds(): readonly KernelBuild[] {
  return supported ??= (["relaxed", "plain"] as const).filter((build) =>
    hasSharedMemory() && WebAssembly.validate(bytes(build))
  );
}

/** The fastest build that runs on this machine; undefined where none does. */
export function kernelBuild(): KernelBuild | undefined {
  return kernelBuilds()[0];
}

function bytes(build: KernelBuild): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(build === "relaxed" ? RELAXED : PLAIN), (character) => character.charCodeAt(0));
}

/**
 * The threads that run the module. They are started at the first call, and again where another number of threads or
 * another build is asked for.
 */
export function kernelThreads(build: KernelBuild = kernelBuild()!): Threads<KernelExports> {
  if (open && (open.build !== build || open.threads.count !== threadCount())) {
    open.threads.close();
    open = undefined;
  }
  if (!open) {
    open = { build, threads: openThreads<KernelExports>(new WebAssembly.Module(bytes(build))) };
    open.threads.exports.prepare();
  }
  return open.threads;
}
