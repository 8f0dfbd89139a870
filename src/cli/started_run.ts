/**
 * Makes what pages show of a run out of its configuration.
 *
 * @module
 */
import type { MechanismProblem, ProblemSource } from "../problems/problem.ts";
import type { StartedRun } from "../report/data.ts";
import { shellLine } from "./next_steps.ts";
import type { RunConfig } from "./run_config.ts";
import { sourceArguments } from "./problem_options.ts";
import { startPath } from "./warm_start.ts";
import { optionTexts, trainingArguments } from "./training_options.ts";

/** The run in a folder as its configuration says, without its metrics. */
export function startedRun(
  name: string,
  folder: string,
  problem: MechanismProblem,
  config: RunConfig,
): Omit<StartedRun, "metrics" | "seconds"> {
  const args = trainingArguments(problem, config.training), { backend, adapter } = config.device;
  return {
    ...{ name, problem, version: config.version },
    command: commandLine(folder, problem.source, config, args),
    device: `${backend} (${adapter})`,
    options: optionTexts(config.training),
  };
}

/** The command line that does a run again. */
function commandLine(
  folder: string,
  source: ProblemSource,
  { device, from }: RunConfig,
  args: readonly string[],
): string {
  const words = ["tedi", "train", ...sourceArguments(source), ...args, "--backend", device.backend];
  if (from) words.push("--from", startPath(folder, from));
  if (device.backend === "webgpu" && device.software) words.push("--allow-software");
  return shellLine(words);
}
