/**
 * The kinds of networks that pricing rules can be made of: Partial GroupMax, and those of the ablation studies (section
 * 4.2.3).
 *
 * All of them get their raw weights from a hypernetwork, so that all are trained by the same algorithm. To add a kind,
 * write a file that exports its entry, and add a line to the table here.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { type PartialGroupMaxSize, requireGroupMaxSize } from "./groupmax_layout.ts";
import { mlpKind } from "./mlp.ts";
import type { ConvexNetwork, NetworkKindEntry } from "./network.ts";
import { groupMaxKind } from "./partial_groupmax.ts";
import { picnnKind } from "./picnn.ts";
import { pmaKind } from "./pma.ts";
import { symmetricKind } from "./symmetric_groupmax.ts";

/** A kind of network. */
export type NetworkKind = "groupmax" | "symmetric" | "picnn" | "pma" | "mlp";

/** The kinds of networks by name, the default first. */
const KINDS: Readonly<Record<NetworkKind, NetworkKindEntry>> = {
  groupmax: groupMaxKind,
  symmetric: symmetricKind,
  picnn: picnnKind,
  pma: pmaKind,
  mlp: mlpKind,
};

/** The names of the kinds of networks, the default first. */
export const NETWORK_KINDS: readonly NetworkKind[] = Object.keys(KINDS) as NetworkKind[];

/**
 * The entry of a kind of network.
 *
 * @throws {InvalidInputError} where there is no kind of that name.
 */
export function networkKind(kind: NetworkKind): NetworkKindEntry {
  if (Object.hasOwn(KINDS, kind)) return KINDS[kind];
  const rule = `network.kind must be one of ${NETWORK_KINDS.join(", ")}`;
  throw new InvalidInputError(`Cannot make a pricing rule: ${rule}, got ${show(kind)}`);
}

/**
 * A network of a kind, with about as many raw weights as the Partial GroupMax Network of the given size.
 *
 * @throws {InvalidInputError} where there is no such kind, or unless all sizes are positive integers.
 */
export function networkOfKind(kind: NetworkKind, size: PartialGroupMaxSize): ConvexNetwork {
  const { make } = networkKind(kind);
  requireGroupMaxSize(`make a network of kind ${kind}`, size);
  return make(size);
}
