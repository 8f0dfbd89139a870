/**
 * `tedi train`: learns a mechanism, in a run folder.
 *
 * @module
 */
import { InvalidInputError } from "../../errors.ts";
import { encodeMechanism } from "../../io/mechanism_file.ts";
import { openRunFolder, type RunFolder } from "../../io/run_folder.ts";
import { TEST_PROFILES } from "../../mechanisms/evaluate.ts";
import type { MechanismProblem } from "../../problems/problem.ts";
import { settingProblem } from "../../problems/settings.ts";
import { type Device, type DeviceOptions, openDevice } from "../../runtime/device.ts";
import { crossValidate, type CrossValidation, requireFolds } from "../../training/cross_validation.ts";
import type { Ranks } from "../../runtime/mpi.ts";
import type { TrainingOptions } from "../../training/options.ts";
import { readProgress } from "../../training/state.ts";
import { type Checkpoint, planTraining, train } from "../../training/train.ts";
import { VERSION } from "../../version.ts";
import type { Command } from "../command.ts";
import { deviceOptions, requestedDevice } from "../device_options.ts";
import { evaluateShown, reportEvaluation, simpleMechanisms } from "../evaluation_report.ts";
import { INTERRUPTED, listenToInterrupts } from "../interrupt.ts";
import { remarksOn } from "../remarks.ts";
import { aboutRun, sayNext, shellLine } from "../next_steps.ts";
import { chosenRanks, follow, lead, rankOptions, rankThreads, sharding } from "../ranks.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput, type Output } from "../output.ts";
import { chosenProblem, DEFAULT_SETTING, describeSource, problemOptions, problemSlug } from "../problem_options.ts";
import { checkConfig, configPath, type RunConfig, sourceFrom } from "../run_config.ts";
import { reportPlan } from "../plan_report.ts";
import { recordTraining } from "../training_record.ts";
import { runOptions, trainCommandOptions, type TrainValues } from "../run_options.ts";
import { requireNoUnitSupplyOptions, unitSupplyOptions } from "../unit_supply_options.ts";
import { isUnitSupplyRun, trainUnitSupply } from "../unit_supply_training.ts";
import { openWatch, type Watch } from "../watch.ts";
import { chosenTraining, requireSameTraining, trainingGroups } from "../training_options.ts";

/** `tedi train`. */
export const trainCommand: Command = {
  name: "train",
  description: "Learns a mechanism for a problem, measures its revenue on new type profiles, and keeps everything in " +
    "a run folder.\n\n" +
    "Ctrl-C stops in order, with a checkpoint. --resume goes on from the last checkpoint, also after a crash, and " +
    "ends with the same bits as a run that was never stopped.",
  positionals: [],
  groups: [
    {
      heading: `Problem, one of three ways (default: --setting ${DEFAULT_SETTING})`,
      options: problemOptions,
    },
    { heading: "Run", options: runOptions },
    { heading: "Device", options: deviceOptions },
    { heading: "Several processes", options: rankOptions },
    ...trainingGroups(),
    { heading: "Where goods exist once, as in U-2-2-unit: an affine maximizer", options: unitSupplyOptions },
  ],
  examples: [
    { line: "tedi train --setting U-1-2", help: "sell 2 goods to 1 buyer, in runs/U-1-2-cp0-cd0-seed0" },
    { line: "tedi train --setting U-1-2 --resume", help: "go on after Ctrl-C" },
    { line: "tedi train --setting U-3-2-cp1-cd0 --watch", help: "watch it in a browser" },
    { line: "tedi train --setting U-3-2-cp1-cd0 --preset as-printed", help: "Algorithm 1 and nothing else" },
    { line: "tedi train --setting U-2-2-unit", help: "goods that exist once: an affine maximizer auction" },
    { line: "tedi train --types bids.csv --participants 3 --goods 2 --out runs/bids", help: "learn from data" },
    { line: "tedi train --problem ./my_problem.ts --json > log.jsonl", help: "a problem of your own, for a program" },
  ],
  async run(args) {
    const { values } = parseCommandLine("train", trainCommandOptions, [], args);
    const output = openOutput(values);
    const chosen = await chosenProblem("train", values, output.log);
    if (await isUnitSupplyRun(chosen, values)) return await trainUnitSupply(chosen, values, output);
    if (values["dry-run"]) return await dryRun(chosen, values, output);
    if (values.shards !== undefined && !values.mpi) {
      throw new InvalidInputError("Cannot run tedi train: --shards must come with --mpi, which is missing");
    }
    const ranks = chosenRanks(values);
    if (ranks && ranks.rank > 0) return await follow(ranks, values, chosen);
    const watch = await openWatch(values, output);
    try {
      const run = await prepare(chosen, values, output);
      try {
        return await work(run, values, output, watch, ranks);
      } catch (error) {
        watch?.stage({ words: `tedi train failed: ${(error as Error).message}`, over: true });
        throw error;
      } finally {
        run.folder.close();
      }
    } finally {
      await watch?.end();
    }
  },
};

/** Tells what training would take on the device, and leaves no trace. */
async function dryRun(chosen: MechanismProblem | undefined, values: TrainValues, output: Output): Promise<number> {
  const problem = chosen ?? settingProblem(DEFAULT_SETTING);
  requireNoUnitSupplyOptions(problem, values);
  const training = chosenTraining(problem, values);
  const device = await openDevice(requestedDevice(values));
  try {
    reportPlan(await planTraining(problem, training, device), problem, training, device, output);
    return 0;
  } finally {
    device.close();
  }
}

/** A run whose input has all been checked. */
interface PreparedRun {
  readonly problem: MechanismProblem;
  readonly training: TrainingOptions;
  readonly folder: RunFolder;
  /** The configuration of the run that goes on. */
  readonly before?: RunConfig;
  /** The checkpoint from which it goes on. */
  readonly checkpoint?: Checkpoint;
  /** The iteration of the checkpoint; 0 without one. */
  readonly done: number;
}

/** Checks everything that can be wrong with the input, before any device is opened. */
async function prepare(
  chosen: MechanismProblem | undefined,
  values: TrainValues,
  output: Output,
): Promise<PreparedRun> {
  const { resume = false, force = false } = values;
  if (resume && force) throw new InvalidInputError("Cannot run tedi train: --resume and --force exclude each other");
  const problem = chosen ?? settingProblem(DEFAULT_SETTING);
  requireNoUnitSupplyOptions(problem, values);
  const training = chosenTraining(problem, values);
  const checkFolds = (of: MechanismProblem): void => {
    if (values.folds !== undefined) requireFolds("run tedi train", of, values.folds);
  };
  if (!resume) checkFolds(problem);
  const path = values.out ?? `runs/${problemSlug(problem)}-seed${training.seed}`;
  const open = () => openRunFolder(path, { resume, force, warn: output.warn });
  if (!resume) return { problem, training, folder: await open(), done: 0 };

  const folder = await open();
  const where = configPath(path);
  const { config, problem: begun, changed } = await checkConfig(await folder.readConfig(), where, chosen);
  if (chosen && describeSource(chosen.source) !== describeSource(begun.source)) {
    throw new InvalidInputError(
      `Cannot resume: the problem must be left out or be ${describeSource(begun.source)}, as in ${where}, ` +
        `got ${describeSource(chosen.source)}`,
    );
  }
  const { iterations = 0, ...others } = values, longer = iterations > config.training.iterations;
  requireSameTraining(begun, longer ? others : values, config.training, where);
  const options = longer ? { ...config.training, iterations } : config.training;
  checkFolds(begun);
  if (changed !== undefined) output.warn(changed);
  if (config.version !== VERSION) {
    output.warn(`the run was begun by version ${config.version}, this is ${VERSION}: its bits may differ`);
  }
  const checkpoint = await folder.readCheckpoint();
  const done = checkpoint ? readProgress(begun, options, checkpoint).iteration : 0;
  return { problem: begun, training: options, folder, before: config, checkpoint, done };
}

/** Trains and evaluates; gives the exit code. */
async function work(
  run: PreparedRun,
  values: TrainValues,
  output: Output,
  watch?: Watch,
  ranks?: Ranks,
): Promise<number> {
  const { problem, training, folder } = run;
  output.log(`Run folder: ${folder.path}${values.out === undefined ? " (--out FOLDER for another)" : ""}`);
  const checkpointEvery = values["checkpoint-every"];
  await lead(ranks, { source: problem.source, training, checkpointEvery }, run.checkpoint);
  const device = await openDevice(wantedDevice(values, run.before));
  const interrupt = listenToInterrupts(() => output.log("Stopping after this iteration; Ctrl-C again to stop at once"));
  try {
    const config = await writeConfig(run, values, device, output, watch?.address);
    watch?.begin(folder.path, problem, config);
    const record = await recordTraining({ ...run, name: problem.name, unit: problem, output });
    let begun = run.before !== undefined;
    const onIteration: typeof record.hooks.onIteration = (metrics) => {
      begun = true;
      record.hooks.onIteration(metrics);
    };
    const result = await train(problem, training, {
      ...record.hooks,
      onIteration,
      device,
      checkpointEvery,
      signal: interrupt.signal,
      ...sharding(ranks, values),
    }).catch(async (error) => {
      // What failed before anything was learned leaves no run behind.
      if (!begun) await folder.discard();
      throw error;
    }).finally(record.end);
    ranks?.finish();
    const trainingSeconds = record.seconds();
    if (result.iterations < training.iterations) {
      output.event("interrupted", { iteration: result.iterations, out: folder.path });
      const stopped = `Stopped after iteration ${result.iterations} of ${training.iterations}, with a checkpoint`;
      const next = aboutRun("train --resume --out", folder.path, problem);
      watch?.stage({ words: `${stopped}. Go on with:`, next: [next], over: true });
      output.log(stopped);
      output.log(`Go on with: ${next}`);
      return INTERRUPTED;
    }
    await folder.writeMechanism(await encodeMechanism(result.mechanism));
    interrupt.end(); // From here on Ctrl-C ends the process as usual: all is kept.
    if (interrupt.signal.aborted) {
      const next = aboutRun("evaluate", folder.path, problem);
      watch?.stage({ words: "Training is done. Measure its revenue with:", next: [next], over: true });
      output.log(`Training is done; measure its revenue with: ${next}`);
      return INTERRUPTED;
    }
    const test = { profiles: values["test-profiles"] ?? TEST_PROFILES, seed: training.seed };
    watch?.stage({ words: `Training is done. Its revenue is being measured on ${test.profiles} type profiles.` });
    const { evaluation, seconds } = await evaluateShown(problem, result.mechanism, test, output);
    const { iterations } = result;
    const crossValidation = values.folds && await crossValidated(problem, training, values.folds, device, output);
    reportEvaluation(problem, evaluation, {
      references: await simpleMechanisms(problem, test),
      device,
      profileSeed: test.seed,
      seconds: trainingSeconds,
      ...crossValidation && { crossValidation },
      remarks: await remarksOn(problem, evaluation, test),
      training: { iterations, out: folder.path, evaluationSeconds: seconds },
    }, output);
    const report = await watch?.report(result.mechanism, evaluation, {
      words: `Training is done, and this page is ${folder.path}/report.html. Check what it promises with:`,
      next: [aboutRun("audit", folder.path, problem)],
      over: true,
    });
    if (report) output.log(`Report: ${report}`);
    sayNext(output, [
      aboutRun("report", folder.path, problem),
      aboutRun("audit", folder.path, problem),
      shellLine(["tedi", "playground", folder.path]),
      shellLine(["tedi", "run", folder.path, "--types", "FILE.csv"]),
    ]);
    return 0;
  } finally {
    interrupt.end();
    device.close();
  }
}

/** Cross-validates with a progress bar. */
async function crossValidated(
  problem: MechanismProblem,
  training: TrainingOptions,
  folds: number,
  device: Device,
  output: Output,
): Promise<CrossValidation> {
  const progress = output.progress("folds");
  try {
    return await crossValidate(problem, training, folds, { device, onFold: (done, all) => progress.update(done, all) });
  } finally {
    progress.end();
  }
}

/** The device to open. A run goes on where it began, for the same bits, unless the command line says otherwise. */
function wantedDevice(values: TrainValues, before?: RunConfig): DeviceOptions {
  if (before === undefined || values.backend !== undefined) {
    return { ...requestedDevice(values), threads: rankThreads(values) };
  }
  const { backend, software } = before.device;
  return { backend, allowSoftware: software || values["allow-software"], threads: rankThreads(values) };
}

/** Records what the run is, or compares its device with the recorded one; gives what is recorded. */
async function writeConfig(
  run: PreparedRun,
  values: TrainValues,
  device: Device,
  output: Output,
  watch?: string,
): Promise<RunConfig> {
  const { problem, training, folder, before, done } = run;
  const { backend, adapter, software, reason } = device;
  const config: RunConfig = before ?? {
    version: VERSION,
    problem: { name: problem.name, source: sourceFrom(folder.path, problem.source) },
    training,
    device: { requested: requestedDevice(values).backend, backend, adapter, software },
  };
  if (before === undefined || before.training !== training) await folder.writeConfig({ ...config, training });
  else if (done < training.iterations && (before.device.backend !== backend || before.device.adapter !== adapter)) {
    const was = `${before.device.backend} (${before.device.adapter})`;
    output.warn(`the run was begun on ${was}, this is ${backend} (${adapter}): its bits will differ`);
  }
  output.event("start", {
    setting: problem.name,
    participants: problem.participants,
    goods: problem.goods,
    iterations: training.iterations,
    done,
    seed: training.seed,
    backend,
    adapter,
    reason,
    out: folder.path,
    ...watch !== undefined && { watch },
    version: VERSION,
  });
  output.log(`Device: ${reason}`);
  if (watch !== undefined) output.log(`Watch: ${watch}`);
  return config;
}
