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

/** Device tensors on the host, under the same names. */
export async function downloadAll(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, HostTensor>> {
  const names = Object.keys(tensors), data = await Promise.all(names.map((name) => download(tensors[name])));
  return Object.fromEntries(names.map((name, k) => [name, data[k]]));
}

/** `tf.tidy` for results of any form: tensors made in `make` are freed, but for those in what it returns. */
export function tidy<Result extends object>(make: () => Result): Result {
  return tf.tidy(make as () => Record<string, Tensor>) as unknown as Result;
}
