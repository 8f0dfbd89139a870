/**
 * The options of `tedi train`.
 *
 * @module
 */
import { TEST_PROFILES } from "../mechanisms/evaluate.ts";
import type { Option, Values } from "./command.ts";
import { deviceOptions } from "./device_options.ts";
import { problemOptions } from "./problem_options.ts";
import { rankOptions } from "./ranks.ts";
import { trainingOptions } from "./training_options.ts";
import { unitSupplyOptions } from "./unit_supply_options.ts";
import { warmStartOption } from "./warm_start.ts";
import { watchOptions } from "./watch.ts";

/** The options of a run, its folder and its test. */
export const runOptions = [
  {
    name: "config",
    kind: "text",
    placeholder: "FILE.toml",
    help: "Options from a file, TOML or JSON, by their names without dashes; those of the command line overrule them",
  },
  {
    name: "out",
    kind: "text",
    placeholder: "FOLDER",
    help: "The run folder, for configuration, metrics, checkpoints and the mechanism",
    default: "runs/PROBLEM-seedN, or runs/PROBLEM-seedN-continued with --from",
  },
  {
    name: "resume",
    kind: "flag",
    help: "Continue the run in the folder from its last checkpoint; with more --iterations for longer",
  },
  warmStartOption,
  { name: "force", kind: "flag", help: "Delete the run in the folder, and begin a new one" },
  {
    name: "checkpoint-every",
    kind: "integer",
    least: 1,
    placeholder: "N",
    help: "Iterations between checkpoints, at least 1",
    default: "100",
  },
  {
    name: "test-profiles",
    kind: "integer",
    least: 2,
    placeholder: "N",
    help: "New type profiles on which the revenue is measured at the end, at least 2",
    default: String(TEST_PROFILES),
  },
  {
    name: "folds",
    kind: "integer",
    least: 2,
    placeholder: "K",
    help: "With --types: train K times more, each without a K-th of the rows, to measure on all rows: for small tables",
  },
  ...watchOptions,
  {
    name: "dry-run",
    kind: "flag",
    help:
      "Print the number of parameters, the memory and the operations that training would take, and all options as a " +
      "file for --config: tedi train --dry-run > run.toml; and stop",
  },
  {
    name: "json",
    kind: "flag",
    help: "Write a line of JSON to stdout for the start, each iteration, each checkpoint and the result",
  },
  { name: "quiet", kind: "flag", help: "No logs and no progress on stderr" },
] as const satisfies readonly Option[];

/** All options. */
export const trainCommandOptions = [
  ...problemOptions,
  ...trainingOptions,
  ...unitSupplyOptions,
  ...deviceOptions,
  ...rankOptions,
  ...runOptions,
] as const;
/** The values of all options. */
export type TrainValues = Values<typeof trainCommandOptions[number]>;
