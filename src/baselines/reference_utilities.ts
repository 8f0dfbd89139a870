/**
 * What simple mechanisms earn in any reproducible goods problem, and what none can: numbers to hold a learned mechanism
 * against.
 *
 * @module
 */
import { requireInteger } from "../errors.ts";
import { type EachUtility, evaluateEach } from "../mechanisms/evaluate.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import { alikeValues, ofAlike } from "../problems/alike_values.ts";
import { amount } from "../problems/amounts.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { isUnitSupply } from "../problems/supply.ts";
import { auctionMechanism, goodByGood, type GoodRule, type GoodsAuction, goodsAuction } from "./auction.ts";
import { bestPrice, bundle } from "./bundle.ts";
import { auctionInWords } from "./in_words.ts";
import { ironedValue } from "../problems/ironed_value.ts";
import { sellByVirtualValue } from "./ironed.ts";
import { sellOnce } from "./unit_supply.ts";
import { vcg } from "./vcg.ts";

/** A mechanism to compare with, or a bound, and the principal's expected utility under it. */
export interface ReferenceUtility {
  /** `item-wise Myerson`, `Bundle-OPT`, `Bundle-Myerson`, `posted prices`, `VCG` or `welfare`. */
  readonly name: string;
  /** What it is, in words. */
  readonly remark: string;
  /** The principal's mean utility on the test profiles; of the bound, the mean welfare. */
  readonly utility: number;
  /** Standard error of the mean. */
  readonly standardError: number;
  /** The mechanism, which is truthful and individually rational; left out where this is a bound. */
  readonly mechanism?: Mechanism;
  /** True where no truthful and individually rational mechanism earns more in expectation. */
  readonly upperBound: boolean;
}

/** Values of which prices and virtual values are made: so many profiles that all have about this many values. */
const TRAINING_VALUES = 2_000_000, MOST_TRAINING_PROFILES = 100_000;
/** The stream of the training profiles, that of no other baseline. */
const STREAM = 0x5e9a7;
const CHUNK = 4096;

/**
 * Simple mechanisms for a problem, measured on the same held-out type profiles as `evaluate` measures on:
 *
 * - item-wise Myerson: each good by itself, by virtual values that are ironed from a sample of training profiles, one
 *   for each participant and good where these are not exchangeable (Myerson, Mathematics of Operations Research 6, 1981).
 *   It is the best mechanism for each good where participants' types are independent; where they are not, it is still
 *   truthful;
 * - Bundle-OPT: all goods together at the best price, see {@linkcode bundle};
 * - posted prices: each good at its own best price, the same for all participants;
 * - Bundle-Myerson, where goods exist once, in the place of the two: all goods together to one participant, by ironed
 *   virtual values of the sums of values;
 * - VCG: the efficient outcome, see {@linkcode vcg};
 * - welfare: E[max_x (sum_i <t_i, x_i> - c_0(x))], which bounds what any individually rational mechanism earns.
 *
 * @param problem A problem, or the name of a setting.
 * @param options `profiles` and `seed` of the test profiles, those of `evaluate` unless given.
 * @returns Nothing where the principal's utility is not that of reproducible goods.
 * @throws {InvalidInputError} where `profiles` is not an integer of at least 2, or `problem` is neither a problem nor a
 * setting's name.
 *
 * @example
 * ```ts
 * import { referenceUtilities } from "@tedi/toolkit";
 *
 * for (const { name, utility } of await referenceUtilities("U-1-2", { profiles: 10_000 })) {
 *   console.log(name, utility.toFixed(2)); // Bundle-OPT 0.54, and others
 * }
 * ```
 */
export async function referenceUtilities(
  problem: MechanismProblem | string,
  options: { readonly profiles?: number; readonly seed?: number; readonly signal?: AbortSignal } = {},
): Promise<readonly ReferenceUtility[]> {
  return (await measuredReferences(problem, options)).map(({ each: _, ...reference }) => reference);
}

/** A reference with the principal's utility at each test profile, to compare others with on the same ones. */
export interface MeasuredReference extends ReferenceUtility {
  readonly each: EachUtility;
}

/**
 * The references of {@linkcode referenceUtilities}, at each test profile.
 *
 * @param options Also `itemWise`: whether item-wise Myerson is among them, true unless given.
 */
export async function measuredReferences(
  problem: MechanismProblem | string,
  options: {
    readonly profiles?: number;
    readonly seed?: number;
    readonly signal?: AbortSignal;
    readonly itemWise?: boolean;
  },
): Promise<readonly MeasuredReference[]> {
  const { itemWise = true, ...test } = options, { profiles } = test;
  const task = problemOf(problem), action = "compare with reference mechanisms";
  if (profiles !== undefined) requireInteger(action, "profiles", profiles, 2);
  if (!isReproducibleGoods(task.principalUtility)) return [];
  const auction = goodsAuction(action, task, true), wanted = wantedProfiles(task);
  const types = trainingTypes(task, wanted);
  const candidates: (readonly [string, string, Mechanism])[] = [];
  if (itemWise) {
    const words = "each good by itself, virtual values ironed from a sample";
    candidates.push(["item-wise Myerson", words, sellByItem(task, auction, types)]);
  }
  if (isUnitSupply(task)) {
    const words = "all goods together, by ironed virtual values";
    candidates.push(["Bundle-Myerson", words, bundleOnce(task, auction, types)]);
  } else {
    const together = bundle(task, { profiles: wanted }), posted = postedPrices(task, auction, types);
    const words = `all goods together, ${priceInWords(task, together.price)}`;
    candidates.push(["Bundle-OPT", words, together], ["posted prices", `each good ${posted.words}`, posted.mechanism]);
  }
  candidates.push(["VCG", "the efficient outcome", vcg(task)]);
  const measured: MeasuredReference[] = [];
  const measure = async (mechanism: Mechanism) => {
    const each = await evaluateEach(task, mechanism, test), { revenue: utility, standardError } = each.evaluation;
    return { utility, standardError, each };
  };
  for (const [name, remark, mechanism] of candidates) {
    measured.push({ name, remark, ...await measure(mechanism), mechanism, upperBound: false });
  }
  const remark = "no mechanism in which nobody loses earns more";
  return [...measured, {
    name: "welfare",
    remark,
    ...await measure(takesAllWelfare(auction, task.scale, isUnitSupply(task))),
    upperBound: true,
  }];
}

function priceInWords(problem: MechanismProblem, price: number): string {
  return price === Infinity ? "not for sale" : `at ${amount(problem, price)}`;
}

/** Training profiles `[B, n, m]`. */
function trainingTypes({ distribution, participants, goods }: MechanismProblem, profiles: number): Float32Array {
  const types = new Float32Array(profiles * participants * goods), key = deriveKey(randomKey(0), STREAM);
  for (let done = 0, chunk = 0; done < profiles; done += CHUNK, chunk++) {
    const count = Math.min(CHUNK, profiles - done);
    types.set(distribution.sample(deriveKey(key, chunk), count, "training"), done * participants * goods);
  }
  return types;
}

/**
 * The item-wise Myerson auction of a problem, from a sample of training profiles: see {@linkcode referenceUtilities}.
 *
 * @throws {InvalidInputError} where the principal's utility is not that of reproducible goods.
 */
export function itemWiseMyerson(problem: MechanismProblem): Mechanism {
  return sellByItem(problem, goodsAuction("make the item-wise Myerson auction", problem, true), samplesOf(problem));
}

/**
 * All goods together to one participant, by virtual values of sums that are ironed from a sample of training profiles,
 * where goods exist once.
 *
 * @throws {InvalidInputError} where the principal's utility is not that of reproducible goods.
 */
export function bundleMyerson(problem: MechanismProblem): Mechanism {
  return bundleOnce(problem, goodsAuction("make the Bundle-Myerson auction", problem, true), samplesOf(problem));
}

/** As many training profiles as make about TRAINING_VALUES values. */
function samplesOf(problem: MechanismProblem): Float32Array {
  return trainingTypes(problem, wantedProfiles(problem));
}

function wantedProfiles({ participants: n, goods: m }: MechanismProblem): number {
  return Math.min(MOST_TRAINING_PROFILES, Math.ceil(TRAINING_VALUES / (n * m)));
}

/** Sells each good by itself, by virtual values ironed from `types` `[B, n, m]`. */
function sellByItem(problem: MechanismProblem, auction: GoodsAuction, types: Float32Array): Mechanism {
  const { participants: n, goods: m, productionCost, duplicationCost } = auction;
  const values = ofAlike(alikeValues(problem, types), ironedValue);
  const rules = Array.from({ length: m }, (_, j) => {
    const own = Array.from({ length: n }, (_, i) => values[i * m + j]);
    return isUnitSupply(problem)
      ? sellOnce(own, productionCost + duplicationCost)
      : sellByVirtualValue(own, productionCost, duplicationCost);
  });
  return auctionInWords("Item-wise Myerson", problem, goodByGood(n, m, rules, problem.scale));
}

/** Sells all goods together to one participant, by virtual values of sums ironed from `types` `[B, n, m]`. */
function bundleOnce(problem: MechanismProblem, auction: GoodsAuction, types: Float32Array): Mechanism {
  const { participants: n, goods: m, productionCost, duplicationCost } = auction, rows = types.length / m;
  const sumAt = (from: number, types: ArrayLike<number>): number => {
    let sum = 0;
    for (let j = from; j < from + m; j++) sum += types[j];
    return sum;
  };
  const { exchangeable } = problem.distribution;
  const values = Array.from({ length: exchangeable ? 1 : n }, (_, i) => {
    const own = Array.from({ length: rows }, (_, row) => row).filter((row) => exchangeable || row % n === i);
    return ironedValue(Float64Array.from(own, (row) => sumAt(row * m, types)));
  });
  const sell = sellOnce(
    Array.from({ length: n }, (_, i) => values[exchangeable ? 0 : i]),
    m * (productionCost + duplicationCost),
  );
  const sums = new Float64Array(n), prices = new Float64Array(n);
  const auctionOfAll = auctionMechanism(n, m, (types, outcomes, payments) => {
    for (let i = 0; i < n; i++) sums[i] = sumAt(i * m, types);
    sell(sums, prices);
    for (let i = 0; i < n; i++) {
      if (prices[i] === Infinity) continue;
      outcomes.fill(1, i * m, (i + 1) * m);
      payments[i] = prices[i];
    }
  }, problem.scale);
  return auctionInWords("Bundle-Myerson", problem, auctionOfAll);
}

/** Each good at the price that is best for `types` `[B, n, m]`. */
function postedPrices(
  problem: MechanismProblem,
  auction: GoodsAuction,
  types: Float32Array,
): { readonly mechanism: Mechanism; readonly words: string } {
  const { participants: n, goods: m } = auction, profiles = types.length / (n * m);
  const prices = Array.from({ length: m }, (_, j) => {
    const values = new Float64Array(profiles * n), largest = new Float64Array(profiles);
    for (let row = 0; row < values.length; row++) {
      values[row] = types[row * m + j];
      largest[Math.floor(row / n)] = Math.max(largest[Math.floor(row / n)], values[row]);
    }
    return bestPrice({ ...auction, goods: 1 }, values, largest).price;
  });
  const rules = prices.map((price): GoodRule => (types, own) => {
    for (let i = 0; i < types.length; i++) own[i] = types[i] >= price ? price : Infinity;
  });
  const sold = prices.filter((price) => price < Infinity), least = Math.min(...sold), most = Math.max(...sold);
  const words = sold.length === 0
    ? priceInWords(problem, Infinity)
    : `at its own price, ${amount(problem, least)}${most > least ? ` to ${amount(problem, most)}` : ""}`;
  return { mechanism: auctionInWords("Posted prices", problem, goodByGood(n, m, rules, problem.scale)), words };
}

/** The efficient outcome where everybody pays their value, which is not truthful: the principal gets all welfare. */
function takesAllWelfare(
  { participants, goods, productionCost, duplicationCost }: GoodsAuction,
  scale: number | undefined,
  once: boolean,
): Mechanism {
  const unitCost = productionCost + duplicationCost;
  const rule: GoodRule = (types, prices) => {
    if (once) {
      const most = types.reduce((a, b) => Math.max(a, b)), first = types.indexOf(most);
      for (let i = 0; i < types.length; i++) prices[i] = i === first && most > unitCost ? most : Infinity;
      return;
    }
    let surplus = -productionCost;
    for (const type of types) surplus += Math.max(0, type - duplicationCost);
    for (let i = 0; i < types.length; i++) {
      prices[i] = surplus > 0 && types[i] > duplicationCost ? types[i] : Infinity;
    }
  };
  return goodByGood(participants, goods, rule, scale);
}
