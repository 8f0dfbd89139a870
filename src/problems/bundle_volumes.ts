/**
 * Volumes of sets of types: of those who buy nothing where a bundle's price depends on its size alone.
 *
 * For prices 0 = p_0 <= p_1 <= ... <= p_r with increments that do not rise, these are the symmetric polymatroids
 *
 * P(p) = { x in R^r, x >= 0 : sum_{j in J} x_j <= p_|J| for all J },
 *
 * which Giannakopoulos and Koutsoupias call SIM-bodies. The sides of P away from 0 are {x in P : x(J) = p_|J|}, the
 * product of the base polytope {x(J) = p_|J|} of the first |J| prices and of the polymatroid of the prices
 * p_{|J| + s} - p_|J| that remain. So P consists of pyramids with apex 0 over these sides. A base polytope in the same
 * way consists of pyramids over the products of two base polytopes, with the apex where all x_j are the same. All terms
 * of both sums are positive, so that nothing cancels.
 *
 * @module
 */

/**
 * The volume of P(p), for the prices of 0, 1, ..., r goods, in O(r^3) steps.
 *
 * @param prices `[r + 1]`, from 0, not falling, with increments that do not rise.
 */
export function bundleVolume(prices: ArrayLike<number>): number {
  const r = prices.length - 1, width = r + 1;
  // For the k prices after that of `from` goods, less that: base polytopes, as seen along one axis, and polymatroids.
  const base = new Float64Array(width * width), whole = new Float64Array(width * width);
  for (let from = 0; from <= r; from++) whole[from * width] = 1;
  for (let k = 1; k <= r; k++) {
    for (let from = 0; from <= r - k; from++) {
      const last = prices[from + k] - prices[from];
      let baseSum = 0, wholeSum = 0, subsets = 1;
      for (let s = 1; s <= k; s++) {
        subsets *= (k - s + 1) / s;
        const price = prices[from + s] - prices[from];
        if (s === k) base[from * width + k] = k === 1 ? 1 : baseSum / (k - 1);
        const side = subsets * base[from * width + s];
        wholeSum += price * side * whole[(from + s) * width + k - s];
        if (s < k) baseSum += (price - s * last / k) * side * base[(from + s) * width + k - s];
      }
      whole[from * width + k] = wholeSum / k;
    }
  }
  return whole[r];
}

/**
 * The probabilities that a buyer with types i.i.d. uniform on [0, 1] chooses 0, 1, ..., m goods.
 *
 * Exactly the goods of J are chosen, |J| = k, where no part R of J is worth giving up, x(R) >= p_k - p_{k - |R|}, and
 * no set S outside of J is worth adding, x(S) <= p_{k + |S|} - p_k. The first condition is about 1 - x on J and the
 * second about x outside: two polymatroids, whose volumes multiply.
 *
 * @param prices `[m + 1]`, from 0, not falling, with increments that do not rise and are at most 1.
 */
export function bundleShares(prices: ArrayLike<number>): Float64Array {
  const m = prices.length - 1, shares = new Float64Array(m + 1);
  for (let k = 0, subsets = 1; k <= m; subsets *= (m - k) / (k + 1), k++) {
    const keep = Float64Array.from({ length: k + 1 }, (_, s) => s - prices[k] + prices[k - s]);
    const add = Float64Array.from({ length: m - k + 1 }, (_, s) => prices[k + s] - prices[k]);
    shares[k] = subsets * bundleVolume(keep) * bundleVolume(add);
  }
  return shares;
}
