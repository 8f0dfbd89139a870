// Makes packed weights from the hypernetwork's hidden layers, for a tile of rows at a time: the product with its last
// weight, plus bias, and softplus where weights are positive.

import { at, fma, softplus4 } from "./simd";
import { ROWS } from "./constants";
import { Job } from "./job";
import { addOffsets, makeSlopes } from "./per_good_slopes";

/** Bytes of scratch for the tile's hidden layers, and with slopes per good for eight of each row's offsets. */
// @ts-ignore: decorator
@inline
export function columnsSize(job: Job): i32 {
  return (job.tile / ROWS * job.hiddenSize << 5) + (job.perGoodSize > 0 ? job.tile << 5 : 0);
}

/** Writes packed weights `[tile, packed]` of the rows from `first` on to `out`. */
export function makeWeights(job: Job, first: i32, columns: usize, out: usize): void {
  const H = job.hiddenSize, stride = job.packed << 2;
  // For every six rows [H, 6], 8 apart, so that the six factors of a step lie side by side.
  for (let r: i32 = 0; r < job.tile; r++) {
    const row = job.hidden + (((first + r) * H) << 2), to = columns + (r / ROWS * H << 5) + (r % ROWS << 2);
    for (let h: i32 = 0; h < H; h++) store<f32>(to + (h << 5), load<f32>(row + (h << 2)));
  }
  if (job.perGoodSize > 0) return makePerGoodWeights(job, first, columns, out);
  for (let p: i32 = 0; p < job.packed; p += 8, out += 32) {
    // Several times six, so that a panel of the weight is fetched once for all of them.
    for (let r: i32 = 0; r < job.tile; r += ROWS) {
      const to = out + r * stride;
      sixRows(job, p, job.bias, columns + (r / ROWS * H << 5), to, to + 16, stride);
    }
    if (load<u8>(job.positive + (p >> 2))) makePositive(out, stride, job.tile);
    if (load<u8>(job.positive + (p >> 2), 1)) makePositive(out + 16, stride, job.tile);
  }
}

/** The same with slopes per good: only positive weights and offsets come from the dense product. */
function makePerGoodWeights(job: Job, first: i32, columns: usize, out: usize): void {
  const H = job.hiddenSize, stride = job.packed << 2, positive = job.dense - job.maps;
  const rows = min(job.tileRows, job.rows - first), offsets = columns + (job.tile / ROWS * H << 5);
  for (let r: i32 = 0; r < rows; r++) makeSlopes(job, first + r, out + r * stride);
  for (let p: i32 = 0; p < positive; p += 8) {
    const a = out + load<i32>(job.quadsAt + p), b = out + load<i32>(job.quadsAt + p, 4);
    for (let r: i32 = 0; r < job.tile; r += ROWS) {
      sixRows(job, p, job.denseBias, columns + (r / ROWS * H << 5), a + r * stride, b + r * stride, stride);
    }
    makePositive(a, stride, job.tile), makePositive(b, stride, job.tile);
  }
  for (let p = positive; p < job.dense; p += 8) {
    for (let r: i32 = 0; r < job.tile; r += ROWS) {
      const to = offsets + (r << 5);
      sixRows(job, p, job.denseBias, columns + (r / ROWS * H << 5), to, to + 16, 32);
    }
    addOffsets(job, p - positive, offsets, rows, out);
  }
}

/** Takes four weights of all rows of a tile through softplus. */
function makePositive(out: usize, stride: i32, rows: i32): void {
  for (const end = out + rows * stride; out < end; out += stride) v128.store(out, softplus4(at(out)));
}

/**
 * Writes eight columns of hidden weight + bias for six rows: four to `out`, four to `next`, `stride` bytes from row to
 * row.
 */
function sixRows(job: Job, p: i32, bias: usize, columns: usize, out: usize, next: usize, stride: i32): void {
  const end = columns + (job.hiddenSize << 5);
  let w = job.weight + (p * job.hiddenSize << 2);
  const b0 = at(bias + (p << 2)), b1 = v128.load(bias + (p << 2), 16);
  let r00 = b0, r01 = b1, r10 = b0, r11 = b1, r20 = b0, r21 = b1;
  let r30 = b0, r31 = b1, r40 = b0, r41 = b1, r50 = b0, r51 = b1;
  for (let h = columns; h < end; h += 32, w += 32) {
    const w0 = at(w), w1 = v128.load(w, 16);
    let a = v128.load32_splat(h);
    r00 = fma(a, w0, r00), r01 = fma(a, w1, r01);
    a = v128.load32_splat(h, 4);
    r10 = fma(a, w0, r10), r11 = fma(a, w1, r11);
    a = v128.load32_splat(h, 8);
    r20 = fma(a, w0, r20), r21 = fma(a, w1, r21);
    a = v128.load32_splat(h, 12);
    r30 = fma(a, w0, r30), r31 = fma(a, w1, r31);
    a = v128.load32_splat(h, 16);
    r40 = fma(a, w0, r40), r41 = fma(a, w1, r41);
    a = v128.load32_splat(h, 20);
    r50 = fma(a, w0, r50), r51 = fma(a, w1, r51);
  }
  v128.store(out, r00), v128.store(next, r01), out += stride, next += stride;
  v128.store(out, r10), v128.store(next, r11), out += stride, next += stride;
  v128.store(out, r20), v128.store(next, r21), out += stride, next += stride;
  v128.store(out, r30), v128.store(next, r31), out += stride, next += stride;
  v128.store(out, r40), v128.store(next, r41), out += stride, next += stride;
  v128.store(out, r50), v128.store(next, r51);
}

/** Writes the one row of packed weights that serves all rows to `job.shared`. */
export function makeSharedWeights(job: Job): void {
  for (let p: i32 = 0; p < job.packed; p += 4) {
    const raw = at(job.bias + (p << 2));
    v128.store(job.shared + (p << 2), load<u8>(job.positive + (p >> 2)) ? softplus4(raw) : raw);
  }
}
