// f at up to 16 points at once, which are the lanes of four vectors.
//
// What is known of 16 points is called a batch. It lies in a thread's scratch, as rows of 16 numbers, one a point.
// First come the inputs of each layer, and of the output: the maxima `[G padded, 16]` of the layer before, if there is
// one, then (x, 1) `[m + 1 padded, 16]`, in the order in which the weights of an element are packed, with zeros for
// padding. Behind them come each layer's winners `[G, 16]`: of each group the element that is largest at the point, by
// the address of its weights. Where there are fewer points, their lanes hold whatever was there before.

import { all, at, choose, each, fma, pad4 } from "./simd";
import { Job } from "./job";
import { layerAt, rowBytes } from "./packed_row";
import { sumsOfLargest } from "./sums_of_largest";

/** Bytes of the batch's points, (x, 1). */
// @ts-ignore: decorator
@inline
function pointsSize(job: Job): i32 {
  return pad4(job.goods + 1) << 6;
}

/** Bytes of the maxima or winners of one layer. */
// @ts-ignore: decorator
@inline
function layerSize(job: Job): i32 {
  return pad4(job.groups) << 6;
}

/** Where the inputs of layer k are in a batch; K is the output. */
// @ts-ignore: decorator
@inline
export function inputsAt(job: Job, batch: usize, k: i32): usize {
  return batch + (k > 0 ? pointsSize(job) + (k - 1) * (layerSize(job) + pointsSize(job)) : 0);
}

/** Where layer k's winners are in a batch. */
// @ts-ignore: decorator
@inline
export function winnersAt(job: Job, batch: usize, k: i32): usize {
  return inputsAt(job, batch, job.layers + 1) + k * layerSize(job);
}

/** Bytes of a batch. */
export function batchSize(job: Job): i32 {
  return <i32>winnersAt(job, 0, job.layers);
}

/**
 * Writes the maxima of one layer to `z` and its winners to `won`, at 16 points: two elements of a group at a time, 8
 * sums in registers. An element has `rows` weights, a multiple of four, in `bytes`.
 */
function layer16(job: Job, w: usize, bytes: i32, rows: i32, inputs: usize, z: usize, won: usize): void {
  const G = job.groups, E = job.groupSize;
  for (let g: i32 = 0; g < G; g++, w += E * bytes) {
    let best0 = all(-Infinity), best1 = best0, best2 = best0, best3 = best0;
    let won0 = all(0), won1 = won0, won2 = won0, won3 = won0;
    for (let e: i32 = 0; e < E; e += 2) {
      // The last element of an odd group competes with itself, and wins as the first.
      const p = w + e * bytes, q = e + 1 < E ? p + bytes : p;
      let a0 = all(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
      for (let i: i32 = 0, from = inputs; i < rows << 2; i += 4, from += 64) {
        const a = each(p + i), b = each(q + i);
        const v0 = at(from), v1 = v128.load(from, 16), v2 = v128.load(from, 32), v3 = v128.load(from, 48);
        a0 = fma(a, v0, a0), a1 = fma(a, v1, a1), a2 = fma(a, v2, a2), a3 = fma(a, v3, a3);
        b0 = fma(b, v0, b0), b1 = fma(b, v1, b1), b2 = fma(b, v2, b2), b3 = fma(b, v3, b3);
      }
      let name = i32x4.splat(<i32>p);
      won0 = choose(name, won0, f32x4.gt(a0, best0)), best0 = f32x4.pmax(best0, a0);
      won1 = choose(name, won1, f32x4.gt(a1, best1)), best1 = f32x4.pmax(best1, a1);
      won2 = choose(name, won2, f32x4.gt(a2, best2)), best2 = f32x4.pmax(best2, a2);
      won3 = choose(name, won3, f32x4.gt(a3, best3)), best3 = f32x4.pmax(best3, a3), name = i32x4.splat(<i32>q);
      won0 = choose(name, won0, f32x4.gt(b0, best0)), best0 = f32x4.pmax(best0, b0);
      won1 = choose(name, won1, f32x4.gt(b1, best1)), best1 = f32x4.pmax(best1, b1);
      won2 = choose(name, won2, f32x4.gt(b2, best2)), best2 = f32x4.pmax(best2, b2);
      won3 = choose(name, won3, f32x4.gt(b3, best3)), best3 = f32x4.pmax(best3, b3);
    }
    v128.store(z, best0), v128.store(z, best1, 16), v128.store(z, best2, 32), v128.store(z, best3, 48);
    v128.store(won, won0), v128.store(won, won1, 16), v128.store(won, won2, 32), v128.store(won, won3, 48);
    z += 64, won += 64;
  }
}

/** The same at 8 points: four elements of a group at a time, 8 sums in registers. */
function layer8(job: Job, w: usize, bytes: i32, rows: i32, groups: i32, inputs: usize, z: usize, won: usize): void {
  const E = job.groupSize;
  for (let g: i32 = 0; g < groups; g++, w += E * bytes) {
    let best0 = all(-Infinity), best1 = best0, won0 = all(0), won1 = won0;
    for (let e: i32 = 0; e < E; e += 4) {
      // Where fewer than four are left, the last one competes with itself.
      const last = w + (E - 1) * bytes;
      const p = w + e * bytes, q = min(p + bytes, last), r = min(q + bytes, last), s = min(r + bytes, last);
      let a0 = all(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
      for (let i: i32 = 0, from = inputs; i < rows << 2; i += 4, from += 64) {
        const v0 = at(from), v1 = v128.load(from, 16), a = each(p + i), b = each(q + i), c = each(r + i), d = each(s + i);
        a0 = fma(a, v0, a0), a1 = fma(a, v1, a1), b0 = fma(b, v0, b0), b1 = fma(b, v1, b1);
        c0 = fma(c, v0, c0), c1 = fma(c, v1, c1), d0 = fma(d, v0, d0), d1 = fma(d, v1, d1);
      }
      let name = i32x4.splat(<i32>p);
      won0 = choose(name, won0, f32x4.gt(a0, best0)), best0 = f32x4.pmax(best0, a0);
      won1 = choose(name, won1, f32x4.gt(a1, best1)), best1 = f32x4.pmax(best1, a1), name = i32x4.splat(<i32>q);
      won0 = choose(name, won0, f32x4.gt(b0, best0)), best0 = f32x4.pmax(best0, b0);
      won1 = choose(name, won1, f32x4.gt(b1, best1)), best1 = f32x4.pmax(best1, b1), name = i32x4.splat(<i32>r);
      won0 = choose(name, won0, f32x4.gt(c0, best0)), best0 = f32x4.pmax(best0, c0);
      won1 = choose(name, won1, f32x4.gt(c1, best1)), best1 = f32x4.pmax(best1, c1), name = i32x4.splat(<i32>s);
      won0 = choose(name, won0, f32x4.gt(d0, best0)), best0 = f32x4.pmax(best0, d0);
      won1 = choose(name, won1, f32x4.gt(d1, best1)), best1 = f32x4.pmax(best1, d1);
    }
    v128.store(z, best0), v128.store(z, best1, 16);
    v128.store(won, won0), v128.store(won, won1, 16);
    z += 64, won += 64;
  }
}

/**
 * The same at 8 points for groups of four, in threes: six elements at a time, 12 sums in registers, which keeps the
 * multipliers always busy. Of three groups the first six elements are the first group and half of the second.
 */
function sixes(w: usize, bytes: i32, rows: i32, groups: i32, inputs: usize, z: usize, won: usize): void {
  let best0 = all(0), best1 = best0, won0 = best0, won1 = best0;
  for (let block: i32 = 0, blocks = groups / 3 * 2; block < blocks; block++, w += 6 * bytes) {
    let p = w, p1 = p + bytes, p2 = p1 + bytes, p3 = p2 + bytes, p4 = p3 + bytes, p5 = p4 + bytes;
    let a0 = all(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0, e0 = a0, e1 = a0, f0 = a0, f1 = a0;
    for (let from = inputs, end = inputs + (rows << 6); from < end; from += 128) {
      let v0 = at(from), v1 = v128.load(from, 16), y: v128;
      y = v128.load32_splat(p, 0), a0 = fma(y, v0, a0), a1 = fma(y, v1, a1);
      y = v128.load32_splat(p1, 0), b0 = fma(y, v0, b0), b1 = fma(y, v1, b1);
      y = v128.load32_splat(p2, 0), c0 = fma(y, v0, c0), c1 = fma(y, v1, c1);
      y = v128.load32_splat(p3, 0), d0 = fma(y, v0, d0), d1 = fma(y, v1, d1);
      y = v128.load32_splat(p4, 0), e0 = fma(y, v0, e0), e1 = fma(y, v1, e1);
      y = v128.load32_splat(p5, 0), f0 = fma(y, v0, f0), f1 = fma(y, v1, f1);
      v0 = v128.load(from, 64), v1 = v128.load(from, 80);
      y = v128.load32_splat(p, 4), a0 = fma(y, v0, a0), a1 = fma(y, v1, a1);
      y = v128.load32_splat(p1, 4), b0 = fma(y, v0, b0), b1 = fma(y, v1, b1);
      y = v128.load32_splat(p2, 4), c0 = fma(y, v0, c0), c1 = fma(y, v1, c1);
      y = v128.load32_splat(p3, 4), d0 = fma(y, v0, d0), d1 = fma(y, v1, d1);
      y = v128.load32_splat(p4, 4), e0 = fma(y, v0, e0), e1 = fma(y, v1, e1);
      y = v128.load32_splat(p5, 4), f0 = fma(y, v0, f0), f1 = fma(y, v1, f1);
      p += 8, p1 += 8, p2 += 8, p3 += 8, p4 += 8, p5 += 8;
    }
    let name = i32x4.splat(<i32>w);
    const next = i32x4.splat(bytes);
    if (block & 1) {
      won0 = choose(name, won0, f32x4.gt(a0, best0)), best0 = f32x4.pmax(best0, a0);
      won1 = choose(name, won1, f32x4.gt(a1, best1)), best1 = f32x4.pmax(best1, a1), name = i32x4.add(name, next);
      won0 = choose(name, won0, f32x4.gt(b0, best0)), best0 = f32x4.pmax(best0, b0);
      won1 = choose(name, won1, f32x4.gt(b1, best1)), best1 = f32x4.pmax(best1, b1), name = i32x4.add(name, next);
      v128.store(z, best0), v128.store(z, best1, 16), v128.store(won, won0), v128.store(won, won1, 16);
      best0 = c0, best1 = c1, won0 = name, won1 = name, name = i32x4.add(name, next), z += 64, won += 64;
      won0 = choose(name, won0, f32x4.gt(d0, best0)), best0 = f32x4.pmax(best0, d0);
      won1 = choose(name, won1, f32x4.gt(d1, best1)), best1 = f32x4.pmax(best1, d1), name = i32x4.add(name, next);
      won0 = choose(name, won0, f32x4.gt(e0, best0)), best0 = f32x4.pmax(best0, e0);
      won1 = choose(name, won1, f32x4.gt(e1, best1)), best1 = f32x4.pmax(best1, e1), name = i32x4.add(name, next);
      won0 = choose(name, won0, f32x4.gt(f0, best0)), best0 = f32x4.pmax(best0, f0);
      won1 = choose(name, won1, f32x4.gt(f1, best1)), best1 = f32x4.pmax(best1, f1);
      v128.store(z, best0), v128.store(z, best1, 16), v128.store(won, won0), v128.store(won, won1, 16);
      z += 64, won += 64;
    } else {
      best0 = a0, best1 = a1, won0 = name, won1 = name, name = i32x4.add(name, next);
      won0 = choose(name, won0, f32x4.gt(b0, best0)), best0 = f32x4.pmax(best0, b0);
      won1 = choose(name, won1, f32x4.gt(b1, best1)), best1 = f32x4.pmax(best1, b1), name = i32x4.add(name, next);
      won0 = choose(name, won0, f32x4.gt(c0, best0)), best0 = f32x4.pmax(best0, c0);
      won1 = choose(name, won1, f32x4.gt(c1, best1)), best1 = f32x4.pmax(best1, c1), name = i32x4.add(name, next);
      won0 = choose(name, won0, f32x4.gt(d0, best0)), best0 = f32x4.pmax(best0, d0);
      won1 = choose(name, won1, f32x4.gt(d1, best1)), best1 = f32x4.pmax(best1, d1), name = i32x4.add(name, next);
      v128.store(z, best0), v128.store(z, best1, 16), v128.store(won, won0), v128.store(won, won1, 16);
      best0 = e0, best1 = e1, won0 = name, won1 = name, name = i32x4.add(name, next), z += 64, won += 64;
      won0 = choose(name, won0, f32x4.gt(f0, best0)), best0 = f32x4.pmax(best0, f0);
      won1 = choose(name, won1, f32x4.gt(f1, best1)), best1 = f32x4.pmax(best1, f1);
    }
  }
}

/** The same at 8 points: six elements at a time as far as groups are four and go in threes, then four at a time. */
function eightPoints(job: Job, w: usize, bytes: i32, rows: i32, inputs: usize, z: usize, won: usize): void {
  const G = job.groups, by6 = job.groupSize == 4 ? G - G % 3 : 0;
  sixes(w, bytes, rows, by6, inputs, z, won);
  layer8(job, w + by6 * 4 * bytes, bytes, rows, G - by6, inputs, z + (by6 << 6), won + (by6 << 6));
}

/**
 * Takes a batch through all layers (Definition 3.1, Definition 3.3): fills in its maxima and winners at its first `lanes` points, at most 16, which `gather` put there. `w` is a row
 * of packed weights.
 */
export function forward(job: Job, w: usize, batch: usize, lanes: i32): void {
  const G = job.groups, K = job.layers, m = job.goods, size = pointsSize(job), ones = batch + (m << 6);
  memory.fill(ones, 0, size - (m << 6));
  for (let lane: i32 = 0; lane < 64; lane += 16) v128.store(ones + lane, all(1));
  for (let k: i32 = 0; k < K; k++) {
    const layer = w + layerAt(job, k), bytes = rowBytes(job, k), rows = bytes >> 2;
    const inputs = inputsAt(job, batch, k), z = inputsAt(job, batch, k + 1), won = winnersAt(job, batch, k);
    if (lanes <= 8) eightPoints(job, layer, bytes, rows, inputs, z, won);
    // Four elements at a time, unless that means two more than there are.
    else if (pad4(job.groupSize) > job.groupSize + 1) layer16(job, layer, bytes, rows, inputs, z, won);
    else {
      eightPoints(job, layer, bytes, rows, inputs, z, won);
      eightPoints(job, layer, bytes, rows, inputs + 32, z + 32, won + 32);
    }
    memory.fill(z + (G << 6), 0, layerSize(job) - (G << 6));
    memory.copy(z + layerSize(job), batch, size);
  }
}

/** Writes f `[16]` at the points of a batch, after `forward`. */
export function output(job: Job, w: usize, batch: usize, f: usize): void {
  const weights = w + layerAt(job, job.layers), end = weights + rowBytes(job, job.layers);
  let f0 = all(0), f1 = f0, f2 = f0, f3 = f0;
  for (let from = inputsAt(job, batch, job.layers), p = weights; p < end; p += 4, from += 64) {
    const a = each(p);
    f0 = fma(a, at(from), f0), f1 = fma(a, v128.load(from, 16), f1);
    f2 = fma(a, v128.load(from, 32), f2), f3 = fma(a, v128.load(from, 48), f3);
  }
  v128.store(f, f0), v128.store(f, f1, 16), v128.store(f, f2, 32), v128.store(f, f3, 48);
}

/**
 * Puts `count` points, at most 16, into a batch: x, or the sums of its largest coordinates where f is a function of
 * these. A point begins every `stride` bytes.
 */
export function gather(job: Job, points: usize, count: i32, stride: i32, batch: usize): void {
  const m = job.goods;
  if (job.sumsOfLargest) {
    for (let c: i32 = 0; c < count; c++) sumsOfLargest<f32>(points + c * stride, m, batch + (c << 2), 64);
    return;
  }
  for (let c: i32 = 0; c < count; c++, points += stride, batch += 4) {
    for (let j: i32 = 0; j < m; j++) store<f32>(batch + (j << 6), load<f32>(points + (j << 2)));
  }
}
