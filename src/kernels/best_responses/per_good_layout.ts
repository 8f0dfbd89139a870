/**
 * How the WASM best responses keep what an output with slopes per good is made of: see networks/per_good_slopes.ts.
 *
 * A row of packed weights is as in {@linkcode "./layout.ts"}: groups are lanes, so that the slopes of four maps in all
 * goods are `[m, 4]`, E times four numbers apart, the product of the goods' hidden layers with `[Hl, 4]` of S. The dense
 * weight has columns for positive weights and for offsets, but for the output's offset, which lies among its slopes.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { layoutOf, type PackedLayout } from "../wasm/layout.ts";
import { lanesLayout } from "./layout.ts";

/** Where the parts of a packed row come from. */
export interface PerGoodLanesLayout {
  /** The dense columns, a multiple of 8: their slots are from the D columns of the weight. */
  readonly dense: PackedLayout;
  /** Where each four of them belong in a row. */
  readonly quads: Int32Array;
  /** Where each four maps' slopes in the first good begin in a row. */
  readonly maps: Int32Array;
  /** Their columns of S, -1 for padding. */
  readonly columns: Int32Array;
  /** Where the output's slopes begin in a row. */
  readonly last: number;
}

/** The layout for a network's weights. */
export function perGoodLanesLayout(size: PartialGroupMaxSize): PerGoodLanesLayout {
  const { goods: m } = size, layout = groupMaxLayout(size), { positiveCount } = layout;
  const { slots: { from }, positive, length } = lanesLayout(size);
  /** For raw weights which are slopes of the first good, or offsets: the map. */
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

/** S `[Hl, K E G + 1]` as `[maps, Hl, 4]`, then `[Hl]` for the output. */
export function packLaneSlopes({ columns }: PerGoodLanesLayout, S: Float32Array, Hl: number, out: Float32Array): void {
  const count = S.length / Hl;
  columns.forEach((q, k) => {
    for (let h = 0; h < Hl; h++) out[((k >> 2) * Hl + h) * 4 + (k & 3)] = q < 0 ? 0 : S[h * count + q];
  });
  for (let h = 0; h < Hl; h++) out[columns.length * Hl + h] = S[(h + 1) * count - 1];
}
