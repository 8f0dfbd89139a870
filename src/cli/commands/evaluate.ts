/**
 * `tedi evaluate`: the revenue of a mechanism on new type profiles.
 *
 * @module
 */
import type { LearnedMechanism } from "../../io/mechanism_kinds.ts";
import { isAffineMaximizer } from "../../mechanisms/affine_maximizer.ts";
import { TEST_PROFILES } from "../../mechanisms/evaluate.ts";
import type { Command, Option } from "../command.ts";
import { deviceOptions, requestedDevice } from "../device_options.ts";
import { besideSimpleMechanisms, evaluateShown, reportEvaluation } from "../evaluation_report.ts";
import { mechanismArgument } from "../mechanism_argument.ts";
import { withinRange } from "../within_range.ts";
import { mechanismWithProblem } from "../mechanism_with_problem.ts";
import { aboutRun, sayNext, shellLine } from "../next_steps.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput } from "../output.ts";
import { assist, chosenRanks, mpiOption, rankThreads, shared } from "../ranks.ts";
import { openDevice } from "../../runtime/device.ts";
import { problemOptions } from "../problem_options.ts";

const evaluationOptions = [
  {
    name: "profiles",
    kind: "integer",
    least: 2,
    placeholder: "N",
    help: "New type profiles on which the revenue is measured, at least 2",
    default: String(TEST_PROFILES),
  },
  {
    name: "seed",
    kind: "integer",
    least: 0,
    placeholder: "N",
    help: "Seed of the new type profiles, from 0",
    default: "that of the run, or 0 for a file",
  },
  {
    name: "clip",
    kind: "flag",
    help: "Take types above the largest that the mechanism was trained for as that, where they are an error otherwise",
  },
  { name: "json", kind: "flag", help: "Write the result to stdout as one line of JSON" },
  { name: "quiet", kind: "flag", help: "No progress on stderr" },
] as const satisfies readonly Option[];

const options = [...problemOptions, ...evaluationOptions, ...deviceOptions, mpiOption] as const;

/** `tedi evaluate`. */
export const evaluateCommand: Command = {
  name: "evaluate",
  description: "Measures the principal's expected utility (the revenue, less costs) of a mechanism on new type " +
    "profiles, with certified best responses, and shows it beside what is known about the problem.",
  positionals: [mechanismArgument],
  groups: [
    { heading: "Evaluation", options: evaluationOptions },
    { heading: "Device", options: deviceOptions },
    { heading: "Several processes", options: [mpiOption] },
    { heading: "Problem (default: that of the run folder; a file needs one)", options: problemOptions },
  ],
  examples: [
    { line: "tedi evaluate runs/U-1-2-cp0-cd0-seed0", help: "the number that tedi train ended with" },
    { line: "tedi evaluate runs/U-1-2-cp0-cd0-seed0 --seed 1 --json", help: "on other profiles, for a program" },
    { line: "mpirun -n 4 tedi evaluate runs/U-1-2-cp0-cd0-seed0 --mpi", help: "on several machines" },
    { line: "tedi evaluate mine.safetensors --setting U-1-2", help: "a mechanism file" },
    {
      line: "tedi evaluate runs/U-1-2-cp0-cd0-seed0 --setting C-1-2",
      help: "on another distribution of the same size",
    },
  ],
  async run(args) {
    const { values, positionals } = parseCommandLine("evaluate", options, [mechanismArgument], args);
    const output = openOutput(values), ranks = chosenRanks(values);
    if (ranks && ranks.rank > 0) return await assist(ranks, values);
    const found = await mechanismWithProblem("evaluate", positionals[0], values),
      { file, folder, problem, config } = found;
    const within = (mechanism: LearnedMechanism) => withinRange("evaluate", problem, mechanism, values.clip ?? false);
    within(found.mechanism);
    const test = { profiles: values.profiles ?? TEST_PROFILES, seed: values.seed ?? config?.training.seed ?? 0 };
    if (found.changed !== undefined) output.warn(found.changed);
    const device = await openDevice({ ...requestedDevice(values), threads: rankThreads(values) });
    try {
      const all = await shared(ranks, found.mechanism), mechanism = within(all.mechanism);
      const { evaluation, each, seconds } = await evaluateShown(problem, mechanism, test, output);
      all.close();
      reportEvaluation(problem, evaluation, {
        ...{ device, profileSeed: test.seed, seconds, trainedFor: mechanism.problem },
        ...await besideSimpleMechanisms(problem, each, test),
      }, output);
      sayNext(
        output,
        folder === undefined ? "method" in mechanism ? [] : [shellLine(["tedi", "playground", file])] : [
          aboutRun("audit", folder, problem),
          ..."method" in mechanism && !isAffineMaximizer(mechanism) ? [] : [aboutRun("report", folder, problem)],
        ],
      );
    } finally {
      device.close();
    }
    return 0;
  },
};
