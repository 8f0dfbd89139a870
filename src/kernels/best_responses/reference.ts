/**
 * Best responses of many rows, one after the other, in plain TypeScript.
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
  /** The certified gaps `[R, T]`: utilities are at most this far below the maximum; infinite without a certificate. */
  readonly gaps: Float64Array;
  /** The number of evaluations of f `[R, T]`. */
  readonly evaluations: Float64Array;
}

/** Arrays of zeros for `count` best responses. */
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
 * As `bestResponses` of {@linkcode "./select.ts"}, for any network, in plain TypeScript.
 *
 * @param respond Finds one best response.
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
