/**
 * Best responses of many rows, one after the other, in plain code.
 *
 * @module
 */
import { type HostHypernetworkOutput, hostPrices } from "../../networks/hypernetwork_output.ts";
import type { ConvexNetwork } from "../../networks/network.ts";
import { bestResponse, type BestResponseOptions, defaultBestResponse } from "./best_response.ts";

/** Best responses of R rows of T types each. */
export interface BestResponses {
  /** x `[R, T, m]`, in [0, 1]. */
  readonly outcomes: Float64Array;
  /** p(x) = f(x) - f(0) `[R, T]`. */
  readonly payments: Float64Array;
  /** u(x) = <t, x> - p(x) `[R, T]`, never below 0. */
  readonly utilities: Float64Array;
  /** How far the utilities can be below the maximum, at most: `[R, T]`. */
  readonly gaps: Float64Array;
  /** How often f was evaluated `[R, T]`. */
  readonly evaluations: Float64Array;
}

/** Room for `count` best responses. */
export function emptyBestResponses(count: number, goods: number): BestResponses {
  const numbers = () => new Float64Array(count);
  return {
    outcomes: new Float64Array(count * goods),
    payments: numbers(),
    utilities: numbers(),
    gaps: numbers(),
    evaluations: numbers(),
  };
}

/**
 * As {@linkcode "./select.ts"}.
 *
 * @param respond How one of them is found.
 */
export function referenceBestResponses(
  network: ConvexNetwork,
  hypernetwork: HostHypernetworkOutput,
  types: Float32Array | Float64Array,
  perRow: number,
  options: BestResponseOptions = defaultBestResponse,
  respond: typeof bestResponse = bestResponse,
): BestResponses {
  const m = network.goods, count = types.length / m;
  const found = emptyBestResponses(count, m), prices = hostPrices(network, hypernetwork);
  for (let row = 0; row * perRow < count; row++) {
    const price = prices(row);
    for (let k = row * perRow; k < (row + 1) * perRow; k++) {
      const response = respond(price, types.subarray(k * m, (k + 1) * m), options);
      found.outcomes.set(response.outcome, k * m);
      found.payments[k] = response.payment;
      found.utilities[k] = response.utility;
      found.gaps[k] = response.gap;
      found.evaluations[k] = response.evaluations;
    }
  }
  return found;
}
