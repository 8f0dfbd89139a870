/**
 * How the WASM kernels keep the weights of a Partial GroupMax Network.
 *
 * The weights of one element of a group lie together, so that a subgradient, which follows one winner of each group, reads
 * them in a row: for each layer, group and element the weights from the layer before `[G]`, if there is one, then from
 * (x, 1) `[m + 1]`; at last those of the output. Each of these parts is padded to a multiple of four numbers.
 *
 * @module
 */
import type { PartialGroupMaxSize } from "../../networks/partial_groupmax.ts";

/** The packed form of a row of raw weights. */
export interface PackedLayout {
  /** How many numbers a packed row has, a multiple of 8. */
  readonly length: number;
  /** For each of them its place among the raw weights, or -1 for padding. */
  readonly source: Int32Array;
  /** For every four of them, 1 where they go through softplus. */
  readonly positive: Uint8Array;
}

/** The raw weight of padding that goes through softplus: its weight is next to nothing, and no subnormal number. */
export const NO_WEIGHT = -80;

/** `count` rounded up to a multiple of `unit`. */
export function padTo(count: number, unit: number): number {
  return Math.ceil(count / unit) * unit;
}

/** The packed layout of a network's weights. */
export function packedLayout({ goods: m, layers: K, groups: G, groupSize: E }: PartialGroupMaxSize): PackedLayout {
  const source: number[] = [], positive: number[] = [];
  const part = (indices: number[], isPositive: boolean) => {
    while (indices.length % 4 !== 0) indices.push(-1);
    source.push(...indices);
    for (let k = 0; k < indices.length; k += 4) positive.push(isPositive ? 1 : 0);
  };
  const range = (count: number, place: (j: number) => number) => Array.from({ length: count }, (_, j) => place(j));
  // Places among the raw weights: see partial_groupmax.ts.
  const free = (K - 1) * E * G * G + G;
  for (let k = 0; k < K; k++) {
    for (let g = 0; g < G; g++) {
      for (let e = 0; e < E; e++) {
        if (k > 0) part(range(G, (i) => (((k - 1) * E + e) * G + i) * G + g), true);
        part(range(m + 1, (i) => free + ((k * E + e) * (m + 1) + i) * G + g), false);
      }
    }
  }
  part(range(G, (g) => (K - 1) * E * G * G + g), true);
  part(range(m + 1, (i) => free + K * E * (m + 1) * G + i), false);
  if (source.length % 8 !== 0) part([-1], false);
  return { length: source.length, source: Int32Array.from(source), positive: Uint8Array.from(positive) };
}

/** Raw weights `[P]` in packed form. */
export function packBias({ length, source, positive }: PackedLayout, bias: Float32Array, out: Float32Array): void {
  for (let p = 0; p < length; p++) out[p] = source[p] >= 0 ? bias[source[p]] : positive[p >> 2] ? NO_WEIGHT : 0;
}

/** `[H, P]` as panels `[length / 8, H padded, 8]`. */
export function packWeight(
  { length, source }: PackedLayout,
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
      for (const end = p + 8; p < end; p++, at++) out[at] = source[p] >= 0 ? row[source[p]] : 0;
      at -= 8;
    }
  }
}

/** Undoes {@linkcode packBias}. */
export function unpackBias({ length, source }: PackedLayout, packed: Float32Array, out: Float32Array): void {
  for (let p = 0; p < length; p++) if (source[p] >= 0) out[source[p]] = packed[p];
}

/** Undoes {@linkcode packWeight}. */
export function unpackWeight(
  { length, source }: PackedLayout,
  packed: Float32Array,
  H: number,
  padded: number,
  out: Float32Array,
): void {
  const P = out.length / H;
  for (let h = 0; h < H; h++) {
    const row = out.subarray(h * P, (h + 1) * P);
    for (let p = 0, at = h * 8; p < length; at += padded * 8) {
      for (const end = p + 8; p < end; p++, at++) if (source[p] >= 0) row[source[p]] = packed[at];
      at -= 8;
    }
  }
}
