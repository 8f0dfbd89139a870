/**
 * Means of what a mechanism earns, with what chance leaves open.
 *
 * @module
 */

/** The 97.5% quantile of the normal distribution. */
export const NORMAL_QUANTILE = 1.959963984540054;

/** What is known of an expected value from a sample. */
export interface MeanEstimate {
  /** The mean. */
  readonly mean: number;
  /** Its standard error. */
  readonly standardError: number;
  /** A 95% confidence interval of the expected value. */
  readonly interval: readonly [number, number];
}

/** The mean of values, each an independent draw, with the normal distribution's confidence interval. */
export function meanOf(values: ArrayLike<number>): MeanEstimate {
  const { mean, variance } = moments(values), standardError = Math.sqrt(variance / values.length);
  const width = NORMAL_QUANTILE * standardError;
  return { mean, standardError, interval: [mean - width, mean + width] };
}

/**
 * The mean of values that are made of few independent draws, such as the rows of a table.
 *
 * The interval is Agresti and Coull's ("Approximate is better than exact for interval estimation of binomial
 * proportions", The American Statistician 52, 1998) for values other than 0 and 1: two draws of the least and two of the
 * largest value that is known to occur count as seen, too. Where all of a few rows pay the same, the plain interval has
 * no width; this one has.
 *
 * @param values What is averaged; of groups of draws that overlap, more than there are draws.
 * @param draws How many independent values these count for.
 * @param known Other values that occur, such as those on training rows.
 */
export function meanOfRows(values: ArrayLike<number>, draws: number, known: ArrayLike<number>): MeanEstimate {
  const { mean, variance } = moments(values);
  let least = Infinity, largest = -Infinity;
  for (const list of [values, known]) {
    for (let k = 0; k < list.length; k++) least = Math.min(least, list[k]), largest = Math.max(largest, list[k]);
  }
  const all = draws + 4, centre = (draws * mean + 2 * least + 2 * largest) / all;
  const squares = (draws * (variance + mean ** 2) + 2 * least ** 2 + 2 * largest ** 2) / all;
  const width = NORMAL_QUANTILE * Math.sqrt(Math.max(0, squares - centre ** 2) / all);
  return { mean, standardError: Math.sqrt(variance / draws), interval: [centre - width, centre + width] };
}

/** The mean and the unbiased variance; of a single value the variance is 0. */
function moments(values: ArrayLike<number>): { mean: number; variance: number } {
  const count = values.length;
  let sum = 0, squares = 0;
  for (let k = 0; k < count; k++) sum += values[k];
  const mean = sum / count;
  for (let k = 0; k < count; k++) squares += (values[k] - mean) ** 2;
  return { mean, variance: count > 1 ? squares / (count - 1) : 0 };
}
