/**
 * The best option of a menu whose prices are a convex function of outcomes, without computing all prices.
 *
 * @module
 */
import type { MechanismResult } from "../mechanisms/mechanism.ts";
import type { HostFunction } from "../networks/network.ts";

/** By how much rounding may put the price of an option below a bound from below. */
const ROUNDING = 1e-9;

/**
 * Lets participant `row` of types `[R, m]` take the best option of a menu, or nothing where none is worth its price: the
 * option and payment of `takeBest` of menu_net.ts on a menu with all prices, to the same bits.
 *
 * A price and its slope at one outcome bound those of all others from below, p(x') >= p(x) + <p'(x), x' - x>. So options
 * are priced in the order of the most that they can be worth, until none that is left can be worth more than the best: of
 * 256 options for 10 goods three or four are priced.
 *
 * @param outcomes The options `[K, m]`.
 * @param price The price of an outcome, convex, and 0 for nothing.
 */
export function takeBestConvex(
  outcomes: Float64Array,
  price: HostFunction,
  types: Float32Array,
  row: number,
  result: MechanismResult,
): void {
  const m = result.outcomes.length / result.payments.length, K = outcomes.length / m, at = row * m;
  const slope = new Float64Array(m), most = new Float64Array(K).fill(Infinity);
  const type = types.subarray(at, at + m);
  /** Lowers the most that options can be worth, by the slope and the utility of one. */
  const bound = (x: Float64Array, utility: number) => {
    let offset = utility;
    for (let j = 0; j < m; j++) slope[j] = type[j] - slope[j], offset -= slope[j] * x[j];
    for (let k = 0, from = 0; k < K; k++, from += m) {
      let worth = offset;
      for (let j = 0; j < m; j++) worth += slope[j] * outcomes[from + j];
      if (worth < most[k]) most[k] = worth;
    }
  };
  const nothing = new Float64Array(m);
  price(nothing, slope);
  bound(nothing, 0);
  let best = -1, utility = 0, payment = 0;
  for (;;) {
    let next = 0;
    for (let k = 1; k < K; k++) if (most[k] > most[next]) next = k;
    if (!(most[next] > utility - ROUNDING)) {
      if (best < 0) return;
      result.outcomes.set(outcomes.subarray(best * m, (best + 1) * m), at);
      result.payments[row] = payment;
      result.utilities[row] = utility;
      return;
    }
    const x = outcomes.subarray(next * m, (next + 1) * m), p = price(x, slope);
    let worth = -p;
    for (let j = 0; j < m; j++) worth += type[j] * x[j];
    if (worth > utility || (worth === utility && next < best)) best = next, utility = worth, payment = p;
    bound(x, worth);
    most[next] = -Infinity;
  }
}
