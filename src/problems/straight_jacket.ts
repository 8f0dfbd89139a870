/**
 * The prices of the straight-jacket auction, and what it earns.
 *
 * Source: Giannakopoulos and Koutsoupias, "Duality and optimality of auctions for uniform distributions", EC 2014.
 *
 * @module
 */
import { InvalidInputError, requireInteger } from "../errors.ts";
import { bundleShares, bundleVolume } from "./bundle_volumes.ts";
import type { KnownValue } from "./distributions/family.ts";

/** With more goods some of the volumes that prices follow from are lost in rounding: from 60 to 70 goods, all of them. */
const MOST_GOODS = 50;
/** Up to so many goods no truthful mechanism earns more. */
const MOST_PROVED = 6;
/** Bisections of an interval of length 1 at most, down to rounding. */
const BISECTIONS = 53;

/**
 * The prices 0 = p_0, p_1, ..., p_m of the straight-jacket auction, `[m + 1]`.
 *
 * They follow one after the other: the types x in [0, 1]^r that take none of r goods at the prices p_1, ..., p_r, which
 * is to say sum_{j in J} x_j <= p_|J| for all J, have the volume 1 - r / (m + 1). So p_1 = m / (m + 1) and
 * p_2 = (2 m - sqrt 2) / (m + 1), where m > 1.
 *
 * From five goods on the last of these are lower than one before. A buyer then takes the larger bundle for less, and
 * the price of the smaller one is given as that of the larger.
 *
 * @param goods m, from 1 to 50.
 * @throws {InvalidInputError} where it is not.
 */
export function straightJacketPrices(goods: number): Float64Array {
  const action = "price bundles";
  requireInteger(action, "goods", goods, 1);
  if (goods > MOST_GOODS) {
    throw new InvalidInputError(`Cannot ${action}: goods must be at most ${MOST_GOODS}, got ${goods}`);
  }
  let prices = [0];
  for (let r = 1; r <= goods; r++) {
    const target = 1 - r / (goods + 1), last = prices[r - 1];
    const menu = (price: number) => [...prices.map((one) => Math.min(one, price)), price];
    // Below the last price if it must be, and above it by no more than that was above the one before.
    let low = 0, high = r === 1 ? 1 : 2 * last - prices[r - 2];
    for (let k = 0; k < BISECTIONS + r; k++) {
      const middle = (low + high) / 2;
      if (bundleVolume(menu(middle)) < target) low = middle;
      else high = middle;
    }
    prices = [...prices, high];
  }
  for (let k = goods - 1; k > 0; k--) prices[k] = Math.min(prices[k], prices[k + 1]);
  return Float64Array.from(prices);
}

/** The expected revenue from one buyer with types i.i.d. uniform on [0, 1], who may buy any k goods for p_k. */
export function bundleRevenue(prices: Float64Array): number {
  return bundleShares(prices).reduce((sum, share, k) => sum + share * prices[k], 0);
}

/** What was computed before, by m. Fifty goods take a fifth of a second, ten a few milliseconds. */
const computed = new Map<number, KnownValue>();

/**
 * The largest expected revenue from selling m goods that cost nothing to one buyer whose types are i.i.d. uniform on
 * [0, 1]: that of the straight-jacket auction, exact up to rounding. It is proved to be the largest up to six goods, and
 * conjectured for more.
 *
 * @param goods m, at least 1.
 * @returns The value, or undefined for more than 50 goods, where it cannot be computed in 64-bit floats.
 */
export function straightJacketOptimum(goods: number): KnownValue | undefined {
  if (goods > MOST_GOODS) return undefined;
  let known = computed.get(goods);
  if (!known) {
    const proved = goods <= MOST_PROVED, source = "Giannakopoulos and Koutsoupias 2014";
    const name = `straight-jacket auction (${proved ? source : `conjectured to be optimal: ${source}`})`;
    known = { value: bundleRevenue(straightJacketPrices(goods)), name, proved };
    computed.set(goods, known);
  }
  return known;
}
