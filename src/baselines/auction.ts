/**
 * What the baselines of section 4.2.2 have in common: auctions of reproducible goods, computed on the host in 64-bit
 * floats, with deterministic outcomes.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { type Setting, settingOf } from "../problems/settings.ts";
import { requireUnlimitedSupply } from "../problems/supply.ts";
import { profileByProfile } from "./profile_by_profile.ts";

/** The sizes and costs of a reproducible goods auction (section 4.1). */
export interface GoodsAuction {
  /** n. */
  readonly participants: number;
  /** m. */
  readonly goods: number;
  /** c^p, paid once for a good that anybody receives. */
  readonly productionCost: number;
  /** c^d, paid for every unit handed out. */
  readonly duplicationCost: number;
}

/**
 * The sizes and costs of a problem.
 *
 * @throws {InvalidInputError} where the principal's utility is not that of reproducible goods, and where goods exist once
 * and `once` is not set.
 */
export function goodsAuction(action: string, problem: MechanismProblem, once = false): GoodsAuction {
  const { participants, goods, principalUtility } = problem;
  if (!once) requireUnlimitedSupply(action, problem);
  if (!isReproducibleGoods(principalUtility)) {
    throw new InvalidInputError(
      `Cannot ${action}: the principal's utility must be that of reproducible goods, ` +
        `got ${show(principalUtility.name)} in ${problem.name}`,
    );
  }
  const { productionCost, duplicationCost } = principalUtility;
  return { participants, goods, productionCost, duplicationCost };
}

/**
 * The sizes and costs of a problem that is a setting, with the letter of its type distribution.
 *
 * @throws {InvalidInputError} where the problem is none, or the principal's utility is not that of reproducible goods.
 */
export function settingAuction(action: string, problem: MechanismProblem, once = false): Setting {
  const auction = goodsAuction(action, problem, once), setting = settingOf(problem);
  if (!setting) {
    throw new InvalidInputError(
      `Cannot ${action}: the problem must be a setting, so that its type distribution is known, ` +
        `got ${problem.name} with distribution ${show(problem.distribution.name)}`,
    );
  }
  return { ...auction, distribution: setting.distribution };
}

/**
 * Runs an auction on one profile: for types `[n, m]` it writes outcomes `[n, m]` and payments `[n]`, which hold zeros
 * before.
 */
export type AuctionRule = (types: Float32Array, outcomes: Float64Array, payments: Float64Array) => void;

/** Profiles computed between two turns of the event loop. */
const CHUNK = 4096;

/**
 * Makes the mechanism of an auction's rule. Outcomes are best responses by construction, so gaps are 0.
 *
 * @param largest The largest type; 1 unless given.
 */
export function auctionMechanism(
  participants: number,
  goods: number,
  rule: AuctionRule,
  largest?: number,
): Mechanism {
  const n = participants, m = goods, size = n * m;
  return profileByProfile(n, m, CHUNK, (types, b, { outcomes, payments, utilities }) => {
    rule(
      types.subarray(b * size, (b + 1) * size),
      outcomes.subarray(b * size, (b + 1) * size),
      payments.subarray(b * n, (b + 1) * n),
    );
    for (let row = b * n; row < (b + 1) * n; row++) {
      let value = 0;
      for (let j = row * m; j < (row + 1) * m; j++) value += types[j] * outcomes[j];
      utilities[row] = value - payments[row];
    }
  }, largest);
}

/**
 * An auction of one good. For types `[n]` it writes prices `[n]`: what those pay who receive the good, and infinity for
 * the others.
 */
export type GoodRule = (types: Float64Array, prices: Float64Array) => void;

/**
 * The mechanism that auctions each good by itself, by the same rule or by one for each good. Types are up to `largest`, or 1.
 */
export function goodByGood(
  participants: number,
  goods: number,
  rule: GoodRule | readonly GoodRule[],
  largest?: number,
): Mechanism {
  const n = participants, m = goods, column = new Float64Array(n), prices = new Float64Array(n);
  return auctionMechanism(n, m, (types, outcomes, payments) => {
    for (let j = 0; j < m; j++) {
      for (let i = 0; i < n; i++) column[i] = types[i * m + j];
      (typeof rule === "function" ? rule : rule[j])(column, prices);
      for (let i = 0; i < n; i++) {
        if (prices[i] === Infinity) continue;
        outcomes[i * m + j] = 1;
        payments[i] += prices[i];
      }
    }
  }, largest);
}

/** Scores of types, by which {@linkcode sellByScore} sells a good. */
export interface Score {
  /** What serving a type is worth before the cost of production: s(t), which does not fall in t. */
  readonly of: (type: number) => number;
  /** The least type with a score of at least `score`, for a score of 0 or more. */
  readonly type: (score: number) => number;
}

/**
 * Sells one good to the participants with s_i = s(t_i) > 0, where together they pay for its production:
 *
 * sum_k s_k^+ > c^p.
 *
 * A higher type never loses what a lower one wins. So telling the truth is dominant where the payment is the least type
 * that still wins: that of the score max(0, c^p - sum_{k != i} s_k^+).
 */
export function sellByScore(score: Score, productionCost: number): GoodRule {
  return (types, prices) => {
    let sum = 0;
    for (const type of types) sum += Math.max(0, score.of(type));
    for (let i = 0; i < types.length; i++) {
      const own = score.of(types[i]);
      prices[i] = sum > productionCost && own > 0
        ? Math.min(types[i], score.type(Math.max(0, productionCost - (sum - own)))) // the minimum is for rounding only
        : Infinity;
    }
  };
}
