/**
 * Tensors for comparison to the bit.
 *
 * @module
 */
import type { HostTensors } from "../src/runtime/host_tensor.ts";

/** Tensors as 32-bit patterns, so that 0 is not -0 and NaN is itself. */
export function bits(tensors: HostTensors): Record<string, unknown> {
  const words = ({ data }: HostTensors[string]) =>
    Array.from(new Uint32Array(data.buffer, data.byteOffset, data.length));
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [tensor.shape, words(tensor)]]));
}
