// Vectors of four 32-bit floats: arithmetic, and exp, log, softplus and normal numbers, to a relative error of about
// 1e-7.

import { TABLE } from "./constants";

/** a b + c, rounded once where the machine can. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** Lanes of a where a comparison held, and of b elsewhere. */
// @ts-ignore: decorator
@inline
export function choose(a: v128, b: v128, held: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i32x4.relaxed_laneselect(a, b, held) : v128.bitselect(a, b, held);
}

/** The four floats at p. */
// @ts-ignore: decorator
@inline
export function at(p: usize): v128 {
  return v128.load(p);
}

/** The float at p, four times. */
// @ts-ignore: decorator
@inline
export function each(p: usize): v128 {
  return v128.load32_splat(p);
}

/** A number, four times. */
// @ts-ignore: decorator
@inline
export function all(x: f32): v128 {
  return f32x4.splat(x);
}

/** The sum of the four floats. */
// @ts-ignore: decorator
@inline
export function total(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** count rounded up to a multiple of four. */
// @ts-ignore: decorator
@inline
export function pad4(count: i32): i32 {
  return (count + 3) & ~3;
}

// Where constants lie in memory. From there one instruction loads a number into all four lanes, while V8 makes a vector
// literal anew, from 64-bit halves, wherever it is used.
const ONE = TABLE, HALF = TABLE + 4, TWO = TABLE + 8, SIGN = TABLE + 12;
const EXP = TABLE + 16, LOG = TABLE + 64, SOFTPLUS = TABLE + 128, SOFTPLUS_SLOPE = TABLE + 160, NORMAL = TABLE + 192;

/** Writes the constants, once for all threads. */
export function prepare(): void {
  store<f32>(ONE, 1);
  store<f32>(HALF, 0.5);
  store<f32>(TWO, 2);
  store<u32>(SIGN, 0x80000000);
  // Bounds of exp's argument, log2 e, ln 2 in two parts (the first has few bits, so that n times it is exact),
  // polynomial.
  put(EXP, -87, 88, 1.44269504, -0.693359375), put(EXP + 16, 2.12194440e-4, 1.9875691500e-4, 1.3981999507e-3, 12582912);
  put(EXP + 32, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1);
  put(LOG, 0.707106781, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1);
  put(LOG + 16, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1);
  put(LOG + 32, -2.4999993993e-1, 3.3333331174e-1, -2.12194440e-4, 0.693359375);
  put(SOFTPLUS, 2.0 / 13, 2.0 / 11, 2.0 / 9, 2.0 / 7), put(SOFTPLUS + 16, 2.0 / 5, 2.0 / 3, 2, 0);
  put(SOFTPLUS_SLOPE, 1.0 / 5040, -1.0 / 720, 1.0 / 120, -1.0 / 24), put(SOFTPLUS_SLOPE + 16, 1.0 / 6, -0.5, 1, 0.5);
  // 2^-24, 4, pi / 2, then the polynomials of sine and cosine.
  put(NORMAL, 5.9604644775390625e-8, 4, 1.57079632679, -0.5);
  put(NORMAL + 16, -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1, -2);
  put(NORMAL + 32, 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2, 0);
}

function put(p: usize, a: f32, b: f32, c: f32, d: f32): void {
  v128.store(p, f32x4(a, b, c, d));
}

/** 1, four times. */
// @ts-ignore: decorator
@inline
export function ones(): v128 {
  return each(ONE);
}

/** 0.5, four times. */
// @ts-ignore: decorator
@inline
export function halves(): v128 {
  return each(HALF);
}

/** 2, four times. */
// @ts-ignore: decorator
@inline
export function twos(): v128 {
  return each(TWO);
}

/** |x|. */
// @ts-ignore: decorator
@inline
export function magnitude(x: v128): v128 {
  return v128.andnot(x, each(SIGN));
}

/** exp(x), for x clamped to [-87, 88]. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  x = f32x4.pmin(f32x4.pmax(x, each(EXP)), each(EXP + 4));
  // Rounded by adding 1.5 2^23, behind which there are no more bits: the lowest ones are those of the integer.
  const shifted = fma(x, each(EXP + 8), each(EXP + 28)), n = f32x4.sub(shifted, each(EXP + 28));
  const r = fma(n, each(EXP + 16), fma(n, each(EXP + 12), x));
  let p = fma(each(EXP + 20), r, each(EXP + 24));
  p = fma(p, r, each(EXP + 32));
  p = fma(p, r, each(EXP + 36));
  p = fma(p, r, each(EXP + 40));
  p = fma(p, r, each(EXP + 44));
  p = f32x4.add(fma(p, f32x4.mul(r, r), r), ones());
  // 2^n by its exponent bits: those of 1, and n more.
  return f32x4.mul(p, i32x4.add(i32x4.shl(shifted, 23), ones()));
}

/** log(x), for normal x > 0. */
export function log4(x: v128): v128 {
  // x = 2^e (1 + f) with 1 + f in [sqrt(0.5), sqrt(2)).
  const low = i32x4.sub(x, each(LOG)), e = f32x4.convert_i32x4_s(i32x4.shr_s(low, 23));
  const f = f32x4.sub(i32x4.sub(x, i32x4.shl(i32x4.shr_s(low, 23), 23)), ones());
  const z = f32x4.mul(f, f);
  let p = fma(each(LOG + 4), f, each(LOG + 8));
  p = fma(p, f, each(LOG + 12));
  p = fma(p, f, each(LOG + 16));
  p = fma(p, f, each(LOG + 20));
  p = fma(p, f, each(LOG + 24));
  p = fma(p, f, each(LOG + 28));
  p = fma(p, f, each(LOG + 32));
  p = fma(p, f, each(LOG + 36));
  p = f32x4.mul(f32x4.mul(p, f), z);
  p = fma(e, each(LOG + 40), p);
  p = f32x4.sub(p, f32x4.mul(z, halves()));
  return fma(e, each(LOG + 44), f32x4.add(f, p));
}

/** log(1 + exp(x)), to a relative error of about 1e-7 also where it is small. */
// @ts-ignore: decorator
@inline
export function softplus4(x: v128): v128 {
  const y = exp4(v128.or(x, each(SIGN)));
  // log(1 + y) = 2 artanh(y / (2 + y)), whose argument is at most 1/3.
  const s = f32x4.div(y, f32x4.add(y, twos())), q = f32x4.mul(s, s);
  let p = fma(each(SOFTPLUS), q, each(SOFTPLUS + 4));
  p = fma(p, q, each(SOFTPLUS + 8));
  p = fma(p, q, each(SOFTPLUS + 12));
  p = fma(p, q, each(SOFTPLUS + 16));
  p = fma(p, q, each(SOFTPLUS + 20));
  p = fma(p, q, each(SOFTPLUS + 24));
  return fma(p, s, f32x4.pmax(x, f32x4.splat(0)));
}

/** The derivative of softplus where its value is w: 1 - exp(-w). */
export function softplusSlope4(w: v128): v128 {
  let p = fma(each(SOFTPLUS_SLOPE), w, each(SOFTPLUS_SLOPE + 4));
  p = fma(p, w, each(SOFTPLUS_SLOPE + 8));
  p = fma(p, w, each(SOFTPLUS_SLOPE + 12));
  p = fma(p, w, each(SOFTPLUS_SLOPE + 16));
  p = fma(p, w, each(SOFTPLUS_SLOPE + 20));
  p = fma(p, w, each(SOFTPLUS_SLOPE + 24));
  return v128.bitselect(
    f32x4.mul(p, w),
    f32x4.sub(ones(), exp4(f32x4.neg(w))),
    f32x4.lt(w, each(SOFTPLUS_SLOPE + 28)),
  );
}

/** From words to numbers uniform on [0, 1): their upper 24 bits. */
// @ts-ignore: decorator
@inline
export function unit(words: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(words, 8)), each(NORMAL));
}

/**
 * Writes eight standard normal numbers to `out`, from the words of four blocks there, by the Box-Muller transform.
 */
export function boxMuller(out: usize): void {
  const u = f32x4.add(unit(v128.load(out)), each(NORMAL)); // (0, 1]
  const radius = f32x4.sqrt(f32x4.mul(log4(u), each(NORMAL + 28)));
  // The angle as quarter turns and what is left, within an eighth of a turn.
  const turns = f32x4.mul(unit(v128.load(out, 16)), each(NORMAL + 4));
  const j = f32x4.add(turns, each(EXP + 28)), quarter = f32x4.sub(j, each(EXP + 28)); // rounded as in exp4
  const r = f32x4.mul(f32x4.sub(turns, quarter), each(NORMAL + 8)), z = f32x4.mul(r, r);
  let s = fma(each(NORMAL + 16), z, each(NORMAL + 20));
  s = fma(s, z, each(NORMAL + 24));
  s = fma(f32x4.mul(s, z), r, r);
  let c = fma(each(NORMAL + 32), z, each(NORMAL + 36));
  c = fma(c, z, each(NORMAL + 40));
  c = fma(c, f32x4.mul(z, z), fma(z, each(NORMAL + 12), ones()));
  // Odd quarters exchange sine and cosine; the signs follow from the quarter's two lowest bits.
  const swap = i32x4.shr_s(i32x4.shl(j, 31), 31);
  const sineSign = v128.and(i32x4.shl(j, 30), each(SIGN)), cosineSign = v128.xor(sineSign, v128.and(swap, each(SIGN)));
  const cosine = v128.xor(v128.bitselect(s, c, swap), cosineSign);
  const sine = v128.xor(v128.bitselect(c, s, swap), sineSign);
  const a = f32x4.mul(radius, cosine), b = f32x4.mul(radius, sine);
  v128.store(out, i32x4.shuffle(a, b, 0, 4, 1, 5));
  v128.store(out, i32x4.shuffle(a, b, 2, 6, 3, 7), 16);
}
