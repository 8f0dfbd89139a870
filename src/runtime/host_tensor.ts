/**
 * A tensor in the host's memory.
 *
 * @module
 */

/** Numbers in row-major order with their shape. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint32Array;
}
