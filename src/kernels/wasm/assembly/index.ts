// What the module exports: plans, begins, runs and ends one job, by which TypeScript says what it wants.
//
// A job is a record in memory (wasm/job_fields.ts, best_responses/job_fields.ts). Its rows are pricing rules: one for
// each participant of each profile, or one that serves all. They are cut into tasks of a few rows, which the threads
// draw from a counter until there are none left. The modules `job`, `responses_job` and `constants` are made from
// TypeScript when the kernels are built: see tasks/kernel_modules.ts.

import { Job } from "./job";
import { CHAINS, GRADIENT, RESPONSES, SLOPE, STEP, VALUE } from "./constants";
import { chainsSize, makeSharedZero, moveRow, sharedZeroSize } from "./chains";
import { gradientSize, gradientTask, gradientTasks, sharedGradientTask, sumShared } from "./gradient";
import { pricesSize, rowSlopes, rowValues } from "./prices";
import { beginResponses, planResponses, runResponses } from "./responses";
import { ResponsesJob } from "./responses_job";
import { columnsSize, makeSharedWeights, makeWeights } from "./weights";

export { prepare } from "./simd";

/** Fills in a job's number of tasks and bytes of scratch for each thread. */
export function plan(address: usize): void {
  if (changetype<Job>(address).operation == RESPONSES) return planResponses(changetype<ResponsesJob>(address));
  const job = changetype<Job>(address), own = job.hiddenSize > 0, op = job.operation;
  const gradient = op == GRADIENT || op == STEP;
  const rows = gradient ? gradientSize(job) : op == CHAINS ? chainsSize(job) : pricesSize(job);
  job.scratchSize = (rows + (own ? columnsSize(job) + (job.tile * job.packed << 2) : sharedZeroSize(job)) + 127) & ~63;
  const perTask = own ? job.tileRows : job.rowsPerTask;
  job.tasks = gradient && own ? gradientTasks(job) : (job.rows + perTask - 1) / perTask;
}

/** Prepares a job, on one thread before the others join: makes what serves all rows. */
export function begin(address: usize): void {
  if (changetype<Job>(address).operation == RESPONSES) return beginResponses(changetype<ResponsesJob>(address));
  const job = changetype<Job>(address);
  job.next = 0;
  if (job.hiddenSize > 0) return;
  makeSharedWeights(job);
  if (job.operation == CHAINS || job.operation == STEP) makeSharedZero(job);
}

/** Draws tasks and does them until there are none left, on each thread. */
export function run(address: usize, thread: i32): void {
  if (changetype<Job>(address).operation == RESPONSES) return runResponses(changetype<ResponsesJob>(address), thread);
  const job = changetype<Job>(address), op = job.operation, own = job.hiddenSize > 0;
  const scratch = job.scratch + thread * job.scratchSize;
  for (;;) {
    const task = atomic.add<i32>(address + offsetof<Job>("next"), 1);
    if (task >= job.tasks) return;
    if (op == GRADIENT || op == STEP) {
      if (own) gradientTask(job, task, scratch);
      else sharedGradientTask(job, task, scratch);
      continue;
    }
    const perTask = own ? job.tileRows : job.rowsPerTask, first = task * perTask, last = min(first + perTask, job.rows);
    const weights = own ? scratch + columnsSize(job) : job.shared;
    const rest = own ? weights + (job.tile * job.packed << 2) : scratch;
    if (own) makeWeights(job, first, scratch, weights);
    for (let row = first; row < last; row++) {
      const w = own ? weights + ((row - first) * job.packed << 2) : weights;
      if (op == CHAINS) moveRow(job, w, row, rest, 0);
      else if (op == SLOPE) rowSlopes(job, w, row, rest);
      else if (op == VALUE) rowValues(job, w, row, rest);
    }
  }
}

/** Finishes a job, on one thread when all are done: adds up what tasks left. */
export function end(address: usize): void {
  const job = changetype<Job>(address);
  if ((job.operation == GRADIENT || job.operation == STEP) && job.hiddenSize == 0) sumShared(job);
}
