/**
 * Expected utilities of the principal that are known, to check what was learned.
 *
 * @module
 */
import { distributionFamily } from "./distributions/table.ts";
import type { KnownValue } from "./distributions/family.ts";
import type { MechanismProblem } from "./problem.ts";
import { type Setting, settingOf } from "./settings.ts";
import { isUnitSupply } from "./supply.ts";
import { largestVirtualValue, virtualSurplus } from "./virtual_surplus.ts";

export type { KnownValue } from "./distributions/family.ts";

/**
 * The best expected utility of the principal that any truthful mechanism reaches, where it is known or conjectured:
 *
 * - values that take a single number above the duplication cost, such as Bernoulli's: asking that price takes all the
 *   welfare there is, whatever the other costs;
 * - one good with independent types: Myerson's auction, whatever the costs;
 * - uniform types without costs: the straight-jacket auction for each participant, as without costs the participants do
 *   not affect each other. It is proved to be optimal up to six goods and conjectured up to 50; for more, it cannot be
 *   computed in 64-bit floats.
 *
 * @param problem A problem, a setting or the name of a setting.
 * @returns The value and its source, or undefined where no optimum is known.
 * @throws {InvalidInputError} where a setting or its name makes no sense.
 */
export function knownOptimum(problem: MechanismProblem | Setting | string): KnownValue | undefined {
  const setting = settingOf(problem), value = setting && separableOptimum(setting);
  if (!setting || value === undefined) return undefined;
  if (isUnitSupply(setting) && setting.goods > 1) return undefined;
  const { participants, goods, productionCost, duplicationCost } = setting;
  const { marginal, sellingOptimum } = distributionFamily("find the optimum", setting.distribution);
  const support = marginal?.support;
  if (support && support.filter((type) => type > duplicationCost).length <= 1) {
    const name = `each good at price ${Math.max(...support)}: all the welfare (paper, Example 1.1)`;
    return { value, name, proved: true };
  }
  if (goods === 1) return { value, name: "Myerson's auction (Myerson 1981)", proved: true };
  const free = productionCost === 0 && duplicationCost === 0, single = free ? sellingOptimum?.(goods) : undefined;
  return single && { ...single, value: participants * single.value };
}

/**
 * The expected utility of the principal under the best mechanism that treats goods separately,
 * "Separable-OPT" of Table 1: a good is produced where the positive parts of (virtual value - c^d)
 * add up to more than c^p, and participants with a positive part receive it, so the value is
 * m E[(sum_i (phi_i - c^d)^+ - c^p)^+]. A good that exists once goes to the highest virtual value above 0, which is worth
 * m E[max_i phi_i^+].
 *
 * For uniform and Bernoulli types it is exact up to rounding, in O(n^2) steps; see {@linkcode virtualSurplus}.
 *
 * @param problem A problem, a setting or the name of a setting.
 * @returns The value, or undefined where participants' types are correlated and for problems that are not a setting.
 * @throws {InvalidInputError} where a setting or its name makes no sense.
 */
export function separableOptimum(problem: MechanismProblem | Setting | string): number | undefined {
  const setting = settingOf(problem);
  if (!setting) return undefined;
  const { distribution, participants, goods, productionCost, duplicationCost } = setting;
  const { marginal, conditional } = distributionFamily("find the item-wise optimum", distribution);
  if (!marginal || (conditional && participants > 1)) return undefined;
  if (isUnitSupply(setting)) return goods * largestVirtualValue(marginal, participants);
  return goods * virtualSurplus(marginal, participants, productionCost, duplicationCost);
}
