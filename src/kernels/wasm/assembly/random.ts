// Random numbers of a key: the same bits as src/random makes, in vectors.

import { PARITY } from "./constants";
import { boxMuller, unit } from "./simd";

/** b turned to the left by some bits, exclusive-or a. */
// @ts-ignore: decorator
@inline
function mix(a: v128, b: v128, left: i32): v128 {
  return v128.xor(v128.or(i32x4.shl(b, left), i32x4.shr_u(b, 32 - left)), a);
}

/**
 * Writes the two words each of blocks `first` to `first + 7` of Threefry to `out`: four first words, their four second
 * words, and then those of the last four blocks.
 */
function words(key0: i32, key1: i32, first: i32, out: usize): void {
  const key2 = key0 ^ key1 ^ PARITY;
  const k0 = i32x4.splat(key0), k1 = i32x4.splat(key1), k2 = i32x4.splat(key2);
  let a = i32x4.add(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), k0), c = i32x4.add(a, i32x4.splat(4));
  let b = k1, d = k1, y: v128;
  // Four rounds and an injection of the key, five times.
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 13), d = mix(c, d, 13);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 15), d = mix(c, d, 15);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 26), d = mix(c, d, 26);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 6), d = mix(c, d, 6);
  y = i32x4.splat(key2 + 1), a = i32x4.add(a, k1), c = i32x4.add(c, k1), b = i32x4.add(b, y), d = i32x4.add(d, y);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 17), d = mix(c, d, 17);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 29), d = mix(c, d, 29);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 16), d = mix(c, d, 16);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 24), d = mix(c, d, 24);
  y = i32x4.splat(key0 + 2), a = i32x4.add(a, k2), c = i32x4.add(c, k2), b = i32x4.add(b, y), d = i32x4.add(d, y);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 13), d = mix(c, d, 13);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 15), d = mix(c, d, 15);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 26), d = mix(c, d, 26);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 6), d = mix(c, d, 6);
  y = i32x4.splat(key1 + 3), a = i32x4.add(a, k0), c = i32x4.add(c, k0), b = i32x4.add(b, y), d = i32x4.add(d, y);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 17), d = mix(c, d, 17);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 29), d = mix(c, d, 29);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 16), d = mix(c, d, 16);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 24), d = mix(c, d, 24);
  y = i32x4.splat(key2 + 4), a = i32x4.add(a, k1), c = i32x4.add(c, k1), b = i32x4.add(b, y), d = i32x4.add(d, y);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 13), d = mix(c, d, 13);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 15), d = mix(c, d, 15);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 26), d = mix(c, d, 26);
  a = i32x4.add(a, b), c = i32x4.add(c, d), b = mix(a, b, 6), d = mix(c, d, 6);
  y = i32x4.splat(key0 + 5), a = i32x4.add(a, k2), c = i32x4.add(c, k2), b = i32x4.add(b, y), d = i32x4.add(d, y);
  v128.store(out, a), v128.store(out, b, 16), v128.store(out, c, 32), v128.store(out, d, 48);
}

/**
 * Writes numbers `first` to `first + count - 1` of a key, uniform on [0, 1), into `out`, which has room for 16 more.
 * Returns where the first one is.
 */
export function uniforms(key0: i32, key1: i32, first: u32, count: i32, out: usize): usize {
  const skip = <i32>(first & 1);
  for (let done: i32 = 0; done < skip + count; done += 8) {
    const at = out + (done << 2);
    if ((done & 8) == 0) words(key0, key1, <i32>(first >> 1) + (done >> 1), at);
    const a = unit(v128.load(at)), b = unit(v128.load(at, 16));
    v128.store(at, i32x4.shuffle(a, b, 0, 4, 1, 5));
    v128.store(at, i32x4.shuffle(a, b, 2, 6, 3, 7), 16);
  }
  return out + (skip << 2);
}

/** The same for standard normal numbers, by the Box-Muller transform. */
export function normals(key0: i32, key1: i32, first: u32, count: i32, out: usize): usize {
  const skip = <i32>(first & 1);
  for (let done: i32 = 0; done < skip + count; done += 8) {
    const at = out + (done << 2);
    if ((done & 8) == 0) words(key0, key1, <i32>(first >> 1) + (done >> 1), at);
    boxMuller(at);
  }
  return out + (skip << 2);
}
