/**
 * Training that begins with the prices of a mechanism that was learned before.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { requireMechanismFor } from "../mechanisms/mechanism.ts";
import type { MenuMechanism } from "../mechanisms/menu_mechanism.ts";
import { contextKinds } from "../networks/context.ts";
import { NETWORK_KINDS } from "../networks/kinds.ts";
import type { NetworkSize } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";

/**
 * Fails unless training for a problem can begin with a mechanism's parameters.
 *
 * @param what Names the mechanism in messages.
 * @throws {InvalidInputError} naming what differs, and both values.
 */
export function requireStart(problem: MechanismProblem, network: NetworkSize, from: MenuMechanism, what: string): void {
  const action = `train from ${what}`;
  requireMechanismFor(action, problem, from);
  const { participants, distribution: { exchangeable } } = problem, { shape } = from;
  if (participants > 1 && shape.exchangeable !== exchangeable) {
    throw new InvalidInputError(
      `Cannot ${action}: its participants must be ${
        exchangeable ? "" : "not "
      }exchangeable, as those of ${problem.name} are, ` +
        `got ones that are${shape.exchangeable ? "" : " not"}`,
    );
  }
  const before = sizesOf(from.network), wanted = sizesOf(network);
  for (const [name, value] of Object.entries(before)) {
    if (String(value) === String(wanted[name])) continue;
    throw new InvalidInputError(
      `Cannot ${action}: network.${name} must be left out or be ${show(value)}, as it is there, got ${
        show(wanted[name])
      }`,
    );
  }
}

/** The sizes of a network with those that are left out where they are the default. */
function sizesOf(network: NetworkSize): Record<string, unknown> {
  return { kind: NETWORK_KINDS[0], context: contextKinds[0], ...network };
}
