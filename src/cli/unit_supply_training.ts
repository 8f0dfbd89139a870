/**
 * `tedi train` where goods exist once: learns an affine maximizer, in a run folder.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import { encodeMechanism } from "../io/mechanism_file.ts";
import { openRunFolder, type RunFolder } from "../io/run_folder.ts";
import { readTextIfThere } from "../io/read.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { openDevice } from "../runtime/device.ts";
import { setThreadCount } from "../runtime/threads.ts";
import { type AffineMaximizerOptions, isUnitSupplyTraining } from "../training/unit_supply/options.ts";
import { progressIn } from "../training/state.ts";
import { planAffineMaximizer, trainAffineMaximizer } from "../training/unit_supply/train.ts";
import { inMebibytes } from "../training/plan.ts";
import { VERSION } from "../version.ts";
import { requestedDevice } from "./device_options.ts";
import { keepResult, measureLearned, sayStopped } from "./ended_training.ts";
import { besideSimpleMechanisms, reportEvaluation } from "./evaluation_report.ts";
import { INTERRUPTED, listenToInterrupts } from "./interrupt.ts";
import { openWatch, type Watch } from "./watch.ts";
import { aboutRun, sayNext, shellLine, whatTediIs } from "./next_steps.ts";
import type { Output } from "./output.ts";
import { describeSource, problemSlug } from "./problem_options.ts";
import { planText } from "./plan_report.ts";
import { duration } from "./progress.ts";
import { checkConfig, configPath, type RunConfig, sourceFrom } from "./run_config.ts";
import { runValues, type TrainValues } from "./run_options.ts";
import { configTable } from "./train_config.ts";
import { recordTraining } from "./training_record.ts";
import {
  chosenUnitSupplyTraining,
  requireSameUnitSupplyTraining,
  unitSupplyOptionValues,
} from "./unit_supply_options.ts";

/** Whether a command line is about goods that exist once: by its problem or, without one, by the run that goes on. */
export async function isUnitSupplyRun(problem: MechanismProblem | undefined, values: TrainValues): Promise<boolean> {
  if (problem || !values.resume || values.out === undefined) {
    return problem?.supply === "unit";
  }
  try {
    const config = JSON.parse(await readTextIfThere(configPath(values.out)) ?? "{}");
    return isUnitSupplyTraining(config.training);
  } catch {
    return false; // whoever opens the run says what is wrong
  }
}

/** Options of `tedi train` that are for menu mechanisms. */
const MENU_OPTIONS = ["mpi", "shards", "folds", "from"] as const;

/** Trains, evaluates and reports; gives the exit code. */
export async function trainUnitSupply(
  chosen: MechanismProblem | undefined,
  values: TrainValues,
  output: Output,
): Promise<number> {
  for (const name of MENU_OPTIONS) {
    if ((values as Record<string, unknown>)[name] === undefined) continue;
    throw new InvalidInputError(
      `Cannot run tedi train: --${name} must be left out where goods exist once: it is for menu mechanisms`,
    );
  }
  const { resume = false, force = false } = values;
  if (resume && force) throw new InvalidInputError("Cannot run tedi train: --resume and --force exclude each other");
  if (values["dry-run"]) {
    if (!resume) return dryRun(chosen!, values, output);
    throw new InvalidInputError(
      "Cannot run tedi train: --resume must be left out with --dry-run where goods exist once: it tells of new trainings",
    );
  }
  const watch = await openWatch(values, output);
  try {
    const run = resume ? await resumed(chosen, values, output) : await begun(chosen!, values, output);
    try {
      return await work(run, values, output, watch);
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

/** A run whose input has all been checked. */
interface PreparedRun {
  readonly problem: MechanismProblem;
  readonly training: AffineMaximizerOptions;
  readonly folder: RunFolder;
  /** The configuration of the run that goes on. */
  readonly before?: RunConfig<AffineMaximizerOptions>;
}

async function begun(problem: MechanismProblem, values: TrainValues, output: Output): Promise<PreparedRun> {
  const training = chosenUnitSupplyTraining(problem, values);
  const path = values.out ?? `runs/${problemSlug(problem)}-seed${training.seed}`;
  const folder = await openRunFolder(path, { resume: false, force: values.force, warn: output.warn });
  return { problem, training, folder };
}

async function resumed(
  chosen: MechanismProblem | undefined,
  values: TrainValues,
  output: Output,
): Promise<PreparedRun> {
  const path = values.out ?? `runs/${problemSlug(chosen!)}-seed${values.seed ?? 0}`, where = configPath(path);
  const folder = await openRunFolder(path, { resume: true, warn: output.warn });
  try {
    const { config, problem, changed } = await checkConfig(await folder.readConfig(), where, chosen);
    if (!isUnitSupplyTraining(config.training) || (chosen && chosen.name !== problem.name)) {
      throw new InvalidInputError(
        `Cannot resume: the problem must be left out or be ${describeSource(problem.source)}, as in ${where}, got ` +
          (chosen ? describeSource(chosen.source) : "none"),
      );
    }
    if (changed !== undefined) output.warn(changed);
    const { iterations = 0, ...others } = values, longer = iterations > config.training.iterations;
    requireSameUnitSupplyTraining(problem, longer ? others : values, config.training, where);
    const training = longer ? { ...config.training, iterations } : config.training;
    return { problem, training, folder, before: { ...config, training: config.training } };
  } catch (error) {
    folder.close();
    throw error;
  }
}

async function work(
  { problem, training, folder, before }: PreparedRun,
  values: TrainValues,
  output: Output,
  watch?: Watch,
): Promise<number> {
  const ended = { problem, folder, output, watch };
  output.log(`Run folder: ${folder.path}${values.out === undefined ? " (--out FOLDER for another)" : ""}`);
  const checkpoint = before && await folder.readCheckpoint();
  const done = checkpoint ? Number(progressIn(checkpoint).iteration ?? 0) : 0;
  const device = await openDevice(requestedDevice(values)); // for the principal's utility
  const interrupt = listenToInterrupts(() => output.log("Stopping after this iteration; Ctrl-C again to stop at once"));
  try {
    const { backend, adapter, software } = device;
    const config: RunConfig<AffineMaximizerOptions> = before ?? {
      version: VERSION,
      problem: { name: problem.name, source: sourceFrom(folder.path, problem.source) },
      training,
      device: { requested: requestedDevice(values).backend, backend, adapter, software },
    };
    await folder.writeConfig({ ...config, training });
    const { participants, goods } = problem, { iterations, seed } = training;
    output.event("start", {
      ...{ setting: problem.name, participants, goods, iterations, done, seed },
      ...{ out: folder.path, version: VERSION, ...watch && { watch: watch.address } },
    });
    if (watch) output.log(`Watch: ${watch.address}`);
    watch?.begin(folder.path, problem, { ...config, training });
    const record = await recordTraining({ training, problem, folder, checkpoint, done, before, output });
    const { resume, onIteration, onCheckpoint } = record.hooks;
    const result = await trainAffineMaximizer(problem, training, {
      ...{ resume, onIteration, onCheckpoint, signal: interrupt.signal },
      checkpointEvery: values["checkpoint-every"],
    }).catch(record.failed).finally(record.end);
    const trainingSeconds = record.seconds();
    if (result.iterations < iterations) {
      output.log(`Go on with: ${sayStopped(ended, result.iterations, iterations)}\n(${whatTediIs()})`);
      return INTERRUPTED;
    }
    await folder.writeMechanism(await encodeMechanism(result.mechanism));
    interrupt.end(); // From here on Ctrl-C ends the process as usual: all is kept.
    const { mechanism } = result, measured = await measureLearned(ended, mechanism, seed, values["test-profiles"]);
    const { test, evaluation, each, seconds } = measured;
    const beside = await besideSimpleMechanisms(problem, each, test);
    const reported = reportEvaluation(problem, evaluation, {
      ...beside,
      device,
      profileSeed: test.seed,
      seconds: trainingSeconds,
      training: {
        ...{ iterations: result.iterations, planned: training.iterations },
        ...{ out: folder.path, evaluationSeconds: seconds },
      },
    }, output);
    await keepResult(ended, reported, mechanism, { evaluation, ...beside });
    sayNext(output, [
      aboutRun("report", folder.path, problem),
      aboutRun("audit", folder.path, problem),
      shellLine(["tedi", "run", folder.path, "--types", "FILE.csv"]),
    ]);
    return 0;
  } finally {
    interrupt.end();
    device.close();
  }
}

/** Tells what training would take, and leaves no trace. */
async function dryRun(problem: MechanismProblem, values: TrainValues, output: Output): Promise<number> {
  setThreadCount(values.threads);
  const training = chosenUnitSupplyTraining(problem, values), plan = await planAffineMaximizer(problem, training);
  const { iterations, profiles } = training;
  const { training: shared, own } = unitSupplyOptionValues(training);
  const config = configTable(problem.source, shared, { ...own, ...runValues(values) });
  output.event("plan", { setting: problem.name, iterations, ...plan, config });
  const count = (value: number) => value.toLocaleString("en");
  const lines: [string, string, string][] = [
    ["Problem", problem.name, "each good exists once: an affine maximizer"],
    ["Parameters", count(plan.parameters), `${training.boost.kind} networks`],
    ["Memory", inMebibytes(plan.bytes), "besides what the process itself takes"],
    [
      "An iteration",
      `${plan.secondsEach.toFixed(2)} s`,
      `${count(plan.maxima)} maxima for ${count(profiles)} profiles, measured`,
    ],
    ["All", duration(plan.secondsEach * iterations), `of a core, ${count(iterations)} iterations`],
    ["Threads", count(plan.threads), "which share the profiles of an iteration; results do not depend on them"],
  ];
  output.text(planText(lines, config));
  return 0;
}
