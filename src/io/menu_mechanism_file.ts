/**
 * Menu mechanisms in files. They are apart from other kinds so that the playground's page has the code of these alone.
 *
 * @module
 */
import { contextName } from "../former_names.ts";
import { type MenuMechanism, menuMechanism, type MenuMechanismData } from "../mechanisms/menu_mechanism.ts";
import { contextKinds, type ContextShape } from "../networks/context.ts";
import { NETWORK_KINDS } from "../networks/kinds.ts";
import type { NetworkSize } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { decodeKinds, type MechanismKind, mechanismKind } from "./mechanism_kind.ts";
import { flag, mechanismUnits, object, optionalChoice, type Read, size, sizes } from "./metadata.ts";

/** n, m, and whether participants are exchangeable. */
export const contextShape: Read<ContextShape> = object<ContextShape>({
  participants: size,
  goods: size,
  exchangeable: flag,
});

const context = optionalChoice(contextKinds);

/** The size of a network behind pricing rules, in the order in which files have it. */
export const networkSize: Read<NetworkSize> = object<NetworkSize>({
  layers: size,
  groups: size,
  groupSize: size,
  hidden: sizes,
  kind: optionalChoice(NETWORK_KINDS, "the network's kind"),
  context: (value, what, thing) => context(contextName(value), what, thing),
});

/** Menu mechanisms: TEDI's, and its ablations' by another network. */
export const menuMechanismKind: MechanismKind<MenuMechanism> = mechanismKind<MenuMechanismData, MenuMechanism>(
  "tedi-mechanism-1",
  undefined,
  { shape: contextShape, network: networkSize, units: mechanismUnits },
  (data) => menuMechanism(data),
);

/**
 * The menu mechanism in the bytes of a file.
 *
 * @param what Names the file in messages.
 * @param problem If given, the mechanism must be one for this problem.
 * @throws {InvalidInputError} if the file is damaged, not a menu mechanism, or one for another problem.
 */
export function decodeMenuMechanism(
  bytes: Uint8Array,
  what: string,
  problem?: MechanismProblem,
): Promise<MenuMechanism> {
  return decodeKinds([menuMechanismKind], bytes, what, problem);
}
