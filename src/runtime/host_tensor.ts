/**
 * Tensors in plain host memory: what files hold, free of any device or tensor engine.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";

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

/**
 * The tensor, if it is of 32-bit floats and has the shape.
 *
 * @param what The action and the tensor, for messages: `resume MD-GemNet: checkpoint tensor average.output.bias`.
 * @throws {InvalidInputError} naming the tensor, the rule and what is there.
 */
export function requireTensor(what: string, shape: readonly number[], tensor: HostTensor | undefined): HostTensor {
  const rule = `Cannot ${what} must be float32 of shape [${shape}]`;
  if (!tensor) throw new InvalidInputError(`${rule}, but it is missing`);
  if (String(tensor.shape) !== String(shape) || !(tensor.data instanceof Float32Array)) {
    throw new InvalidInputError(`${rule}, got [${tensor.shape}]`);
  }
  return tensor;
}
