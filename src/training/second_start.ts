/**
 * A second start for polishing, where chains earn less than simple prices do.
 *
 * Training that begins with cheap goods may come to prices at which nobody buys, where goods cost something and little is
 * left of what people pay: then the gradient is zero, and all iterations to come are in vain. So before prices are polished
 * what the mechanism earns on validation profiles is compared with what prices with participation fees do
 * (participation_fees.ts), and polishing begins with those where they earn more. U_{5,2}^{2,0}, U_{3,2}^{1.2,0},
 * U_{4,2}^{1.4,0}, U_{1,1}^{0.9,0} and U_{3,10}^{0,0.8} earned nothing without it. It matters where little is lost, too: two
 * goods of cost 0.5 that two participants each want, all of them in one problem, earn 98.4% of the optimum after chains, and
 * 99.8% after fees. Ours.
 *
 * @module
 */
import type { PriceKernels } from "../kernels/kernels.ts";
import type { HostParameters, PricingRules } from "../networks/pricing_rule.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { feeRule, fittedFees } from "./initial_prices.ts";
import type { TrainingOptions } from "./options.ts";
import { chainIterations } from "./phase.ts";

/** Whether polishing may begin anew after an iteration: the last one with chains, of a training that began with cheap goods. */
export function mayBeginAnew(problem: MechanismProblem, iteration: number, options: TrainingOptions): boolean {
  const { iterations, initialPrices } = options, chains = chainIterations(options);
  if (iteration !== chains || chains === 0 || chains === iterations) return false;
  const u0 = problem.principalUtility;
  return initialPrices === "cheap" && isReproducibleGoods(u0) && u0.productionCost + u0.duplicationCost > 0;
}

/** What a second start earns, and what the mechanism did, in the unit of the problem. */
export interface SecondStart {
  readonly parameters: HostParameters;
  readonly earned: number;
  readonly before: number;
}

/**
 * Parameters whose prices are those with participation fees, where less was earned, and these earn more.
 *
 * @param problem The problem, in the network's unit.
 * @param unit That unit, in the problem's own.
 * @param now The parameters at which chains ended.
 * @param earns What the prices of some parameters earn on validation profiles, in the problem's unit.
 */
export async function secondStart(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  unit: number,
  now: HostParameters,
  earns: (parameters: HostParameters) => Promise<number>,
): Promise<SecondStart | undefined> {
  const before = await earns(now), rule = feeRule(problem, options);
  if (before >= unit * rule.revenue) return undefined;
  const { parameters } = await fittedFees(problem, rules, kernels, options, { rule });
  const earned = await earns(parameters);
  return earned > before ? { parameters, earned, before } : undefined;
}
