// Slopes per good: makes those weights that are slopes in x from a hidden layer of each good
// (networks/per_good_slopes.ts).
//
// Every element of a group, and the output, has an affine part <slopes, x> + offset, here called a map. Its slope in
// good j is the product of good j's hidden layer `[Hl]` with the map's column of S, plus a bias. The lanes of vectors
// are goods: a row has hidden layers `[Hl, m + 1 padded]`, and S is `[maps / 4, Hl, 4]`. The lane behind the goods,
// where a map's offset lies among the weights, is 0 in the hidden layers. Where each map lies in a row is in the tables
// of per_good_layout.ts.

import { at, each, fma, pad4 } from "./simd";
import { Job } from "./job";

/** How many vectors a map's slopes and offset take. */
// @ts-ignore: decorator
@inline
export function vectorsOf(job: Job): i32 {
  return pad4(job.goods + 1) >> 2;
}

/** Bytes of the goods' hidden layers in one row. */
// @ts-ignore: decorator
@inline
export function perGoodBytes(job: Job): i32 {
  return job.perGoodSize * vectorsOf(job) << 4;
}

/** Where a map's slopes begin in a row of packed weights, in bytes. */
// @ts-ignore: decorator
@inline
export function mapAt(job: Job, q: i32): i32 {
  return load<i32>(job.mapsAt + (q << 2));
}

/** Writes the slopes of all maps of a row, with their bias, to a row of packed weights. */
export function makeSlopes(job: Job, row: i32, out: usize): void {
  const vectors = vectorsOf(job), step = vectors << 4, hidden = job.perGoodHidden + row * perGoodBytes(job);
  const block = job.perGoodSize << 4;
  for (let q: i32 = 0, s = job.slopes; q < job.maps; q += 4, s += block) {
    const a = mapAt(job, q), b = mapAt(job, q + 1), c = mapAt(job, q + 2), d = mapAt(job, q + 3);
    if (vectors < 3) {
      for (let v: i32 = 0; v < step; v += 16) oneVector(job, hidden + v, step, s, s + block, out + v, a, b, c, d, v);
    } else {
      for (let v: i32 = 0; v < step; v += 48) {
        // Where fewer than three vectors are left, some are made again.
        const from = min(v, step - 48);
        threeVectors(job, hidden + from, step, s, s + block, out + from, a, b, c, d, from);
      }
    }
  }
}

/** Writes the slopes of four maps in 12 goods. */
function threeVectors(
  job: Job,
  hidden: usize,
  step: i32,
  s: usize,
  end: usize,
  out: usize,
  a: i32,
  b: i32,
  c: i32,
  d: i32,
  shift: i32,
): void {
  const bias = job.bias + shift;
  let a0 = at(bias + a), a1 = v128.load(bias + a, 16), a2 = v128.load(bias + a, 32);
  let b0 = at(bias + b), b1 = v128.load(bias + b, 16), b2 = v128.load(bias + b, 32);
  let c0 = at(bias + c), c1 = v128.load(bias + c, 16), c2 = v128.load(bias + c, 32);
  let d0 = at(bias + d), d1 = v128.load(bias + d, 16), d2 = v128.load(bias + d, 32);
  for (; s < end; s += 16, hidden += step) {
    const x = at(hidden), y = v128.load(hidden, 16), z = v128.load(hidden, 32);
    let w = each(s);
    a0 = fma(w, x, a0), a1 = fma(w, y, a1), a2 = fma(w, z, a2);
    w = v128.load32_splat(s, 4);
    b0 = fma(w, x, b0), b1 = fma(w, y, b1), b2 = fma(w, z, b2);
    w = v128.load32_splat(s, 8);
    c0 = fma(w, x, c0), c1 = fma(w, y, c1), c2 = fma(w, z, c2);
    w = v128.load32_splat(s, 12);
    d0 = fma(w, x, d0), d1 = fma(w, y, d1), d2 = fma(w, z, d2);
  }
  v128.store(out + a, a0), v128.store(out + a, a1, 16), v128.store(out + a, a2, 32);
  v128.store(out + b, b0), v128.store(out + b, b1, 16), v128.store(out + b, b2, 32);
  v128.store(out + c, c0), v128.store(out + c, c1, 16), v128.store(out + c, c2, 32);
  v128.store(out + d, d0), v128.store(out + d, d1, 16), v128.store(out + d, d2, 32);
}

/** Writes the slopes of four maps in 4 goods. */
function oneVector(
  job: Job,
  hidden: usize,
  step: i32,
  s: usize,
  end: usize,
  out: usize,
  a: i32,
  b: i32,
  c: i32,
  d: i32,
  shift: i32,
): void {
  const bias = job.bias + shift;
  let a0 = at(bias + a), b0 = at(bias + b), c0 = at(bias + c), d0 = at(bias + d);
  for (; s < end; s += 16, hidden += step) {
    const x = at(hidden);
    a0 = fma(each(s), x, a0), b0 = fma(v128.load32_splat(s, 4), x, b0);
    c0 = fma(v128.load32_splat(s, 8), x, c0), d0 = fma(v128.load32_splat(s, 12), x, d0);
  }
  v128.store(out + a, a0), v128.store(out + b, b0), v128.store(out + c, c0), v128.store(out + d, d0);
}

/** Adds eight maps' offsets, which the dense product made `[rows, 8]`, to rows of packed weights. */
export function addOffsets(job: Job, q: i32, offsets: usize, rows: i32, out: usize): void {
  const stride = job.packed << 2, m4 = job.goods << 2;
  for (let k: i32 = 0; k < 8; k++) {
    let to = out + mapAt(job, q + k) + m4;
    for (let r: i32 = 0; r < rows; r++, to += stride) {
      store<f32>(to, load<f32>(to) + load<f32>(offsets + (r << 5) + (k << 2)));
    }
  }
}
