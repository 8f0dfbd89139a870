/**
 * Truthful mechanisms to plant violations in: posted prices, auctions with reserve prices, smooth menus of lotteries, and
 * many goods singly or together.
 *
 * @module
 */
import { flatTypes, type Mechanism } from "../../src/mechanisms/mechanism.ts";

/** What each participant gets and pays, by a rule in a few lines. */
export interface Rule {
  readonly participants: number;
  readonly goods: number;
  /**
   * Writes participant `i`'s outcome `[m]`, which is all 0 before.
   *
   * @param types A type profile `[n, m]`.
   * @returns The payment.
   */
  decide(types: Float32Array, i: number, outcome: Float64Array): number;
}

/** The mechanism of a rule. It tells no prices and no gaps, as a mechanism of somebody's own. */
export function ruled({ participants: n, goods: m, decide }: Rule): Mechanism {
  return {
    participants: n,
    goods: m,
    run(reported) {
      const types = flatTypes(reported, n, m), rows = types.length / m, size = n * m;
      const outcomes = new Float64Array(rows * m), payments = new Float64Array(rows);
      const utilities = new Float64Array(rows), gaps = new Float64Array(rows).fill(Infinity);
      const outcome = new Float64Array(m);
      for (let row = 0, profile = types; row < rows; row++) {
        if (row % n === 0) profile = types.subarray(row * m, row * m + size);
        payments[row] = decide(profile, row % n, outcome.fill(0));
        utilities[row] = -payments[row];
        for (let j = 0, at = row * m; j < m; j++, at++) {
          outcomes[at] = outcome[j], utilities[row] += types[at] * outcome[j];
        }
      }
      return Promise.resolve({ profiles: rows / n, outcomes, payments, utilities, gaps });
    },
  };
}

/** Every good at a price of its own, for whoever values it at that or more. */
export function postedPrices(participants: number, prices: readonly number[]): Rule {
  return {
    ...{ participants, goods: prices.length },
    decide(types, i, outcome) {
      let payment = 0;
      prices.forEach((price, j) => {
        if (types[i * prices.length + j] < price) return;
        outcome[j] = 1, payment += price;
      });
      return payment;
    },
  };
}

/** Each good to the first of those with the highest value, for the second highest, and the reserve price at least. */
export function auctions(participants: number, reserves: readonly number[]): Rule {
  const m = reserves.length;
  return {
    ...{ participants, goods: m },
    decide(types, i, outcome) {
      let payment = 0;
      for (let j = 0; j < m; j++) {
        const own = types[i * m + j];
        let wins = own >= reserves[j], price = reserves[j];
        for (let k = 0; k < participants; k++) {
          const other = types[k * m + j];
          if (k === i) continue;
          price = Math.max(price, other);
          if (other > own || other === own && k < i) wins = false;
        }
        if (wins) outcome[j] = 1, payment += price;
      }
      return payment;
    },
  };
}

/** A share of each good that grows with its value: best responses to the price sum_j (a x_j + b x_j^2 / 2). */
export function lotteries(participants: number, goods: number, a: number, b: number): Rule {
  return {
    participants,
    goods,
    decide(types, i, outcome) {
      let payment = 0;
      for (let j = 0; j < goods; j++) {
        const x = Math.min(1, Math.max(0, (types[i * goods + j] - a) / b));
        outcome[j] = x, payment += a * x + b * x * x / 2;
      }
      return payment;
    },
  };
}

/** Goods at one price each, or all together for less. */
export function singlyOrTogether(participants: number, goods: number, each: number, together: number): Rule {
  return {
    participants,
    goods,
    decide(types, i, outcome) {
      let all = -together, singly = 0;
      for (let j = 0; j < goods; j++) all += types[i * goods + j], singly += Math.max(0, types[i * goods + j] - each);
      if (all >= singly && all >= 0) {
        outcome.fill(1);
        return together;
      }
      let payment = 0;
      for (let j = 0; j < goods; j++) if (types[i * goods + j] >= each) outcome[j] = 1, payment += each;
      return payment;
    },
  };
}
