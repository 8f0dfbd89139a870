/**
 * Products with slopes per good (`networks/per_good_slopes.ts`): those of the common hidden layer, which make all raw
 * weights that are no slopes, and those of the goods' hidden layers, which make slopes. Both write to, and read from, the
 * raw weights `[rows, P]` in their places.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { type Place, productShader } from "./product.ts";
import type { Shader } from "./shader.ts";

/** The products of one kind: `others`, with a row of raw weights in each row, or `slopes`, with a good in each. */
export interface PerGoodProducts {
  /** Raw weights from a hidden layer and its weight. */
  readonly forward: Shader;
  /** The gradient in the weight, from the hidden layer and that in raw weights. */
  readonly ofWeight: Shader;
  /** The gradient in the hidden layer, from that in raw weights and the weight. */
  readonly ofHidden: Shader;
}

const made = new Map<string, { others: PerGoodProducts; slopes: PerGoodProducts }>();

/** The products of a network. */
export function perGoodProducts(size: PartialGroupMaxSize): { others: PerGoodProducts; slopes: PerGoodProducts } {
  const { goods: m, groups: G } = size, { count: P, positiveCount, outFree, maps } = groupMaxLayout(size);
  const key = [m, size.layers, G, size.groupSize].join();
  let found = made.get(key);
  if (found) return found;
  // Where slope j of affine map q is among raw weights, or its offset for j = m: `map` of groupmax_layout.ts.
  const code = `
fn placeOfMap(q: u32, j: u32) -> u32 {
  return select(${positiveCount}u + q / ${G}u * ${(m + 1) * G}u + j * ${G}u + q % ${G}u, ${outFree}u + j, q == ${
    maps - 1
  }u);
}
fn placeOfOther(at: u32) -> u32 {
  if (at < ${positiveCount}u) { return at; }
  return placeOfMap(at - ${positiveCount}u, ${m}u);
}
`;
  const others: Place = (row, column) => `(${row}) * ${P}u + placeOfOther(${column})`;
  const slopes: Place = (row, column) => `(${row}) / ${m}u * ${P}u + placeOfMap(${column}, (${row}) % ${m}u)`;
  const products = (place: Place, positiveCount: number, biasPlace: Place): PerGoodProducts => ({
    forward: productShader({ places: { results: place }, code, positiveCount, biasPlace }),
    ofWeight: productShader({ transposedA: true, places: { b: place }, code }),
    ofHidden: productShader({ transposedB: true, places: { a: place }, code }),
  });
  found = {
    others: products(others, positiveCount, (_, column) => `placeOfOther(${column})`),
    slopes: products(slopes, 0, (row, column) => `placeOfMap(${column}, ${row} % ${m}u)`),
  };
  made.set(key, found);
  return found;
}
