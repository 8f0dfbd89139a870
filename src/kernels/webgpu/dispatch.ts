/**
 * Runs shaders on tensors of TensorFlow.js' WebGPU backend, in order with the backend's own operations, and recorded with
 * them.
 *
 * The backend's `runWebGPUProgram` would not do: it binds whole tensors, makes one output a call, and has no scratch
 * memory.
 *
 * @module
 */
import { type Tensor, tf } from "../../deps/tfjs.ts";
import type { WebGPUBackend } from "../../deps/tfjs_webgpu.ts";
import { bufferOf, commandEncoder, computePass, submitBatch, uniformBuffer } from "../../runtime/command_recorder.ts";
import { bindings, type Shader } from "./shader.ts";

/** A part of a tensor's buffer that can be bound. */
export interface Window {
  readonly buffer: GPUBuffer;
  /** In bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  /** Where the numbers that were asked for begin in it, in numbers. */
  readonly at: number;
}

/** A compiled shader. */
interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** The compiled shaders of a device: by object, and by text, since different objects may have the same. */
interface Cache {
  readonly byShader: WeakMap<Shader, Compiled>;
  readonly byCode: Map<string, Compiled>;
}
const caches = new WeakMap<GPUDevice, Cache>();

function compile(device: GPUDevice, shader: Shader): Compiled {
  let cache = caches.get(device);
  if (!cache) caches.set(device, cache = { byShader: new WeakMap(), byCode: new Map() });
  let one = cache.byShader.get(shader);
  if (one) return one;
  const code = bindings(shader) + shader.code;
  one = cache.byCode.get(code);
  if (!one) {
    const label = `tedi: ${shader.name}`;
    const layout = device.createBindGroupLayout({
      label,
      entries: [
        { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "uniform" } },
        ...shader.buffers.map(({ access }, k) => ({
          binding: k + 1,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: access === "read" ? "read-only-storage" as const : "storage" as const },
        })),
      ],
    });
    const module = device.createShaderModule({ label, code });
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
    cache.byCode.set(code, one = { pipeline, layout });
  }
  cache.byShader.set(shader, one);
  return one;
}

/** Commands for the open WebGPU device, and the tensors that they need meanwhile. */
export class Commands {
  readonly #backend: WebGPUBackend;
  readonly #bindingBytes: number;
  readonly #temporary: Tensor[] = [];

  /** @param bindingBytes The most bytes of a binding, at most the device's own limit, which it replaces in tests. */
  constructor(bindingBytes = Infinity) {
    this.#backend = tf.backend() as WebGPUBackend;
    this.#bindingBytes = Math.min(bindingBytes, this.#backend.device.limits.maxStorageBufferBindingSize);
  }

  /** The limits of the device. */
  get limits(): GPUSupportedLimits {
    return this.#backend.device.limits;
  }

  /** The most bytes of a part of a tensor that can be bound, wherever the part begins. */
  get bindingBytes(): number {
    return this.#bindingBytes - this.limits.minStorageBufferOffsetAlignment;
  }

  /** Makes a tensor without values, which commands write. */
  tensor(shape: readonly number[]): Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.#backend.makeTensorInfo([...shape], "float32"));
  }

  /** Makes a tensor, without values or with those given, that {@linkcode release} disposes of. */
  temporary(shape: readonly number[], values?: Float32Array | Int32Array): Tensor {
    return this.own(
      values ? tf.tensor(values, [...shape], values instanceof Float32Array ? "float32" : "int32") : this.tensor(shape),
    );
  }

  /** Takes a tensor over, which {@linkcode release} disposes of. */
  own<T extends Tensor>(tensor: T): T {
    this.#temporary.push(tf.keep(tensor));
    return tensor;
  }

  /**
   * `count` numbers of a tensor, from number `first` on, to bind. The whole tensor is bound where the device allows it.
   */
  window(tensor: Tensor, first = 0, count: number = tensor.size - first): Window {
    const buffer = bufferOf(tensor), bytes = 4 * tensor.size;
    if (bytes <= this.#bindingBytes) return { buffer, offset: 0, size: bytes, at: first };
    const alignment = this.limits.minStorageBufferOffsetAlignment;
    const offset = Math.floor(4 * first / alignment) * alignment;
    return { buffer, offset, size: 4 * (first + count) - offset, at: first - offset / 4 };
  }

  /** Copies `count` of a tensor's numbers, from number `first` on, to the same places of another. */
  copy(from: Tensor, to: Tensor, first = 0, count: number = from.size): void {
    const source = bufferOf(from), target = bufferOf(to);
    commandEncoder().copyBufferToBuffer(source, 4 * first, target, 4 * first, 4 * count);
  }

  /**
   * Records the run of a shader.
   *
   * @param windows What its buffers are bound to, by name.
   * @param params The values of its `params`, by name.
   * @param workgroups The number of workgroups in each dimension.
   */
  run(
    shader: Shader,
    windows: Readonly<Record<string, Window>>,
    params: Readonly<Record<string, number>>,
    workgroups: readonly [number, number?, number?],
  ): void {
    const { device } = this.#backend, { pipeline, layout } = compile(device, shader);
    const names = Object.entries(shader.params);
    const bytes = new ArrayBuffer(16 * Math.ceil(names.length / 4)), view = new DataView(bytes);
    names.forEach(([name, type], k) => {
      if (type === "f32") view.setFloat32(4 * k, params[name], true);
      else view.setUint32(4 * k, params[name], true);
    });
    const uniform = uniformBuffer(bytes);
    const group = device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: { buffer: uniform } },
        ...shader.buffers.map(({ name }, k) => {
          const { buffer, offset, size } = windows[name];
          return { binding: k + 1, resource: { buffer, offset, size } };
        }),
      ],
    });
    const pass = computePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...workgroups as [number, number, number]);
  }

  /** The number of temporary tensors. */
  get temporaries(): number {
    return this.#temporary.length;
  }

  /**
   * Ends the use of all temporary tensors but the first `keep`, so that commands to come can use their memory. The commands
   * so far are submitted if there are many of them.
   */
  release(keep = 0): void {
    submitBatch();
    for (const tensor of this.#temporary.splice(keep)) tensor.dispose();
  }
}
