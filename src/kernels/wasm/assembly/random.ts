// Random numbers of a key: the same words as the host's Threefry, in vectors.

import { boxMuller, unit } from "./simd";

const PARITY: i32 = 0x1bd11bda;

// @ts-ignore: decorator
@inline
function mix(a: v128, b: v128, left: i32): v128 {
  return v128.xor(v128.or(i32x4.shl(b, left), i32x4.shr_u(b, 32 - left)), a);
}

/** Writes the words of blocks `first` to `first + 3`: their four first words to `out`, their four second words behind. */
function words(key0: i32, key1: i32, first: i32, out: usize): void {
  const key2 = key0 ^ key1 ^ PARITY;
  const k0 = i32x4.splat(key0), k1 = i32x4.splat(key1), k2 = i32x4.splat(key2);
  let a = i32x4.add(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), k0), b = k1;
  // Four rounds and an injection of the key, five times.
  a = i32x4.add(a, b), b = mix(a, b, 13), a = i32x4.add(a, b), b = mix(a, b, 15);
  a = i32x4.add(a, b), b = mix(a, b, 26), a = i32x4.add(a, b), b = mix(a, b, 6);
  a = i32x4.add(a, k1), b = i32x4.add(b, i32x4.splat(key2 + 1));
  a = i32x4.add(a, b), b = mix(a, b, 17), a = i32x4.add(a, b), b = mix(a, b, 29);
  a = i32x4.add(a, b), b = mix(a, b, 16), a = i32x4.add(a, b), b = mix(a, b, 24);
  a = i32x4.add(a, k2), b = i32x4.add(b, i32x4.splat(key0 + 2));
  a = i32x4.add(a, b), b = mix(a, b, 13), a = i32x4.add(a, b), b = mix(a, b, 15);
  a = i32x4.add(a, b), b = mix(a, b, 26), a = i32x4.add(a, b), b = mix(a, b, 6);
  a = i32x4.add(a, k0), b = i32x4.add(b, i32x4.splat(key1 + 3));
  a = i32x4.add(a, b), b = mix(a, b, 17), a = i32x4.add(a, b), b = mix(a, b, 29);
  a = i32x4.add(a, b), b = mix(a, b, 16), a = i32x4.add(a, b), b = mix(a, b, 24);
  a = i32x4.add(a, k1), b = i32x4.add(b, i32x4.splat(key2 + 4));
  a = i32x4.add(a, b), b = mix(a, b, 13), a = i32x4.add(a, b), b = mix(a, b, 15);
  a = i32x4.add(a, b), b = mix(a, b, 26), a = i32x4.add(a, b), b = mix(a, b, 6);
  a = i32x4.add(a, k2), b = i32x4.add(b, i32x4.splat(key0 + 5));
  v128.store(out, a);
  v128.store(out, b, 16);
}

/**
 * Writes numbers `first` to `first + count - 1` of a key, uniform on [0, 1), into `out`, which has room for 8 more.
 * Returns where the first one is.
 */
export function uniforms(key0: i32, key1: i32, first: u32, count: i32, out: usize): usize {
  const skip = <i32>(first & 1);
  for (let done: i32 = 0; done < skip + count; done += 8, out += 32) {
    words(key0, key1, <i32>(first >> 1) + (done >> 1), out);
    const a = unit(v128.load(out)), b = unit(v128.load(out, 16));
    v128.store(out, i32x4.shuffle(a, b, 0, 4, 1, 5));
    v128.store(out, i32x4.shuffle(a, b, 2, 6, 3, 7), 16);
  }
  return out - (((skip + count + 7) & ~7) << 2) + (skip << 2);
}

/** The same for standard normal numbers, by the Box-Muller transform. */
export function normals(key0: i32, key1: i32, first: u32, count: i32, out: usize): usize {
  const skip = <i32>(first & 1);
  for (let done: i32 = 0; done < skip + count; done += 8, out += 32) {
    words(key0, key1, <i32>(first >> 1) + (done >> 1), out);
    boxMuller(out);
  }
  return out - (((skip + count + 7) & ~7) << 2) + (skip << 2);
}
