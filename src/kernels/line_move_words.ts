/**
 * The random numbers of a line move (`sampling/line_moves.ts`) as words that fused kernels read.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { DRAWS } from "../sampling/line_moves.ts";

/**
 * For each half of C chains the words of its move: a and b, which choose the pairs of chains whose differences are its
 * directions, and a key of two words for each of {@linkcode DRAWS} streams of uniform numbers. The first half moves
 * along differences of the second, then the second along differences of the first.
 */
export function lineMoveWords(key: RandomKey, chains: number): number[] {
  const half = chains >> 1;
  return [[0, chains - half], [2, half]].flatMap(([pair, others]) => {
    const [u, v] = uniforms(deriveKey(key, pair), 2), draws = deriveKey(key, pair + 1);
    const a = Math.floor(u * others), b = a + 1 + Math.floor(v * (others - 1));
    return [a, b, ...Array.from({ length: DRAWS }, (_, stream) => deriveKey(draws, stream)).flat()];
  });
}
