/**
 * softplus(x) = log(1 + exp(x)) on the host, and its inverse.
 *
 * @module
 */

/** log(1 + exp(x)), without overflow. */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** The x with softplus(x) = y, for y > 0. */
export function inverseSoftplus(y: number): number {
  return y > 20 ? y : Math.log(Math.expm1(y));
}

/** A raw weight that softplus takes to almost 0 (2e-35), which is not subnormal in 32-bit floats. */
export const NO_WEIGHT = -80;
