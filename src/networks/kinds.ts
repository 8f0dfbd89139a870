/**
 * The networks that pricing rules can be made of: Partial GroupMax, and those of the ablation studies (section 4.2.3).
 *
 * All take their raw weights from the context by a Parameterized Affine Network, so that all train by the same algorithm.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { multilayerPerceptron } from "./mlp.ts";
import type { ConvexNetwork } from "./network.ts";
import { partialGroupMax, type PartialGroupMaxSize } from "./partial_groupmax.ts";
import { partialInputConvex } from "./picnn.ts";
import { parameterizedMaxAffine } from "./pma.ts";
import { symmetricGroupMax } from "./symmetric_groupmax.ts";

/** The kinds of networks, the default first. */
export const NETWORK_KINDS = ["groupmax", "symmetric", "picnn", "pma", "mlp"] as const;

/** A kind of network. */
export type NetworkKind = typeof NETWORK_KINDS[number];

/** The kinds that a set context can make weights for: their raw weights are laid out as Partial GroupMax' are. */
export const SET_CONTEXT_KINDS: readonly NetworkKind[] = ["groupmax", "pma"];

/**
 * A network of a kind, about as large as the Partial GroupMax Network of the given size (K, G, E):
 *
 * - `symmetric`: that network of the sums of the largest coordinates of x, for goods whose places do not matter;
 * - `picnn`, `mlp`: K layers, as wide as they can be without having more weights than that network;
 * - `pma`: K G E affine functions of x, as many as that network has.
 *
 * @throws {InvalidInputError} for another kind, or unless all sizes are positive integers.
 */
export function networkOfKind(kind: NetworkKind, size: PartialGroupMaxSize): ConvexNetwork {
  const groupMax = partialGroupMax(size), { goods, layers, groups, groupSize } = size;
  const widest = (weights: (width: number) => number) => largestWidth(weights, groupMax.weightCount);
  switch (kind) {
    case "groupmax":
      return groupMax;
    case "symmetric":
      return symmetricGroupMax(size);
    case "pma":
      return parameterizedMaxAffine({ goods, pieces: layers * groups * groupSize });
    case "picnn": {
      const width = widest((H) => (layers - 1) * H * H + H + (goods + 1) * (layers * H + 1));
      return partialInputConvex({ goods, layers, width });
    }
    case "mlp": {
      const width = widest((H) => (goods + 1) * H + (layers - 1) * (H + 1) * H + H + 1);
      return multilayerPerceptron({ goods, layers, width });
    }
    default: {
      const rule = `network.kind must be one of ${NETWORK_KINDS.join(", ")}`;
      throw new InvalidInputError(`Cannot make a pricing rule: ${rule}, got ${show(kind)}`);
    }
  }
}

/** The largest width, 1 at least, at which a network has no more than `most` weights. */
function largestWidth(weights: (width: number) => number, most: number): number {
  let low = 1, high = 2;
  while (weights(high) <= most) low = high, high *= 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (weights(middle) <= most) low = middle;
    else high = middle;
  }
  return low;
}
