/**
 * Counts what a program asks of GPUs: dispatches, command submissions, bytes that are uploaded and read back, and waits for
 * the queue.
 *
 * It counts at WebGPU itself, so that it sees what TensorFlow.js does, too.
 *
 * @module
 */

/** What was asked of all GPUs of this process. */
export interface GpuCounts {
  /** Calls of `GPUComputePassEncoder.dispatchWorkgroups`. */
  readonly dispatches: number;
  /** Calls of `GPUQueue.submit`. */
  readonly submissions: number;
  /** Buffers that were mapped to be read by the host. */
  readonly readBacks: number;
  /** Their bytes. */
  readonly bytesReadBack: number;
  /** Bytes that the host wrote: those of `GPUQueue.writeBuffer`, and of buffers that were made to be written. */
  readonly bytesUploaded: number;
  /** Calls of `GPUQueue.onSubmittedWorkDone`. */
  readonly waits: number;
}

/** A count under way. */
export interface GpuCount {
  /** What was counted since it began. */
  counts(): GpuCounts;
  /** Ends it, and puts WebGPU back as it was. Counts end in the opposite order of their beginnings. */
  stop(): GpuCounts;
}

/** Begins to count. Where there is no WebGPU, all counts stay 0. */
export function countGpuWork(): GpuCount {
  const now = { dispatches: 0, submissions: 0, readBacks: 0, bytesReadBack: 0, bytesUploaded: 0, waits: 0 };
  const counts = () => ({ ...now });
  if (typeof GPUQueue === "undefined") return { counts, stop: counts };
  const queue = GPUQueue.prototype, buffer = GPUBuffer.prototype, pass = GPUComputePassEncoder.prototype;
  const device = GPUDevice.prototype, { createBuffer } = device;
  const { submit, onSubmittedWorkDone, writeBuffer } = queue, { mapAsync } = buffer, { dispatchWorkgroups } = pass;
  pass.dispatchWorkgroups = function (this: GPUComputePassEncoder, ...workgroups) {
    now.dispatches++;
    return dispatchWorkgroups.apply(this, workgroups);
  };
  queue.submit = function (this: GPUQueue, ...commands) {
    now.submissions++;
    return submit.apply(this, commands);
  };
  queue.onSubmittedWorkDone = function (this: GPUQueue) {
    now.waits++;
    return onSubmittedWorkDone.apply(this);
  };
  queue.writeBuffer = function (this: GPUQueue, to, offset, data, from = 0, size?) {
    const each = (data as Partial<Float32Array>).BYTES_PER_ELEMENT ?? 1;
    now.bytesUploaded += size === undefined ? data.byteLength - from * each : size * each;
    return writeBuffer.call(this, to, offset, data as ArrayBufferView<ArrayBuffer>, from, size);
  };
  device.createBuffer = function (this: GPUDevice, descriptor) {
    if (descriptor.mappedAtCreation) now.bytesUploaded += descriptor.size;
    return createBuffer.call(this, descriptor);
  };
  buffer.mapAsync = function (this: GPUBuffer, mode, offset = 0, size?) {
    if (mode & GPUMapMode.READ) {
      now.readBacks++;
      now.bytesReadBack += size ?? this.size - offset;
    }
    return mapAsync.call(this, mode, offset, size);
  };
  return {
    counts,
    stop() {
      Object.assign(queue, { submit, onSubmittedWorkDone, writeBuffer });
      Object.assign(device, { createBuffer });
      Object.assign(buffer, { mapAsync });
      Object.assign(pass, { dispatchWorkgroups });
      return counts();
    },
  };
}
