/**
 * Tensors in plain host memory: what files hold, free of any device or tensor engine.
 *
 * @module
 */

/** The typed arrays that a {@link HostTensor} may hold. */
export type HostArray = Float32Array | Float64Array | Int32Array | Uint32Array;

/** A tensor in host memory: row-major `data` whose length is the product of `shape` (`[]` is a scalar). */
export interface HostTensor {
  /** Sizes of the axes, outermost first. */
  readonly shape: readonly number[];
  /** The elements, last axis fastest. */
  readonly data: HostArray;
}

/** Tensors by name. */
export type HostTensors = Readonly<Record<string, HostTensor>>;

/** Number of elements of a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
