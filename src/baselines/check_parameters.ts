/**
 * Checks that parameters and tensors of checkpoints have the names and shapes that a mechanism needs.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import type { HostTensor } from "../runtime/host_tensor.ts";

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

/**
 * Fails unless there is a finite parameter of each shape, under each name, and no other.
 *
 * @throws {InvalidInputError} naming the parameter, the rule and what is there.
 */
export function checkParameters(
  action: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  parameters: HostParameters,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const what = `${action}: parameter ${name}`, { data } = requireTensor(what, shape, parameters[name]);
    const bad = data.find((value) => !Number.isFinite(value));
    if (bad !== undefined) {
      throw new InvalidInputError(`Cannot ${what} must be float32 of shape [${shape}] and finite, got ${bad}`);
    }
  }
  for (const name of Object.keys(parameters)) {
    if (!Object.hasOwn(shapes, name)) {
      throw new InvalidInputError(`Cannot ${action}: parameters must be those of its networks, got ${show(name)}, too`);
    }
  }
}
