/**
 * How the WASM best responses keep the weights of a Partial GroupMax Network: groups are the lanes of vectors.
 *
 * For each layer and each four groups `[inputs, E, 4]`, where the inputs are x (m of them), 1, then the layer before
 * (G); then the output's weights of (x, 1) and of the last layer. Each of these is padded to a multiple of four numbers.
 * All weights are read once, in order, for a value of f.
 *
 * @module
 */
import type { PartialGroupMaxSize } from "../../networks/partial_groupmax.ts";
import type { PackedLayout } from "../wasm/layout.ts";

/** The packed layout of a network's weights. */
export function lanesLayout({ goods: m, layers: K, groups: G, groupSize: E }: PartialGroupMaxSize): PackedLayout {
  const source: number[] = [], positive: number[] = [];
  /** Four numbers, from these places among the raw weights: see partial_groupmax.ts. */
  const four = (isPositive: boolean, place: (lane: number) => number) => {
    for (let lane = 0; lane < 4; lane++) source.push(place(lane));
    positive.push(isPositive ? 1 : 0);
  };
  const free = (K - 1) * E * G * G + G;
  for (let k = 0; k < K; k++) {
    for (let g = 0; g < G; g += 4) {
      for (let i = 0; i < m + 1 + (k > 0 ? G : 0); i++) {
        for (let e = 0; e < E; e++) {
          const row = i > m ? ((k - 1) * E + e) * G + i - m - 1 : (k * E + e) * (m + 1) + i;
          four(i > m, (lane) => g + lane < G ? (i > m ? 0 : free) + row * G + g + lane : -1);
        }
      }
    }
  }
  const last = free + K * E * (m + 1) * G;
  for (let i = 0; i <= m; i += 4) four(false, (lane) => i + lane <= m ? last + i + lane : -1);
  for (let g = 0; g < G; g += 4) four(true, (lane) => g + lane < G ? free - G + g + lane : -1);
  if (source.length % 8 !== 0) four(false, () => -1);
  return { length: source.length, source: Int32Array.from(source), positive: Uint8Array.from(positive) };
}
