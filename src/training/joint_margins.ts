/**
 * What one more unit of a good is worth to a participant and the principal together where several pay together for its
 * production, for polishing.
 *
 * They change their minds together: with atoms, where types move (moved_types.ts), at the same share of them, and with
 * densities about where their virtual values make up for the cost. Whoever changes alone saves or costs all of the
 * production, and whoever changes after another one nothing of it. Asked what the others do close to where one changes,
 * half of the answers are the one and half the other, and their mean is half of the cost for each of two, three or five
 * who change together: then prices rise until nobody buys. So here those who change together share the cost of what they
 * change,
 *
 *   d_ij = t_ij - c^d - c^p (1 - M_ij) / (1 + K_ij),
 *
 * with M_ij the most that another one takes of good j at the worse types, and K_ij the sum of what the others take more of
 * it at the better types. B_{5,1}^{2,0} earns 99.6% of the optimum with it, and nothing without; U_{5,2}^{2,0} 0.113 instead
 * of 0.076 after 200 iterations that all polish, and more where changes are followed (bundle_changes.ts), which takes few
 * goods. With three participants half of the cost is close to their shares, and its noise is less: after 800 iterations
 * U_{3,2}^{1,0} earned 0.2779 with shares and 0.2787 without (300,000 validation profiles), and after 400 U_{3,10}^{1,0} 1.876
 * and 1.883. Ours.
 *
 * @module
 */
import { bestResponses } from "../kernels/best_responses/select.ts";
import type { HostHypernetworkOutput } from "../networks/hypernetwork_output.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import { type ReproducibleGoods, sharesProductionCosts } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { movesTogether } from "./moved_types.ts";
import { FEW_PARTICIPANTS, followsChanges } from "./outcome_changes.ts";

/** Types are spread by at least this part of the spread, so that differences over it are no rounding. */
export const LEAST_PART = 0.1;

/**
 * The part of the spread by which a type is spread where those who change together share costs, of one good. Who changes is
 * known for types that are better and worse by the share e. One that costs more than twice what it is worth would be spread
 * by more than that, and say of prices that nobody is near that somebody buys alone: the types at which three who agree
 * should begin to buy were priced out for it, and they earned 97.3% of the optimum instead of 99.6%.
 */
export function partOfSpread(type: number, margin: number): number {
  return margin < 0 ? Math.min(1, Math.max(LEAST_PART, type / -margin)) : 1;
}

/** Whether those who change together share production costs; few participants with densities are asked for half of them. */
export function sharesJointly(problem: MechanismProblem): boolean {
  if (movesTogether(problem)) return true;
  return problem.participants > FEW_PARTICIPANTS && sharesProductionCosts(problem) && !followsChanges(problem);
}

/**
 * The margins of all rows `[B n, m]`, and what production costs that nobody's margins count, the mean over profiles, at better
 * and worse types.
 *
 * @param types `[B, n, m]`.
 * @param spread Types are better and worse by this share.
 */
export function jointMargins(
  { shape: { participants: n, goods: m }, network }: PricingRules,
  hypernetwork: HostHypernetworkOutput,
  types: Float32Array,
  spread: number,
  { productionCost, duplicationCost }: ReproducibleGoods,
): { readonly of: Float64Array; readonly shared: number } {
  const of = Float64Array.from(types, (t) => t - duplicationCost), profiles = types.length / (n * m);
  const [worse, better] = [1 - spread, 1 + spread].map((share) =>
    bestResponses(network, hypernetwork, Float64Array.from(types, (t) => t * share), 1).outcomes
  );
  let shared = 0;
  for (let b = 0; b < profiles; b++) {
    for (let j = 0; j < m; j++) {
      const rows = Array.from({ length: n }, (_, i) => (b * n + i) * m + j);
      const most = (outcomes: Float64Array, but = -1) =>
        Math.max(0, ...rows.map((at) => at === but ? 0 : outcomes[at]));
      const changed = rows.reduce((sum, at) => sum + better[at] - worse[at], 0);
      shared += productionCost * (most(worse) + most(better)) / 2;
      for (const at of rows) {
        const byOthers = Math.max(0, changed - (better[at] - worse[at]));
        const cost = productionCost * (1 - most(worse, at)) / (1 + byOthers);
        of[at] -= cost;
        shared -= cost * (worse[at] + better[at]) / 2;
      }
    }
  }
  return { of, shared: shared / profiles };
}
