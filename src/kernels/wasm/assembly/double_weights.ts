// Makes packed weights from the hypernetwork's hidden layers, for six rows at a time and in 64-bit floats: the product
// with its last weight, plus bias, and softplus where weights are positive. Hidden layers are 64-bit, what is trained
// is 32-bit.

import { ROWS } from "./constants";
import { fma2, softplusOf4 } from "./double";
import { ResponsesJob } from "./responses_job";

/** Two 32-bit floats as 64-bit floats. */
// @ts-ignore: decorator
@inline
function wide(p: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(p));
}

/** Bytes of scratch for the tile's hidden layer, and for a row's goods. */
export function hiddenTileSize(job: ResponsesJob): i32 {
  return (job.hiddenSize + (job.goods + ROWS - 1) / ROWS * job.perGoodSize) * ROWS << 3;
}

/** Writes rows `[ROWS, width]` as `[width, ROWS]`; those from `count` on are 0. */
function transpose(from: usize, width: i32, count: i32, to: usize): void {
  for (let r: i32 = 0; r < ROWS; r++) {
    for (let h: i32 = 0; h < width; h++) {
      store<f64>(to + ((h * ROWS + r) << 3), r < count ? load<f64>(from + ((r * width + h) << 3)) : 0);
    }
  }
}

/**
 * Writes four columns of hidden weight + bias for the first `count` of six rows. Hidden is `[width, 6]` at `columns`;
 * rows of the weight are `step` bytes apart. Rows of the result are `stride` numbers apart, and so are those of the
 * bias where `own` is 1; where it is 0, all rows have the same bias.
 */
function sixRows(
  columns: usize,
  width: i32,
  w: usize,
  step: i32,
  bias: usize,
  own: i32,
  out: usize,
  stride: i32,
  count: i32,
): void {
  const next = own ? stride << 2 : 0, end = columns + (width * ROWS << 3);
  let b = bias;
  let r00 = wide(b), r01 = wide(b + 8);
  if (count > 1) b += next;
  let r10 = wide(b), r11 = wide(b + 8);
  if (count > 2) b += next;
  let r20 = wide(b), r21 = wide(b + 8);
  if (count > 3) b += next;
  let r30 = wide(b), r31 = wide(b + 8);
  if (count > 4) b += next;
  let r40 = wide(b), r41 = wide(b + 8);
  if (count > 5) b += next;
  let r50 = wide(b), r51 = wide(b + 8);
  for (let h = columns; h < end; h += ROWS << 3, w += step) {
    const w0 = wide(w), w1 = wide(w + 8);
    let a = v128.load64_splat(h);
    r00 = fma2(a, w0, r00), r01 = fma2(a, w1, r01);
    a = v128.load64_splat(h, 8);
    r10 = fma2(a, w0, r10), r11 = fma2(a, w1, r11);
    a = v128.load64_splat(h, 16);
    r20 = fma2(a, w0, r20), r21 = fma2(a, w1, r21);
    a = v128.load64_splat(h, 24);
    r30 = fma2(a, w0, r30), r31 = fma2(a, w1, r31);
    a = v128.load64_splat(h, 32);
    r40 = fma2(a, w0, r40), r41 = fma2(a, w1, r41);
    a = v128.load64_splat(h, 40);
    r50 = fma2(a, w0, r50), r51 = fma2(a, w1, r51);
  }
  const bytes = stride << 3;
  v128.store(out, r00), v128.store(out, r01, 16), out += bytes;
  if (count > 1) v128.store(out, r10), v128.store(out, r11, 16), out += bytes;
  if (count > 2) v128.store(out, r20), v128.store(out, r21, 16), out += bytes;
  if (count > 3) v128.store(out, r30), v128.store(out, r31, 16), out += bytes;
  if (count > 4) v128.store(out, r40), v128.store(out, r41, 16), out += bytes;
  if (count > 5) v128.store(out, r50), v128.store(out, r51, 16);
}

/** Writes packed weights `[6, packed]` of the rows from `first` on to `out`: softplus(hidden weight + bias). */
export function wideWeights(job: ResponsesJob, first: i32, columns: usize, out: usize): void {
  const H = job.hiddenSize, packed = job.packed, perGood = job.perGoodSize > 0;
  transpose(job.hidden + (first * H << 3), H, ROWS, columns);
  const end = perGood ? job.quads << 2 : packed;
  for (let d: i32 = 0; d < end; d += 4) {
    const p = perGood ? load<i32>(job.quadsAt + d) : d, to = out + (p << 3);
    // Every other four of a panel of eight.
    const w = job.weight + (((d & ~7) * H) << 2) + ((d & 4) << 2);
    sixRows(columns, H, w, 32, job.bias + (p << 2), 0, to, packed, ROWS);
    if (load<u8>(job.positive + (p >> 2))) {
      for (let r: i32 = 0; r < ROWS; r++) softplusOf4(to + (r * packed << 3));
    }
  }
  if (!perGood) return;
  const goods = columns + (H * ROWS << 3), rows = min(ROWS, job.rows - first);
  for (let r: i32 = 0; r < rows; r++) wideSlopes(job, first + r, goods, out + (r * packed << 3));
}

/**
 * Writes slopes per good into a row of packed weights: the goods' hidden layers times S, six goods at a time, plus
 * bias. The output's offset, which lies among its slopes, is written with them.
 */
function wideSlopes(job: ResponsesJob, row: i32, columns: usize, out: usize): void {
  const m = job.goods, H = job.hiddenSize, width = job.perGoodSize, block = width * ROWS << 3;
  const hidden = job.perGoodHidden + (row * m * width << 3), stride = job.groupSize << 2;
  for (let i: i32 = 0, to = columns; i < m; i += ROWS, to += block) {
    transpose(hidden + (i * width << 3), width, m - i, to);
  }
  for (let q: i32 = 0; q < job.maps; q++) {
    const s = job.slopes + (q * width << 4);
    let p = load<i32>(job.mapsAt + (q << 2));
    for (let i: i32 = 0, from = columns; i < m; i += ROWS, from += block, p += ROWS * stride) {
      sixRows(from, width, s, 16, job.bias + (p << 2), 1, out + (p << 3), stride, min(ROWS, m - i));
    }
  }
  const s = job.slopes + (job.maps * width << 4);
  let bias = job.bias + (job.lastAt << 2), to = out + (job.lastAt << 3);
  for (let j: i32 = 0; j < m; j++, bias += 4, to += 8) {
    store<f64>(to, <f64>load<f32>(bias) + dotWide(hidden + (j * width << 3), s, width));
  }
  store<f64>(to, <f64>load<f32>(bias) + dotWide(job.hidden + (row * H << 3), job.lastOffset, H));
  for (let j = m + 1; j & 3; j++) store<f64>(to += 8, 0);
}

/** The product of a vector of 64-bit floats and one of 32-bit floats. */
function dotWide(a: usize, b: usize, count: i32): f64 {
  let sum: f64 = 0;
  for (let k: i32 = 0; k < count; k++) sum += load<f64>(a + (k << 3)) * <f64>load<f32>(b + (k << 2));
  return sum;
}

/** Writes the one row of packed weights that serves all rows to `job.shared`. */
export function wideSharedWeights(job: ResponsesJob): void {
  for (let p: i32 = 0; p < job.packed; p += 4) {
    const out = job.shared + (p << 3);
    v128.store(out, wide(job.bias + (p << 2)));
    v128.store(out, wide(job.bias + (p << 2) + 8), 16);
    if (load<u8>(job.positive + (p >> 2))) softplusOf4(out);
  }
}
