/**
 * The order in which the WASM kernels keep the weights of a Partial GroupMax Network.
 *
 * The weights of one element of a group lie together, so that a slope, for which one element of each group counts,
 * reads them one after the other. For each layer, group and element there are the weights of the layer before `[G]`, if
 * there is one, then those of (x, 1) `[m + 1]`; at last W_K `[G]` and (A_K, b_K) `[m + 1]`. Parts are padded to
 * multiples of four numbers.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { compose, type Reparameterisation } from "../../networks/reparameterisation.ts";
import { NO_WEIGHT } from "../../networks/softplus.ts";

/** A packed layout: the order and padding of the weights of a row in WASM. */
export interface PackedLayout {
  /** From raw weights to packed weights. */
  readonly slots: Reparameterisation;
  /** The number of packed weights, a multiple of 8. */
  readonly length: number;
  /** For every four packed weights, 1 where they go through softplus. */
  readonly positive: Uint8Array;
}

/** `count` rounded up to a multiple of `unit`. */
export function padTo(count: number, unit: number): number {
  return Math.ceil(count / unit) * unit;
}

/**
 * Makes a packed layout. Padding holds 0, or, where it goes through softplus, a weight that softplus takes to almost 0.
 *
 * @param inputs The number of raw weights.
 * @param from For each packed weight the index of its raw weight; negative for padding.
 * @param positive For every four packed weights, 1 where they go through softplus.
 */
export function layoutOf(inputs: number, from: ArrayLike<number>, positive: ArrayLike<number>): PackedLayout {
  const constants = Float32Array.from(from, (_, p) => positive[p >> 2] ? NO_WEIGHT : 0);
  const slots = { inputs, from: Int32Array.from(from), constants };
  return { slots, length: from.length, positive: Uint8Array.from(positive) };
}

/** The packed layout of a network's own raw weights, given that of its Partial GroupMax form. */
export function packedFrom(layout: PackedLayout, weights: Reparameterisation): PackedLayout {
  return { ...layout, slots: compose(layout.slots, weights) };
}

/**
 * The packed layout of a Partial GroupMax Network.
 *
 * @param signed Whether no weight goes through softplus, so that all have any sign.
 */
export function packedLayout(size: PartialGroupMaxSize, signed = false): PackedLayout {
  const { goods: m, layers: K, groups: G, groupSize: E } = size, layout = groupMaxLayout(size);
  const from: number[] = [], positive: number[] = [];
  const part = (count: number, place: (j: number) => number, isPositive: boolean) => {
    for (let j = 0; j < padTo(count, 4); j++) from.push(j < count ? place(j) : -1);
    for (let j = 0; j < count; j += 4) positive.push(isPositive && !signed ? 1 : 0);
  };
  for (let k = 0; k < K; k++) {
    for (let g = 0; g < G; g++) {
      for (let e = 0; e < E; e++) {
        if (k > 0) part(G, (i) => layout.positive(k, e) + i * G + g, true);
        part(m + 1, (i) => layout.free(k, e) + i * G + g, false);
      }
    }
  }
  part(G, (g) => layout.outPositive + g, true);
  part(m + 1, (i) => layout.outFree + i, false);
  if (from.length % 8 !== 0) part(1, () => -1, false);
  return layoutOf(layout.count, from, positive);
}

/**
 * Writes a weight `[H, P]` to `out` as panels `[length / 8, H padded, 8]` of packed columns; columns of constants are
 * 0.
 */
export function packWeight(
  { length, slots: { from } }: PackedLayout,
  weight: Float32Array,
  H: number,
  padded: number,
  out: Float32Array,
): void {
  const P = weight.length / H;
  if (padded > H) out.fill(0);
  for (let h = 0; h < H; h++) {
    const row = weight.subarray(h * P, (h + 1) * P);
    for (let p = 0, at = h * 8; p < length; at += padded * 8) {
      for (const end = p + 8; p < end; p++, at++) out[at] = from[p] >= 0 ? row[from[p]] : 0;
      at -= 8;
    }
  }
}

/** The transpose of {@linkcode packWeight}, for gradients: adds panels to `out` `[H, P]`, which must be 0. */
export function unpackWeight(
  { length, slots: { from } }: PackedLayout,
  packed: Float32Array,
  H: number,
  padded: number,
  out: Float32Array,
): void {
  const P = out.length / H;
  for (let h = 0; h < H; h++) {
    const row = out.subarray(h * P, (h + 1) * P);
    for (let p = 0, at = h * 8; p < length; at += padded * 8) {
      for (const end = p + 8; p < end; p++, at++) if (from[p] >= 0) row[from[p]] += packed[at];
      at -= 8;
    }
  }
}
