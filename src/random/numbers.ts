/**
 * Uniform and normal numbers of a key.
 *
 * @module
 */
import type { RandomKey } from "./key.ts";
import { threefry2x32 } from "./threefry.ts";

/** Blocks enciphered at a time: small enough to stay in the first-level cache. */
const CHUNK = 1024;
const words = new Uint32Array(2 * CHUNK);

/** Calls `use(words, from, count)` for `count` words of a key, a chunk at a time. */
function eachChunk(key: RandomKey, count: number, use: (from: number, count: number) => void): void {
  for (let from = 0; from < count; from += 2 * CHUNK) {
    const now = Math.min(2 * CHUNK, count - from);
    threefry2x32(key[0], key[1], from / 2, 0, (now + 1) >> 1, words);
    use(from, now);
  }
}

/** `count` numbers uniform on [0, 1), each a multiple of 2^-24 and exact in 32-bit floats. */
export function uniforms(key: RandomKey, count: number): Float32Array {
  const out = new Float32Array(count);
  eachChunk(key, count, (from, now) => {
    for (let j = 0; j < now; j++) out[from + j] = (words[j] >>> 8) * 2 ** -24;
  });
  return out;
}

/** `count` standard normal numbers by the Box-Muller transform, rounded to 32-bit floats. */
export function normals(key: RandomKey, count: number): Float32Array {
  const out = new Float32Array(count);
  eachChunk(key, count, (from, now) => {
    for (let j = 0; j < now; j += 2) {
      // (0, 1], so that the logarithm is finite: the largest radius is sqrt(2 * 24 * ln 2) = 5.77.
      const radius = Math.sqrt(-2 * Math.log(((words[j] >>> 8) + 1) * 2 ** -24));
      const angle = (words[j + 1] >>> 8) * (2 ** -24 * 2 * Math.PI);
      out[from + j] = radius * Math.cos(angle);
      if (j + 1 < now) out[from + j + 1] = radius * Math.sin(angle);
    }
  });
  return out;
}
