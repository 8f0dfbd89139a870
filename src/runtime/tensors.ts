/**
 * Tensors between the host's memory and the device.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import { readTogether } from "./command_recorder.ts";
import { elementCount, type HostTensor, type HostTensors } from "./host_tensor.ts";

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

/** TensorFlow.js' WASM backend, whose tensors lie in a memory that the host sees. */
interface SharedHeap {
  typedArrayFromHeap(tensor: Tensor): Float32Array;
}

/** The WASM backend, where it is in use. */
function sharedHeap(): SharedHeap | undefined {
  return tf.getBackend() === "wasm" ? tf.backend() as unknown as SharedHeap : undefined;
}

/** Whether tensors lie in the host's memory: then one pass over them is faster than an operation on the device. */
export function onHost(): boolean {
  return sharedHeap() !== undefined;
}

/**
 * The data of a float tensor. On the WASM device it is a view of the tensor's own memory, without a copy, and valid
 * until the tensor is disposed of or another tensor is made.
 */
export function view(tensor: Tensor): Float32Array {
  return sharedHeap()?.typedArrayFromHeap(tensor) ?? tensor.dataSync() as Float32Array;
}

/** As {@linkcode view}, of tensors by name. */
function viewAll(tensors: Readonly<Record<string, Tensor>>): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { shape: tensor.shape.slice(), data: view(tensor) }]),
  );
}

/**
 * Float tensors whose data `write` fills in, over zeros; on the WASM device in place, without a copy. `write` must make
 * no tensor, so that views which it takes of others stay valid.
 */
export function writtenTensors(
  shapes: readonly (readonly number[])[],
  write: (...data: Float32Array[]) => void,
): Tensor[] {
  if (sharedHeap()) {
    const tensors = shapes.map((shape) => tf.fill(shape as number[], 0));
    write(...tensors.map(view));
    return tensors;
  }
  const data = shapes.map((shape) => new Float32Array(elementCount(shape)));
  write(...data);
  return shapes.map((shape, k) => tf.tensor(data[k], shape as number[]));
}

/** As {@linkcode writtenTensors}, for one tensor. */
export function writtenTensor(shape: readonly number[], write: (data: Float32Array) => void): Tensor {
  return writtenTensors([shape], write)[0];
}

/**
 * A tensor of the same shape as another one, from its data where tensors lie in the host's memory, else by operations on the device.
 *
 * @param inPlace Writes the result to `to`; makes no tensor.
 * @param onDevice The same as operations.
 */
export function transformed(
  tensor: Tensor,
  inPlace: (from: Float32Array, to: Float32Array) => void,
  onDevice: (tensor: Tensor) => Tensor,
): Tensor {
  if (!onHost()) return tf.tidy(() => onDevice(tensor));
  return writtenTensor(tensor.shape, (to) => inPlace(view(tensor), to));
}

/** Tensors on the host: views where they lie in its memory, which are gone when a tensor is made, else downloads. */
export async function hostTensors(tensors: Readonly<Record<string, Tensor>>): Promise<HostTensors> {
  return onHost() ? viewAll(tensors) : await downloadAll(tensors);
}

/** Device tensors on the host, under the same names. */
export async function downloadAll(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, HostTensor>> {
  const names = Object.keys(tensors), data = await readTogether(names.map((name) => tensors[name]));
  return Object.fromEntries(names.map((name, k) => [name, { shape: tensors[name].shape.slice(), data: data[k] }]));
}

/** How many tensors TensorFlow.js adds at a time: a GPU need not bind more than 8, the result among them. */
const ADDED_AT_A_TIME = 7;

/** The sum of tensors of one shape, added in their order. */
export function sumOf(tensors: readonly Tensor[]): Tensor {
  let sum = tf.addN(tensors.slice(0, ADDED_AT_A_TIME));
  for (let at = ADDED_AT_A_TIME; at < tensors.length; at += ADDED_AT_A_TIME - 1) {
    sum = tf.addN([sum, ...tensors.slice(at, at + ADDED_AT_A_TIME - 1)]);
  }
  return sum;
}

/** `tf.tidy` for results of any form: tensors made in `make` are freed, but for those in what it returns. */
export function tidy<Result extends object | undefined>(make: () => Result): Result {
  return tf.tidy(make as () => Record<string, Tensor>) as unknown as Result;
}
