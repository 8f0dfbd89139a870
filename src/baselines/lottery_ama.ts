/**
 * MD-LotteryAMA: an affine maximizer over a finite set of randomised global outcomes.
 *
 * With outcomes x^k in [0, 1]^{n m} for k = 1, ..., K and x^0 = 0, boosts l_k with l_0 = 0, and weights w_i > 0, the
 * mechanism implements k* = argmax_k sum_i w_i <t_i, x^k_i> + l_k, and participant i pays by the weighted Clarke pivot
 *
 *   p_i = (max_k A_-i(k) - A_-i(k*)) / w_i,   A_-i(k) = sum_{i' != i} w_i' <t_i', x^k_i'> + l_k.
 *
 * It is truthful and individually rational whatever these are (Roberts 1979; Curry, Sandholm and Dickerson,
 * "Differentiable economics for randomized affine maximizer auctions", IJCAI 2023), here in 64-bit floats on the host.
 *
 * @module
 */
import { type MechanismUnits, PLAIN_UNITS } from "../mechanisms/units.ts";
import { requireInteger } from "../errors.ts";
import type { Mechanism, MechanismResult } from "../mechanisms/mechanism.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import { checkParameters } from "./check_parameters.ts";
import { learnedInWords } from "./in_words.ts";
import { sigmoid } from "./menu_net.ts";
import { profileByProfile } from "./profile_by_profile.ts";
import { sharesOnHost } from "./unit_shares.ts";

/** What a LotteryAMA mechanism is made of, as plain data. */
export interface LotteryAmaData {
  /** The name of the problem that it was trained for. */
  readonly problem: string;
  /** n. */
  readonly participants: number;
  /** m. */
  readonly goods: number;
  /** K, how many outcomes there are besides the one where nobody gets anything. */
  readonly menuSize: number;
  /** `unit` where each good exists once: outcomes are made of raw numbers by {@linkcode "./unit_shares.ts"}. */
  readonly supply?: "unit";
  /** `outcomes` `[K, n m]`, before a sigmoid; `boosts` `[K]`; `weights` `[n]`, before n softmax. */
  readonly parameters: HostParameters;
}

/** An affine maximizer with finitely many outcomes. */
export interface LotteryAma extends Mechanism, LotteryAmaData {
  /** What it is. */
  readonly method: "MD-LotteryAMA";
  /** Outcomes `[K + 1, n, m]`; the last is nothing for everybody. */
  readonly outcomes: Float64Array;
  /** Boosts `[K + 1]`; the last is 0. */
  readonly boosts: Float64Array;
  /** Weights `[n]` of participants, 1 in the mean. */
  readonly weights: Float64Array;
}

/** Profiles computed between two turns of the event loop. */
const CHUNK = 256;

/** The shapes of the parameters, by name. */
export function lotteryAmaShapes(participants: number, goods: number, menuSize: number): Record<string, number[]> {
  return { outcomes: [menuSize, participants * goods], boosts: [menuSize], weights: [participants] };
}

/**
 * The affine maximizer of some parameters. It computes on the host: no device is opened.
 *
 * @param units Those of the mechanism that it becomes in them: types are in the network's unit here.
 * @throws {InvalidInputError} where the parameters do not have the shapes above, or are not finite.
 */
export function lotteryAma(data: LotteryAmaData, { largest, network }: MechanismUnits = PLAIN_UNITS): LotteryAma {
  const { participants: n, goods: m, menuSize: K, parameters } = data, action = "make an MD-LotteryAMA mechanism";
  requireInteger(action, "participants", n, 1);
  requireInteger(action, "goods", m, 1);
  requireInteger(action, "menuSize", K, 1);
  checkParameters(action, lotteryAmaShapes(n, m, K), parameters);
  const outcomes = new Float64Array((K + 1) * n * m), boosts = new Float64Array(K + 1);
  const raw = parameters.outcomes.data;
  outcomes.set(data.supply ? sharesOnHost(raw, n, m) : Float64Array.from(raw, sigmoid));
  boosts.set(parameters.boosts.data);
  const weights = normalisedWeights(parameters.weights.data);

  const weighted = new Float64Array(n * (K + 1)), welfare = new Float64Array(K + 1);
  /** Writes profile `b` of the result. */
  const maximize = (types: Float32Array, b: number, result: MechanismResult) => {
    let winner = K;
    for (let k = 0; k <= K; k++) {
      welfare[k] = boosts[k];
      for (let i = 0; i < n; i++) {
        let value = 0;
        for (let j = 0; j < m; j++) value += types[(b * n + i) * m + j] * outcomes[(k * n + i) * m + j];
        welfare[k] += weighted[i * (K + 1) + k] = weights[i] * value;
      }
      if (welfare[k] > welfare[winner] || k === 0) winner = k;
    }
    result.outcomes.set(outcomes.subarray(winner * n * m, (winner + 1) * n * m), b * n * m);
    for (let i = 0; i < n; i++) {
      const own = weighted.subarray(i * (K + 1), (i + 1) * (K + 1));
      let most = -Infinity;
      for (let k = 0; k <= K; k++) most = Math.max(most, welfare[k] - own[k]);
      result.utilities[b * n + i] = (welfare[winner] - most) / weights[i];
      result.payments[b * n + i] = (most - (welfare[winner] - own[winner])) / weights[i];
    }
  };

  return learnedInWords({
    ...data,
    method: "MD-LotteryAMA",
    outcomes,
    boosts,
    weights,
    ...profileByProfile(n, m, CHUNK, maximize, largest / network),
  });
}

/** n softmax of raw weights `[n]`. */
function normalisedWeights(raw: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(raw), most = values.reduce((a, b) => Math.max(a, b));
  const exponentials = values.map((value) => Math.exp(value - most));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value * values.length / sum);
}
