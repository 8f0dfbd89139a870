/**
 * Problems by the names of their settings, wherever a function takes a problem.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import type { MechanismProblem } from "./problem.ts";
import { settingProblem } from "./settings.ts";

/**
 * A problem as it is, or the problem of a setting's name, such as `U_{3,10}^{1,0}` or `U-3-10-cp1-cd0`.
 *
 * @throws {InvalidInputError} where a name is not one of a setting, and where it is neither a problem nor a name.
 */
export function problemOf(problem: MechanismProblem | string): MechanismProblem {
  if (typeof problem === "string") return settingProblem(problem);
  if (typeof problem?.distribution?.sample !== "function") {
    throw new InvalidInputError(
      `Cannot take a problem: it must be one, or the name of a setting such as "U-3-10-cp1-cd0", got ${show(problem)}`,
    );
  }
  return problem;
}
