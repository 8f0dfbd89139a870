/**
 * Problems in which each good exists once, for what was made for reproducible goods.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import type { MechanismProblem } from "./problem.ts";

/**
 * Whether each good exists once and there are several participants: with one participant that is no restriction.
 */
export function isUnitSupply({ supply, participants }: Pick<MechanismProblem, "supply" | "participants">): boolean {
  return supply === "unit" && participants > 1;
}

/**
 * Fails where goods exist once and there are several participants: then what one may take depends on what the others take.
 *
 * @throws {InvalidInputError} naming the problem and what to use.
 */
export function requireUnlimitedSupply(action: string, problem: MechanismProblem): void {
  if (!isUnitSupply(problem)) return;
  throw new InvalidInputError(
    `Cannot ${action}: goods must be reproducible, got ${problem.name}, in which each exists once: participants who ` +
      "choose from menus of their own may all choose the same good. Affine maximizers are for such problems",
  );
}
