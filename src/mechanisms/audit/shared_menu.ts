/**
 * What one participant alone was seen to get and pay. Whatever it reports it chooses from one menu, so that every result
 * is an option for every type: all that is seen is compared with a sample of what was seen before, both ways.
 *
 * @module
 */
import type { Tally } from "./check.ts";

/** Collects results, and compares them. */
export interface SharedMenu {
  /** Takes row `row` of types `[B, m]`, outcomes `[B, m]` and payments `[B]`. */
  see(types: Float32Array, outcomes: Float64Array, payments: Float64Array, row: number): void;
}

/** As many numbers of outcomes are kept, and so fewer options of more goods. */
const NUMBERS = 1024, FEWEST = 64;

/**
 * @param goods m.
 * @param found Is raised to the largest gain.
 */
export function sharedMenu(goods: number, found: Tally): SharedMenu {
  const m = goods, most = Math.max(FEWEST, Math.floor(NUMBERS / m));
  const types = new Float32Array(most * m), outcomes = new Float64Array(most * m);
  const payments = new Float64Array(most), utilities = new Float64Array(most);
  let kept = 0, seen = 0, state = 1;
  return {
    see(allTypes, allOutcomes, allPayments, row) {
      const type = allTypes.subarray(row * m, (row + 1) * m), outcome = allOutcomes.subarray(row * m, (row + 1) * m);
      const payment = allPayments[row];
      let honest = -payment;
      for (let j = 0; j < m; j++) honest += type[j] * outcome[j];
      const tell = (k: number, gain: number, lies: boolean) => {
        const option = (at: number) => ({
          type: Array.from(types.subarray(at * m, (at + 1) * m)),
          outcome: Array.from(outcomes.subarray(at * m, (at + 1) * m)),
          payment: payments[at],
        });
        const now = { type: Array.from(type), outcome: Array.from(outcome), payment }, then = option(k);
        const [truth, lie] = lies ? [now, then] : [then, now];
        found.raise(gain, () => ({
          ...{ profile: [truth.type], participant: 0, misreport: lie.type },
          ...{ outcomes: [truth.outcome, lie.outcome], payments: [truth.payment, lie.payment] },
        }));
      };
      let gainNow = 0, gainThen = 0, option = -1, liar = -1;
      for (let k = 0; k < kept; k++) {
        let mine = -payments[k] - honest, theirs = -payment - utilities[k];
        for (let j = 0, at = k * m; j < m; j++, at++) mine += type[j] * outcomes[at], theirs += types[at] * outcome[j];
        if (mine > gainNow) gainNow = mine, option = k;
        if (theirs > gainThen) gainThen = theirs, liar = k;
      }
      if (option >= 0) tell(option, gainNow, true);
      if (liar >= 0) tell(liar, gainThen, false);
      // A random sample of all that was seen (Vitter, "Random sampling with a reservoir", 1985, algorithm R).
      state = Math.imul(state, 1664525) + 1013904223 >>> 0;
      const place = kept < most ? kept++ : Math.floor(state / 2 ** 32 * (seen + 1));
      seen++;
      if (place >= most || Number.isNaN(honest)) return;
      types.set(type, place * m), outcomes.set(outcome, place * m);
      payments[place] = payment, utilities[place] = honest;
    },
  };
}
