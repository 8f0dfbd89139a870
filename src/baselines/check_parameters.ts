/**
 * Checks that parameters have the names and shapes that a mechanism needs.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import { requireTensor } from "../runtime/host_tensor.ts";

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
