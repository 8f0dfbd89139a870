/**
 * Best responses of many rows, one after the other, in plain TypeScript.
 *
 * @module
 */
import { type HostHypernetworkOutput, type HostPrice, hostRoundedPrices } from "../../networks/hypernetwork_output.ts";
import { LARGEST_MAGNITUDE } from "../../networks/groupmax_price.ts";
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
  /**
   * The certified gaps `[R, T]`: no outcome has a utility that is higher by more; infinite without a certificate. They
   * hold in exact arithmetic for the prices of the raw weights of a row: see docs/certificates.md.
   */
  readonly gaps: Float64Array;
  /** What of the gaps is a bound on rounding `[R, T]`: infinite where products may overflow, NaN where none is known. */
  readonly roundings: Float64Array;
  /** The number of evaluations of f `[R, T]`. */
  readonly evaluations: Float64Array;
  /** Where the options ask for them: see {@linkcode BestResponse.supports}. */
  readonly supports?: {
    /** The multipliers `[R, T, m + 1]`. */
    readonly weights: Float64Array;
    /** The points `[R, T, m + 1, m]`. */
    readonly points: Float64Array;
  };
}

/** Arrays of zeros for `count` best responses. */
export function emptyBestResponses(count: number, goods: number, supports = false): BestResponses {
  const numbers = () => new Float64Array(count);
  return {
    outcomes: new Float64Array(count * goods),
    payments: numbers(),
    utilities: numbers(),
    gaps: numbers(),
    roundings: numbers(),
    evaluations: numbers(),
    ...supports && {
      supports: {
        weights: new Float64Array(count * (goods + 1)),
        points: new Float64Array(count * (goods + 1) * goods),
      },
    },
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
  const found = emptyBestResponses(count, m, options.supports), prices = hostRoundedPrices(network, hypernetwork);
  for (let row = 0; row * perRow < count; row++) {
    const price = prices(row);
    for (let k = row * perRow; k < (row + 1) * perRow; k++) {
      const type = types.subarray(k * m, (k + 1) * m), rounding = roundingOf(price, type);
      const response = respond(price.price, type, options, rounding ?? 0);
      found.outcomes.set(response.outcome, k * m);
      found.payments[k] = response.payment;
      found.utilities[k] = response.utility;
      found.gaps[k] = rounding === undefined ? Infinity : response.gap;
      found.roundings[k] = rounding ?? NaN;
      found.evaluations[k] = response.evaluations;
      if (!found.supports) continue;
      for (const [a, { weight, point }] of response.supports.entries()) {
        found.supports.weights[k * (m + 1) + a] = weight;
        found.supports.points.set(point, (k * (m + 1) + a) * m);
      }
    }
  }
  return found;
}

/** The bound on rounding for a type; infinite where products may overflow, undefined where none is known. */
function roundingOf({ magnitude, factors }: HostPrice, type: ArrayLike<number>): number | undefined {
  if (magnitude === undefined || !factors) return undefined;
  let worth = 0;
  for (let j = 0; j < type.length; j++) worth += Math.abs(type[j]);
  return magnitude < LARGEST_MAGNITUDE ? factors.relative * magnitude + factors.absolute * worth : Infinity;
}
