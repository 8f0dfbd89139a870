// f and a subgradient of it at one point, in 64-bit floats.
//
// Groups are computed four at a time, as the lanes of two vectors. A layer's inputs are x (m numbers), 1, and then the
// maxima of the layer before (G); its weights are, for each block of four groups, `[inputs, E, 4]`. The output's are
// those of (x, 1), then those of the last layer, each padded to a multiple of four: best_responses/layout.ts packs them
// so.
//
// Scratch: inputs of layers 0 to K, which is the output, `[K + 1, m + 1 + G padded]`; for each group its winner, which
// is its largest element, `[K, G padded]`, as how many bytes it lies behind the first element; f's slopes in a layer's
// maxima, `above` `[G padded]`; and in all inputs of a layer `[m + 1 + G padded, 2]`, where the two numbers are to be
// added.

import { both, dot2, fma2, pad2, total2 } from "./double";
import { pad4 } from "./simd";
import { ResponsesJob } from "./responses_job";
import { slopeInGoods, sumsOfLargest } from "./sums_of_largest";

/** Bytes of the inputs of one layer, padded to an even number of floats. */
// @ts-ignore: decorator
@inline
function inputBytes(job: ResponsesJob): i32 {
  return pad2(job.goods + 1 + pad4(job.groups)) << 3;
}

/** Inputs of layer k. */
// @ts-ignore: decorator
@inline
function inputCount(job: ResponsesJob, k: i32): i32 {
  return job.goods + 1 + (k > 0 ? job.groups : 0);
}

/** Bytes of the weights of one block of four groups. */
// @ts-ignore: decorator
@inline
export function blockBytes(job: ResponsesJob, k: i32): i32 {
  return (inputCount(job, k) * job.groupSize) << 5;
}

// @ts-ignore: decorator
@inline
function winnersAt(job: ResponsesJob, s: usize, k: i32): usize {
  return s + (job.layers + 1) * inputBytes(job) + k * (pad4(job.groups) << 3);
}

// @ts-ignore: decorator
@inline
function aboveAt(job: ResponsesJob, s: usize): usize {
  return winnersAt(job, s, job.layers);
}

// @ts-ignore: decorator
@inline
function slopesAt(job: ResponsesJob, s: usize): usize {
  return winnersAt(job, s, job.layers + 1);
}

/** Bytes of scratch, a multiple of 16. */
export function networkSize(job: ResponsesJob): i32 {
  return <i32>slopesAt(job, 0) + 2 * inputBytes(job);
}

/** Where the output's weights begin in a row of packed weights, in bytes. */
// @ts-ignore: decorator
@inline
export function outputAt(job: ResponsesJob): i32 {
  return (pad4(job.groups) >> 2) * (blockBytes(job, 0) + (job.layers - 1) * blockBytes(job, 1));
}

/** Writes the maxima of one layer to `z`, and its winners to `won`: up to four elements of a block at a time. */
function layer(job: ResponsesJob, w: usize, k: i32, inputs: usize, z: usize, won: usize): void {
  const E = job.groupSize, bytes = E << 5, end = inputs + (inputCount(job, k) << 3);
  for (let g: i32 = 0; g < job.groups; g += 4, w += blockBytes(job, k), z += 32, won += 32) {
    let best0 = both(-Infinity), best1 = best0, won0 = both(0), won1 = won0;
    for (let e: i32 = 0; e < bytes; e += 128) {
      // Where fewer than four are left, the last one competes with itself.
      let p = w + e;
      const second = min(32, bytes - 32 - e), third = min(64, bytes - 32 - e), fourth = min(96, bytes - 32 - e);
      let a0 = both(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
      for (let i = inputs; i < end; i += 8, p += bytes) {
        const x = v128.load64_splat(i);
        const q = p + second, r = p + third, s = p + fourth;
        a0 = fma2(x, v128.load(p), a0), a1 = fma2(x, v128.load(p, 16), a1);
        b0 = fma2(x, v128.load(q), b0), b1 = fma2(x, v128.load(q, 16), b1);
        c0 = fma2(x, v128.load(r), c0), c1 = fma2(x, v128.load(r, 16), c1);
        d0 = fma2(x, v128.load(s), d0), d1 = fma2(x, v128.load(s, 16), d1);
      }
      let name = i64x2.splat(e), more = f64x2.gt(a0, best0);
      best0 = v128.bitselect(a0, best0, more), won0 = v128.bitselect(name, won0, more);
      more = f64x2.gt(a1, best1);
      best1 = v128.bitselect(a1, best1, more), won1 = v128.bitselect(name, won1, more);
      name = i64x2.splat(e + 32), more = f64x2.gt(b0, best0);
      best0 = v128.bitselect(b0, best0, more), won0 = v128.bitselect(name, won0, more);
      more = f64x2.gt(b1, best1);
      best1 = v128.bitselect(b1, best1, more), won1 = v128.bitselect(name, won1, more);
      name = i64x2.splat(e + 64), more = f64x2.gt(c0, best0);
      best0 = v128.bitselect(c0, best0, more), won0 = v128.bitselect(name, won0, more);
      more = f64x2.gt(c1, best1);
      best1 = v128.bitselect(c1, best1, more), won1 = v128.bitselect(name, won1, more);
      name = i64x2.splat(e + 96), more = f64x2.gt(d0, best0);
      best0 = v128.bitselect(d0, best0, more), won0 = v128.bitselect(name, won0, more);
      more = f64x2.gt(d1, best1);
      best1 = v128.bitselect(d1, best1, more), won1 = v128.bitselect(name, won1, more);
    }
    v128.store(z, best0), v128.store(z, best1, 16);
    v128.store(won, won0), v128.store(won, won1, 16);
  }
}

/** Adds to the slopes in a layer's inputs what comes by its maxima: `above` times the winners' weights. */
function layerSlopes(job: ResponsesJob, w: usize, k: i32, above: usize, won: usize, slopes: usize): void {
  const bytes = job.groupSize << 5, end = slopes + (inputCount(job, k) << 4);
  for (let g: i32 = 0; g < job.groups; g += 4, w += blockBytes(job, k), above += 32, won += 32) {
    const a0 = v128.load(above), a1 = v128.load(above, 16);
    let p = w + load<i32>(won), q = w + load<i32>(won, 8);
    let r = w + load<i32>(won, 16), s = w + load<i32>(won, 24);
    for (let to = slopes; to < end; to += 16, p += bytes, q += bytes, r += bytes, s += bytes) {
      const w0 = v128.load64_lane(q, v128.load64_zero(p), 1, 8);
      const w1 = v128.load64_lane(s, v128.load64_zero(r, 16), 1, 24);
      v128.store(to, fma2(a0, w0, fma2(a1, w1, v128.load(to))));
    }
  }
}

/** Returns f at a point and writes a subgradient to `gradient`. `w` is a row of packed weights, `s` scratch. */
export function evaluate(job: ResponsesJob, w: usize, point: usize, gradient: usize, s: usize): f64 {
  const m = job.goods, G = job.groups, K = job.layers, stride = inputBytes(job), hidden = (m + 1) << 3;
  let inputs = s, weights = w;
  for (let k: i32 = 0; k <= K; k++, inputs += stride) {
    if (!job.sumsOfLargest) memory.copy(inputs, point, m << 3);
    else if (k == 0) sumsOfLargest<f64>(point, m, inputs, 8);
    else memory.copy(inputs, s, m << 3);
    store<f64>(inputs + (m << 3), 1);
    if (k == K) break;
    layer(job, weights, k, inputs, inputs + stride + hidden, winnersAt(job, s, k));
    weights += (pad4(G) >> 2) * blockBytes(job, k);
  }
  const free = w + outputAt(job), positive = free + (pad4(m + 1) << 3);
  const above = aboveAt(job, s), slopes = slopesAt(job, s);
  // Free weights are padded by zeros.
  const f = dot2(inputs, free, pad4(m + 1) << 3) + dot2(inputs + hidden, positive, pad4(G) << 3);

  memory.copy(above, positive, pad4(G) << 3);
  memory.fill(slopes, 0, 2 * stride);
  for (let k = K - 1; k >= 0; k--) {
    weights -= (pad4(G) >> 2) * blockBytes(job, k);
    layerSlopes(job, weights, k, above, winnersAt(job, s, k), slopes);
    if (k == 0) break;
    const below = slopes + 2 * hidden;
    for (let g: i32 = 0; g < G; g++) {
      store<f64>(above + (g << 3), total2(v128.load(below + (g << 4))));
      v128.store(below + (g << 4), both(0));
    }
  }
  for (let i: i32 = 0; i < m; i++) {
    store<f64>(gradient + (i << 3), load<f64>(free + (i << 3)) + total2(v128.load(slopes + (i << 4))));
  }
  if (job.sumsOfLargest) slopeInGoods<f64>(point, m, gradient, slopes);
  return f;
}
