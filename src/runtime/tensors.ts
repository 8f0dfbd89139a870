/**
 * Tensors between the host's memory and the device.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import type { HostTensor } from "./host_tensor.ts";

/** A host tensor on the device. */
export function upload({ data, shape }: HostTensor): Tensor {
  return tf.tensor(data as Float32Array, shape as number[]);
}

/** Host tensors on the device, under the same names. */
export function uploadAll(tensors: Readonly<Record<string, HostTensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, upload(tensor)]));
}

/** A device tensor on the host. */
export async function download(tensor: Tensor): Promise<HostTensor> {
  return { shape: tensor.shape.slice(), data: (await tensor.data()) as Float32Array };
}
