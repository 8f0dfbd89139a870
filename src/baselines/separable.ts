/**
 * The best mechanism for each good separately.
 *
 * Source: Myerson, "Optimal auction design", Mathematics of Operations Research 6, 1981, with the costs of section 4.1.
 *
 * @module
 */
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import type { DistributionLetter } from "../problems/settings.ts";
import { goodByGood, type GoodRule, paperAuction, type Score, sellByScore } from "./auction.ts";
import { sellCorrelatedGood } from "./correlated_good.ts";

/**
 * The row "Separable-OPT" of Table 1: each good is sold by the best truthful auction of one good.
 *
 * With independent types the principal's expected utility of a truthful auction of one good is
 * E[sum_i (phi(t_i) - c^d) x_i - c^p max_i x_i] with virtual values phi. That is largest for every profile where the
 * good goes to those with phi(t_i) > c^d, as long as sum_i (phi(t_i) - c^d)^+ > c^p; virtual values do not fall in the
 * type, so the winners' thresholds make it truthful.
 *
 * - `U`: phi(t) = t - (1 - F(t)) / f(t) = 2 t - 1.
 * - `B`: phi(1) = 1 and phi(0) = 0 - (1 - 0) P(1) / P(0) = -1; types between, which do not occur, count as 0. Whoever
 *   buys pays 1.
 * - `C`: virtual values given the others' types, see {@linkcode sellCorrelatedGood}.
 *
 * @param problem A problem, or the name of a setting.
 * @throws {InvalidInputError} where the type distribution is not one of the paper's or the principal's utility is not
 * that of reproducible goods.
 *
 * @example
 * ```ts
 * import { separable, settingProblem } from "@tedi/toolkit";
 * import { assertEquals } from "@std/assert";
 *
 * const { outcomes, payments } = await separable(settingProblem("U-1-2")).run([[[0.75, 0.25]]]);
 * assertEquals([...outcomes, ...payments], [1, 0, 0.5]); // each good costs 1/2
 * ```
 */
export function separable(problem: MechanismProblem | string): Mechanism {
  const { distribution, participants, goods, productionCost, duplicationCost } = paperAuction(
    "make the optimal auction of each good",
    problemOf(problem),
  );
  const rules: Readonly<Record<DistributionLetter, () => GoodRule>> = {
    U: () => sellByScore(uniformScore(duplicationCost), productionCost),
    B: () => sellByScore(bernoulliScore(duplicationCost), productionCost),
    C: () => sellCorrelatedGood(participants, productionCost, duplicationCost),
  };
  return goodByGood(participants, goods, rules[distribution]());
}

/** Virtual value less c^d of a type that is uniform on [0, 1]. */
function uniformScore(duplicationCost: number): Score {
  return {
    of: (type: number): number => 2 * type - 1 - duplicationCost,
    type: (score: number): number => (score + 1 + duplicationCost) / 2,
  };
}

/** Virtual value less c^d of a type that is 0 or 1 with the same probability. */
function bernoulliScore(duplicationCost: number): Score {
  return {
    of: (type: number): number => (type >= 1 ? 1 : -1) - duplicationCost,
    type: (): number => 1,
  };
}
