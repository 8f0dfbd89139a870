/**
 * Threefry-2x32 with 20 rounds: a counter-based generator.
 *
 * Only 32-bit additions, rotations and exclusive-ors, so that JavaScript, WASM
 * SIMD lanes and WGSL give the same bits. Salmon, Moraes, Dror, Shaw: "Parallel
 * random numbers: as easy as 1, 2, 3", SC 2011.
 *
 * @module
 */

/** The Skein key-schedule parity constant for 32-bit words. */
export const PARITY = 0x1bd11bda;

/**
 * Enciphers `blocks` consecutive counters `(first + j, high)` under `(key0, key1)`
 * and writes two 32-bit words for each into `out`.
 *
 * `first + blocks` must stay below 2^32.
 */
export function threefry2x32(
  key0: number,
  key1: number,
  first: number,
  high: number,
  blocks: number,
  out: Uint32Array,
): void {
  const k0 = key0 | 0, k1 = key1 | 0, k2 = k0 ^ k1 ^ PARITY;
  const k1a = (k1 + 0) | 0, k2a = (k2 + 1) | 0, k0b = (k0 + 2) | 0;
  const k1c = (k1 + 3) | 0, k2d = (k2 + 4) | 0, k0e = (k0 + 5) | 0;
  const y0 = ((high | 0) + k1a) | 0;
  for (let j = 0; j < blocks; j++) {
    let a = (first + j + k0) | 0, b = y0;
    // Four groups of four rounds with alternating rotations, a key injection after each.
    a = (a + b) | 0, b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0, b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0, b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0, b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k1) | 0, b = (b + k2a) | 0;
    a = (a + b) | 0, b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0, b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0, b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0, b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k2) | 0, b = (b + k0b) | 0;
    a = (a + b) | 0, b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0, b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0, b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0, b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k0) | 0, b = (b + k1c) | 0;
    a = (a + b) | 0, b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0, b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0, b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0, b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k1) | 0, b = (b + k2d) | 0;
    a = (a + b) | 0, b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0, b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0, b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0, b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k2) | 0, b = (b + k0e) | 0;
    out[2 * j] = a;
    out[2 * j + 1] = b;
  }
}
