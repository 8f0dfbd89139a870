/**
 * Price lists: what one participant may choose, as a list of outcomes with prices.
 *
 * Whatever is on such a list, letting the participant take the best entry, or nothing, is truthful and individually
 * rational: it is a menu (Definition 2.5). A short list is as truthful as a long one; it only earns other amounts.
 *
 * @module
 */

import { goodName, type MechanismUnits } from "./units.ts";

/** An outcome and its price. */
export interface PriceListEntry {
  /** x `[m]`, each in [0, 1]. */
  readonly outcome: readonly number[];
  /** In the units of types. */
  readonly price: number;
}

/** What a list does with types: who takes what. */
export interface ListUse {
  /** The share of types that take each entry. */
  readonly shares: readonly number[];
  /** Mean payment less the cost of units. */
  readonly profit: number;
  /** Its standard error. */
  readonly standardError: number;
}

/** The utilities of entries within this of each other are ties, which go to the higher price. */
const TIE = 1e-8;

/** The number of taken outcomes that are looked at: those that most take. */
export const MOST_ENTRIES = 200;

/**
 * Lists what was taken. Probabilities of at least `round` count as 1, those of at most 1 - `round` as 0; outcomes that
 * differ by at most `tolerance` in each good are one entry, the one that most take, at the least price that was paid.
 *
 * @param outcomes What was taken `[B, m]`.
 * @param payments What was paid for it `[B]`.
 * @returns Entries from what most take on, without that of nothing, how many of the B take each, and how many entries are
 * left out.
 */
export function takenOutcomes(
  outcomes: Float64Array,
  payments: Float64Array,
  goods: number,
  { round, tolerance }: { readonly round: number; readonly tolerance: number },
): { readonly entries: PriceListEntry[]; readonly takers: readonly number[]; readonly leftOut: number } {
  const found = new Map<string, { outcome: number[]; price: number; takers: number }>();
  for (let b = 0; b < payments.length; b++) {
    const outcome = Array.from(outcomes.subarray(b * goods, (b + 1) * goods), (x) => {
      return x >= round ? 1 : x <= 1 - round ? 0 : Math.round(x * 1e4) / 1e4;
    });
    if (outcome.every((x) => x === 0)) continue;
    const key = outcome.join(), known = found.get(key);
    if (known) known.takers++, known.price = Math.min(known.price, payments[b]);
    else found.set(key, { outcome, price: payments[b], takers: 1 });
  }
  const merged: { outcome: number[]; price: number; takers: number }[] = [];
  let leftOut = 0;
  for (const one of [...found.values()].sort((a, b) => b.takers - a.takers)) {
    const near = merged.find(({ outcome }) => outcome.every((x, j) => Math.abs(x - one.outcome[j]) <= tolerance));
    if (near) near.takers += one.takers, near.price = Math.min(near.price, one.price);
    else if (merged.length < MOST_ENTRIES) merged.push(one);
    else leftOut++;
  }
  merged.sort((a, b) => b.takers - a.takers);
  const entries = merged.map(({ outcome, price }) => ({ outcome, price }));
  return { entries, takers: merged.map(({ takers }) => takers), leftOut };
}

/**
 * An outcome `[m]` in words: `good 1 + good 2`, or with the probability of goods that are given by chance, `good 1 +
 * 0.35 good 2`.
 */
export function bundleName(outcome: readonly number[], units: Pick<MechanismUnits, "goods"> = {}): string {
  if (outcome.length > 2 && outcome.every((x) => x === 1)) return `all ${outcome.length} goods`;
  const parts = outcome.flatMap((x, j) => {
    return x === 0 ? [] : [x === 1 ? goodName(units, j) : `${x.toFixed(2)} ${goodName(units, j)}`];
  });
  return parts.join(" + ") || "nothing";
}

/** The values of entries to types: `[E][B]`. */
function valuesOf(entries: readonly PriceListEntry[], types: Float32Array, goods: number): Float64Array[] {
  return entries.map(({ outcome }) => {
    const values = new Float64Array(types.length / goods);
    for (let j = 0; j < goods; j++) {
      const x = outcome[j];
      if (x !== 0) { for (let b = 0; b < values.length; b++) values[b] += x * types[b * goods + j]; }
    }
    return values;
  });
}

/** What an entry brings: its price less the cost of its units. */
function profitOf({ outcome, price }: PriceListEntry, unitCost: number): number {
  return price - unitCost * outcome.reduce((sum, x) => sum + x, 0);
}

/** Whether a utility at a price is better than another, ties going to the higher price. */
function isBetter(utility: number, price: number, than: number, paid: number): boolean {
  return utility > than + TIE || (utility >= than - TIE && price > paid);
}

/** The entry that each type takes `[B]`, -1 for nothing; `leave` is an entry that is not on the list. */
function choices(entries: readonly PriceListEntry[], values: readonly Float64Array[], leave = -1): Int32Array {
  const B = values[0]?.length ?? 0, taken = new Int32Array(B).fill(-1);
  for (let b = 0; b < B; b++) {
    let best = 0, paid = 0;
    for (let e = 0; e < entries.length; e++) {
      if (e === leave) continue;
      const { price } = entries[e], utility = values[e][b] - price;
      if (isBetter(utility, price, best, paid)) {
        best = utility, paid = price, taken[b] = e;
      }
    }
  }
  return taken;
}

/** What a list earns where every type `[B, m]` takes the entry that is best for it, or nothing. */
export function useOfList(
  entries: readonly PriceListEntry[],
  types: Float32Array,
  goods: number,
  unitCost: number,
): ListUse {
  const B = types.length / goods, counts = entries.map(() => 0);
  for (const e of choices(entries, valuesOf(entries, types, goods))) if (e >= 0) counts[e]++;
  let sum = 0, squares = 0;
  entries.forEach((entry, e) => {
    const profit = profitOf(entry, unitCost);
    sum += counts[e] * profit, squares += counts[e] * profit ** 2;
  });
  const profit = sum / B, variance = Math.max(0, squares / B - profit ** 2);
  return { shares: counts.map((count) => count / B), profit, standardError: Math.sqrt(variance / Math.max(1, B - 1)) };
}

/** Rounds of new prices at most. */
const PRICE_ROUNDS = 20;

/**
 * Shortens a list to at most `size` entries. Entry by entry, the one without which the list earns the most is left out; then each
 * price in turn becomes the one that is best while the others stay, until none changes.
 * Entries that nobody takes then are left out. That need not be the best list
 * of all, but no single price of it could be better for `types`.
 *
 * @param types The types `[B, m]` on which it is chosen.
 */
export function shortList(
  entries: readonly PriceListEntry[],
  size: number,
  types: Float32Array,
  goods: number,
  unitCost: number,
): PriceListEntry[] {
  let list = [...entries], values = valuesOf(list, types, goods);
  while (list.length > size) {
    const losses = lossesWithout(list, values, unitCost), leave = losses.indexOf(Math.min(...losses));
    list = list.filter((_, e) => e !== leave), values = values.filter((_, e) => e !== leave);
  }
  for (let round = 0, changed = true; changed && round < PRICE_ROUNDS; round++) {
    changed = false;
    for (let e = 0; e < list.length; e++) {
      const price = bestPriceOf(e, list, values, unitCost);
      if (Math.abs(price - list[e].price) < 1e-6) continue;
      list[e] = { ...list[e], price }, changed = true;
    }
  }
  const taken = new Set(choices(list, values));
  return list.filter((_, e) => taken.has(e));
}

/** What a list earns less without each entry, where those who take it take their second best. */
function lossesWithout(
  list: readonly PriceListEntry[],
  values: readonly Float64Array[],
  unitCost: number,
): number[] {
  const profits = list.map((entry) => profitOf(entry, unitCost)), losses = list.map(() => 0);
  for (let b = 0; b < values[0].length; b++) {
    let best = 0, first = -1, next = 0, second = -1;
    for (let e = 0; e < list.length; e++) {
      const utility = values[e][b] - list[e].price;
      if (isBetter(utility, list[e].price, best, list[first]?.price ?? 0)) {
        next = best, second = first, best = utility, first = e;
      } else if (isBetter(utility, list[e].price, next, list[second]?.price ?? 0)) next = utility, second = e;
    }
    if (first >= 0) losses[first] += profits[first] - (second < 0 ? 0 : profits[second]);
  }
  return losses;
}

/** The best price of an entry while the others stay: one at which some type just takes it. */
function bestPriceOf(
  e: number,
  list: readonly PriceListEntry[],
  values: readonly Float64Array[],
  unitCost: number,
): number {
  const others = choices(list, values, e), cost = -profitOf({ ...list[e], price: 0 }, unitCost);
  // The highest price at which each type takes the entry, and what the type brings otherwise.
  const highest = Array.from(others, (other, b) => {
    const utility = other < 0 ? 0 : values[other][b] - list[other].price;
    return { price: values[e][b] - utility, otherwise: other < 0 ? 0 : profitOf(list[other], unitCost) };
  }).sort((a, b) => b.price - a.price);
  let best = list[e].price, most = -Infinity, lost = 0;
  for (let k = 0; k < highest.length && highest[k].price > 0; k++) {
    const { price, otherwise } = highest[k];
    lost += otherwise;
    const more = (k + 1) * (price - cost) - lost;
    if (more > most) most = more, best = price;
  }
  return best;
}
