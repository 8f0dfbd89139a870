/**
 * The commands that TensorFlow.js' WebGPU backend records, into which ours go, too: they are submitted together.
 *
 * A buffer that a disposed tensor gives back may be used again at once by later commands: these run in order. Values are
 * therefore written by commands as well, but for uniforms, whose buffers rest until the commands are submitted.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import type { WebGPUBackend } from "../deps/tfjs_webgpu.ts";

/** The backend, with what the version that src/deps pins keeps for itself. */
interface Recorder extends
  Pick<
    WebGPUBackend,
    | "bufferManager"
    | "device"
    | "endComputePassEncoder"
    | "ensureCommandEncoderReady"
    | "queue"
    | "submitQueue"
    | "tensorMap"
    | "uploadToGPU"
  > {
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  /** Dispatches since the last submission, despite its name. */
  dispatchCountInPass: number;
  readonly uniformPendingDisposal: GPUBuffer[];
}

/** The backend's flag: how many dispatches it records before it submits them by itself. */
const BATCH = "WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE";

/** The open WebGPU backend; undefined where another one is open. */
function webgpu(): Recorder | undefined {
  return tf.getBackend() === "webgpu" ? tf.backend() as unknown as Recorder : undefined;
}

/** The buffer of a tensor, with its numbers. */
export function bufferOf({ dataId }: Tensor): GPUBuffer {
  const backend = webgpu()!;
  backend.uploadToGPU(dataId);
  return backend.tensorMap.get(dataId).resource as GPUBuffer;
}

/** The encoder of the commands so far, for commands that are no dispatches. */
export function commandEncoder(): GPUCommandEncoder {
  const backend = webgpu()!;
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  return backend.commandEncoder!;
}

/** The compute pass of the commands so far, for one more dispatch. */
export function computePass(): GPUComputePassEncoder {
  const backend = webgpu()!;
  backend.ensureCommandEncoderReady();
  backend.dispatchCountInPass++;
  return backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass();
}

/** A uniform buffer with these bytes, for commands until the next submission. */
export function uniformBuffer(bytes: ArrayBuffer): GPUBuffer {
  const backend = webgpu()!;
  const buffer = backend.bufferManager.acquireBuffer(
    bytes.byteLength,
    GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM,
  );
  backend.queue.writeBuffer(buffer, 0, bytes);
  backend.uniformPendingDisposal.push(buffer);
  return buffer;
}

/** Submits what was recorded, if that is as much as the backend submits at a time. */
export function submitBatch(): void {
  const backend = webgpu()!;
  if (backend.dispatchCountInPass >= tf.env().getNumber(BATCH)) submitRecorded();
}

/** Submits what was recorded. Where tensors are not on a GPU, operations were run as they were called. */
export function submitRecorded(): void {
  const backend = webgpu();
  if (!backend?.commandEncoder) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/**
 * From now on nothing is submitted but by {@linkcode submitRecorded} and by reading, however much is recorded.
 *
 * @returns Ends that.
 */
export function recordOnly(): () => void {
  if (!webgpu()) return () => {};
  const before = tf.env().getNumber(BATCH);
  tf.env().set(BATCH, Infinity);
  return () => tf.env().set(BATCH, before);
}

/**
 * Reads float tensors, on a GPU in one submission, with what was recorded before: no tensor is changed by what is recorded
 * later, and all may be disposed of at once.
 */
export async function readTogether(tensors: readonly Tensor[]): Promise<Float32Array[]> {
  const backend = webgpu();
  if (!backend) return await Promise.all(tensors.map((tensor) => tensor.data())) as Float32Array[];
  const most = backend.device.limits.maxBufferSize, parts: { tensors: Tensor[]; bytes: number }[] = [];
  for (const tensor of tensors) {
    const bytes = 4 * tensor.size, last = parts.at(-1);
    if (!last || last.bytes + bytes > most) parts.push({ tensors: [tensor], bytes });
    else last.tensors.push(tensor), last.bytes += bytes;
  }
  const staged = parts.map(({ tensors, bytes }) => {
    const sources = tensors.map(bufferOf), encoder = commandEncoder();
    const buffer = backend.device.createBuffer({
      size: bytes,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    let at = 0;
    sources.forEach((source, k) => {
      encoder.copyBufferToBuffer(source, 0, buffer, at, 4 * tensors[k].size);
      at += 4 * tensors[k].size;
    });
    return buffer;
  });
  submitRecorded();
  const sizes = parts.map(({ tensors }) => tensors.map(({ size }) => size));
  const read = await Promise.all(staged.map(async (buffer, part) => {
    await buffer.mapAsync(GPUMapMode.READ);
    const numbers = new Float32Array(buffer.getMappedRange()), found: Float32Array[] = [];
    let at = 0;
    for (const size of sizes[part]) found.push(numbers.slice(at, at += size));
    buffer.destroy();
    return found;
  }));
  return read.flat();
}
