/**
 * Records metrics and checkpoints while training goes on, and shows its progress.
 *
 * @module
 */
import type { RunFolder } from "../io/run_folder.ts";
import type { IterationMetrics } from "../training/metrics.ts";
import type { TrainingOptions } from "../training/options.ts";
import type { Checkpoint, TrainingHooks } from "../training/train.ts";
import { round } from "./evaluation_report.ts";
import { revenueName } from "../mechanisms/evaluate.ts";
import { amount } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { isSavedExhausted } from "../training/validation.ts";
import type { Output } from "./output.ts";

/** What to record, and where. */
export interface TrainingRecordOptions {
  readonly training: Pick<TrainingOptions, "iterations" | "profiles"> & Partial<Pick<TrainingOptions, "patience">>;
  readonly problem: MechanismProblem;
  readonly folder: RunFolder;
  /** The checkpoint from which training goes on. */
  readonly checkpoint?: Checkpoint;
  /** Its iteration, or 0. */
  readonly done: number;
  /** The configuration of a run that goes on, with or without a checkpoint. */
  readonly before?: unknown;
  readonly output: Output;
}

/** A record that is being made. */
export interface TrainingRecord {
  /** What training has to call. */
  readonly hooks:
    & Required<Pick<TrainingHooks, "onCheckpoint" | "onSecondStart" | "onDeviceLost">>
    & Pick<TrainingHooks, "resume">
    & { onIteration(metrics: Pick<IterationMetrics, "iteration" | "softRevenue" | "validationRevenue">): void };
  /** Seconds of training so far, those before a pause included. */
  seconds(): number;
  /** Throws the error that ended training again. What failed before anything was learned leaves no run behind. */
  failed(error: unknown): Promise<never>;
  /** Takes the progress bar away. */
  end(): void;
}

/**
 * Begins to record. Removes metrics from after the checkpoint, as their iterations are done again, and, where training goes
 * on, the result of what it had come to.
 */
export async function recordTraining(options: TrainingRecordOptions): Promise<TrainingRecord> {
  const { training, problem, folder, checkpoint, done, output } = options, { name } = problem;
  const secondsBefore = Number(checkpoint?.metadata.seconds ?? 0) || 0;
  await folder.truncateMetrics(checkpoint ? done : -1);
  if (done >= training.iterations || (checkpoint && isSavedExhausted(checkpoint, training.patience ?? 0))) {
    output.log(`Training is complete already, with ${done} iterations; evaluating again`);
  } else {
    await folder.removeResult();
    if (done > 0) output.log(`Training ${name}, going on after iteration ${done} of ${training.iterations}`);
    else output.log(`Training ${name} for ${training.iterations} iterations`);
  }

  const start = performance.now();
  const seconds = (): number => secondsBefore + (performance.now() - start) / 1000;
  const progress = output.progress("training");
  let last = start, validated = "", learned = options.before !== undefined;
  return {
    seconds,
    end: progress.end,
    async failed(error) {
      if (!learned) await folder.discard();
      throw error;
    },
    hooks: {
      resume: checkpoint,
      onIteration(metrics) {
        learned = true;
        const now = performance.now();
        const profilesPerSecond = round(training.profiles / Math.max(now - last, 1e-3) * 1000);
        last = now;
        const record = { ...metrics, seconds: round(seconds()), profilesPerSecond };
        folder.appendMetrics(record);
        output.event("iteration", record);
        const { iteration, softRevenue, validationRevenue } = metrics;
        if (validationRevenue !== undefined) validated = `, validation ${amount(problem, validationRevenue)}`;
        progress.update(
          iteration,
          training.iterations,
          `soft ${revenueName(problem)} ${amount(problem, softRevenue)}${validated}`,
        );
      },
      async onCheckpoint({ tensors, metadata }, iteration) {
        await folder.writeCheckpoint({ tensors, metadata: { ...metadata, seconds: String(round(seconds())) } });
        output.event("checkpoint", { iteration, seconds: round(seconds()) });
      },
      onSecondStart(earned, before) {
        const [withFees, learned] = [earned, before].map((one) => amount(problem, one));
        output.log(
          `Prices with participation fees earn ${withFees} on validation profiles, and what was learned so far ${learned}; ` +
            "polishing begins with fees",
        );
      },
      async onDeviceLost(message, iteration) {
        output.warn(`the device was lost (${message}); going on after iteration ${iteration}`);
        await folder.truncateMetrics(iteration === 0 ? -1 : iteration);
      },
    },
  };
}
