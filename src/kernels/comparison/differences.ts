/**
 * How far what kernels made of a case is from what the reference made of it.
 *
 * @module
 */
import type { KernelCase, KernelResults } from "./cases.ts";

/** How far one result is off, and how far it may be. */
export interface Difference {
  /** The result. */
  readonly what: string;
  /** How far it is off, in the measure of {@linkcode differences}; infinite for what is not a number. */
  readonly off: number;
  /** The most that rounding explains. */
  readonly allowed: number;
}

/**
 * The difference of two numbers, infinite for what is not a number.
 */
export function farBetween(a: number, b: number): number {
  const far = Math.abs(a - b);
  return Number.isNaN(far) ? Infinity : far;
}

/** The largest absolute number, but not 0. */
function scaleOf(values: Float32Array): number {
  return values.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-30);
}

/** The largest difference, relative to the largest expected number. */
export function furthest(actual: Float32Array | undefined, expected: Float32Array): number {
  if (actual?.length !== expected.length) return Infinity;
  return expected.reduce((most, x, j) => Math.max(most, farBetween(actual[j], x)), 0) / scaleOf(expected);
}

/**
 * How far the results for a case are from the expected ones.
 *
 * Values, slopes and gradients: the largest difference, relative to the largest expected number. A step of a chain is
 * discontinuous where the winner of a group changes, and from there trajectories part: of chains it is the share of those
 * that parted, and what they say of `values` and `squareSlopes` is compared where they did not, and in the mean.
 */
export function differences(one: KernelCase, actual: KernelResults, expected: KernelResults): readonly Difference[] {
  const found: Difference[] = [
    { what: "value", off: furthest(actual.value, expected.value), allowed: 1e-4 },
    { what: "slope", off: furthest(actual.slope, expected.slope), allowed: 1e-4 },
  ];
  for (const part of ["hidden", "weight", "bias", "perGoodHidden", "perGoodWeight"] as const) {
    const right = expected.gradient[part], got = actual.gradient[part];
    if (right) found.push({ what: `gradient in ${part}`, off: furthest(got, right), allowed: 1e-4 });
    else if (got) found.push({ what: `gradient in ${part}`, off: Infinity, allowed: 0 });
  }

  const m = one.size.goods, count = one.rows * one.chains;
  const single = one.move.steps === 1 && (one.move.lineMoveEvery === 0 || one.chains < 4);
  const [share, tolerance] = single ? [0.01, 1e-4] : [0.03, 1e-3];
  const zeros = (values: Float32Array) => values.filter((_, k) => k % (one.chains + 1) === one.chains);
  found.push({
    what: "value of the zero outcome",
    off: furthest(zeros(actual.values), zeros(expected.values)),
    allowed: 1e-4,
  });
  const scaleOfValues = scaleOf(expected.values);
  let parted = 0, outside = 0, offAtChains = 0;
  for (let chain = 0; chain < count; chain++) {
    let far = 0;
    for (let j = chain * m; j < (chain + 1) * m; j++) {
      const x = actual.chains[j];
      if (!(x >= 0 && x <= 1)) outside++;
      far = Math.max(far, farBetween(x, expected.chains[j]));
    }
    if (far > tolerance) parted++;
    else {
      // f is continuous: where chains agree, values do.
      const at = chain + Math.floor(chain / one.chains);
      offAtChains = Math.max(offAtChains, farBetween(actual.values[at], expected.values[at]) / scaleOfValues);
    }
  }
  const allowed = Math.min(Math.ceil(share * count), count >> 1);
  const mean = (of: (j: number) => number) =>
    expected.squareSlopes.reduce((sum, _, j) => sum + of(j), 0) / expected.squareSlopes.length;
  const deviation = mean((j) => farBetween(actual.squareSlopes[j], expected.squareSlopes[j]));
  found.push(
    { what: "coordinates of chains outside of [0, 1]", off: outside, allowed: 0 },
    { what: "share of chains that part", off: parted / count, allowed: allowed / count },
    { what: "values at chains", off: offAtChains, allowed: 20 * tolerance },
    {
      what: "squareSlopes in the mean",
      off: deviation / mean((j) => expected.squareSlopes[j]),
      allowed: single ? 1e-3 : 0.02 + parted / count,
    },
  );
  return found;
}
