/**
 * Problems from the plain data that a run folder keeps of them.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { empiricalProblem } from "./empirical.ts";
import type { MechanismProblem, ProblemSource } from "./problem.ts";
import { settingProblem } from "./settings.ts";
import { moduleProblem } from "./user_module.ts";

/**
 * Re-creates a problem from its source. A source of the kind `module` names code, which runs: do not take it from data
 * of somebody else.
 *
 * @throws {InvalidInputError} where the source is `custom`, so that only its author has the problem; where the data
 * file is missing or has changed since; and as the problem's own constructor does.
 */
export async function loadProblem(source: ProblemSource): Promise<MechanismProblem> {
  switch (source.kind) {
    case "setting":
      return settingProblem(source.setting);
    case "module":
      return await moduleProblem(source.module);
    case "empirical": {
      // The name may come from anyone: a device or a pipe might never end.
      const found = await Deno.stat(source.file).catch(() => undefined);
      if (found && !found.isFile) {
        throw new InvalidInputError(`Cannot load the problem: ${show(source.file)} must be a file, but is none`);
      }
      const problem = await empiricalProblem(source);
      const now = problem.source.kind === "empirical" ? problem.source.sha256 : "";
      if (now === source.sha256) return problem;
      throw new InvalidInputError(
        `Cannot load the problem: ${show(source.file)} must be unchanged since the run, ` +
          `with SHA-256 ${source.sha256}, got ${now}`,
      );
    }
    case "custom":
      throw new InvalidInputError(
        "Cannot load the problem: it was defined in a program and must be given again, as an argument, " +
          "or moved to a module of its own that is named by path or URL",
      );
    default:
      throw new InvalidInputError(
        `Cannot load the problem: its source must be a setting, empirical, module or custom, got ${show(source)}`,
      );
  }
}
