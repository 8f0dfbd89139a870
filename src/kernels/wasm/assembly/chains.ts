// Moves the chains of one row, which sample outcomes from q ~ exp(beta u): Langevin steps, equation (13), and line
// moves.
//
// It does what move_chains.ts of src/sampling says, with the random numbers of the same keys. `job.draws` lists these,
// for each block of steps: how many steps; whether a line move follows (1 or 0); a key for each step, which is two
// words; and for each half of the chains that a line move moves: a and b, where directions are differences of chains k
// + a and k + b of the other half; and a key for each of its DRAWS streams of uniform numbers.

import { all, at, fma, halves, log4, magnitude, ones, pad4, total, twos } from "./simd";
import { DRAWS, LARGEST_NOISE, TINY, TRIES, WIDTH } from "./constants";
import { Job } from "./job";
import { batchSize, forward, gather, output } from "./forward";
import { backwardSize, slope } from "./backward";
import { normals, uniforms } from "./random";

/** Bytes of one chain in scratch: its coordinates, and zeros behind them up to a multiple of four. */
// @ts-ignore: decorator
@inline
function chainBytes(job: Job): i32 {
  return pad4(job.goods + 1) << 2;
}

// Where things are in scratch: first a batch (see forward.ts) and 16 values of f, then the following.
// @ts-ignore: decorator
@inline
function backAt(job: Job, s: usize): usize {
  return s + batchSize(job) + 64;
}
/** Five vectors `[m padded]`: slope of f, step size, noise scale, sums of squared slopes of u, type. */
// @ts-ignore: decorator
@inline
function vectorsAt(job: Job, s: usize): usize {
  return backAt(job, s) + backwardSize(job);
}
/** Chains, directions and tried points, `[C, m padded]` each. The zero outcome goes behind the chains in the end. */
// @ts-ignore: decorator
@inline
function chainsAt(job: Job, s: usize): usize {
  return vectorsAt(job, s) + 5 * chainBytes(job);
}
/** Six numbers for each chain of a line move: level, ahead, behind, position, open, density. */
// @ts-ignore: decorator
@inline
function linesAt(job: Job, s: usize): usize {
  return chainsAt(job, s) + 3 * job.count * chainBytes(job);
}
/** Random numbers: noise of one step, or the draws of a line move. */
// @ts-ignore: decorator
@inline
function drawsAt(job: Job, s: usize): usize {
  return linesAt(job, s) + 6 * (pad4(job.count) << 2);
}

/** Bytes of scratch for one row. */
export function chainsSize(job: Job): i32 {
  const noise = job.count * job.goods + 16, lines = DRAWS * (job.count + 16);
  return <i32>drawsAt(job, 0) + (pad4(max(noise, lines)) << 2);
}

/**
 * Moves the chains of a row (Algorithm 1, lines 8 to 14) by Langevin steps, equation (13), and line moves, in place, and writes f at the chains and at 0 to `job.values`. `w` is the row of packed
 * weights, `s` scratch. Where `batches` is not 0, the batches of these points are left there for gradients.
 */
export function moveRow(job: Job, w: usize, row: i32, s: usize, batches: usize): void {
  const C = job.count, m = job.goods, bytes = chainBytes(job);
  const chains = chainsAt(job, s), vectors = vectorsAt(job, s);
  const stepSize = vectors + bytes, noiseScale = stepSize + bytes, squares = noiseScale + bytes, type = squares + bytes;
  memory.fill(vectors, 0, 5 * bytes + C * bytes);
  let points = job.points + ((row * C * m) << 2);
  for (let c: i32 = 0; c < C; c++) memory.copy(chains + c * bytes, points + ((c * m) << 2), m << 2);
  memory.copy(type, job.types + ((row * m) << 2), m << 2);
  const means = job.squareSlopes + ((row * m) << 2);

  let draws = job.draws;
  for (let block: i32 = 0; block < job.blocks; block++) {
    const steps = load<i32>(draws), lineMove = load<i32>(draws, 4);
    draws += 8;
    for (let j: i32 = 0; j < m; j++) {
      // adaptedStepSize of langevin.ts
      const least = job.stepScale / (job.beta * (LARGEST_NOISE * LARGEST_NOISE * job.beta / 2));
      const adapted = job.stepScale / job.beta / (load<f32>(means + (j << 2)) + least);
      const size = job.constantStep > 0 ? job.constantStep : adapted;
      store<f32>(stepSize + (j << 2), size);
      store<f32>(noiseScale + (j << 2), sqrt<f32>(size * (2 / job.beta)));
    }
    memory.fill(squares, 0, bytes);
    for (let step: i32 = 0; step < steps; step++, draws += 8) {
      const first = <u32>row * C * m, room = drawsAt(job, s);
      const noise = normals(load<i32>(draws), load<i32>(draws, 4), first, C * m, room);
      v128.store(noise + ((C * m) << 2), all(0)); // the last chain's vector reads beyond
      langevinStep(job, w, s, noise);
    }
    const weight: f32 = 1 / <f32>(C * steps);
    for (let j: i32 = 0; j < m; j++) {
      const before = load<f32>(means + (j << 2));
      store<f32>(means + (j << 2), (before + load<f32>(squares + (j << 2)) * weight) * 0.5);
    }
    if (lineMove) {
      const half = C >> 1, end = chains + C * bytes, middle = chains + half * bytes;
      if (half >= 2) {
        moveAlong(job, w, s, row, chains, half, middle, C - half, draws);
        moveAlong(job, w, s, row, middle, C - half, chains, half, draws + (8 + DRAWS * 8));
      }
      draws += 2 * (8 + DRAWS * 8);
    }
  }
  for (let c: i32 = 0; c < C; c++) memory.copy(points + ((c * m) << 2), chains + c * bytes, m << 2);
  finalValues(job, w, s, row, batches > 0 ? batches : s, batches > 0 ? batchSize(job) : 0);
}

/** One step of equation (13) for all chains. */
function langevinStep(job: Job, w: usize, s: usize, noise: usize): void {
  const C = job.count, m = job.goods, bytes = chainBytes(job), project = job.project == 1;
  const chains = chainsAt(job, s), back = backAt(job, s), gradient = vectorsAt(job, s);
  const stepSize = gradient + bytes, noiseScale = stepSize + bytes, squares = noiseScale + bytes, type = squares + bytes;
  for (let from: i32 = 0; from < C; from += 16) {
    const now = min(16, C - from);
    gather(job, chains + from * bytes, now, bytes, s);
    forward(job, w, s, now);
    for (let c: i32 = 0; c < now; c++) {
      const x = chains + (from + c) * bytes;
      slope(job, w, s, c, x, back, gradient);
      const z = noise + (((from + c) * m) << 2);
      for (let j: i32 = 0; j < m; j += 4) {
        const at4 = j << 2, u = f32x4.sub(at(type + at4), at(gradient + at4));
        let to = fma(at(z + at4), at(noiseScale + at4), fma(u, at(stepSize + at4), at(x + at4)));
        if (!project) {
          const far = magnitude(to), turns = f32x4.mul(f32x4.floor(f32x4.mul(far, halves())), twos());
          to = f32x4.sub(ones(), magnitude(f32x4.sub(ones(), f32x4.sub(far, turns))));
        }
        v128.store(x + at4, f32x4.pmin(f32x4.pmax(to, all(0)), ones()));
        v128.store(squares + at4, fma(u, u, at(squares + at4)));
      }
    }
  }
}

/** Writes beta u, up to a constant, at `count` points of scratch: the logarithm of q. */
function densities(job: Job, w: usize, s: usize, points: usize, count: i32, out: usize): void {
  const bytes = chainBytes(job), f = s + batchSize(job), type = vectorsAt(job, s) + 4 * bytes, m = job.goods;
  for (let from: i32 = 0; from < count; from += 16) {
    const now = min(16, count - from);
    gather(job, points + from * bytes, now, bytes, s);
    forward(job, w, s, now);
    output(job, w, s, f);
    for (let c: i32 = 0; c < now; c++) {
      const x = points + (from + c) * bytes;
      let worth = all(0);
      for (let j: i32 = 0; j < m; j += 4) worth = fma(at(x + (j << 2)), at(type + (j << 2)), worth);
      store<f32>(out + ((from + c) << 2), job.beta * (total(worth) - load<f32>(f + (c << 2))));
    }
  }
}

/** Writes chain + position direction, clipped to the box. */
// @ts-ignore: decorator
@inline
function onLine(x: usize, direction: usize, position: f32, m: i32, out: usize): void {
  for (let j: i32 = 0; j < m; j += 4) {
    const to = fma(at(direction + (j << 2)), all(position), at(x + (j << 2)));
    v128.store(out + (j << 2), f32x4.pmin(f32x4.pmax(to, all(0)), ones()));
  }
}

/**
 * A line move of `count` chains along differences of `size` others: slice sampling as in line_moves.ts of src/sampling.
 */
function moveAlong(
  job: Job,
  w: usize,
  s: usize,
  row: i32,
  chains: usize,
  count: i32,
  others: usize,
  size: i32,
  draws: usize,
): void {
  const m = job.goods, bytes = chainBytes(job), room = drawsAt(job, s), stride = (count + 16) << 2;
  const directions = chainsAt(job, s) + job.count * bytes, tried = directions + job.count * bytes;
  const lines = linesAt(job, s), width = pad4(job.count) << 2;
  const level = lines, ahead = level + width, behind = ahead + width, position = behind + width;
  const open = position + width, density = open + width;
  const a = load<i32>(draws), b = load<i32>(draws, 4);
  for (let k: i32 = 0; k < DRAWS; k++) {
    const key = draws + 8 + (k << 3), to = room + k * stride;
    const from = uniforms(load<i32>(key), load<i32>(key, 4), <u32>row * count, count, to);
    memory.copy(to, from, count << 2);
  }
  densities(job, w, s, chains, count, density);
  for (let c: i32 = 0; c < count; c++) {
    const c4 = c << 2, x = chains + c * bytes, d = directions + c * bytes;
    const p = others + ((a + c) % size) * bytes, q = others + ((b + c) % size) * bytes;
    let least: f32 = Infinity, most: f32 = -Infinity;
    for (let j: i32 = 0; j < m; j++) {
      const along = load<f32>(p + (j << 2)) - load<f32>(q + (j << 2)), here = load<f32>(x + (j << 2));
      store<f32>(d + (j << 2), along);
      const up: f32 = along > 0 ? 1 : 0, safe = along + TINY * (2 * up - 1);
      least = min(least, (up - here) / safe);
      most = max(most, (1 - up - here) / safe);
    }
    for (let j = m; j < bytes >> 2; j++) store<f32>(d + (j << 2), 0);
    const placed = load<f32>(room + (TRIES + 1) * stride + c4) * -WIDTH;
    store<f32>(ahead + c4, min(least, placed + WIDTH));
    store<f32>(behind + c4, max(most, placed));
    const drop = f32x4.extract_lane(log4(all(1 - load<f32>(room + c4))), 0);
    store<f32>(level + c4, load<f32>(density + c4) + drop);
    store<f32>(position + c4, 0);
    store<f32>(open + c4, 1);
  }
  for (let k: i32 = 1; k <= TRIES; k++) {
    for (let c: i32 = 0; c < count; c++) {
      const c4 = c << 2, from = load<f32>(behind + c4);
      const t = from + load<f32>(room + k * stride + c4) * (load<f32>(ahead + c4) - from);
      store<f32>(room + k * stride + c4, t);
      onLine(chains + c * bytes, directions + c * bytes, t, m, tried + c * bytes);
    }
    densities(job, w, s, tried, count, density);
    let left: i32 = 0;
    for (let c: i32 = 0; c < count; c++) {
      const c4 = c << 2, t = load<f32>(room + k * stride + c4);
      if (load<f32>(open + c4) == 0) continue;
      if (load<f32>(density + c4) >= load<f32>(level + c4)) {
        store<f32>(position + c4, t);
        store<f32>(open + c4, 0);
      } else {
        store<f32>((t > 0 ? ahead : behind) + c4, t);
        left++;
      }
    }
    if (left == 0) break;
  }
  for (let c: i32 = 0; c < count; c++) {
    onLine(chains + c * bytes, directions + c * bytes, load<f32>(position + (c << 2)), m, chains + c * bytes);
  }
}

/** Batches for a row's chains and the zero outcome. */
// @ts-ignore: decorator
@inline
export function batchesOfRow(job: Job): i32 {
  return (job.count + 16) >> 4;
}

/**
 * Where the zero outcome's batch is, with f behind it, if one row of weights serves all rows: at the end of the first
 * thread's scratch.
 */
export function sharedZero(job: Job): usize {
  return job.scratch + job.scratchSize - sharedZeroSize(job);
}

/** Bytes of that batch and f; none where rows have weights of their own. */
export function sharedZeroSize(job: Job): i32 {
  return job.hiddenSize > 0 ? 0 : batchSize(job) + 64;
}

/** Makes that batch, once for all rows. */
export function makeSharedZero(job: Job): void {
  const batch = sharedZero(job);
  memory.fill(batch, 0, job.goods << 6);
  forward(job, job.shared, batch, 1);
  output(job, job.shared, batch, batch + batchSize(job));
}

/**
 * Writes f at the chains and at 0, in that order, by batches from `batch` on, each `next` bytes behind the one before.
 */
function finalValues(job: Job, w: usize, s: usize, row: i32, batch: usize, next: i32): void {
  const C = job.count, N = job.hiddenSize > 0 ? C + 1 : C; // the zero outcome is there where it is shared
  const bytes = chainBytes(job), f = s + batchSize(job), points = chainsAt(job, s), out = job.values + ((row * (C + 1)) << 2);
  memory.fill(points + C * bytes, 0, bytes); // directions are not needed any more
  for (let from: i32 = 0; from < N; from += 16, batch += next) {
    const now = min(16, N - from);
    gather(job, points + from * bytes, now, bytes, batch);
    forward(job, w, batch, now);
    output(job, w, batch, f);
    memory.copy(out + (from << 2), f, now << 2);
  }
  if (N == C) store<f32>(out + (C << 2), load<f32>(sharedZero(job) + batchSize(job)));
}
