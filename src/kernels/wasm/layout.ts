/**
 * How the WASM kernels keep the weights of a Partial GroupMax Network.
 *
 * The weights of one element of a group lie together, so that a subgradient, which follows one winner of each group, reads
 * them in a row: for each layer, group and element the weights from the layer before `[G]`, if there is one, then from
 * (x, 1) `[m + 1]`; at last those of the output. Each of these parts is padded to a multiple of four numbers.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { compose, type Reparameterisation } from "../../networks/reparameterisation.ts";
import { NO_WEIGHT } from "../../networks/softplus.ts";

/** The packed form of a row of raw weights. */
export interface PackedLayout {
  /** Which raw weight, or which constant, each packed number is. */
  readonly slots: Reparameterisation;
  /** How many numbers a packed row has, a multiple of 8. */
  readonly length: number;
  /** For every four of them, 1 where they go through softplus. */
  readonly positive: Uint8Array;
}

/** `count` rounded up to a multiple of `unit`. */
export function padTo(count: number, unit: number): number {
  return Math.ceil(count / unit) * unit;
}

/**
 * A packed layout. Padding holds 0, and behind softplus a weight that is next to nothing.
 *
 * @param inputs How many raw numbers there are.
 * @param from For each packed number its place among them; negative for padding.
 * @param positive For every four of them, 1 where they go through softplus.
 */
export function layoutOf(inputs: number, from: ArrayLike<number>, positive: ArrayLike<number>): PackedLayout {
  const constants = Float32Array.from(from, (_, p) => positive[p >> 2] ? NO_WEIGHT : 0);
  const slots = { inputs, from: Int32Array.from(from), constants };
  return { slots, length: from.length, positive: Uint8Array.from(positive) };
}

/** The packed form of a network's raw weights, given that of the Partial GroupMax Network that it is. */
export function packedFrom(layout: PackedLayout, weights: Reparameterisation): PackedLayout {
  return { ...layout, slots: compose(layout.slots, weights) };
}

/** The packed layout of a network's weights. */
export function packedLayout(size: PartialGroupMaxSize): PackedLayout {
  const { goods: m, layers: K, groups: G, groupSize: E } = size, layout = groupMaxLayout(size);
  const from: number[] = [], positive: number[] = [];
  const part = (count: number, place: (j: number) => number, isPositive: boolean) => {
    for (let j = 0; j < padTo(count, 4); j++) from.push(j < count ? place(j) : -1);
    for (let j = 0; j < count; j += 4) positive.push(isPositive ? 1 : 0);
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

/** A matrix `[H, P]`, whose rows are effects on raw weights, as panels `[length / 8, H padded, 8]`; constants have none. */
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

/** The transpose of {@linkcode packWeight}: adds to `out`, which is 0 before. */
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
