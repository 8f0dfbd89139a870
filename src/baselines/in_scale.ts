/**
 * Problems as baselines learn them: with types in [0, 1], or of about 1.
 *
 * @module
 */
import { type MechanismUnits, unitsOf } from "../mechanisms/units.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { requireUnlimitedSupply } from "../problems/supply.ts";
import { dividedProblem, scaleOf } from "../problems/scaled.ts";

/**
 * A problem divided by its scale, or by another unit, that unit, and the units of a mechanism that is learned for it.
 *
 * @param once Whether the baseline can do with goods that exist once.
 * @param unitOf What is 1 to the baseline's network: networkUnit for one that takes types above 1.
 * @throws {InvalidInputError} where goods exist once and there are several participants.
 */
export function inScale(problem: MechanismProblem | string, once = false, unitOf = scaleOf): {
  readonly task: MechanismProblem;
  readonly unit: number;
  readonly units?: MechanismUnits;
} {
  const given = problemOf(problem);
  if (!once) requireUnlimitedSupply("train this baseline", given);
  const unit = unitOf(given);
  return { task: dividedProblem(given, unit), unit, ...unitsOf(given, unit) };
}
