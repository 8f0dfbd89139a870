/**
 * What training may begin with, by name, and for which problems.
 *
 * @module
 */
import { sharesProductionCosts } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";

/** What training may begin with. */
export type InitialPrices = "cheap" | "fees";

/** The names of the prices that training may begin with. */
export const initialPriceNames: readonly InitialPrices[] = ["cheap", "fees"];

/** Whether training can begin with participation fees, and what else must be so if not. */
export function refusesFees(problem: MechanismProblem): string | undefined {
  if (sharesProductionCosts(problem)) return undefined;
  return "cheap, but with several participants and reproducible goods that cost something to produce";
}
