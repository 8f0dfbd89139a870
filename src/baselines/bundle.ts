/**
 * Sells all goods as one bundle, at the best price.
 *
 * @module
 */
import { requireInteger } from "../errors.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import { amount } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { auctionMechanism, type GoodsAuction, goodsAuction } from "./auction.ts";
import { auctionInWords } from "./in_words.ts";

/** The sample on which {@linkcode bundle} finds its price. */
export interface BundleOptions {
  /** How many training profiles; 100,000 unless given. */
  readonly profiles?: number;
  /** The seed of the training profiles. 0 unless given. */
  readonly seed?: number;
}

/** The auction of one bundle. */
export interface BundleAuction extends Mechanism {
  /** The bundle's price, the same for every participant; infinity where selling it at any price does not pay. */
  readonly price: number;
  /** The principal's mean utility on the training profiles. */
  readonly trainingUtility: number;
}

/** The stream of the training profiles, apart from those of training and of tests. */
const STREAM = 0xb0d1e;
const CHUNK = 4096;

/**
 * The row "Bundle-OPT" of Table 1: the bundle of all goods at one price r for every participant. Whoever values it at
 * sum_j t_ij >= r buys, whatever the others do, and the goods are produced where anybody buys, so the principal's
 * expected utility is
 *
 * sum_i (r - m c^d) P(v_i >= r) - m c^p P(max_i v_i >= r), v_i = sum_j t_ij.
 *
 * The price is the best one for a sample of training profiles. Between two values that occur in it nobody's choice
 * changes, so the values that occur are all the prices there are to try. Where none earns more than 0, nothing is sold.
 *
 * @param problem A problem, or the name of a setting.
 * @throws {InvalidInputError} where the principal's utility is not that of reproducible goods, or `profiles` is not a
 * positive integer.
 *
 * @example
 * ```ts
 * import { bundle, settingProblem } from "@tedi/toolkit";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { price } = bundle(settingProblem("U-1-2"));
 * assertAlmostEquals(price, Math.sqrt(2 / 3), 0.02);
 * ```
 */
export function bundle(problem: MechanismProblem | string, options: BundleOptions = {}): BundleAuction {
  const { profiles = 100_000, seed = 0 } = options, action = "make the bundle auction";
  const task = problemOf(problem), auction = goodsAuction(action, task), { participants: n, goods: m } = auction;
  requireInteger(action, "profiles", profiles, 1);
  const values = new Float64Array(profiles * n), largest = new Float64Array(profiles);
  const key = deriveKey(randomKey(seed), STREAM);
  for (let done = 0, chunk = 0; done < profiles; chunk++) {
    const count = Math.min(CHUNK, profiles - done);
    const types = task.distribution.sample(deriveKey(key, chunk), count, "training");
    for (let row = 0; row < count * n; row++) {
      const value = bundleValue(types, row * m, m), b = done + Math.floor(row / n);
      values[done * n + row] = value;
      largest[b] = Math.max(largest[b], value);
    }
    done += count;
  }
  const { price, utility } = bestPrice(auction, values, largest);
  const mechanism = auctionMechanism(n, m, (types, outcomes, payments) => {
    for (let i = 0; i < n; i++) {
      if (bundleValue(types, i * m, m) < price) continue;
      outcomes.fill(1, i * m, (i + 1) * m);
      payments[i] = price;
    }
  }, task.scale);
  return auctionInWords("Bundle-OPT", task, { ...mechanism, price, trainingUtility: utility }, [
    ["price", amount(task, price), "of all goods together"],
    ["training utility", amount(task, utility), `of the principal, mean of ${profiles} profiles`],
  ]);
}

/** The value of all m goods from `at` on. */
function bundleValue(types: Float32Array, at: number, m: number): number {
  let value = 0;
  for (let j = at; j < at + m; j++) value += types[j];
  return value;
}

/**
 * The best price among the values of a sample, and the mean utility that it earns.
 *
 * @param values v_i `[B, n]`. They are sorted.
 * @param largest max_i v_i `[B]`. They are sorted.
 */
export function bestPrice(
  { goods, productionCost, duplicationCost }: GoodsAuction,
  values: Float64Array,
  largest: Float64Array,
): { price: number; utility: number } {
  values.sort();
  largest.sort();
  let best = { price: Infinity, utility: 0 };
  for (let from = values.length - 1, producedFrom = largest.length; from >= 0; from--) {
    const price = values[from];
    if (from > 0 && values[from - 1] === price) continue; // those who value it the same buy as well
    while (producedFrom > 0 && largest[producedFrom - 1] >= price) producedFrom--;
    const income = (price - goods * duplicationCost) * (values.length - from);
    const utility = (income - goods * productionCost * (largest.length - producedFrom)) / largest.length;
    if (utility > best.utility) best = { price, utility };
  }
  return best;
}
