/**
 * Which kernels to use: the fused ones of the device that is open, where the network has them.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { ConvexNetwork } from "../networks/network.ts";
import type { PriceKernels } from "./kernels.ts";
import { referenceKernels } from "./reference.ts";
import { validated } from "./validate.ts";
import { wasmKernels } from "./wasm/kernels.ts";
import { kernelBuild, kernelThreads } from "./wasm/module.ts";
import { webgpuKernels } from "./webgpu/kernels.ts";

/** Implementations of the kernels. `reference` is plain TensorFlow.js, on any device. */
export const KERNELS = ["reference", "wasm", "webgpu"] as const;

/** An implementation by name. */
export type KernelName = typeof KERNELS[number];

/**
 * The largest group of WGSL kernels: they are written out for each element, so that larger ones take minutes to compile,
 * and they keep the winner of a group in a byte.
 */
const WEBGPU_GROUP = 32;

/** The kernels for a network on the device that is open. What is no Partial GroupMax Network has the reference only. */
export function kernelName(network: ConvexNetwork): KernelName {
  const size = network.groupMax?.size;
  if (!size) return "reference";
  if (tf.getBackend() === "webgpu") return size.groupSize <= WEBGPU_GROUP ? "webgpu" : "reference";
  return tf.getBackend() === "wasm" && kernelBuild() ? "wasm" : "reference";
}

/**
 * The fastest kernels for a network on the device that is open. With `TEDI_VALIDATE=1` in the environment, everything
 * that fused kernels compute is computed again in plain TensorFlow.js and compared.
 */
export function priceKernels(network: ConvexNetwork, name: KernelName = kernelName(network)): PriceKernels {
  if (name === "reference") return referenceKernels(network);
  const kernels = name === "webgpu" ? webgpuKernels(network) : wasmKernels(network);
  return validating() ? validated(kernels, referenceKernels(network)) : kernels;
}

/** The same, once all threads are there. */
export async function openKernels(network: ConvexNetwork): Promise<PriceKernels> {
  const kernels = priceKernels(network);
  if (kernelBuild()) await kernelThreads().ready; // best responses use them on every device
  return kernels;
}

/** Whether to compare; without permission to read the variable, no. */
function validating(): boolean {
  const variable = "TEDI_VALIDATE";
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted" && Deno.env.get(variable) === "1";
}
