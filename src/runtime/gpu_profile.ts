/**
 * What a GPU does: dispatches, and how long it computes by its own clock where it has timestamps.
 *
 * It listens at WebGPU itself, so that TensorFlow.js' operations are counted, too.
 *
 * @module
 */

/** What a GPU did. */
export interface GpuProfile {
  /** Compute passes. */
  readonly passes: number;
  /** Dispatches, in all passes. */
  readonly dispatches: number;
  /** The time that passes took on the GPU, in milliseconds; undefined without timestamps. */
  readonly milliseconds?: number;
}

/** Timestamps in a query set: the most that WebGPU allows. */
const QUERIES = 4096;

/**
 * Begins to profile a device. Passes count when they are submitted before the end.
 *
 * @returns Ends it, puts WebGPU back as it was, and waits for the GPU. Profiles end in the opposite order of their beginnings.
 */
export function profileGpu(device: GPUDevice): () => Promise<GpuProfile> {
  const hasTimestamps = device.features.has("timestamp-query"), sets: GPUQuerySet[] = [];
  let passes = 0, dispatches = 0, queries = 0;
  /** The timestamps of the next pass. */
  const timestamps = (): GPUComputePassTimestampWrites => {
    if (queries === sets.length * QUERIES) sets.push(device.createQuerySet({ type: "timestamp", count: QUERIES }));
    const first = queries % QUERIES;
    queries += 2;
    return { querySet: sets.at(-1)!, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 };
  };
  const encoders = GPUCommandEncoder.prototype, computePasses = GPUComputePassEncoder.prototype;
  const { beginComputePass } = encoders, { dispatchWorkgroups } = computePasses;
  encoders.beginComputePass = function (this: GPUCommandEncoder, descriptor = {}) {
    passes++;
    const timed = hasTimestamps && !descriptor.timestampWrites;
    return beginComputePass.call(this, timed ? { ...descriptor, timestampWrites: timestamps() } : descriptor);
  };
  computePasses.dispatchWorkgroups = function (this: GPUComputePassEncoder, ...workgroups) {
    dispatches++;
    return dispatchWorkgroups.apply(this, workgroups);
  };
  return async () => {
    encoders.beginComputePass = beginComputePass;
    computePasses.dispatchWorkgroups = dispatchWorkgroups;
    if (!hasTimestamps) return { passes, dispatches };
    let nanoseconds = 0;
    for (const [k, set] of sets.entries()) {
      const stamps = await resolve(device, set, Math.min(QUERIES, queries - k * QUERIES));
      for (let at = 0; at < stamps.length; at += 2) nanoseconds += Number(stamps[at + 1] - stamps[at]);
    }
    return { passes, dispatches, milliseconds: nanoseconds / 1e6 };
  };
}

/** The first timestamps of a query set, in nanoseconds. */
async function resolve(device: GPUDevice, set: GPUQuerySet, count: number): Promise<BigInt64Array> {
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage, size = 8 * count;
  const resolved = device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
  const read = device.createBuffer({ size, usage: COPY_DST | MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.resolveQuerySet(set, 0, count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, read, 0, size);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  const stamps = new BigInt64Array(read.getMappedRange().slice(0));
  for (const one of [resolved, read, set]) one.destroy();
  return stamps;
}
