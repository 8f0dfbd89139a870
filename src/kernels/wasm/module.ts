/**
 * The WASM module of the kernels, on as many threads as are wanted.
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

/** What the module exports; see assembly/index.ts. */
export interface KernelExports extends ThreadedExports {
  prepare(): void;
  plan(job: number): void;
  begin(job: number): void;
  end(job: number): void;
}

/** The two builds of the module. */
export type KernelBuild = "relaxed" | "plain";

let open: { readonly build: KernelBuild; readonly threads: Threads<KernelExports> } | undefined;
let supported: readonly KernelBuild[] | undefined;

/** The builds that this machine takes, the better one first; none where it has no SIMD, or no shared memory. */
export function kernelBuilds(): readonly KernelBuild[] {
  return supported ??= (["relaxed", "plain"] as const).filter((build) =>
    hasSharedMemory() && WebAssembly.validate(bytes(build))
  );
}

/** The best build for this machine, or undefined where it takes none. */
export function kernelBuild(): KernelBuild | undefined {
  return kernelBuilds()[0];
}

function bytes(build: KernelBuild): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(build === "relaxed" ? RELAXED : PLAIN), (character) => character.charCodeAt(0));
}

/**
 * The module's threads; started when they are first needed, and anew when another number of them, or another build, is
 * wanted.
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
