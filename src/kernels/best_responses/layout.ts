/**
 * The order in which best responses in WASM keep the weights of a Partial GroupMax Network: groups are lanes of
 * vectors, so that a value of f reads all weights once, in order.
 *
 * For each layer and each four groups there are weights `[inputs, E, 4]`, where the inputs are x (m of them), 1, then
 * the layer before (G). Behind the layers are (A_K, b_K) and W_K. All parts are padded to multiples of four numbers.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { layoutOf, type PackedLayout } from "../wasm/layout.ts";

/** The packed layout of a network's weights, with groups as lanes. */
export function lanesLayout(size: PartialGroupMaxSize): PackedLayout {
  const { goods: m, layers: K, groups: G, groupSize: E } = size, layout = groupMaxLayout(size);
  const from: number[] = [], positive: number[] = [];
  /** Four weights from index `place` on, or `count` of them and padding where fewer are left. */
  const four = (isPositive: boolean, place: number, count: number) => {
    for (let lane = 0; lane < 4; lane++) from.push(lane < count ? place + lane : -1);
    positive.push(isPositive ? 1 : 0);
  };
  for (let k = 0; k < K; k++) {
    for (let g = 0; g < G; g += 4) {
      for (let i = 0; i <= m; i++) {
        for (let e = 0; e < E; e++) four(false, layout.free(k, e) + i * G + g, G - g);
      }
      for (let i = 0; k > 0 && i < G; i++) {
        for (let e = 0; e < E; e++) four(true, layout.positive(k, e) + i * G + g, G - g);
      }
    }
  }
  for (let i = 0; i <= m; i += 4) four(false, layout.outFree + i, m + 1 - i);
  for (let g = 0; g < G; g += 4) four(true, layout.outPositive + g, G - g);
  if (from.length % 8 !== 0) four(false, 0, 0);
  return layoutOf(layout.count, from, positive);
}
