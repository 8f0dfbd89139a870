/**
 * The price of a Partial GroupMax Network, p(x) = f(x) - f(0), equation (2), without the offsets of f that cancel, and
 * how much rounding can change it. What follows from the bound is in docs/certificates.md.
 *
 * Layer by layer, values are taken relative to what they are at x = 0. Where element e* of group g is the largest at 0,
 *
 *   r_kg = b_kge* + <W_kge*, r_{k-1}>,   c_kge = (b_kge + <W_kge, r_{k-1}>) - r_kg,
 *   d_kg(x) = max_e <A_kge, x> + <W_kge, d_{k-1}(x)> + c_kge = z_kg(x) - r_kg,
 *
 * so that p(x) = <W_K, d_K(x)> + <A_K, x> is a Partial GroupMax Network, too: with offsets c_kge <= 0, one of them 0 in
 * every group, and p(0) = 0 without any rounding. Offsets that all elements of a group have in common are gone.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "./groupmax_layout.ts";
import type { GroupMaxForm, HostFunction } from "./network.ts";
import { functionOfWeights, throughSoftplus } from "./partial_groupmax.ts";
import { forward } from "./reparameterisation.ts";
import { functionOfSums, sumScale } from "./sums_of_largest.ts";

/** The unit roundoff of 64-bit floats, 2^-53. */
export const UNIT_ROUNDOFF: number = 2 ** -53;

/**
 * The least that absolute values count as. It keeps what underflow can do, 2^-1074 an operation, far below the bound on
 * rounding.
 */
export const LEAST_MAGNITUDE = 1e-280;

/** A network whose absolute values add up to this or more is not evaluated: products may overflow. */
export const LARGEST_MAGNITUDE = 1e300;

/**
 * How much rounding can change prices and utilities. With M the magnitude of a price ({@linkcode relativeToZero}) and t
 * a type, prices and slopes are right to `relative` M / 4, and utilities and their bounds to `relative` M + `absolute`
 * sum_j |t_j|.
 */
export interface RoundingFactors {
  readonly relative: number;
  readonly absolute: number;
}

/**
 * The most roundings on any way from a weight of f to a price, twice over: in each of K + 2 layers a product, a sum of
 * up to m + 1 + `terms` terms, and 16 for softplus.
 */
function roundings({ goods: m, layers: K }: PartialGroupMaxSize, terms: number): number {
  return 2 * (K + 2) * (m + terms + 32);
}

/**
 * The factors of a network's size.
 *
 * @param terms The most terms of a sum over a layer; G unless given.
 */
export function roundingFactors(size: PartialGroupMaxSize, terms: number = size.groups): RoundingFactors {
  return { relative: 4 * roundings(size, terms) * UNIT_ROUNDOFF, absolute: 8 * (size.goods + 8) * UNIT_ROUNDOFF };
}

/** The largest inputs of a network `[m]`: 1, or the sums of the largest coordinates of (1, ..., 1). */
export function largestInputs({ goods: m, sumsOfLargest }: PartialGroupMaxSize): Float64Array {
  return Float64Array.from({ length: m }, (_, j) => sumsOfLargest ? sumScale(m) * (j + 1) : 1);
}

/** What is known of a price. */
export interface PriceMagnitude {
  /**
   * M: the absolute values that are added up to make a price, at most, at any x in [0, 1]^m; what rounding can change is
   * in proportion to it. Infinite or NaN where products overflow.
   */
  readonly magnitude: number;
  /** For each offset c_kge `[K E G]` the absolute values that were added up to make it. */
  readonly ofOffsets: Float64Array;
  /** For each element `[K E G]`, 1 where it is the largest of its group at no x in the box. */
  readonly never: Uint8Array;
}

/**
 * Takes all values of a network relative to x = 0: replaces offsets b_kge by c_kge, and b_K by 0, in place.
 *
 * An element counts for the magnitude only where it can be the largest of its group for some x in the box: where its
 * offset is not so far below 0 that nothing else in the group can fall as low.
 *
 * @param weights `[P]`, after softplus, in the order of {@linkcode "./groupmax_layout.ts"}.
 */
export function relativeToZero(size: PartialGroupMaxSize, weights: Float64Array): PriceMagnitude {
  const { goods: m, layers: K, groups: G, groupSize: E } = size, layout = groupMaxLayout(size);
  const { free, positive, outFree, outPositive } = layout, theta = roundings(size, G) * UNIT_ROUNDOFF;
  const inputs = largestInputs(size);
  // Of each group of the layer below: r, the absolute values that made it, and those of d.
  let r = new Float64Array(G), ofR = new Float64Array(G), ofD = new Float64Array(G);
  const ofOffsets = new Float64Array(K * E * G), never = new Uint8Array(K * E * G), h = new Float64Array(E * G);
  const ofH = new Float64Array(E * G), spread = new Float64Array(E * G);
  let overflow = 0;
  for (let k = 0; k < K; k++) {
    for (let e = 0; e < E; e++) {
      const at = e * G, first = free(k, e);
      for (let g = 0; g < G; g++) {
        h[at + g] = weights[first + m * G + g], ofH[at + g] = Math.abs(h[at + g]), spread[at + g] = LEAST_MAGNITUDE;
      }
      for (let j = 0; j < m; j++) {
        for (let g = 0; g < G; g++) spread[at + g] += inputs[j] * Math.abs(weights[first + j * G + g]);
      }
      for (let i = 0; k > 0 && i < G; i++) {
        const row = positive(k, e) + i * G;
        for (let g = 0; g < G; g++) {
          const w = weights[row + g], most = Math.max(w, LEAST_MAGNITUDE);
          h[at + g] += w * r[i], ofH[at + g] += most * ofR[i], spread[at + g] += most * ofD[i];
        }
      }
    }
    const nextR = new Float64Array(G), nextOfR = new Float64Array(G), nextOfD = new Float64Array(G);
    for (let g = 0; g < G; g++) {
      let first = g; // the largest element at 0
      for (let at = g + G; at < E * G; at += G) if (h[at] > h[first]) first = at;
      let most = spread[first];
      for (let at = g; at < E * G; at += G) {
        const c = h[at] - h[first], made = k === 0 ? Math.abs(c) : ofH[at] + ofH[first];
        overflow += 0 * (ofH[at] + spread[at]);
        weights[free(k, (at - g) / G) + m * G + g] = c;
        if (at === first) continue;
        ofOffsets[k * E * G + at] = made;
        if (-c - theta * made > 2 * (spread[at] + spread[first])) never[k * E * G + at] = 1;
        else most = Math.max(most, spread[at] + made);
      }
      nextR[g] = h[first], nextOfR[g] = ofH[first], nextOfD[g] = most;
    }
    r = nextR, ofR = nextOfR, ofD = nextOfD;
  }
  weights[outFree + m] = 0;
  let magnitude = LEAST_MAGNITUDE + overflow;
  for (let j = 0; j < m; j++) magnitude += inputs[j] * Math.abs(weights[outFree + j]);
  for (let g = 0; g < G; g++) magnitude += Math.max(weights[outPositive + g], LEAST_MAGNITUDE) * ofD[g];
  return { magnitude, ofOffsets, never };
}

/** The magnitude of prices at most, for raw weights of absolute values up to `largest`. */
export function largestMagnitude({ goods: m, layers: K, groups: G }: PartialGroupMaxSize, largest: number): number {
  const w = largest + 1; // softplus(x) <= x + 1 for x >= 0
  let ofH = 0, ofD = 0;
  for (let k = 0; k < K; k++) ofH = w + G * w * ofH, ofD = 2 * m * w + G * w * ofD + 2 * ofH;
  return 2 * m * w + G * w * ofD;
}

/** A price, and the bounds on its rounding. */
export interface RoundedPrice {
  /** p and its slope in x; p(0) is exactly 0. */
  readonly price: HostFunction;
  /** M, see {@linkcode PriceMagnitude}. */
  readonly magnitude: number;
  /** See {@linkcode RoundingFactors}. */
  readonly factors: RoundingFactors;
}

/** The price of a network in its Partial GroupMax form, for one row of the network's raw weights `[P]`. */
export function roundedPrice(
  { size, weights: form }: GroupMaxForm,
  raw: Float32Array | Float64Array,
): RoundedPrice {
  const weights = throughSoftplus(size, forward(form(), raw, new Float64Array(form().from.length)));
  const { magnitude } = relativeToZero(size, weights), price = functionOfWeights(size, weights);
  return {
    price: size.sumsOfLargest ? functionOfSums(price, size.goods) : price,
    ...{ magnitude, factors: roundingFactors(size) },
  };
}
