/**
 * How the WASM kernels keep the factors of a hypernetwork output with slopes per good (networks/per_good_slopes.ts).
 *
 * A row of packed weights is as in {@linkcode "./layout.ts"}, with some room behind it. Slopes are made for four maps
 * at a time, in the order of the row; maps that pad the last four write into the room. The dense weight has columns for
 * the positive weights, in their packed order, and then for the offsets of maps, which are written behind the maps'
 * slopes.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { addTransposed, type Reparameterisation, transpose } from "../../networks/reparameterisation.ts";
import { layoutOf, type PackedLayout, packedLayout, padTo } from "./layout.ts";

/** Where the parts of a row of packed weights come from, and where they go. */
export interface PerGoodLayout {
  /** The layout of a row, with room behind it. */
  readonly row: PackedLayout;
  /** The dense columns, from the D columns of the output's weight. */
  readonly dense: PackedLayout;
  /** The bias of the dense columns, from that of raw weights `[P]`; 0 for offsets, whose bias is in `mapsBias`. */
  readonly denseBias: Reparameterisation;
  /** The bias of the maps' slopes and offsets `[maps, m + 1 padded]`, from that of raw weights. */
  readonly mapsBias: Reparameterisation;
  /** Where each four positive dense columns begin in a row, in bytes. */
  readonly quads: Int32Array;
  /** Where each map's slopes begin in a row, in bytes; padded to a multiple of 8 maps. */
  readonly maps: Int32Array;
  /** The column of S of each map, -1 for padding. */
  readonly columns: Int32Array;
  /** m + 1, padded to a multiple of four. */
  readonly lanes: number;
}

/** The layout of a network with slopes per good. */
export function perGoodLayout(size: PartialGroupMaxSize): PerGoodLayout {
  const layout = groupMaxLayout(size), { positiveCount, count } = layout, base = packedLayout(size);
  const lanes = padTo(size.goods + 1, 4), maps = padTo(layout.maps, 8), packed = Array.from(base.slots.from);
  const places = new Map(packed.map((raw, p) => [raw, p]));
  const order = Array.from({ length: layout.maps }, (_, q) => ({ q, at: places.get(layout.map(q, 0))! }))
    .sort((a, b) => a.at - b.at);
  const room = base.length, quads = Array.from(base.positive.keys()).filter((k) => base.positive[k]).map((k) => 4 * k);
  const ofPositive = quads.flatMap((at) => packed.slice(at, at + 4));
  // Panels have eight columns: where only four are left, the other four write into the room.
  if (quads.length % 2 === 1) quads.push(room), ofPositive.push(-1, -1, -1, -1);
  const columns = Array.from({ length: maps }, (_, k) => order[k]?.q ?? -1);
  const dense = [...ofPositive, ...columns.map((q) => q < 0 ? -1 : positiveCount + q)];
  const isPositive = Array.from({ length: dense.length / 4 }, (_, k) => k < quads.length ? 1 : 0);
  const length = padTo(Math.max(room + lanes, dense.length), 8), more = length - room;
  const row = layoutOf(count, [...packed, ...Array(more).fill(-1)], [...base.positive, ...Array(more / 4).fill(0)]);
  const starts = Array.from({ length: maps }, (_, k) => order[k]?.at ?? room);
  const ofMaps = starts.flatMap((at, k) =>
    Array.from({ length: lanes }, (_, j) => columns[k] < 0 ? -1 : row.slots.from[at + j])
  );
  return {
    row,
    dense: layoutOf(positiveCount + layout.maps, dense, isPositive),
    denseBias: layoutOf(count, [...ofPositive, ...columns.map(() => -1)], isPositive).slots,
    mapsBias: { inputs: count, from: Int32Array.from(ofMaps) },
    quads: Int32Array.from(quads, (at) => 4 * at),
    maps: Int32Array.from(starts, (at) => 4 * at),
    columns: Int32Array.from(columns),
    lanes,
  };
}

/** Writes S `[Hl, K E G + 1]` to `out` as `[maps / 4, Hl padded, 4]`. */
export function packSlopes(
  layout: PerGoodLayout,
  S: Float32Array,
  Hl: number,
  padded: number,
  out: Float32Array,
): void {
  const count = S.length / Hl;
  out.fill(0);
  eachSlope(layout, Hl, padded, (at, q, h) => out[at] = S[h * count + q]);
}

/** The inverse of {@linkcode packSlopes}: writes S. */
export function unpackSlopes(
  layout: PerGoodLayout,
  packed: Float32Array,
  Hl: number,
  padded: number,
  S: Float32Array,
): void {
  const count = S.length / Hl;
  eachSlope(layout, Hl, padded, (at, q, h) => S[h * count + q] = packed[at]);
}

/** Calls `use` for each number of S: its index in packed form, the map q, and the hidden number h. */
function eachSlope(
  { columns }: PerGoodLayout,
  Hl: number,
  padded: number,
  use: (at: number, q: number, h: number) => void,
): void {
  columns.forEach((q, k) => {
    if (q < 0) return;
    for (let h = 0; h < Hl; h++) use(((k >> 2) * padded + h) * 4 + (k & 3), q, h);
  });
}

/** Writes the goods' hidden layers `[rows, m, Hl]` to `out` as `[rows, Hl padded, m + 1 padded]`. */
export function packGoods(
  { lanes }: PerGoodLayout,
  hidden: Float32Array,
  m: number,
  Hl: number,
  padded: number,
  out: Float32Array,
): void {
  out.fill(0);
  for (let from = 0, first = 0; from < hidden.length; first += padded * lanes) {
    for (let j = 0; j < m; j++) {
      for (let h = 0, at = first + j; h < Hl; h++, from++, at += lanes) out[at] = hidden[from];
    }
  }
}

/** The inverse of {@linkcode packGoods}: writes `hidden`. */
export function unpackGoods(
  { lanes }: PerGoodLayout,
  packed: Float32Array,
  m: number,
  Hl: number,
  padded: number,
  hidden: Float32Array,
): void {
  for (let from = 0, first = 0; from < hidden.length; first += padded * lanes) {
    for (let j = 0; j < m; j++) {
      for (let h = 0, at = first + j; h < Hl; h++, from++, at += lanes) hidden[from] = packed[at];
    }
  }
}

/**
 * Writes the gradient in the bias `[P]` to `out`, from those of the dense columns and of the maps
 * `[maps, m + 1 padded]`.
 */
export function unpackPerGoodBias(
  { denseBias, mapsBias }: PerGoodLayout,
  ofDense: Float32Array,
  ofMaps: Float32Array,
  out: Float32Array,
): void {
  transpose(denseBias, ofDense.subarray(0, denseBias.from.length), out);
  addTransposed(mapsBias, ofMaps.subarray(0, mapsBias.from.length), out);
}
