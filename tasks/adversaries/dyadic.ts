/**
 * Exact arithmetic on dyadic rationals n 2^e, which all floats are, with BigInt. Only softplus is rounded, to 2^-600 of
 * its value.
 *
 * @module
 */

/** The number n 2^e. */
export interface Dyadic {
  readonly n: bigint;
  readonly e: number;
}

/** 0. */
export const ZERO: Dyadic = { n: 0n, e: 0 };
/** 1. */
export const ONE: Dyadic = { n: 1n, e: 0 };

const view = new DataView(new ArrayBuffer(8));

/** A float, exactly. */
export function exactly(x: number): Dyadic {
  if (!Number.isFinite(x)) throw new RangeError(`${x} is no number`);
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0), field = Number((bits >> 52n) & 2047n), fraction = bits & ((1n << 52n) - 1n);
  const n = field === 0 ? fraction : fraction | (1n << 52n);
  return { n: bits >> 63n ? -n : n, e: Math.max(1, field) - 1075 };
}

/** a + b. */
export function add(a: Dyadic, b: Dyadic): Dyadic {
  if (a.n === 0n) return b;
  if (b.n === 0n) return a;
  return a.e <= b.e ? { n: a.n + (b.n << BigInt(b.e - a.e)), e: a.e } : { n: (a.n << BigInt(a.e - b.e)) + b.n, e: b.e };
}

/** -a. */
export const negative = (a: Dyadic): Dyadic => ({ n: -a.n, e: a.e });

/** a - b. */
export const subtract = (a: Dyadic, b: Dyadic): Dyadic => add(a, negative(b));

/** a b. */
export const multiply = (a: Dyadic, b: Dyadic): Dyadic => ({ n: a.n * b.n, e: a.e + b.e });

/** Whether a > b. */
export const above = (a: Dyadic, b: Dyadic): boolean => subtract(a, b).n > 0n;

/** a / b, rounded down to a multiple of 2^-bits. */
export function divide(a: Dyadic, b: Dyadic, bits: number): Dyadic {
  const shift = BigInt(Math.abs(a.e - b.e + bits));
  const n = a.e - b.e + bits >= 0 ? (a.n << shift) / b.n : a.n / (b.n << shift);
  return { n, e: -bits };
}

/** The float near a; infinite where there is none. */
export function near({ n, e }: Dyadic): number {
  const size = n < 0n ? -n : n, length = size.toString(2).length, drop = Math.max(0, length - 64);
  const top = Number(size >> BigInt(drop)) * (n < 0n ? -1 : 1), exponent = e + drop;
  // In two steps, since 2^exponent itself may overflow or underflow.
  return top * 2 ** Math.trunc(exponent / 2) * 2 ** (exponent - Math.trunc(exponent / 2));
}

/** Places of softplus behind the first. */
const BITS = 600;
/** softplus(x) is x, or 0, but for less than 2^-4300. */
const FAR = 3000;

const known = new Map<number, Dyadic>();

/** softplus(x) = log(1 + exp(x)), to 2^-600 of its value, or to 2^-4300. */
export function exactSoftplus(x: number): Dyadic {
  if (x > FAR) return exactly(x);
  if (x < -FAR) return ZERO;
  let found = known.get(x);
  if (!found) {
    // log(1 + exp(x)) = max(0, x) + 2 artanh(y / (2 + y)) with y = exp(-|x|).
    const places = BITS + Math.ceil(1.5 * Math.abs(x)), p = BigInt(places), one = 1n << p;
    const y = exponential(-Math.abs(x), places), z = (y << p) / (2n * one + y), square = (z * z) >> p;
    let sum = 0n;
    for (let power = z, k = 1n; power > 0n; power = (power * square) >> p, k += 2n) sum += power / k;
    found = add(exactly(Math.max(0, x)), { n: 2n * sum, e: -places });
    if (known.size > 100_000) known.clear();
    known.set(x, found);
  }
  return found;
}

/** exp(x) 2^places for x <= 0. */
function exponential(x: number, places: number): bigint {
  // exp(x / 2^12) by its series, squared twelve times.
  const halvings = 12, p = BigInt(places + 64), one = 1n << p, { n, e } = exactly(x);
  const shift = places + 64 + e - halvings, small = shift >= 0 ? n << BigInt(shift) : n >> BigInt(-shift);
  let sum = one, term = one;
  for (let k = 1n; term !== 0n && term !== -1n; k++) term = ((term * small) >> p) / k, sum += term;
  for (let k = 0; k < halvings; k++) sum = (sum * sum) >> p;
  return sum >> 64n;
}
