/**
 * `tedi train`: learns a mechanism, in a run folder.
 *
 * @module
 */
import { InvalidInputError } from "../../errors.ts";
import { encodeMechanism } from "../../io/mechanism_file.ts";
import { openRunFolder, type RunFolder } from "../../io/run_folder.ts";
import { divided } from "../../mechanisms/over_ranks.ts";
import { requireMechanismFor } from "../../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../../problems/problem.ts";
import { settingProblem } from "../../problems/settings.ts";
import { type Device, type DeviceOptions, openDevice } from "../../runtime/device.ts";
import { crossValidate, type CrossValidation, requireFolds } from "../../training/cross_validation.ts";
import type { Ranks } from "../../runtime/mpi.ts";
import type { TrainingOptions } from "../../training/options.ts";
import { readProgress } from "../../training/state.ts";
import { type Checkpoint, planTraining, train } from "../../training/train.ts";
import { withFreshPatience } from "../../training/validation.ts";
import { requireStart } from "../../training/warm_start.ts";
import { VERSION } from "../../version.ts";
import type { Command } from "../command.ts";
import { deviceOptions, requestedDevice } from "../device_options.ts";
import { keepResult, measureLearned, sayStopped } from "../ended_training.ts";
import { besideSimpleMechanisms, reportEvaluation } from "../evaluation_report.ts";
import { openFasterDevice } from "../faster_device.ts";
import { measureGpuIteration } from "../gpu_iteration.ts";
import { INTERRUPTED, listenToInterrupts } from "../interrupt.ts";
import { aboutRun, sayNext, shellLine, whatTediIs } from "../next_steps.ts";
import { polishingInWords } from "../polishing_in_words.ts";
import { chosenRanks, follow, lead, rankOptions, rankThreads, sharding } from "../ranks.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput, type Output } from "../output.ts";
import { chosenProblem, DEFAULT_SETTING, describeSource, problemOptions, problemSlug } from "../problem_options.ts";
import { blaming, configTable, ONLY_IN_LINES, overruled, readConfigFile } from "../train_config.ts";
import { checkConfig, configPath, type LoadedConfig, readConfig, type RunConfig, sourceFrom } from "../run_config.ts";
import { reportPlan } from "../plan_report.ts";
import { recordTraining } from "../training_record.ts";
import { runOptions, runValues, trainCommandOptions, type TrainValues } from "../run_options.ts";
import { requireNoUnitSupplyOptions, unitSupplyOptions } from "../unit_supply_options.ts";
import { isUnitSupplyRun, trainUnitSupply } from "../unit_supply_training.ts";
import { readWarmStart, recordedStart, startAgain, startPath, type WarmStart } from "../warm_start.ts";
import { openWatch, type Watch } from "../watch.ts";
import { chosenTraining, optionValues, requireSameTraining, trainingGroups } from "../training_options.ts";

const inFiles = trainCommandOptions.filter(({ name }) => !ONLY_IN_LINES.includes(name));

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
    {
      line: "tedi train --from runs/U-1-2-cp0-cd0-seed0 --seed 1",
      help: "go on from what was learned, in another run",
    },
    { line: "tedi train --setting U-3-2-cp1-cd0 --watch", help: "watch it in a browser" },
    { line: "tedi train --setting U-3-2-cp1-cd0 --preset as-printed", help: "Algorithm 1 and nothing else" },
    { line: "tedi train --setting U-1-2 --dry-run > run.toml", help: "what it would take, with all options" },
    { line: "tedi train --config run.toml --seed 1", help: "train with these, and with another seed" },
    { line: "tedi train --setting U-2-2-unit", help: "goods that exist once: an affine maximizer auction" },
    { line: "tedi train --types bids.csv --participants 3 --goods 2 --out runs/bids", help: "learn from data" },
    { line: "tedi train --problem ./my_problem.ts --json > log.jsonl", help: "a problem of your own, for a program" },
  ],
  async run(args) {
    const { values: given } = parseCommandLine("train", trainCommandOptions, [], args);
    const file = given.config === undefined ? undefined : await readConfigFile(given.config, inFiles);
    return await blaming(file, given, () => runWith(file ? overruled(file, given) : given));
  },
};

/** Runs the command with the values of its options. */
async function runWith(values: TrainValues): Promise<number> {
  const output = openOutput(values), chosen = await chosenProblem("train", values, output.log);
  if (await isUnitSupplyRun(chosen, values)) return await trainUnitSupply(chosen, values, output);
  if (values["dry-run"]) return await dryRun(chosen, values, output);
  if (values.shards !== undefined && !values.mpi) {
    throw new InvalidInputError("Cannot run tedi train: --shards must come with --mpi, which is missing");
  }
  const ranks = chosenRanks(values);
  if (ranks && ranks.rank > 0) return await follow(ranks, values);
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
}

/** Tells what training would take on the device, and leaves no trace. */
async function dryRun(chosen: MechanismProblem | undefined, values: TrainValues, output: Output): Promise<number> {
  const { problem, training, from } = values.resume
    ? await recordedTraining(chosen, values, output)
    : { ...await newTraining(chosen, values), from: values.from };
  const device = await openFasterDevice(problem, training, requestedDevice(values), output);
  try {
    const plan = await planTraining(problem, training, device);
    const config = configTable(problem.source, optionValues(training), runValues({ ...values, from }));
    const onGpu = device.backend === "webgpu";
    if (onGpu) output.log("Running some iterations on the GPU, to count what they ask of it");
    const gpu = onGpu ? await measureGpuIteration(problem, training, device, plan.flop.total) : undefined;
    reportPlan(plan, problem, training, device, config, output, gpu);
    return 0;
  } finally {
    device.close();
  }
}

/** The training of a run that is to go on, without opening its folder. */
async function recordedTraining(chosen: MechanismProblem | undefined, values: TrainValues, output: Output) {
  const path = await resumedPath(chosen, values), where = configPath(path);
  const loaded = await readConfig(path, chosen), { config, changed } = loaded;
  if (changed !== undefined) output.warn(changed);
  return { ...goingOn(loaded, where, chosen, values), from: config.from && startPath(path, config.from) };
}

/** The folder of the run that goes on: that of `--out`, or where a new training with the same options would be. */
async function resumedPath(chosen: MechanismProblem | undefined, values: TrainValues): Promise<string> {
  if (values.out !== undefined) return values.out;
  const { problem, training } = await newTraining(chosen, values, true);
  return runPath(problem, training.seed);
}

/** Where a run is unless `--out` says otherwise. */
function runPath(problem: MechanismProblem, seed: number, start?: WarmStart): string {
  return `runs/${problemSlug(problem)}-seed${seed}${start ? "-continued" : ""}`;
}

/**
 * What a run goes on with: its own options, and perhaps more iterations.
 *
 * @throws {InvalidInputError} where the command line says something else.
 */
function goingOn(
  { config: { training }, problem }: LoadedConfig,
  where: string,
  chosen: MechanismProblem | undefined,
  values: TrainValues,
) {
  if (chosen && describeSource(chosen.source) !== describeSource(problem.source)) {
    throw new InvalidInputError(
      `Cannot resume: the problem must be left out or be ${describeSource(problem.source)}, as in ${where}, ` +
        `got ${describeSource(chosen.source)}`,
    );
  }
  requireNoUnitSupplyOptions(problem, values);
  const { iterations = 0, ...others } = values, longer = iterations > training.iterations;
  requireSameTraining(problem, longer ? others : values, training, where);
  return { problem, training: longer ? { ...training, iterations } : training, longer };
}

/** A run whose input has all been checked. */
interface PreparedRun {
  readonly problem: MechanismProblem;
  readonly training: TrainingOptions;
  readonly folder: RunFolder;
  /** The mechanism that it begins with. */
  readonly start?: WarmStart;
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
  const checkFolds = (of: MechanismProblem): void => {
    if (values.folds !== undefined) requireFolds("run tedi train", of, values.folds);
  };
  if (!resume) {
    const { problem, training, start } = await newTraining(chosen, values);
    checkFolds(problem);
    const path = values.out ?? runPath(problem, training.seed, start);
    const folder = await openRunFolder(path, { resume, force, warn: output.warn });
    return { problem, training, start, folder, done: 0 };
  }

  const path = await resumedPath(chosen, values), where = configPath(path);
  const folder = await openRunFolder(path, { resume, force, warn: output.warn });
  const loaded = await checkConfig(await folder.readConfig(), where, chosen), { config, changed } = loaded;
  const { problem: begun, training: options, longer } = goingOn(loaded, where, chosen, values);
  checkFolds(begun);
  if (changed !== undefined) output.warn(changed);
  if (config.version !== VERSION) {
    output.warn(`the run was begun by version ${config.version}, this is ${VERSION}: its bits may differ`);
  }
  const found = await folder.readCheckpoint(), checkpoint = longer && found ? withFreshPatience(found) : found;
  const done = checkpoint ? readProgress(begun, options, checkpoint).iteration : 0;
  const again = await startAgain(config, where, values.from, checkpoint === undefined);
  return { problem: begun, training: options, start: again, folder, before: config, checkpoint, done };
}

/** What a new training is of: the problem that is chosen, or that of the run which it begins with. */
async function newTraining(chosen: MechanismProblem | undefined, values: TrainValues, resume = false) {
  const { from } = values, start = from === undefined || resume ? undefined : await readWarmStart(from);
  const ofStart = chosen || start?.folder === undefined ? undefined : await readConfig(start.folder);
  const problem = chosen ?? ofStart?.problem ?? settingProblem(DEFAULT_SETTING);
  requireNoUnitSupplyOptions(problem, values);
  if (start) requireMechanismFor(`train from ${from}`, problem, start.mechanism);
  const training = chosenTraining(problem, values, start?.mechanism.network);
  if (start) requireStart(problem, training.network, start.mechanism, from!);
  return { problem, training, start };
}

/** Trains and evaluates; gives the exit code. */
async function work(
  run: PreparedRun,
  values: TrainValues,
  output: Output,
  watch?: Watch,
  ranks?: Ranks,
): Promise<number> {
  const { problem, training, folder } = run, ended = { problem, folder, output, watch };
  output.log(`Run folder: ${folder.path}${values.out === undefined ? " (--out FOLDER for another)" : ""}`);
  const checkpointEvery = values["checkpoint-every"];
  const from = run.start?.mechanism;
  await lead(ranks, { source: problem.source, training, checkpointEvery }, run.checkpoint, from);
  const wanted = wantedDevice(values, run.before);
  // Ranks open devices of their own, without a word to each other.
  const device = ranks ? await openDevice(wanted) : await openFasterDevice(problem, training, wanted, output);
  const interrupt = listenToInterrupts(() => output.log("Stopping after this iteration; Ctrl-C again to stop at once"));
  try {
    const config = await writeConfig(run, values, device, output, watch?.address);
    watch?.begin(folder.path, problem, config);
    const record = await recordTraining({ ...run, output });
    if (training.initialPrices === "fees" && !from && run.done === 0) {
      output.log("A network is fitted to prices of goods and participation fees, to begin training with");
    }
    const remark = polishingInWords(
      problem,
      training,
      values["polish-share"] !== undefined || values.preset !== undefined,
      device.backend,
    );
    if (remark !== undefined && run.done < training.iterations) output.log(remark);
    const result = await train(problem, training, {
      ...record.hooks,
      from,
      device,
      checkpointEvery,
      signal: interrupt.signal,
      ...sharding(ranks, values),
    }).catch(record.failed).finally(record.end);
    const trainingSeconds = record.seconds();
    if (!result.done) {
      ranks?.finish();
      const next = sayStopped(ended, result.iterations, training.iterations);
      output.log(`Go on with: ${next}\n(${whatTediIs()})`);
      return INTERRUPTED;
    }
    await folder.writeMechanism(await encodeMechanism(result.mechanism));
    interrupt.end(); // From here on Ctrl-C ends the process as usual: all is kept.
    const all = ranks && divided(ranks, result.mechanism);
    if (interrupt.signal.aborted) {
      all?.close();
      ranks?.finish();
      const next = aboutRun("evaluate", folder.path, problem);
      watch?.stage({ words: "Training is done. Measure its revenue with:", next: [next], over: true });
      output.log(`Training is done; measure its revenue with: ${next}\n(${whatTediIs()})`);
      return INTERRUPTED;
    }
    const mechanism = all ?? result.mechanism, { seed } = training;
    const { test, evaluation, each, seconds } = await measureLearned(ended, mechanism, seed, values["test-profiles"]);
    all?.close();
    ranks?.finish();
    const { iterations, best } = result;
    const crossValidation = values.folds && await crossValidated(problem, training, values.folds, device, output);
    const beside = await besideSimpleMechanisms(problem, each, test);
    const reported = reportEvaluation(problem, evaluation, {
      ...beside,
      device,
      profileSeed: test.seed,
      seconds: trainingSeconds,
      ...crossValidation && { crossValidation },
      training: {
        ...{ iterations, planned: training.iterations, patience: training.patience },
        ...{ ...best && { best }, out: folder.path, evaluationSeconds: seconds },
      },
    }, output);
    await keepResult(ended, reported, result.mechanism, { evaluation, ...beside });
    sayNext(output, [
      aboutRun("report", folder.path, problem),
      ...problem.participants === 1 ? [aboutRun("menu", folder.path, problem)] : [],
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
  const { problem, training, start, folder, before, done } = run;
  const { backend, adapter, software, reason } = device;
  const config: RunConfig = before ?? {
    version: VERSION,
    problem: { name: problem.name, source: sourceFrom(folder.path, problem.source) },
    training,
    ...start && { from: recordedStart(folder.path, start) },
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
    ...start && { from: start.file },
    ...watch !== undefined && { watch },
    version: VERSION,
  });
  if (start) output.log(`Begins with the prices of ${start.file}`);
  output.log(`Device: ${reason}`);
  if (watch !== undefined) output.log(`Watch: ${watch}`);
  return config;
}
