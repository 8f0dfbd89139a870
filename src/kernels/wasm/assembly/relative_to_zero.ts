// Takes all values of a network relative to what they are at x = 0, so that large offsets cancel before anything is
// rounded, and bounds the absolute values that prices are made of: relativeToZero of networks/groupmax_price.ts, for
// packed weights. Four groups are the lanes of two vectors.
//
// Scratch: r, what made it, and what makes d, for the layer below and for this one `[2, 3, G padded]`; then h, what made
// it, and the spread of x for each element of four groups `[E, 3, 4]`.

import { LEAST_MAGNITUDE } from "./constants";
import { both, fma2 } from "./double";
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
      const x = both(job.sumsOfLargest ? scale * (j + 1) : 1);
      s0 = fma2(x, f64x2.abs(v128.load(p)), s0), s1 = fma2(x, f64x2.abs(v128.load(p, 16)), s1);
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

/** Replaces offsets of a row of packed weights, in place; returns the magnitude M of its prices. */
export function relativeToZero(job: ResponsesJob, w: usize, s: usize): f64 {
  const m = job.goods, G = pad4(job.groups) << 3, E = job.groupSize, all = s + 6 * G;
  const free = w + outputAt(job), positive = free + (pad4(m + 1) << 3);
  let below = s, here = s + 3 * G, overflow: f64 = 0;
  for (let k: i32 = 0; k < job.layers; k++) {
    for (let g: i32 = 0; g < job.groups; g++) {
      const lane = g & 3, at = all + (lane << 3);
      if (lane == 0) elements(job, k, w, below, all);
      let first = at;
      for (let e = 1, p = at + 96; e < E; e++, p += 96) if (load<f64>(p) > load<f64>(first)) first = p;
      const r = load<f64>(first), ofR = load<f64>(first, 32), spread = load<f64>(first, 64);
      let most = spread, offset = w + (m * E << 5) + (lane << 3);
      for (let e = 0, p = at; e < E; e++, p += 96, offset += 32) {
        const c = load<f64>(p) - r, made = k == 0 ? abs<f64>(c) : load<f64>(p, 32) + ofR, own = load<f64>(p, 64);
        overflow += 0 * (load<f64>(p, 32) + own);
        store<f64>(offset, c);
        if (p != first && !(-c - 0.25 * job.relative * made > 2 * (own + spread))) most = max<f64>(most, own + made);
      }
      const to = here + (g << 3);
      store<f64>(to, r), store<f64>(to + G, ofR), store<f64>(to + 2 * G, most);
      if (lane == 3 || g == job.groups - 1) w += blockBytes(job, k);
    }
    const other = below;
    below = here, here = other;
  }
  store<f64>(free + (m << 3), 0);
  let magnitude: f64 = LEAST_MAGNITUDE + overflow;
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
