// Takes all values of a network relative to what they are at x = 0, so that large offsets cancel before anything is
// rounded, and bounds the absolute values that prices are made of: relativeToZero of networks/groupmax_price.ts, for
// packed weights. Four groups are the lanes of two vectors.
//
// Scratch: r, what made it, and what makes d, for the layer below and for this one `[2, 3, G padded]`; then h, what made
// it, and the spread of x for each element of four groups `[E, 3, 4]`.

import { LEAST_MAGNITUDE } from "./constants";
import { both, fma2, total2 } from "./double";
import { blockBytes, outputAt } from "./double_network";
import { ResponsesJob } from "./responses_job";
import { pad4 } from "./simd";

/** Bytes of scratch. */
export function relativeToZeroSize(job: ResponsesJob): i32 {
  return 48 * pad4(job.groups) + 96 * job.groupSize;
}

/** Writes h, what made it, and the spread of x of the elements of one block of four groups to `to`. */
function elements(job: ResponsesJob, k: i32, w: usize, below: usize, to: usize): void {
  const m = job.goods, bytes = job.groupSize << 5, G = pad4(job.groups) << 3, least = both(LEAST_MAGNITUDE);
  const scale: f64 = 2 / (<f64>m + 1), end = below + (k > 0 ? job.groups << 3 : 0);
  for (let e: i32 = 0; e < bytes; e += 32, to += 96) {
    let p = w + e, s0 = least, s1 = least;
    for (let j: i32 = 0; j < m; j++, p += bytes) {
      const a = f64x2.abs(v128.load(p)), b = f64x2.abs(v128.load(p, 16));
      if (!job.sumsOfLargest) s0 = f64x2.add(s0, a), s1 = f64x2.add(s1, b);
      else s0 = fma2(both(scale * (j + 1)), a, s0), s1 = fma2(both(scale * (j + 1)), b, s1);
    }
    let h0 = v128.load(p), h1 = v128.load(p, 16), a0 = f64x2.abs(h0), a1 = f64x2.abs(h1);
    p += bytes;
    for (let i = below; i < end; i += 8, p += bytes) {
      const w0 = v128.load(p), w1 = v128.load(p, 16), r = v128.load64_splat(i);
      h0 = fma2(w0, r, h0), h1 = fma2(w1, r, h1);
      const most0 = f64x2.max(w0, least), most1 = f64x2.max(w1, least);
      const ofR = v128.load64_splat(i + G), ofD = v128.load64_splat(i + 2 * G);
      a0 = fma2(most0, ofR, a0), a1 = fma2(most1, ofR, a1), s0 = fma2(most0, ofD, s0), s1 = fma2(most1, ofD, s1);
    }
    v128.store(to, h0), v128.store(to, h1, 16), v128.store(to, a0, 32), v128.store(to, a1, 48);
    v128.store(to, s0, 64), v128.store(to, s1, 80);
  }
}

/**
 * Writes the offsets of the elements of two groups, and r, what made it and what makes d to `to`. Returns zeros, or what
 * is no number where products overflowed.
 */
function block(job: ResponsesJob, k: i32, elements: usize, offset: usize, to: usize, G: i32): v128 {
  const end = elements + 96 * job.groupSize, theta = both(0.25 * job.relative), two = both(2), none = both(0);
  let r = v128.load(elements), ofR = v128.load(elements, 32), spread = v128.load(elements, 64), first = i64x2.splat(0);
  let e: i64 = 1;
  for (let p = elements + 96; p < end; p += 96, e++) {
    const h = v128.load(p), more = f64x2.gt(h, r);
    r = v128.bitselect(h, r, more), ofR = v128.bitselect(v128.load(p, 32), ofR, more);
    spread = v128.bitselect(v128.load(p, 64), spread, more), first = v128.bitselect(i64x2.splat(e), first, more);
  }
  let most = spread, overflow = none;
  e = 0;
  for (let p = elements; p < end; p += 96, offset += 32, e++) {
    const c = f64x2.sub(v128.load(p), r), ofH = v128.load(p, 32), own = v128.load(p, 64);
    const made = k == 0 ? f64x2.abs(c) : f64x2.add(ofH, ofR);
    overflow = f64x2.add(overflow, f64x2.mul(none, f64x2.add(ofH, own)));
    v128.store(offset, c);
    const below = f64x2.sub(f64x2.neg(c), f64x2.mul(theta, made));
    const never = f64x2.gt(below, f64x2.mul(two, f64x2.add(own, spread)));
    const left = v128.or(never, i64x2.eq(first, i64x2.splat(e)));
    most = f64x2.max(most, v128.bitselect(spread, f64x2.add(own, made), left));
  }
  v128.store(to, r), v128.store(to + G, ofR), v128.store(to + 2 * G, most);
  return overflow;
}

/** Replaces offsets of a row of packed weights, in place; returns the magnitude M of its prices. */
export function relativeToZero(job: ResponsesJob, w: usize, s: usize): f64 {
  const m = job.goods, G = pad4(job.groups) << 3, E = job.groupSize, all = s + 6 * G;
  const free = w + outputAt(job), positive = free + (pad4(m + 1) << 3);
  let below = s, here = s + 3 * G, overflow = both(0);
  for (let k: i32 = 0; k < job.layers; k++) {
    for (let g: i32 = 0; g < job.groups; g += 4, w += blockBytes(job, k)) {
      elements(job, k, w, below, all);
      const to = here + (g << 3), offset = w + (job.goods * E << 5);
      overflow = f64x2.add(overflow, block(job, k, all, offset, to, G));
      overflow = f64x2.add(overflow, block(job, k, all + 16, offset + 16, to + 16, G));
    }
    const other = below;
    below = here, here = other;
  }
  store<f64>(free + (m << 3), 0);
  let magnitude: f64 = LEAST_MAGNITUDE + total2(overflow);
  for (let j: i32 = 0; j < m; j++) {
    magnitude += (job.sumsOfLargest ? 2 * <f64>(j + 1) / (<f64>m + 1) : 1) * abs<f64>(load<f64>(free + (j << 3)));
  }
  // Padding of the last weights has gone through softplus: it is nothing at all.
  for (let g: i32 = 0; g << 3 < G; g++) {
    const p = positive + (g << 3);
    if (g >= job.groups) store<f64>(p, 0);
    else magnitude += max<f64>(load<f64>(p), LEAST_MAGNITUDE) * load<f64>(below + 2 * G + (g << 3));
  }
  return magnitude;
}
