/**
 * Whether parameters are those of a mechanism.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";

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
    const tensor = parameters[name], rule = `Cannot ${action}: parameter ${name} must be float32 of shape [${shape}]`;
    if (!tensor) throw new InvalidInputError(`${rule}, but it is missing`);
    if (String(tensor.shape) !== String(shape) || !(tensor.data instanceof Float32Array)) {
      throw new InvalidInputError(`${rule}, got [${tensor.shape}]`);
    }
    const bad = tensor.data.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw new InvalidInputError(`${rule} and finite, got ${bad}`);
  }
  for (const name of Object.keys(parameters)) {
    if (!Object.hasOwn(shapes, name)) {
      throw new InvalidInputError(`Cannot ${action}: parameters must be those of its networks, got ${show(name)}, too`);
    }
  }
}
