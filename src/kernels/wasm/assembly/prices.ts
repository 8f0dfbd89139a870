// f, and subgradients of it in x, at many points of a row: 16 of them at a time (forward.ts).

import { at, pad4 } from "./simd";
import { Job } from "./job";
import { batchSize, forward, gather, output } from "./forward";
import { backwardSize, slope } from "./backward";

/** Bytes of scratch for one row. */
export function pricesSize(job: Job): i32 {
  return batchSize(job) + 64 + backwardSize(job) + (pad4(job.goods + 1) << 2);
}

/** Writes f at a row's points. */
export function rowValues(job: Job, w: usize, row: i32, scratch: usize): void {
  const m = job.goods, N = job.count, f = scratch + batchSize(job);
  let points = job.points + ((row * N * m) << 2), out = job.out + ((row * N) << 2);
  for (let from: i32 = 0; from < N; from += 16, points += m << 6, out += 64) {
    const now = min(16, N - from);
    gather(job, points, now, m << 2, scratch);
    forward(job, w, scratch, now);
    output(job, w, scratch, f);
    memory.copy(out, f, now << 2);
  }
}

/** Writes subgradients of f at a row's points. */
export function rowSlopes(job: Job, w: usize, row: i32, scratch: usize): void {
  const m = job.goods, N = job.count, back = scratch + batchSize(job), out = back + backwardSize(job);
  let points = job.points + ((row * N * m) << 2), to = job.out + ((row * N * m) << 2);
  for (let from: i32 = 0; from < N; from += 16, points += m << 6) {
    const now = min(16, N - from);
    gather(job, points, now, m << 2, scratch);
    forward(job, w, scratch, now);
    for (let c: i32 = 0; c < now; c++, to += m << 2) {
      slope(job, w, scratch, c, points + ((c * m) << 2), back, out);
      memory.copy(to, out, m << 2);
    }
  }
}
