/**
 * The straight-jacket auction: bundles of each size have one price.
 *
 * Source: Giannakopoulos and Koutsoupias, "Duality and optimality of auctions for uniform distributions", EC 2014.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { bundleRevenue, straightJacketPrices } from "../problems/straight_jacket.ts";
import { auctionMechanism, settingAuction } from "./auction.ts";
import { auctionInWords } from "./in_words.ts";

/** The straight-jacket auction: a price for each size of a bundle. */
export interface StraightJacketAuction extends Mechanism {
  /** p_0 = 0, p_1, ..., p_m: the prices of bundles by size. */
  readonly prices: Float64Array;
  /** The principal's expected utility. */
  readonly revenue: number;
}

/**
 * The straight-jacket auction for types i.i.d. uniform on [0, 1] without costs: every participant may buy any k goods
 * for p_k. Without costs the participants do not affect each other, so for one participant or many this is the best
 * truthful mechanism up to six goods, by a proof, and is conjectured to be for more. Its prices are those of
 * {@linkcode straightJacketPrices}.
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
  const { distribution, participants: n, goods: m, productionCost, duplicationCost } = settingAuction(action, task);
  if (distribution !== "U" || productionCost !== 0 || duplicationCost !== 0) {
    throw new InvalidInputError(
      `Cannot ${action}: the problem must have uniform types and no costs, such as U_{1,${m}}^{0,0}, ` +
        `got ${task.name}`,
    );
  }
  const prices = straightJacketPrices(m);
  const revenue = n * bundleRevenue(prices);
  const mechanism = auctionMechanism(n, m, (types, outcomes, payments) => {
    for (let i = 0; i < n; i++) payments[i] = buy(types.subarray(i * m, (i + 1) * m), outcomes.subarray(i * m), prices);
  });
  return auctionInWords("Straight-jacket auction", task, { ...mechanism, prices, revenue }, [
    ["prices", Array.from(prices.slice(1, 7), (price) => price.toFixed(4)).join(", ") + (m > 6 ? ", \u2026" : "")],
    ["revenue", revenue.toFixed(4), "expected"],
  ]);
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
