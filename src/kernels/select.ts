/**
 * Chooses kernels: the fused ones of the open device, where the network has a Partial GroupMax form, else the
 * reference. WASM takes signed forms, too.
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

/** The implementations of the kernels; `reference` is plain TensorFlow.js, on any device. */
export const KERNELS = ["reference", "wasm", "webgpu"] as const;

/** The name of an implementation of the kernels. */
export type KernelName = typeof KERNELS[number];

/**
 * The largest groups that WGSL kernels are used for. Their code is written out for each element of a group, so that
 * larger groups take minutes to compile. The winner of a group is kept in a byte, too.
 */
const WEBGPU_GROUP = 32;

/** The name of the fastest kernels for a network on the open device. */
export function kernelName(network: ConvexNetwork): KernelName {
  const { groupMax, signedGroupMax } = network;
  if (tf.getBackend() === "webgpu") return groupMax && groupMax.size.groupSize <= WEBGPU_GROUP ? "webgpu" : "reference";
  return tf.getBackend() === "wasm" && (groupMax || signedGroupMax) && kernelBuild() ? "wasm" : "reference";
}

/**
 * The kernels for a network on the open device, the fastest unless another name is given. With `TEDI_VALIDATE=1` in the
 * environment, everything that fused kernels compute is computed by the reference as well, and compared.
 */
export function priceKernels(network: ConvexNetwork, name: KernelName = kernelName(network)): PriceKernels {
  if (name === "reference") return referenceKernels(network);
  const kernels = name === "webgpu" ? webgpuKernels(network) : wasmKernels(network);
  return validating() ? validated(kernels, referenceKernels(network)) : kernels;
}

/** The fastest kernels for a network on the open device, once all threads of WASM have started. */
export async function openKernels(network: ConvexNetwork): Promise<PriceKernels> {
  const kernels = priceKernels(network);
  if (kernelBuild()) await kernelThreads().ready; // best responses use them on every device
  return kernels;
}

/** Whether TEDI_VALIDATE is 1; false without the permission to read it. */
function validating(): boolean {
  const variable = "TEDI_VALIDATE";
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted" && Deno.env.get(variable) === "1";
}
