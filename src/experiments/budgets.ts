/**
 * How much work an experiment may take, as data.
 *
 * @module
 */
import type { MechanismProblem } from "../problems/problem.ts";

/**
 * `quick`: minutes for a column, to see that it works; `standard`: at most about 20 minutes for TEDI in a column on two
 * cores; `paper`: as much as the paper's hour on a GPU.
 */
export const BUDGETS = ["quick", "standard", "paper"] as const;

/** A budget by name. */
export type BudgetName = typeof BUDGETS[number];

/** Work relative to the standard budget, for all methods alike. */
export const budgetScale: Readonly<Record<BudgetName, number>> = { quick: 0.1, standard: 1, paper: 5 };

/** Iterations of TEDI and its ablations: 2000 with the standard budget. */
export function tediIterations(budget: BudgetName): number {
  return Math.round(2000 * budgetScale[budget]);
}

/**
 * From how many starts every learned method is trained, to keep what earns the most on validation profiles. More than
 * one only with one participant, where training takes minutes.
 */
export function trainingStarts({ participants }: MechanismProblem, budget: BudgetName): number {
  return participants === 1 ? { quick: 1, standard: 3, paper: 5 }[budget] : 1;
}

/** Iterations of the learning baselines: 4000 with the standard budget. */
export function baselineIterations(budget: BudgetName): number {
  return Math.round(4000 * budgetScale[budget]);
}
