// The gradient of sum(coefficients f), over all points of all rows, in the hypernetwork's hidden layers, last weight
// and bias, from which the rows' weights are made. In a training step the chains are moved first, and the coefficients
// come from them.
//
// Where rows have weights of their own, they come in sets of `panelRows`, and a set has two kinds of tasks. A row task
// takes one tile of rows: it writes their gradients in the dense columns as panels `[dense / 8, panelRows, 8]`, eight
// columns each. A column task adds hidden^T times some of these panels to the weight's gradient. There are two buffers
// of panels, so that a set can begin while the one before ends. Each sum is added up in the order of the rows,
// whichever thread does it, so that the result does not depend on the threads. Tasks are drawn in order and wait only
// for tasks drawn before them. With slopes per good (per_good_gradient.ts) a row task also sums over its tile what
// these give, and one more column task adds the tiles' sums.
//
// Where one row of weights serves all, each task sums the gradients of some rows, and `sumShared` adds these sums.

import { all, at, fma, softplusSlope4, total } from "./simd";
import { Job } from "./job";
import { batchSize, forward, gather } from "./forward";
import { backwardSize, weightGradient } from "./backward";
import { batchesOfRow, chainsSize, moveRow, sharedZero } from "./chains";
import { ROWS, STEP } from "./constants";
import { coefficients } from "./objective";
import {
  addSlopeSums,
  gatherDense,
  perGoodHiddenGradient,
  slopeSumsLength,
  sumSlopes,
} from "./per_good_gradient";
import { columnsSize, makeWeights } from "./weights";

/** Panels of one column task. */
const PANELS: i32 = 24;
/** Panels whose part of the weight stays in cache while hidden's gradient takes it in. */
const BLOCK: i32 = 16;

/**
 * Bytes of scratch for one row, or in a training step for one profile, whose rows' batches are kept until prices are
 * known.
 */
function rowSize(job: Job): i32 {
  if (job.operation != STEP) return batchSize(job) + backwardSize(job);
  return chainsSize(job) + backwardSize(job) + job.participants * batchesOfRow(job) * batchSize(job);
}

/** Bytes of scratch, without the weights of a tile. */
export function gradientSize(job: Job): i32 {
  const own = job.tile * (job.packed + 4 * job.hiddenSize) + (job.perGoodSize > 0 ? job.maps : 0) << 2;
  return rowSize(job) + (job.hiddenSize > 0 ? own : 0);
}

/** Tiles with rows that are trained on. */
function trainedTiles(job: Job): i32 {
  return (job.trained + job.tileRows - 1) / job.tileRows;
}

/** Column tasks of a set that multiply hidden with panels. */
function productTasks(job: Job): i32 {
  return (job.dense / 8 + PANELS - 1) / PANELS;
}

/** Column tasks of a set. */
function columnTasks(job: Job): i32 {
  return productTasks(job) + (job.perGoodSize > 0 ? 1 : 0);
}

/**
 * How many tasks there are: first those of all sets, then those of tiles whose chains are only moved, not trained on.
 */
export function gradientTasks(job: Job): i32 {
  const tiles = trainedTiles(job), perSet = job.panelRows / job.tile, sets = (tiles + perSet - 1) / perSet;
  return (job.rows + job.tileRows - 1) / job.tileRows + sets * columnTasks(job);
}

/** Adds the gradient of one row's sum(coefficients f) in its packed weights, before softplus' derivative, to `out`. */
function rowGradient(job: Job, w: usize, row: i32, scratch: usize, out: usize): void {
  const m = job.goods, N = job.count, back = scratch + batchSize(job);
  let points = job.points + ((row * N * m) << 2), factors = job.coefficients + ((row * N) << 2);
  for (let from: i32 = 0; from < N; from += 16, points += m << 6) {
    const now = min(16, N - from);
    gather(job, points, now, m << 2, scratch);
    forward(job, w, scratch, now);
    for (let c: i32 = 0; c < now; c++, factors += 4) {
      weightGradient(job, w, scratch, c, load<f32>(factors), back, out);
    }
  }
}

/**
 * The same in a training step, from the batches of the chains and the zero outcome, which is in every price f(x) -
 * f(0).
 */
function batchesGradient(job: Job, w: usize, row: i32, batches: usize, scratch: usize, out: usize): void {
  const C = job.count, N = job.hiddenSize > 0 ? C + 1 : C;
  let factors = job.coefficients + ((row * (C + 1)) << 2);
  for (let k: i32 = 0; k < N; k++, factors += 4) {
    weightGradient(job, w, batches + (k >> 4) * batchSize(job), k & 15, load<f32>(factors), scratch, out);
  }
  if (N == C) weightGradient(job, w, sharedZero(job), 0, load<f32>(factors), scratch, out);
}

/** Multiplies a gradient in packed weights with softplus' derivative where there is a softplus. */
function throughSoftplus(job: Job, w: usize, out: usize): void {
  for (let p: i32 = 0; p < job.packed; p += 4) {
    const to = out + (p << 2);
    if (load<u8>(job.positive + (p >> 2))) v128.store(to, f32x4.mul(at(to), softplusSlope4(at(w + (p << 2)))));
  }
}

/**
 * In a training step: moves the chains of rows from `first` on, profile by profile, and adds their gradients to those
 * at `out`. The rows' weights, and gradients, are `stride` bytes apart.
 */
function stepRows(job: Job, weights: usize, stride: i32, first: i32, last: i32, scratch: usize, out: usize): void {
  const n = job.participants, back = scratch + chainsSize(job), batches = back + backwardSize(job);
  const kept = batchesOfRow(job) * batchSize(job);
  for (let profile = first; profile < last; profile += n) {
    const end = min(profile + n, last), trained = profile < job.trained;
    for (let row = profile; row < end; row++) {
      moveRow(job, weights + (row - first) * stride, row, scratch, trained ? batches + (row - profile) * kept : 0);
    }
    if (!trained) continue;
    coefficients(job, profile);
    for (let row = profile; row < end; row++) {
      const to = (row - first) * stride;
      batchesGradient(job, weights + to, row, batches + (row - profile) * kept, back, out + to);
    }
  }
}

/** Does one task where rows have weights of their own: a row task, a column task, or a tile that is only moved. */
export function gradientTask(job: Job, task: i32, scratch: usize): void {
  const perSet = job.panelRows / job.tile, columns = columnTasks(job), tiles = trainedTiles(job);
  const sets = (tiles + perSet - 1) / perSet;
  if (task >= tiles + sets * columns) return movedTile(job, task - sets * columns, scratch);
  const set = task / (perSet + columns), within = task - set * (perSet + columns);
  const tilesHere = min(perSet, tiles - set * perSet);
  const counters = job.counters + (set << 3);
  const panels = job.panels + (set & 1) * (job.dense * job.panelRows << 2);
  const sums = job.slopeSums + (set & 1) * perSet * (slopeSumsLength(job) << 2);
  if (within < tilesHere) {
    if (set > 1) wait(counters - 16 + 4, columns);
    const ownSums = sums + within * (slopeSumsLength(job) << 2);
    rowTask(job, set * perSet + within, panels + (within * job.tile << 5), ownSums, scratch);
    atomic.add<i32>(counters, 1);
  } else {
    wait(counters, tilesHere);
    if (set > 0) wait(counters - 8 + 4, columns);
    if (within - tilesHere < productTasks(job)) {
      columnTask(job, set, within - tilesHere, tilesHere * job.tile, panels);
    } else addSlopeSums(job, sums, tilesHere);
    atomic.add<i32>(counters + 4, 1);
  }
}

/** Waits until a counter says that `count` tasks are done. */
function wait(counter: usize, count: i32): void {
  while (atomic.load<i32>(counter) < count) { /* the threads that do it are at it */ }
}

/** Moves the chains of a tile that is not trained on. */
function movedTile(job: Job, tile: i32, scratch: usize): void {
  const bytes = job.packed << 2, first = tile * job.tileRows, weights = scratch + columnsSize(job);
  makeWeights(job, first, scratch, weights);
  stepRows(job, weights, bytes, first, min(first + job.tileRows, job.rows), weights + job.tile * bytes, 0);
}

/** Writes the gradients of a tile's rows: in their raw weights, as panels, and in their hidden layers. */
function rowTask(job: Job, tile: i32, panels: usize, slopeSums: usize, scratch: usize): void {
  const packed = job.packed, bytes = packed << 2, first = tile * job.tileRows;
  const weights = scratch + columnsSize(job), rest = weights + job.tile * bytes;
  const gradients = rest + rowSize(job), sums = gradients + job.tile * bytes;
  makeWeights(job, first, scratch, weights);
  memory.fill(gradients, 0, job.tile * bytes);
  const step = job.operation == STEP, rows = min(job.tileRows, job.trained - first);
  if (step) stepRows(job, weights, bytes, first, min(first + job.tileRows, job.rows), rest, gradients);
  for (let r: i32 = 0; r < rows; r++) {
    if (!step) rowGradient(job, weights + r * bytes, first + r, rest, gradients + r * bytes);
    throughSoftplus(job, weights + r * bytes, gradients + r * bytes);
  }
  if (job.perGoodSize > 0) {
    sumSlopes(job, first, rows, gradients, slopeSums);
    const room = sums + (job.tile * job.hiddenSize << 4);
    for (let r: i32 = 0; r < rows; r++) {
      perGoodHiddenGradient(job, first + r, gradients + r * bytes);
      gatherDense(job, gradients + r * bytes, room);
    }
  }
  for (let p: i32 = 0; p < job.dense; p += 8, panels += job.panelRows << 5) {
    for (let r: i32 = 0; r < job.tile; r++) {
      const from = gradients + r * bytes + (p << 2);
      v128.store(panels + (r << 5), at(from)), v128.store(panels + (r << 5), v128.load(from, 16), 16);
    }
  }
  hiddenGradient(job, gradients, sums, rows, job.hiddenGradient + (first * job.hiddenSize << 2));
}

/**
 * Writes gradients `[tile, packed]`, in their dense columns, times the weight's transpose to `out` `[rows, H]`: 6 rows
 * and 2 columns at a time.
 */
function hiddenGradient(job: Job, gradients: usize, sums: usize, rows: i32, out: usize): void {
  const H = job.hiddenSize, bytes = job.packed << 2, panels = job.dense >> 3, next = H << 4;
  memory.fill(sums, 0, job.tile * next);
  let ahead = job.weight, seen = all(0);
  for (let from: i32 = 0; from < panels; from += BLOCK) {
    const count = min(BLOCK, panels - from), last = job.weight + (min(from + 2 * BLOCK, panels) * H << 5);
    for (let r: i32 = 0; r < job.tile; r += ROWS) {
      const row = gradients + r * bytes + (from << 5);
      for (let h: i32 = 0; h < H; h += 2) {
        // The next block is looked at, in order, so that it is in the cache in time.
        for (const end = min(ahead + (BLOCK << 6), last); ahead < end; ahead += 64) seen = v128.or(seen, at(ahead));
        const s = sums + ((r * H + h) << 4);
        let a0 = at(s + 0 * next), a1 = v128.load(s + 0 * next, 16);
        let b0 = at(s + 1 * next), b1 = v128.load(s + 1 * next, 16);
        let c0 = at(s + 2 * next), c1 = v128.load(s + 2 * next, 16);
        let d0 = at(s + 3 * next), d1 = v128.load(s + 3 * next, 16);
        let e0 = at(s + 4 * next), e1 = v128.load(s + 4 * next, 16);
        let f0 = at(s + 5 * next), f1 = v128.load(s + 5 * next, 16);
        let p0 = row, p1 = p0 + bytes, p2 = p1 + bytes, p3 = p2 + bytes, p4 = p3 + bytes, p5 = p4 + bytes;
        const end = p0 + (count << 5);
        for (let w = job.weight + (from * H + h << 5); p0 < end; w += H << 5) {
          let v0 = at(w), v1 = v128.load(w, 32), g: v128;
          g = at(p0), a0 = fma(g, v0, a0), a1 = fma(g, v1, a1);
          g = at(p1), b0 = fma(g, v0, b0), b1 = fma(g, v1, b1);
          g = at(p2), c0 = fma(g, v0, c0), c1 = fma(g, v1, c1);
          g = at(p3), d0 = fma(g, v0, d0), d1 = fma(g, v1, d1);
          g = at(p4), e0 = fma(g, v0, e0), e1 = fma(g, v1, e1);
          g = at(p5), f0 = fma(g, v0, f0), f1 = fma(g, v1, f1);
          v0 = v128.load(w, 16), v1 = v128.load(w, 48);
          g = v128.load(p0, 16), a0 = fma(g, v0, a0), a1 = fma(g, v1, a1);
          g = v128.load(p1, 16), b0 = fma(g, v0, b0), b1 = fma(g, v1, b1);
          g = v128.load(p2, 16), c0 = fma(g, v0, c0), c1 = fma(g, v1, c1);
          g = v128.load(p3, 16), d0 = fma(g, v0, d0), d1 = fma(g, v1, d1);
          g = v128.load(p4, 16), e0 = fma(g, v0, e0), e1 = fma(g, v1, e1);
          g = v128.load(p5, 16), f0 = fma(g, v0, f0), f1 = fma(g, v1, f1);
          p0 += 32, p1 += 32, p2 += 32, p3 += 32, p4 += 32, p5 += 32;
        }
        v128.store(s + 0 * next, a0), v128.store(s + 0 * next, a1, 16);
        v128.store(s + 1 * next, b0), v128.store(s + 1 * next, b1, 16);
        v128.store(s + 2 * next, c0), v128.store(s + 2 * next, c1, 16);
        v128.store(s + 3 * next, d0), v128.store(s + 3 * next, d1, 16);
        v128.store(s + 4 * next, e0), v128.store(s + 4 * next, e1, 16);
        v128.store(s + 5 * next, f0), v128.store(s + 5 * next, f1, 16);
      }
    }
  }
  v128.store(out, seen); // for the compiler, which else would not look
  for (let j: i32 = 0; j < rows * H; j++) store<f32>(out + (j << 2), total(at(sums + (j << 4))));
}

/** Adds hidden^T times some panels to the weight's gradient, and the panels' sums over rows to that of the bias. */
function columnTask(job: Job, set: i32, task: i32, rows: i32, panels: usize): void {
  const H = job.hiddenSize, from = task * PANELS, to = min(from + PANELS, job.dense >> 3);
  const all = trainedTiles(job) * job.tile, columns = job.hiddenColumns + (set * job.panelRows << 3), next = all << 3;
  for (let q = from; q < to; q++) {
    const panel = panels + (q * job.panelRows << 5), end = panel + (rows << 5);
    const bias = job.biasGradient + (q << 5);
    let s0 = at(bias), s1 = v128.load(bias, 16);
    for (let p = panel; p < end; p += 32) s0 = f32x4.add(s0, at(p)), s1 = f32x4.add(s1, v128.load(p, 16));
    v128.store(bias, s0), v128.store(bias, s1, 16);
    // Six columns of hidden at a time, and four where sixes would leave two.
    for (let h: i32 = 0; h < H;) {
      const out = job.out + (q * H + h << 5), pairs = columns + (h >> 1) * next, left = H - h;
      if (left >= 6 && left != 8) sixColumns(panel, end, pairs, next, out), h += 6;
      else fourColumns(panel, end, pairs, next, out), h += 4;
    }
  }
}

/** Adds six columns of hidden, which come in pairs, times a panel to `out` `[6, 8]`. */
function sixColumns(panel: usize, end: usize, a: usize, next: usize, out: usize): void {
  let s00 = v128.load(out, 0), s01 = v128.load(out, 16);
  let s10 = v128.load(out, 32), s11 = v128.load(out, 48);
  let s20 = v128.load(out, 64), s21 = v128.load(out, 80);
  let s30 = v128.load(out, 96), s31 = v128.load(out, 112);
  let s40 = v128.load(out, 128), s41 = v128.load(out, 144);
  let s50 = v128.load(out, 160), s51 = v128.load(out, 176);
  let b = a + next, c = b + next;
  // The number of rows is even: two of them a pass.
  for (let p = panel; p < end; p += 64, a += 16, b += 16, c += 16) {
    let v0 = at(p), v1 = v128.load(p, 16), y: v128;
    y = v128.load32_splat(a, 0), s00 = fma(y, v0, s00), s01 = fma(y, v1, s01);
    y = v128.load32_splat(a, 4), s10 = fma(y, v0, s10), s11 = fma(y, v1, s11);
    y = v128.load32_splat(b, 0), s20 = fma(y, v0, s20), s21 = fma(y, v1, s21);
    y = v128.load32_splat(b, 4), s30 = fma(y, v0, s30), s31 = fma(y, v1, s31);
    y = v128.load32_splat(c, 0), s40 = fma(y, v0, s40), s41 = fma(y, v1, s41);
    y = v128.load32_splat(c, 4), s50 = fma(y, v0, s50), s51 = fma(y, v1, s51);
    v0 = v128.load(p, 32), v1 = v128.load(p, 48);
    y = v128.load32_splat(a, 8), s00 = fma(y, v0, s00), s01 = fma(y, v1, s01);
    y = v128.load32_splat(a, 12), s10 = fma(y, v0, s10), s11 = fma(y, v1, s11);
    y = v128.load32_splat(b, 8), s20 = fma(y, v0, s20), s21 = fma(y, v1, s21);
    y = v128.load32_splat(b, 12), s30 = fma(y, v0, s30), s31 = fma(y, v1, s31);
    y = v128.load32_splat(c, 8), s40 = fma(y, v0, s40), s41 = fma(y, v1, s41);
    y = v128.load32_splat(c, 12), s50 = fma(y, v0, s50), s51 = fma(y, v1, s51);
  }
  v128.store(out, s00, 0), v128.store(out, s01, 16);
  v128.store(out, s10, 32), v128.store(out, s11, 48);
  v128.store(out, s20, 64), v128.store(out, s21, 80);
  v128.store(out, s30, 96), v128.store(out, s31, 112);
  v128.store(out, s40, 128), v128.store(out, s41, 144);
  v128.store(out, s50, 160), v128.store(out, s51, 176);
}

/** The same for four columns. */
function fourColumns(panel: usize, end: usize, a: usize, next: usize, out: usize): void {
  let s20 = v128.load(out, 0), s21 = v128.load(out, 16);
  let s30 = v128.load(out, 32), s31 = v128.load(out, 48);
  let s40 = v128.load(out, 64), s41 = v128.load(out, 80);
  let s50 = v128.load(out, 96), s51 = v128.load(out, 112);
  let b = a + next;
  for (let p = panel; p < end; p += 32, a += 8, b += 8) {
    let v0 = at(p), v1 = v128.load(p, 16), y: v128;
    y = v128.load32_splat(a, 0), s20 = fma(y, v0, s20), s21 = fma(y, v1, s21);
    y = v128.load32_splat(a, 4), s30 = fma(y, v0, s30), s31 = fma(y, v1, s31);
    y = v128.load32_splat(b, 0), s40 = fma(y, v0, s40), s41 = fma(y, v1, s41);
    y = v128.load32_splat(b, 4), s50 = fma(y, v0, s50), s51 = fma(y, v1, s51);
  }
  v128.store(out, s20, 0), v128.store(out, s21, 16);
  v128.store(out, s30, 32), v128.store(out, s31, 48);
  v128.store(out, s40, 64), v128.store(out, s41, 80);
  v128.store(out, s50, 96), v128.store(out, s51, 112);
}

/** Does one task where one row of weights serves all: sums some rows' gradients, before softplus' derivative. */
export function sharedGradientTask(job: Job, task: i32, scratch: usize): void {
  const out = job.biasGradient + (task * job.packed << 2), first = task * job.rowsPerTask;
  const last = min(first + job.rowsPerTask, job.rows);
  memory.fill(out, 0, job.packed << 2);
  if (job.operation == STEP) return stepRows(job, job.shared, 0, first, last, scratch, out);
  for (let row = first; row < last; row++) rowGradient(job, job.shared, row, scratch, out);
}

/** Adds all tasks' sums to the first one's, in order, and takes them through softplus. */
export function sumShared(job: Job): void {
  for (let task: i32 = 1; task < job.tasks; task++) {
    const from = job.biasGradient + (task * job.packed << 2);
    for (let p: i32 = 0; p < job.packed << 2; p += 16) {
      const to = job.biasGradient + p;
      v128.store(to, f32x4.add(at(to), at(from + p)));
    }
  }
  throughSoftplus(job, job.shared, job.biasGradient);
}
