/**
 * The prices of a menu mechanism in plain numbers, for programs of others: all that is needed to price any outcome with
 * sums, products and maxima.
 *
 * @module
 */
import { InvalidInputError, requireInteger } from "../errors.ts";
import { groupMaxLayout } from "../networks/groupmax_layout.ts";
import { relativeToZero } from "../networks/groupmax_price.ts";
import { hostRawWeights } from "../networks/hypernetwork_output.ts";
import { throughSoftplus } from "../networks/partial_groupmax.ts";
import { forward } from "../networks/reparameterisation.ts";
import { sumScale } from "../networks/sums_of_largest.ts";
import type { MenuMechanism } from "./menu_mechanism.ts";
import { contextTypes, networkTypes, PLAIN_UNITS } from "./units.ts";

/** A layer of groups: the value of a group is that of its largest element. */
export interface PlainLayer {
  /** `[E][G]`: of element e of group g. */
  readonly offsets: readonly (readonly number[])[];
  /** `[E][m][G]`: what an element gains with each input. */
  readonly slopes: readonly (readonly (readonly number[])[])[];
  /** `[E][G][G]`, at least 0: what it gains with each value of the layer before; left out in the first layer. */
  readonly weights?: readonly (readonly (readonly number[])[])[];
}

/** The price of every outcome for one participant, in the unit of the mechanism. */
export interface PlainPrices {
  /**
   * What the first layer reads of an outcome x `[m]`: x itself; or `scale` times the sums of its 1, 2, ..., m largest
   * coordinates.
   */
  readonly inputs: "outcome" | { readonly sumsOfLargest: { readonly scale: number } };
  readonly layers: readonly PlainLayer[];
  /** The price is the sum of these times the last layer's values and times the inputs; that of nothing is 0. */
  readonly last: { readonly weights: readonly number[]; readonly slopes: readonly number[] };
}

/**
 * The prices of a participant, given the others' types: those by which `run` and `prices` of the mechanism go, up to the
 * rounding of 64-bit floats.
 *
 * @param types A type profile `[n, m]`; the participant's own type has no effect.
 * @param participant From 0 on.
 * @throws {InvalidInputError} where the network cannot be written as a Partial GroupMax Network.
 */
export function plainPrices(mechanism: MenuMechanism, types: Float32Array, participant: number): PlainPrices {
  const { rules, parameters, units = PLAIN_UNITS } = mechanism, { groupMax } = rules.network;
  if (!groupMax) {
    throw new InvalidInputError(
      "Cannot tell prices in plain numbers: the network must be convex by its form, as all but --network mlp are",
    );
  }
  const { size } = groupMax, { goods: m, layers: K, groups: G, groupSize: E } = size, layout = groupMaxLayout(size);
  const hypernetwork = rules.hostHypernetwork(parameters, contextTypes(networkTypes(types, units)));
  const raw = hypernetwork.hidden ? hostRawWeights(hypernetwork, participant) : hypernetwork.bias;
  const form = groupMax.weights(),
    weights = throughSoftplus(size, forward(form, raw, new Float64Array(form.from.length)));
  relativeToZero(size, weights);
  // Affine maps are in the network's unit; what is multiplied with them later is not.
  const rows = (from: number, count: number, unit: number) =>
    Array.from({ length: count }, (_, row) => (
      Array.from(weights.subarray(from + row * G, from + (row + 1) * G), (weight) => unit * weight)
    ));
  const elements = Array.from({ length: E }, (_, e) => e), { network } = units;
  return {
    inputs: size.sumsOfLargest ? { sumsOfLargest: { scale: sumScale(m) } } : "outcome",
    layers: Array.from({ length: K }, (_, k) => ({
      offsets: elements.map((e) => rows(layout.free(k, e) + m * G, 1, network)[0]),
      slopes: elements.map((e) => rows(layout.free(k, e), m, network)),
      ...k > 0 && { weights: elements.map((e) => rows(layout.positive(k, e), G, 1)) },
    })),
    last: {
      weights: rows(layout.outPositive, 1, 1)[0],
      slopes: Array.from(weights.subarray(layout.outFree, layout.outFree + m), (slope) => network * slope),
    },
  };
}

/** Goods with which a list of all bundles has at most 65,536 lines. */
const MOST_GOODS = 16;

/**
 * The price of every bundle for one participant: of every set of goods that are given whole, nothing first, with the first
 * good changing fastest.
 *
 * @param types A type profile `[n, m]`.
 * @throws {InvalidInputError} where there are more than 16 goods.
 */
export async function bundlePrices(
  mechanism: MenuMechanism,
  types: Float32Array,
  participant: number,
): Promise<{ readonly outcome: readonly number[]; readonly price: number }[]> {
  const { participants: n, goods: m } = mechanism;
  requireInteger("list all bundles", "goods", m, 1);
  if (m > MOST_GOODS) {
    throw new InvalidInputError(
      `Cannot list all bundles: there must be at most ${MOST_GOODS} goods, got ${m}; tedi menu lists what is taken`,
    );
  }
  const count = 2 ** m,
    bundles = Array.from({ length: count }, (_, k) => Array.from({ length: m }, (_, j) => k >> j & 1));
  const outcomes = new Float64Array(n * count * m);
  outcomes.set(bundles.flat(), participant * count * m);
  const prices = await mechanism.prices(types, outcomes);
  return bundles.map((outcome, k) => ({ outcome, price: prices[participant * count + k] }));
}
