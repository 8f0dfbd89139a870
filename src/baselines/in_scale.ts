/**
 * Problems as baselines learn them: with types in [0, 1].
 *
 * @module
 */
import { type MechanismUnits, unitsOf } from "../mechanisms/units.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { dividedProblem, scaleOf } from "../problems/scaled.ts";

/** A problem divided by its scale, the scale, and the units of a mechanism that is learned for it. */
export function inScale(problem: MechanismProblem | string): {
  readonly task: MechanismProblem;
  readonly unit: number;
  readonly units?: MechanismUnits;
} {
  const given = problemOf(problem), unit = scaleOf(given);
  return { task: dividedProblem(given, unit), unit, ...unitsOf(given, unit) };
}
