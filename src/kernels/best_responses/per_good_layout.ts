/**
 * How best responses in WASM keep the factors of a hypernetwork output with slopes per good
 * (networks/per_good_slopes.ts).
 *
 * A row of packed weights is as in {@linkcode "./layout.ts"}, with groups as lanes. So the slopes of four maps in all
 * goods, `[m, 4]` with 4 E numbers from one good to the next, are the product of the goods' hidden layers with four
 * columns of S `[Hl, 4]`. The dense weight has columns for positive weights and for offsets of the groups' maps. The
 * last map, (A_K, b_K), is treated apart, since its offset lies among its slopes.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { layoutOf, type PackedLayout } from "../wasm/layout.ts";
import { lanesLayout } from "./layout.ts";

/** Where the parts of a row of packed weights come from, and where they go. */
export interface PerGoodLanesLayout {
  /** The columns of the dense weight, a multiple of 8, from the D columns of the output's weight. */
  readonly dense: PackedLayout;
  /** Where each four of these columns begin in a row. */
  readonly quads: Int32Array;
  /** Where the slopes in the first good of each four maps begin in a row. */
  readonly maps: Int32Array;
  /** The columns of S of these maps, -1 for padding. */
  readonly columns: Int32Array;
  /** Where A_K begins in a row. */
  readonly last: number;
}

/** The layout of a network with slopes per good. */
export function perGoodLanesLayout(size: PartialGroupMaxSize): PerGoodLanesLayout {
  const { goods: m } = size, layout = groupMaxLayout(size), { positiveCount } = layout;
  const { slots: { from }, positive, length } = lanesLayout(size);
  /** The map q by the index of its slope in the first good, and by that of its offset. */
  const slopes = new Map<number, number>(), offsets = new Map<number, number>();
  for (let q = 0; q < layout.maps - 1; q++) slopes.set(layout.map(q, 0), q), offsets.set(layout.map(q, m), q);
  const quads: number[] = [], columns: number[] = [], maps: number[] = [], ofMaps: number[] = [];
  for (let at = 0; at < length; at += 4) {
    const four = Array.from(from.subarray(at, at + 4));
    if (positive[at / 4]) quads.push(at), columns.push(...four);
    else if (offsets.has(four[0])) {
      quads.push(at), columns.push(...four.map((raw) => raw < 0 ? -1 : positiveCount + offsets.get(raw)!));
    } else if (slopes.has(four[0])) maps.push(at), ofMaps.push(...four.map((raw) => slopes.get(raw) ?? -1));
  }
  const padded = columns.length % 8 === 0 ? columns : [...columns, -1, -1, -1, -1];
  return {
    dense: layoutOf(positiveCount + layout.maps, padded, new Uint8Array(padded.length / 4)),
    quads: Int32Array.from(quads),
    maps: Int32Array.from(maps),
    columns: Int32Array.from(ofMaps),
    last: from.indexOf(layout.outFree),
  };
}

/** Writes S `[Hl, K E G + 1]` to `out` as `[maps, Hl, 4]`, then `[Hl]` for the last map, (A_K, b_K). */
export function packLaneSlopes({ columns }: PerGoodLanesLayout, S: Float32Array, Hl: number, out: Float32Array): void {
  const count = S.length / Hl;
  columns.forEach((q, k) => {
    for (let h = 0; h < Hl; h++) out[((k >> 2) * Hl + h) * 4 + (k & 3)] = q < 0 ? 0 : S[h * count + q];
  });
  for (let h = 0; h < Hl; h++) out[columns.length * Hl + h] = S[(h + 1) * count - 1];
}
