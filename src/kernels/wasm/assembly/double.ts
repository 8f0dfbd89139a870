// Vectors of two 64-bit floats: arithmetic, products of vectors in memory, and softplus.

/** a b + c, rounded once where the machine can. */
// @ts-ignore: decorator
@inline
export function fma2(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f64x2.relaxed_madd(a, b, c) : f64x2.add(f64x2.mul(a, b), c);
}

/** A number, twice. */
// @ts-ignore: decorator
@inline
export function both(x: f64): v128 {
  return f64x2.splat(x);
}

/** The sum of the two floats. */
// @ts-ignore: decorator
@inline
export function total2(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** count rounded up to an even number. */
// @ts-ignore: decorator
@inline
export function pad2(count: i32): i32 {
  return (count + 1) & ~1;
}

/** The product of two vectors in memory, of `bytes` each, which are a multiple of four numbers. */
// @ts-ignore: decorator
@inline
export function dot2(a: usize, b: usize, bytes: i32): f64 {
  let even = both(0), odd = even;
  for (const end = a + bytes; a < end; a += 32, b += 32) {
    even = fma2(v128.load(a), v128.load(b), even);
    odd = fma2(v128.load(a, 16), v128.load(b, 16), odd);
  }
  return total2(f64x2.add(even, odd));
}

/** Writes <row, x> for `count` rows of `bytes` each to `out`, which has room for a multiple of four numbers. */
export function dots(rows: usize, count: i32, x: usize, bytes: i32, out: usize): void {
  const last = rows + (count - 1) * bytes, end = x + bytes;
  for (let k: i32 = 0; k < count; k += 4, out += 32) {
    // Where fewer than four are left, the last one is taken again.
    let a = rows, b = min(a + bytes, last), c = min(b + bytes, last), d = min(c + bytes, last);
    rows = d + bytes;
    let a0 = both(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    for (let from = x; from < end; from += 32, a += 32, b += 32, c += 32, d += 32) {
      const x0 = v128.load(from), x1 = v128.load(from, 16);
      a0 = fma2(x0, v128.load(a), a0), a1 = fma2(x1, v128.load(a, 16), a1);
      b0 = fma2(x0, v128.load(b), b0), b1 = fma2(x1, v128.load(b, 16), b1);
      c0 = fma2(x0, v128.load(c), c0), c1 = fma2(x1, v128.load(c, 16), c1);
      d0 = fma2(x0, v128.load(d), d0), d1 = fma2(x1, v128.load(d, 16), d1);
    }
    a0 = f64x2.add(a0, a1), b0 = f64x2.add(b0, b1), c0 = f64x2.add(c0, c1), d0 = f64x2.add(d0, d1);
    v128.store(out, f64x2.add(i64x2.shuffle(a0, b0, 0, 2), i64x2.shuffle(a0, b0, 1, 3)));
    v128.store(out, f64x2.add(i64x2.shuffle(c0, d0, 0, 2), i64x2.shuffle(c0, d0, 1, 3)), 16);
  }
}

/** Replaces four floats x at p by softplus(x) = log(1 + exp(x)), to a relative error of about 1e-15. */
export function softplusOf4(p: usize): void {
  const u = v128.load(p), v = v128.load(p, 16);
  // exp(-|x|), for |x| clamped to 700.
  const sign = both(-0.0), least = both(-700);
  const a = f64x2.pmax(v128.or(u, sign), least), b = f64x2.pmax(v128.or(v, sign), least);
  // Adding 1.5 * 2^52 rounds to an integer n, which is left in the low bits.
  const shift = both(6755399441055744), log2e = both(1.4426950408889634);
  const abits = f64x2.add(f64x2.mul(a, log2e), shift), bbits = f64x2.add(f64x2.mul(b, log2e), shift);
  const an = f64x2.sub(abits, shift), bn = f64x2.sub(bbits, shift);
  // ln 2 in two parts, of which the first has few bits, so that n times it is exact.
  let c = both(-6.93147180369123816490e-1), d = both(-1.90821492927058770002e-10);
  const r = fma2(an, d, fma2(an, c, a)), s = fma2(bn, d, fma2(bn, c, b));
  // (exp(r) - 1 - r) / r^2, interpolated at Chebyshev points: exp(r) to 2e-17.
  c = both(2.7620138719733994e-7), d = both(2.5100424157005067e-8);
  let y = fma2(d, r, c), z = fma2(d, s, c);
  c = both(2.7557268378684192e-6), y = fma2(y, r, c), z = fma2(z, s, c);
  c = both(2.480152119021773e-5), y = fma2(y, r, c), z = fma2(z, s, c);
  c = both(1.9841269863105968e-4), y = fma2(y, r, c), z = fma2(z, s, c);
  c = both(1.3888888917281794e-3), y = fma2(y, r, c), z = fma2(z, s, c);
  c = both(8.333333333330051e-3), y = fma2(y, r, c), z = fma2(z, s, c);
  c = both(4.166666666662399e-2), y = fma2(y, r, c), z = fma2(z, s, c);
  c = both(1.6666666666666669e-1), y = fma2(y, r, c), z = fma2(z, s, c);
  c = both(0.5000000000000001), y = fma2(y, r, c), z = fma2(z, s, c);
  const one = both(1), two = both(2);
  y = f64x2.add(fma2(y, f64x2.mul(r, r), r), one), z = f64x2.add(fma2(z, f64x2.mul(s, s), s), one);
  y = i64x2.add(y, i64x2.shl(abits, 52)), z = i64x2.add(z, i64x2.shl(bbits, 52));
  // 1 + y, or half of it where that is closer to 1, is 1 + f; log(1 + f) = 2 artanh(t) with t = f / (2 + f).
  c = both(0.4142135623730951), d = both(0.6931471805599453);
  const ylarge = f64x2.gt(y, c), zlarge = f64x2.gt(z, c), yone = v128.and(ylarge, one), zone = v128.and(zlarge, one);
  const t = f64x2.div(f64x2.sub(y, yone), f64x2.add(f64x2.add(y, yone), two));
  const w = f64x2.div(f64x2.sub(z, zone), f64x2.add(f64x2.add(z, zone), two));
  const tt = f64x2.mul(t, t), ww = f64x2.mul(w, w), ylog = v128.and(ylarge, d), zlog = v128.and(zlarge, d);
  // (2 artanh(t) - 2 t) / t, by FreeBSD's minimax polynomial for log: to 2^-58.
  c = both(1.531383769920937332e-1), d = both(1.479819860511658591e-1);
  y = fma2(d, tt, c), z = fma2(d, ww, c);
  c = both(1.818357216161805012e-1), y = fma2(y, tt, c), z = fma2(z, ww, c);
  c = both(2.222219843214978396e-1), y = fma2(y, tt, c), z = fma2(z, ww, c);
  c = both(2.857142874366239149e-1), y = fma2(y, tt, c), z = fma2(z, ww, c);
  c = both(3.999999999940941908e-1), y = fma2(y, tt, c), z = fma2(z, ww, c);
  c = both(6.666666666666735130e-1), y = fma2(y, tt, c), z = fma2(z, ww, c);
  const none = both(0);
  v128.store(p, f64x2.add(fma2(t, fma2(y, tt, two), ylog), f64x2.pmax(u, none)));
  v128.store(p, f64x2.add(fma2(w, fma2(z, ww, two), zlog), f64x2.pmax(v, none)), 16);
}
