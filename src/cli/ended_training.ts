/**
 * What follows the iterations of a training, of whatever mechanism: how to go on where it was stopped; else what it earns, and
 * what is kept of that.
 *
 * @module
 */
import type { RunFolder } from "../io/run_folder.ts";
import { TEST_PROFILES } from "../mechanisms/evaluate.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { scaleOf } from "../problems/scaled.ts";
import { evaluateShown, type reportEvaluation } from "./evaluation_report.ts";
import { aboutRun } from "./next_steps.ts";
import type { Output } from "./output.ts";
import type { Watch } from "./watch.ts";

/** A training whose iterations are over, and who is told. */
export interface EndedTraining {
  readonly problem: MechanismProblem;
  readonly folder: RunFolder;
  readonly output: Output;
  readonly watch?: Watch;
}

/** Says that a training was stopped; gives the command that goes on with it. */
export function sayStopped(
  { problem, folder, output, watch }: EndedTraining,
  done: number,
  iterations: number,
): string {
  output.event("interrupted", { iteration: done, out: folder.path });
  const stopped = `Stopped after iteration ${done} of ${iterations}, with a checkpoint`;
  const next = aboutRun("train --resume --out", folder.path, problem);
  watch?.stage({ words: `${stopped}. Go on with:`, next: [next], over: true });
  output.log(stopped);
  return next;
}

/** Measures what was learned on test profiles, which are as many as are asked for. */
export async function measureLearned(
  { problem, output, watch }: EndedTraining,
  mechanism: Parameters<typeof evaluateShown>[1],
  seed: number,
  profiles: number = TEST_PROFILES,
) {
  const test = { profiles, seed };
  watch?.stage({ words: `Training is done. Its revenue is being measured on ${profiles} type profiles.` });
  return { test, ...await evaluateShown(problem, mechanism, test, output) };
}

/** Keeps the result of a run, and where it is watched its report. */
export async function keepResult(
  { problem, folder, output, watch }: EndedTraining,
  reported: ReturnType<typeof reportEvaluation>,
  mechanism: Parameters<Watch["report"]>[0],
  measured: Parameters<Watch["report"]>[1],
): Promise<void> {
  await folder.writeResult({ scale: scaleOf(problem), ...reported });
  const report = await watch?.report(mechanism, measured, {
    words: `Training is done, and this page is ${folder.path}/report.html. Check what it promises with:`,
    next: [aboutRun("audit", folder.path, problem)],
    over: true,
  });
  if (report) output.log(`Report: ${report}`);
}
