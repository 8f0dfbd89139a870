/**
 * Explicit keys for random numbers: `(seed, stream, counter)` names a number.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { threefry2x32 } from "./threefry.ts";

/** Two 32-bit words. The same key always gives the same numbers, on every backend. */
export type RandomKey = readonly [number, number];

/**
 * The key of a seed.
 *
 * @throws {InvalidInputError} unless `seed` is an integer from 0 to 2^53 - 1.
 */
export function randomKey(seed: number): RandomKey {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new InvalidInputError(
      `Cannot make a random key: seed must be an integer from 0 to 2^53 - 1, got ${show(seed)}`,
    );
  }
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

/** A new key from a key and a text, by its UTF-8 bytes: the same on every machine, and another for every text. */
export function deriveTextKey(key: RandomKey, text: string): RandomKey {
  return deriveKey(key, ...new TextEncoder().encode(text));
}

/**
 * A new key from a key and one or more stream numbers (integers from 0 to 2^32 - 1),
 * independent of the parent's own numbers and of every other stream's.
 */
export function deriveKey(key: RandomKey, ...streams: number[]): RandomKey {
  const out = new Uint32Array(2);
  let [k0, k1] = key;
  for (const stream of streams) {
    // The high counter word 1 is never used for numbers, which have 0 there.
    threefry2x32(k0, k1, stream, 1, 1, out);
    [k0, k1] = [out[0], out[1]];
  }
  return [k0, k1];
}
