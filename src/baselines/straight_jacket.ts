/**
 * The straight-jacket auction.
 *
 * Source: Giannakopoulos and Koutsoupias, "Duality and optimality of auctions for uniform distributions", EC 2014.
 *
 * @module
 */
import { InvalidInputError, requireInteger } from "../errors.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { auctionMechanism, paperAuction } from "./auction.ts";
import { bundleShares, bundleVolume } from "./bundle_volumes.ts";

/** The straight-jacket auction: a price for each size of a bundle. */
export interface StraightJacketAuction extends Mechanism {
  /** p_0 = 0, p_1, ..., p_m: the prices of bundles by size. */
  readonly prices: Float64Array;
  /** The principal's expected utility. */
  readonly revenue: number;
}

/** With more goods some of the volumes that prices follow from are lost in rounding. */
const MOST_GOODS = 50;
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

/**
 * The straight-jacket auction for types i.i.d. uniform on [0, 1] without costs: every participant may buy any k goods
 * for p_k. Without costs the participants do not affect each other, so for one participant or many this is the best
 * truthful mechanism where it is proved to be: up to six goods.
 *
 * The expected utility is exact up to rounding: n sum_k p_k P(k goods).
 *
 * @throws {InvalidInputError} where the problem is not a setting of uniform types without costs, or has more than 50
 * goods.
 *
 * @example
 * ```ts
 * import { settingProblem, straightJacket } from "@tedi/toolkit";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { prices, revenue } = straightJacket(settingProblem("U-1-2"));
 * assertAlmostEquals(revenue, (12 + 2 * Math.SQRT2) / 27);
 * assertAlmostEquals(prices[2], (4 - Math.SQRT2) / 3); // both goods; one good costs 2/3
 * ```
 */
export function straightJacket(problem: MechanismProblem | string): StraightJacketAuction {
  const action = "make the straight-jacket auction";
  const task = problemOf(problem);
  const { distribution, participants: n, goods: m, productionCost, duplicationCost } = paperAuction(action, task);
  if (distribution !== "U" || productionCost !== 0 || duplicationCost !== 0) {
    throw new InvalidInputError(
      `Cannot ${action}: the problem must have uniform types and no costs, such as U_{1,${m}}^{0,0}, ` +
        `got ${task.name}`,
    );
  }
  const prices = straightJacketPrices(m);
  const revenue = n * bundleShares(prices).reduce((sum, share, k) => sum + share * prices[k], 0);
  const mechanism = auctionMechanism(n, m, (types, outcomes, payments) => {
    for (let i = 0; i < n; i++) payments[i] = buy(types.subarray(i * m, (i + 1) * m), outcomes.subarray(i * m), prices);
  });
  return { ...mechanism, prices, revenue };
}

/** Takes the best bundle, the largest one where several are, and gives its price. */
function buy(types: Float32Array, outcome: Float64Array, prices: Float64Array): number {
  const order = Array.from(types.keys()).sort((j, k) => types[k] - types[j] || j - k);
  let value = 0, best = 0, size = 0;
  for (let k = 1; k <= order.length; k++) {
    value += types[order[k - 1]];
    if (value - prices[k] >= best) best = value - prices[k], size = k;
  }
  for (let k = 0; k < size; k++) outcome[order[k]] = 1;
  return prices[size];
}
