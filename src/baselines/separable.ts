/**
 * Sells each good by itself, by the best truthful auction of one good.
 *
 * Source: Myerson, "Optimal auction design", Mathematics of Operations Research 6, 1981, with the costs of section 4.1.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { DistributionFamily } from "../problems/distributions/family.ts";
import { distributionFamily } from "../problems/distributions/table.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { isUnitSupply } from "../problems/supply.ts";
import { goodByGood, type GoodRule, sellByScore, settingAuction } from "./auction.ts";
import { sellCorrelatedGood } from "./correlated_good.ts";
import { auctionInWords } from "./in_words.ts";
import { sellOnce } from "./unit_supply.ts";

/**
 * The row "Separable-OPT" of Table 1: each good is sold by the best truthful auction of one good.
 *
 * With independent types the principal's expected utility of a truthful auction of one good is
 * E[sum_i (phi(t_i) - c^d) x_i - c^p max_i x_i] with virtual values phi. That is largest for every profile where the
 * good goes to those with phi(t_i) > c^d, as long as sum_i (phi(t_i) - c^d)^+ > c^p; virtual values do not fall in the
 * type, so the winners' thresholds make it truthful. With correlated types they are virtual values given the others'
 * types, see {@linkcode sellCorrelatedGood}. A good that exists once goes to the highest virtual value above 0.
 *
 * @param problem A problem, or the name of a setting.
 * @throws {InvalidInputError} where the problem is not a setting, virtual values of its types are not known, or the
 * principal's utility is not that of reproducible goods.
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
  const action = "make the optimal auction of each good";
  const task = problemOf(problem), { distribution, participants, goods, ...costs } = settingAuction(action, task, true);
  const family = distributionFamily(action, distribution);
  const rule = isUnitSupply(task) ? onceRule(family, participants) : goodRule(family, participants, costs);
  if (rule) return auctionInWords("Separable-OPT", task, goodByGood(participants, goods, rule));
  throw new InvalidInputError(`Cannot ${action}: virtual values of the types must be known, got ${task.name}`);
}

/** The best auction of one good that exists once, as far as virtual values are known. */
function onceRule({ marginal, conditional }: DistributionFamily, participants: number): GoodRule | undefined {
  if (!marginal || conditional) return undefined;
  const typeFrom = (score: number): number => marginal.typeOfVirtualValue(score);
  const score = { of: (type: number): number => marginal.virtualValue(type), typeFrom, typeAbove: typeFrom };
  return sellOnce(Array(participants).fill(score), 0);
}

/** The best auction of one good, as far as virtual values are known. */
function goodRule(
  { marginal, conditional }: DistributionFamily,
  participants: number,
  { productionCost, duplicationCost }: { readonly productionCost: number; readonly duplicationCost: number },
): GoodRule | undefined {
  if (conditional && participants > 1) return sellCorrelatedGood(conditional, productionCost, duplicationCost);
  if (!marginal) return undefined;
  return sellByScore({
    of: (type) => marginal.virtualValue(type) - duplicationCost,
    type: (score) => marginal.typeOfVirtualValue(score + duplicationCost),
  }, productionCost);
}
