/**
 * Makes what pages show of a run out of its configuration.
 *
 * @module
 */
import type { MechanismProblem, ProblemSource } from "../problems/problem.ts";
import type { StartedRun } from "../report/data.ts";
import { shellLine } from "./next_steps.ts";
import { type AffineMaximizerOptions, isUnitSupplyTraining } from "../training/unit_supply/options.ts";
import type { RunConfig } from "./run_config.ts";
import { sourceArguments } from "./problem_options.ts";
import { startPath } from "./warm_start.ts";
import { optionTexts, trainingArguments } from "./training_options.ts";
import { unitSupplyArguments, unitSupplyTexts } from "./unit_supply_options.ts";

/** The configuration of a run, of a menu mechanism or of an affine maximizer. */
export type AnyRunConfig = RunConfig | RunConfig<AffineMaximizerOptions>;

/** The run in a folder as its configuration says, without its metrics. */
export function startedRun(
  name: string,
  folder: string,
  problem: MechanismProblem,
  config: AnyRunConfig,
): Omit<StartedRun, "metrics" | "seconds"> {
  const { training } = config, once = isUnitSupplyTraining(training), { backend, adapter } = config.device;
  const args = once ? unitSupplyArguments(problem, training) : trainingArguments(problem, training);
  return {
    ...{ name, problem, version: config.version },
    command: commandLine(folder, problem.source, config, args),
    device: `${backend} (${adapter})`,
    options: once ? unitSupplyTexts(training) : optionTexts(training),
  };
}

/** The command line that does a run again. */
function commandLine(
  folder: string,
  source: ProblemSource,
  { device, from }: Pick<RunConfig, "device" | "from">,
  args: readonly string[],
): string {
  const words = ["tedi", "train", ...sourceArguments(source), ...args, "--backend", device.backend];
  if (from) words.push("--from", startPath(folder, from));
  if (device.backend === "webgpu" && device.software) words.push("--allow-software");
  return shellLine(words);
}
