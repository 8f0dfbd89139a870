/**
 * Certificates in words: what the largest certified gap of an evaluation or audit says, and, where it says too little,
 * why. What a certificate proves is in docs/certificates.md.
 *
 * @module
 */
import { short } from "../display.ts";

/** The largest gap that counts as certified, where the largest value of a good is 1. */
export const CERTIFIED_GAP = 1e-6;

/**
 * A gap as a number, and what it means.
 *
 * @param gap The largest certified gap; infinite where there is none.
 * @param rounding What of it is a bound on rounding: infinite where products may overflow, NaN where none is known;
 * undefined where the mechanism tells nothing of rounding.
 * @param largest The largest value of a good, whose unit the gap has.
 */
export function gapInWords(
  gap: number,
  rounding: number | undefined,
  largest: number,
): readonly [value: string, remark: string] {
  const value = Number.isFinite(gap) ? gap.toExponential(1) : "not known";
  return [value, meaning(gap, rounding, CERTIFIED_GAP * largest)];
}

function meaning(gap: number, rounding: number | undefined, certified: number): string {
  if (gap <= certified) return "certified: nobody gains more by lying";
  if (rounding === Infinity) return "not certified: products of weights may overflow 64-bit floats";
  if (Number.isNaN(rounding)) {
    return "not certified: prices need not be convex, or the network tells no bound on their rounding";
  }
  if (rounding !== undefined && rounding >= gap / 2) {
    return `not certified: prices are differences of numbers so large that rounding may change utilities by ` +
      `${short(rounding)} (cancellation)`;
  }
  if (!Number.isFinite(gap)) return "not certified: nothing is known to bound what a lie gains";
  return rounding === undefined
    ? "not certified truthful: a lie gains no more, and may gain less; tedi audit searches for lies"
    : `certified to this only: the search for best responses ended before it was below ${certified.toExponential()}`;
}

/** The larger of two bounds on rounding; NaN, which is no bound, is the largest. */
export function largerRounding(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Number.isNaN(a) || Number.isNaN(b) ? NaN : Math.max(a, b);
}
