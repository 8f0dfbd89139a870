/**
 * What a GPU can do at most, measured: multiply-adds in registers, products of matrices, and copies in its memory.
 *
 * @module
 */
import { type Tensor2D, tf } from "../deps/tfjs.ts";
import { MachineError } from "../errors.ts";
import { submitRecorded } from "./command_recorder.ts";
import { profileGpu } from "./gpu_profile.ts";
import { openGpu } from "./webgpu.ts";

/** What a GPU was measured to do, at most. */
export interface GpuThroughput {
  /** Floating-point operations a second of 32-bit multiply-adds in registers, additions and multiplications counted each. */
  readonly multiplyAddFlops: number;
  /** Floating-point operations a second of TensorFlow.js' product of two square matrices. */
  readonly matrixFlops: number;
  /** n of the matrices `[n, n]`. */
  readonly matrixSize: number;
  /** Bytes a second that are read and written in a copy. */
  readonly bandwidth: number;
  /** Whether the GPU's own clock was read. */
  readonly timestamps: boolean;
}

/** A measurement is long enough, in milliseconds. */
const LONG_ENOUGH = 20;
/** Measurements of each, of which the fastest counts. */
const TURNS = 3;
/** Threads of a workgroup, as many as every adapter allows. */
const THREADS = 256;
/** Sums side by side, loop rounds and operations of a thread: llvmpipe ends loops after 65535 rounds. */
const SUMS = 8, ROUNDS = 2048, FLOP_OF_THREAD = SUMS * ROUNDS * 8;
/** The most workgroups in a dimension on every adapter. */
const MOST_WORKGROUPS = 65535;
/** Bytes that a copy reads at most; caches must not hold them. */
const COPY_BYTES = 2 ** 28;
const LARGEST_MATRIX = 8192;

const MULTIPLY_ADDS = `
@group(0) @binding(0) var<storage, read_write> values: array<vec4<f32>>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
  let a = values[0];
  let b = values[1];
${Array.from({ length: SUMS }, (_, k) => `  var s${k} = a + vec4<f32>(f32(invocation.x + ${k}u));`).join("\n")}
  for (var round = 0u; round < ${ROUNDS}u; round++) {
${Array.from({ length: SUMS }, (_, k) => `    s${k} = fma(s${k}, a, b);`).join("\n")}
  }
  let sum = ${Array.from({ length: SUMS }, (_, k) => `s${k}`).join(" + ")};
  if (sum.x == -1.0) { values[2] = sum; }
}
`;

const COPY = `
@group(0) @binding(0) var<storage, read> here: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> there: array<vec4<f32>>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) invocation: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var at = invocation.x; at < arrayLength(&here); at += groups.x * ${THREADS}u) { there[at] = here[at]; }
}
`;

/**
 * Measures the GPU that is open, in about a second.
 *
 * @throws {MachineError} where tensors are not on a GPU.
 */
export async function measureThroughput(): Promise<GpuThroughput> {
  const device = openGpu();
  if (!device) throw new MachineError("Cannot measure a GPU: tensors are not on one");
  const multiplyAddFlops = await multiplyAdds(device);
  const { flops: matrixFlops, size: matrixSize } = await matrixProducts(device);
  const bandwidth = await copies(device);
  const timestamps = device.features.has("timestamp-query");
  return { multiplyAddFlops, matrixFlops, matrixSize, bandwidth, timestamps };
}

async function multiplyAdds(device: GPUDevice): Promise<number> {
  const values = device.createBuffer({ size: 64, usage: GPUBufferUsage.STORAGE });
  const dispatch = pipeline(device, "multiply-adds", MULTIPLY_ADDS, [values]);
  const { amount, seconds } = await measure(device, 8, MOST_WORKGROUPS, (workgroups) => dispatch(workgroups, 1));
  values.destroy();
  return amount * THREADS * FLOP_OF_THREAD / seconds;
}

async function matrixProducts(device: GPUDevice): Promise<{ flops: number; size: number }> {
  const binding = device.limits.maxStorageBufferBindingSize;
  const most = Math.min(LARGEST_MATRIX, 2 ** Math.floor(Math.log2(Math.sqrt(binding / 4))));
  let matrices: Tensor2D[] = [];
  const { amount: size, seconds } = await measure(device, 256, most, (size) => {
    if (matrices[0]?.shape[0] !== size) {
      tf.dispose(matrices);
      matrices = [0, 1].map((k) => tf.keep(tf.fill([size, size], k + 0.5) as Tensor2D));
    }
    tf.matMul(matrices[0], matrices[1]).dispose();
    submitRecorded();
  });
  tf.dispose(matrices);
  return { flops: 2 * size ** 3 / seconds, size };
}

async function copies(device: GPUDevice): Promise<number> {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const size = 16 * Math.floor(Math.min(COPY_BYTES, maxBufferSize, maxStorageBufferBindingSize) / 16);
  const buffers = [0, 1].map(() => device.createBuffer({ size, usage: GPUBufferUsage.STORAGE }));
  const dispatch = pipeline(device, "copy", COPY, buffers), workgroups = Math.min(MOST_WORKGROUPS, size / 16 / THREADS);
  const { amount, seconds } = await measure(device, 1, 256, (times) => dispatch(Math.ceil(workgroups), times));
  for (const buffer of buffers) buffer.destroy();
  return amount * 2 * size / seconds;
}

/** A shader on buffers, as a function that dispatches it some times and submits that. */
function pipeline(
  device: GPUDevice,
  name: string,
  code: string,
  buffers: readonly GPUBuffer[],
): (workgroups: number, times: number) => void {
  const label = `tedi: ${name}`, module = device.createShaderModule({ label, code });
  const compiled = device.createComputePipeline({ label, layout: "auto", compute: { module, entryPoint: "main" } });
  const group = device.createBindGroup({
    layout: compiled.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return (workgroups, times) => {
    const encoder = device.createCommandEncoder(), pass = encoder.beginComputePass();
    pass.setPipeline(compiled);
    pass.setBindGroup(0, group);
    for (let k = 0; k < times; k++) pass.dispatchWorkgroups(workgroups);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
}

/** Doubles the amount of some work until it takes long enough; the amount, and the least seconds it took. */
async function measure(
  device: GPUDevice,
  least: number,
  most: number,
  work: (amount: number) => void,
): Promise<{ amount: number; seconds: number }> {
  const time = async (amount: number): Promise<number> => {
    const end = profileGpu(device), begin = performance.now();
    work(amount);
    await waitFor(device);
    const passed = performance.now() - begin;
    return (await end()).milliseconds || passed;
  };
  let amount = least;
  await time(amount); // compiles
  while (2 * amount <= most && await time(amount) < LONG_ENOUGH) amount *= 2;
  await time(amount); // makes what it needs
  let best = Infinity;
  for (let turn = 0; turn < TURNS; turn++) best = Math.min(best, await time(amount));
  return { amount, seconds: best / 1e3 };
}

/** Waits until a GPU has done all that was submitted. */
async function waitFor(device: GPUDevice): Promise<void> {
  const { COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const source = device.createBuffer({ size: 4, usage: COPY_SRC });
  const read = device.createBuffer({ size: 4, usage: COPY_DST | MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, read, 0, 4);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  source.destroy();
  read.destroy();
}
