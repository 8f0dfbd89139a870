// Best responses of participants to many rows, each a pricing rule: plans, begins and runs a job of that form. A task
// is a few rows, whose weights are made together.

import { ROWS } from "./constants";
import { bestResponse, cuttingPlanesSize, resultSize } from "./cutting_planes";
import { hiddenTileSize, wideSharedWeights, wideWeights } from "./double_weights";
import { relativeToZero, relativeToZeroSize } from "./relative_to_zero";
import { ResponsesJob } from "./responses_job";

/** As `plan` of index.ts. */
export function planResponses(job: ResponsesJob): void {
  const own = job.hiddenSize > 0, perTask = own ? ROWS : job.rowsPerTask;
  const rest = max(cuttingPlanesSize(job), relativeToZeroSize(job));
  job.scratchSize = (rest + (own ? hiddenTileSize(job) + (ROWS * job.packed << 3) : 0) + 127) & ~63;
  job.tasks = (job.rows + perTask - 1) / perTask;
}

/** As `begin` of index.ts. */
export function beginResponses(job: ResponsesJob): void {
  job.next = 0;
  if (job.hiddenSize > 0) return;
  wideSharedWeights(job);
  job.magnitude = relativeToZero(job, job.shared, job.scratch);
}

/** As `run` of index.ts. */
export function runResponses(job: ResponsesJob, thread: i32): void {
  const scratch = job.scratch + thread * job.scratchSize;
  for (;;) {
    const task = atomic.add<i32>(changetype<usize>(job) + offsetof<ResponsesJob>("next"), 1);
    if (task >= job.tasks) return;
    responsesTask(job, task, scratch);
  }
}

/** The best responses of a few rows. */
function responsesTask(job: ResponsesJob, task: i32, scratch: usize): void {
  const own = job.hiddenSize > 0, perTask = own ? ROWS : job.rowsPerTask;
  const first = task * perTask, last = min(first + perTask, job.rows), m = job.goods;
  const weights = own ? scratch + hiddenTileSize(job) : job.shared;
  const rest = own ? weights + (ROWS * job.packed << 3) : scratch;
  if (own) wideWeights(job, first, scratch, weights);
  for (let row = first; row < last; row++) {
    const w = own ? weights + ((row - first) * job.packed << 3) : weights;
    const magnitude = own ? relativeToZero(job, w, rest) : job.magnitude;
    for (let k = row * job.perRow; k < (row + 1) * job.perRow; k++) {
      bestResponse(job, w, job.types + ((k * m) << 3), job.out + ((k * resultSize(job)) << 3), rest, magnitude);
    }
  }
}
