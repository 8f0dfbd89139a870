/**
 * Expected utilities of the principal that are known in closed form, to check what was learned.
 *
 * @module
 */
import type { MechanismProblem } from "./problem.ts";
import { type Setting, settingOf } from "./settings.ts";

/** A known expected utility of the principal. */
export interface KnownValue {
  /** The expected utility of the principal. */
  readonly value: number;
  /** The mechanism that reaches it and who proved it. */
  readonly name: string;
}

/**
 * Optimal revenue of selling m goods to one buyer whose types are i.i.d. U[0,1], by m:
 * the straight-jacket auction, proved optimal up to six goods by Giannakopoulos and
 * Koutsoupias, "Duality and optimality of auctions for uniform distributions", EC 2014.
 */
const straightJacket: Readonly<Record<number, number>> = {
  2: (12 + 2 * Math.SQRT2) / 27,
  4: 1.219515,
  6: 1.943256,
};

/**
 * The best expected utility of the principal that any truthful mechanism reaches, where it is known:
 *
 * - one good with uniform types: Myerson's auction, whatever the costs;
 * - uniform types without costs and 2, 4 or 6 goods: the straight-jacket auction for each participant
 *   (without costs the participants do not affect each other);
 * - Bernoulli types: asking a price of 1 takes all the welfare there is.
 *
 * @param problem A problem, a setting or the name of a setting.
 * @returns The value and its source, or undefined where no optimum is known.
 */
export function knownOptimum(problem: MechanismProblem | Setting | string): KnownValue | undefined {
  const setting = settingOf(problem);
  if (!setting) return undefined;
  const { distribution, participants, goods, productionCost, duplicationCost } = setting;
  if (distribution === "B") {
    return { value: separableOptimum(setting)!, name: "each good at price 1: all the welfare (paper, Example 1.1)" };
  }
  if (distribution !== "U") return undefined;
  if (goods === 1) return { value: separableOptimum(setting)!, name: "Myerson's auction (Myerson 1981)" };
  if (productionCost !== 0 || duplicationCost !== 0 || !Object.hasOwn(straightJacket, goods)) return undefined;
  const name = "straight-jacket auction (Giannakopoulos and Koutsoupias 2014)";
  return { value: participants * straightJacket[goods], name };
}

/**
 * The expected utility of the principal under the best mechanism that treats goods separately,
 * "Separable-OPT" of Table 1: a good is produced where the positive parts of (virtual value - c^d)
 * add up to more than c^p, and participants with a positive part receive it, so the value is
 * m E[(sum_i (phi_i - c^d)^+ - c^p)^+].
 *
 * Exact up to rounding, in O(n^2) steps.
 *
 * @param problem A problem, a setting or the name of a setting.
 * @returns The value, or undefined for correlated types and for problems that are not a setting.
 */
export function separableOptimum(problem: MechanismProblem | Setting | string): number | undefined {
  const setting = settingOf(problem);
  if (!setting || setting.distribution === "C") return undefined;
  const { distribution, participants, goods, productionCost, duplicationCost } = setting;
  const most = 1 - duplicationCost; // the largest possible phi_i - c^d
  if (most <= 0) return 0;
  // The virtual value of a uniform type t is 2t - 1, so phi_i - c^d is uniform on [most - 2, most]. That of a
  // Bernoulli type is 1 or -1. Given how many parts are positive, their sum is `most` times a sum of k uniform
  // numbers, or `most` times k.
  const uniform = distribution === "U";
  const positive = binomial(participants, uniform ? most / 2 : 0.5);
  const cost = productionCost / most;
  const excess = uniform ? uniformSumExcess(participants, cost) : positive.map((_, k) => Math.max(k - cost, 0));
  return goods * most * positive.reduce((sum, probability, k) => sum + probability * excess[k], 0);
}

/** Probabilities of 0, 1, ..., n successes. `chance` is at most 0.5, so that nothing underflows for n <= 1000. */
function binomial(n: number, chance: number): number[] {
  const out = [(1 - chance) ** n];
  for (let k = 1; k <= n; k++) out.push(out[k - 1] * (n - k + 1) / k * (chance / (1 - chance)));
  return out;
}

/**
 * E[(S_k - c)^+] for k = 0, ..., n, where S_k is the sum of k independent numbers uniform on [0, 1].
 *
 * By symmetry this is E[(k - c - S_k)^+], the second integral of the Irwin-Hall density N_k at k - c. As
 * N_{k+1}(x) is the integral of N_k over [x - 1, x], it equals sum_{r >= 0} (r + 1) N_{k+2}(k - c - r). The densities
 * follow from N_k(x) = (x N_{k-1}(x) + (k - x) N_{k-1}(x - 1)) / (k - 1), whose terms are all positive: unlike
 * the textbook's alternating sum, nothing cancels.
 */
function uniformSumExcess(n: number, c: number): number[] {
  const whole = Math.ceil(c), fraction = whole - c;
  const out: number[] = [];
  let density = [1]; // density[a] = N_k(fraction + a), here for k = 1
  for (let k = 2; k <= n + 2; k++) {
    const next: number[] = [];
    for (let a = 0; a < k; a++) {
      const x = fraction + a;
      next.push((x * (density[a] ?? 0) + (k - x) * (density[a - 1] ?? 0)) / (k - 1));
    }
    density = next;
    let sum = 0;
    for (let a = 0, most = k - 2 - whole; a <= most; a++) sum += (most - a + 1) * density[a];
    out.push(sum);
  }
  return out;
}
