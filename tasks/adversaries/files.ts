/**
 * Mechanism files that are made to break certificates, of one participant.
 *
 * @module
 */
import { encodeMechanism } from "../../src/io/mechanism_file.ts";
import { groupMaxLayout, type PartialGroupMaxSize } from "../../src/networks/groupmax_layout.ts";
import type { NetworkKind } from "../../src/networks/kinds.ts";
import { type NetworkSize, pricingRules } from "../../src/networks/pricing_rule.ts";
import { inverseSoftplus, softplus } from "../../src/networks/softplus.ts";
import { deriveKey, type RandomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";

/** A file, and a type to run it on. */
export interface Adversary {
  readonly goods: number;
  readonly bytes: Uint8Array;
  /** `[m]`, in [0, 1]. */
  readonly type: Float32Array;
}

/** What may be changed. */
interface Draft {
  readonly size: PartialGroupMaxSize;
  /** Raw weights `[P]`. */
  readonly raw: Float32Array;
  readonly type: Float32Array;
  /** A number in [0, 1), another at each call. */
  readonly draw: () => number;
  /** 10 to a power drawn from a range, with a random sign where asked for. */
  readonly power: (low: number, high: number, signed?: boolean) => number;
}

/** Calls `use` with the index of the slope in good j, or of the offset for j = m, of every element's map. */
function eachMap({ size }: Draft, use: (k: number, e: number, g: number, at: (j: number) => number) => void): void {
  const { layers: K, groups: G, groupSize: E } = size, { free } = groupMaxLayout(size);
  for (let k = 0; k < K; k++) {
    for (let e = 0; e < E; e++) {
      for (let g = 0; g < G; g++) use(k, e, g, (j) => free(k, e) + j * G + g);
    }
  }
}

/** Adds to offsets of the first layer, the same to all elements of a group, and takes it away in the last offset. */
function commonOffsets(draft: Draft): void {
  const { size: { goods: m, groups: G, layers: K }, raw, power } = draft, layout = groupMaxLayout(draft.size);
  const offsets = Float32Array.from({ length: G }, () => power(0, 38, true));
  eachMap(draft, (k, _e, g, at) => k === 0 && (raw[at(m)] += offsets[g]));
  if (K > 1) return;
  let sum = 0;
  for (let g = 0; g < G; g++) sum += softplus(raw[layout.outPositive + g]) * offsets[g];
  raw[layout.outFree + m] -= Math.max(-3e38, Math.min(3e38, sum));
}

/** Large slopes in a group and their opposite in the last map. */
function cancellingSlopes(draft: Draft): void {
  const { size: { goods: m }, raw, power } = draft,
    layout = groupMaxLayout(draft.size),
    large = power(0, 30);
  eachMap(draft, (k, _e, g, at) => {
    if (k === draft.size.layers - 1 && g === 0) { for (let j = 0; j < m; j++) raw[at(j)] += large; }
  });
  for (let j = 0; j < m; j++) raw[layout.outFree + j] -= softplus(raw[layout.outPositive]) * large;
}

/** Another large offset for each element. */
function largeOffsets(draft: Draft): void {
  const { size: { goods: m }, raw, power, draw } = draft, top = 38 * draw();
  eachMap(draft, (_k, _e, _g, at) => raw[at(m)] = power(0, top, true));
}

/** All elements of a group are the same, or next to it. */
function ties(draft: Draft): void {
  const { size: { goods: m }, raw, draw, type } = draft, layout = groupMaxLayout(draft.size);
  eachMap(draft, (k, e, g, at) => {
    const first = layout.free(k, 0) + g;
    for (let j = 0; j <= m; j++) {
      raw[at(j)] = e === 0 ? Math.round(4 * raw[at(j)]) / 4 : raw[first + j * draft.size.groups];
      if (e > 0 && draw() < 0.1) raw[at(j)] += 2 ** -Math.floor(60 * draw());
    }
  });
  type.forEach((t, j) => type[j] = Math.round(4 * t) / 4);
}

/** Slopes of f are the type, or next to it: whatever is bought, the utility is the same. */
function flat(draft: Draft): void {
  const { size: { goods: m, layers }, raw, draw, type } = draft, layout = groupMaxLayout(draft.size);
  for (let g = 0; g < draft.size.groups; g++) raw[layout.outPositive + g] = inverseSoftplus(1 / draft.size.groups);
  eachMap(draft, (k, e, _g, at) => {
    for (let j = 0; j < m; j++) {
      raw[at(j)] = k === layers - 1 ? type[j] * (1 + (draw() < 0.5 ? 0 : (e - 1) * 2 ** -Math.floor(50 * draw()))) : 0;
    }
    raw[at(m)] = draw() < 0.5 ? 0 : -(2 ** -Math.floor(50 * draw()));
  });
  raw.fill(0, layout.outFree);
}

/** Groups that are nothing, elements that are never the largest, and weights that are almost 0. */
function dead(draft: Draft): void {
  const { size: { goods: m }, raw, power, draw } = draft, { positiveCount } = groupMaxLayout(draft.size);
  for (let p = 0; p < positiveCount; p++) if (draw() < 0.4) raw[p] = -power(0, 38);
  eachMap(draft, (_k, e, _g, at) => e > 0 && draw() < 0.5 && (raw[at(m)] = -power(0, 38)));
}

/** Slopes and offsets of subnormal size, in part. */
function subnormal(draft: Draft): void {
  const { raw, power, draw } = draft, { positiveCount } = groupMaxLayout(draft.size), all = draw() < 0.5;
  for (let p = positiveCount; p < raw.length; p++) if (all || draw() < 0.5) raw[p] = power(-45, -36, true);
  if (all) draft.type.forEach((_t, j) => draft.type[j] = draw() < 0.5 ? power(-45, -36) : 0);
}

/** Positive weights up to 1e38. */
function largeWeights(draft: Draft): void {
  const { raw, power, draw } = draft, { positiveCount } = groupMaxLayout(draft.size), top = 38 * draw();
  for (let p = 0; p < positiveCount; p++) if (draw() < 0.5) raw[p] = power(0, top);
}

/** Numbers of all sizes everywhere. */
function allSizes(draft: Draft): void {
  const { raw, power, draw } = draft,
    { positiveCount } = groupMaxLayout(draft.size),
    low = -45 * draw(),
    top = 38 * draw();
  for (let p = 0; p < raw.length; p++) {
    raw[p] = power(p < positiveCount ? -3 : low, p < positiveCount ? 1.5 : top, true);
  }
}

/** Slopes near the type, with offsets in common: best responses hang on what cancels. */
function nearTypes(draft: Draft): void {
  flat(draft);
  commonOffsets(draft);
}

/** Every kind by name: what it does to a random network. */
export const ADVERSARIES: Readonly<Record<string, (draft: Draft) => void>> = {
  "random": () => {},
  "offsets in common": commonOffsets,
  "cancelling slopes": cancellingSlopes,
  "large offsets": largeOffsets,
  "ties everywhere": ties,
  "flat facets": flat,
  "flat, offsets": nearTypes,
  "dead groups": dead,
  "subnormal": subnormal,
  "large weights": largeWeights,
  "all sizes": allSizes,
  "wide": () => {},
};

/** The k-th file of a kind: the networks of one participant, m from 1 to 30 and every second file with 1 or 2 goods. */
export async function adversary(kind: string, key: RandomKey): Promise<Adversary> {
  const numbers = uniforms(deriveKey(key, 0), 8), pick = (k: number, count: number) => Math.floor(count * numbers[k]);
  const wide = kind === "wide", few = numbers[0] < 0.5;
  const goods = few ? 1 + pick(1, 2) : 1 + pick(1, wide ? 6 : 30);
  const named: readonly NetworkKind[] = ["groupmax", "groupmax", "groupmax", "symmetric", "pma", "picnn"];
  const network: NetworkSize = {
    kind: named[pick(2, named.length)],
    layers: 1 + pick(3, wide ? 2 : 3),
    groups: wide ? 32 + pick(4, 97) : 1 + pick(4, few ? 6 : 12),
    groupSize: 1 + pick(5, wide ? 2 : 4),
    hidden: [1],
  };
  const shape = { participants: 1, goods, exchangeable: true }, rules = pricingRules(shape, network);
  const raw = rules.network.initialWeights(deriveKey(key, 1)), noise = normals(deriveKey(key, 2), raw.length);
  raw.forEach((weight, p) => raw[p] = weight + [0.1, 0.5, 2][pick(6, 3)] * noise[p]);
  const type = uniforms(deriveKey(key, 3), goods);
  if (numbers[7] < 0.2) type.forEach((t, j) => type[j] = Math.round(t));

  // The changes are to the network as the Partial GroupMax Network that it is; other kinds have their own order.
  const { groupMax } = rules.network,
    direct = groupMax!.direct || network.kind === "symmetric" || network.kind === "pma";
  const size = direct ? groupMax!.size : { goods, layers: 1, groups: 1, groupSize: 1 };
  if (direct || kind === "all sizes") {
    let drawn = uniforms(deriveKey(key, 4), 1024), at = 0, block = 0;
    const draw = () => {
      if (at === drawn.length) drawn = uniforms(deriveKey(key, 4, ++block), 1024), at = 0;
      return drawn[at++];
    };
    const power = (low: number, high: number, signed = false) =>
      Math.min(3e38, 10 ** (low + (high - low) * draw())) * (signed && draw() < 0.5 ? -1 : 1);
    ADVERSARIES[kind]({ size, raw, type, draw, power });
  }
  raw.forEach((weight, p) => raw[p] = Math.max(-3e38, Math.min(3e38, weight)));
  const parameters = { "output.bias": { shape: [raw.length], data: raw as Float32Array<ArrayBuffer> } };
  return { goods, bytes: await encodeMechanism({ problem: "adversary", shape, network, parameters }), type };
}
