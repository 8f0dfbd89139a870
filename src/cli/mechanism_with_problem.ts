/**
 * The mechanism that a command is about, with its problem: that of the run folder, or the one that options choose.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import { loadMechanism } from "../io/mechanism_file.ts";
import type { LearnedMechanism } from "../io/mechanism_kinds.ts";
import { requireMechanismFor } from "../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { findMechanism, type MechanismPlace } from "./mechanism_argument.ts";
import { chosenProblem, type ProblemValues } from "./problem_options.ts";
import { readConfig, type RunConfig } from "./run_config.ts";

/** A mechanism, its problem, and where they come from. */
export interface MechanismWithProblem extends MechanismPlace {
  readonly mechanism: LearnedMechanism;
  readonly problem: MechanismProblem;
  /** The configuration of the run folder, where one was given. */
  readonly config?: RunConfig;
  /** What is to be said where the problem's module has changed since the run. */
  readonly changed?: string;
}

/**
 * Reads the mechanism that an argument names, and its problem: the one that the command line chooses, which may be another
 * of the same size than it was trained for.
 *
 * @param command The name of the command, for messages.
 * @throws {InvalidInputError} where there is no mechanism, a file comes without a problem, or the two do not match.
 * @throws {MachineError} if something cannot be read.
 */
export async function mechanismWithProblem(
  command: string,
  argument: string,
  values: ProblemValues,
): Promise<MechanismWithProblem> {
  const place = await findMechanism(argument), { file, folder } = place;
  const chosen = await chosenProblem(command, values);
  const run = folder === undefined ? undefined : await readConfig(folder, chosen, true);
  const problem = chosen ?? run?.problem;
  if (!problem) {
    throw new InvalidInputError(
      `Cannot ${command} ${file}: a file must come with its problem, such as --setting NAME, which is missing`,
    );
  }
  const mechanism = await loadMechanism(file, chosen ? undefined : problem);
  if (chosen) requireMechanismFor(command, chosen, mechanism);
  return { ...place, mechanism, problem, config: run?.config, changed: run?.changed };
}
