/**
 * The width of a network that may have so many weights: networks of ablations get no more than the one they stand in
 * for.
 *
 * @module
 */

/**
 * The largest width, at least 1, at which a network has no more than `most` weights.
 *
 * @param weights The number of weights by width, increasing.
 */
export function widestNetwork(weights: (width: number) => number, most: number): number {
  let low = 1, high = 2;
  while (weights(high) <= most) low = high, high *= 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (weights(middle) <= most) low = middle;
    else high = middle;
  }
  return low;
}
