/**
 * How wide a network can be that shall not have more weights than another one.
 *
 * @module
 */

/** The largest width, 1 at least, at which a network of that width has no more than `most` weights. */
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
