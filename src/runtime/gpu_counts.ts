/**
 * Counts what a program asks of GPUs: dispatches, command submissions, bytes that are read back, and waits for the queue.
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
  const now = { dispatches: 0, submissions: 0, readBacks: 0, bytesReadBack: 0, waits: 0 };
  const counts = () => ({ ...now });
  if (typeof GPUQueue === "undefined") return { counts, stop: counts };
  const queue = GPUQueue.prototype, buffer = GPUBuffer.prototype, pass = GPUComputePassEncoder.prototype;
  const { submit, onSubmittedWorkDone } = queue, { mapAsync } = buffer, { dispatchWorkgroups } = pass;
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
      Object.assign(queue, { submit, onSubmittedWorkDone });
      Object.assign(buffer, { mapAsync });
      Object.assign(pass, { dispatchWorkgroups });
      return counts();
    },
  };
}
