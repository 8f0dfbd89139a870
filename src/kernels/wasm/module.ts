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
let forced: KernelBuild | undefined;
/** The builds that this machine takes, the better one first. */
let supported: readonly KernelBuild[] | undefined;

/** The build for this machine, or undefined where it has no SIMD, or no shared memory. */
export function kernelBuild(): KernelBuild | undefined {
  if (forced) return forced;
  supported ??= (["relaxed", "plain"] as const).filter((build) =>
    hasSharedMemory() && WebAssembly.validate(bytes(build))
  );
  return supported[0];
}

/** Takes one of the builds, whatever the machine has; undefined to choose by the machine again. For tests and benches. */
export function forceKernelBuild(build: KernelBuild | undefined): void {
  forced = build;
}

function bytes(build: KernelBuild): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(build === "relaxed" ? RELAXED : PLAIN), (character) => character.charCodeAt(0));
}

/** The module's threads; started when they are first needed, and anew when another number of them is wanted. */
export function kernelThreads(): Threads<KernelExports> {
  const build = kernelBuild()!;
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
