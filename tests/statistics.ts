/**
 * The statistics that tests decide by.
 *
 * @module
 */

/** Pearson's chi-square of counts against probabilities, as standard normal deviations (Wilson and Hilferty, 1931). */
export function chiSquareDeviation(counts: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  let total = 0, chi = 0;
  for (let k = 0; k < counts.length; k++) total += counts[k];
  for (let k = 0; k < counts.length; k++) {
    const expected = total * probabilities[k];
    if (expected < 5) throw new Error(`bin ${k} must be expected 5 times or more, got ${expected}`);
    chi += (counts[k] - expected) ** 2 / expected;
  }
  const free = counts.length - 1;
  return (Math.cbrt(chi / free) - (1 - 2 / (9 * free))) / Math.sqrt(2 / (9 * free));
}

/** Edges of `bins` bins of equal probability for a density on [0, 1], found on a fine grid. */
export function equalBins(density: (x: number) => number, bins: number): number[] {
  const steps = 200_000, cumulative = new Float64Array(steps + 1);
  for (let k = 0; k < steps; k++) cumulative[k + 1] = cumulative[k] + density((k + 0.5) / steps);
  const edges = [0];
  for (let k = 0, b = 1; b < bins; k++) {
    if (cumulative[k] >= b / bins * cumulative[steps]) edges.push(k / steps), b++;
  }
  return [...edges, 1];
}

/** How many values fall between each two edges. */
export function histogram(values: ArrayLike<number>, edges: readonly number[]): number[] {
  const counts = Array(edges.length - 1).fill(0);
  for (let k = 0; k < values.length; k++) {
    let bin = 0;
    while (bin < counts.length - 1 && values[k] >= edges[bin + 1]) bin++;
    counts[bin]++;
  }
  return counts;
}

/**
 * Points that fill [0, 1]^d evenly, to integrate over: a lattice of the powers of the g with g^(d + 1) = g + 1. The function
 * gives coordinate `axis` of point k.
 */
export function evenPoints(d: number): (k: number, axis: number) => number {
  let g = 2;
  for (let k = 0; k < 40; k++) g = (1 + g) ** (1 / (d + 1));
  const steps = Array.from({ length: d }, (_, axis) => g ** -(axis + 1));
  return (k, axis) => (0.5 + k * steps[axis]) % 1;
}
