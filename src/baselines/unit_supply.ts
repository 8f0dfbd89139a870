/**
 * Auctions of goods that exist once, each good by itself: to whoever has the highest score, above a reserve.
 *
 * @module
 */
import type { GoodRule } from "./auction.ts";

/** Scores of one participant's values of a good, which do not fall in the value. */
export interface UnitScore {
  /** The score of a value. */
  of(type: number): number;
  /** The least value with a score of at least `score`, or just above; infinity where there is none. */
  typeFrom(score: number): number;
  /** The least value with a score above `score`, or just above; infinity where there is none. */
  typeAbove(score: number): number;
}

/**
 * Sells one good to the participant with the highest score, the first one where several have it, if it is above a
 * reserve. A higher value never loses what a lower one wins, and the payment is the least value that still wins: so
 * telling the truth is dominant (Myerson, "Optimal auction design", 1981).
 *
 * @param scores One for each participant.
 * @param reserve What the good is worth to the principal, as a score.
 */
export function sellOnce(scores: readonly UnitScore[], reserve: number): GoodRule {
  const own = new Float64Array(scores.length);
  return (types, prices) => {
    prices.fill(Infinity);
    let winner = -1;
    for (let i = 0; i < types.length; i++) {
      own[i] = scores[i].of(types[i]);
      if (own[i] > reserve && (winner < 0 || own[i] > own[winner])) winner = i;
    }
    if (winner < 0) return;
    let price = scores[winner].typeAbove(reserve);
    for (let k = 0; k < types.length; k++) {
      if (k === winner || !(own[k] > reserve)) continue;
      price = Math.max(price, k < winner ? scores[winner].typeAbove(own[k]) : scores[winner].typeFrom(own[k]));
    }
    prices[winner] = Math.min(types[winner], price); // the minimum is for rounding only
  };
}

/** The value itself as its score: the efficient outcome, and Vickrey's price. */
export const VALUE: UnitScore = { of: (type) => type, typeFrom: (score) => score, typeAbove: (score) => score };
