// The weights of some rows at a time: a tile of the hypernetwork's last product, with softplus on the way out.

import { at, fma, softplus4 } from "./simd";
import { Job } from "./job";

/** Bytes of scratch for the tile's hidden layer. */
// @ts-ignore: decorator
@inline
export function columnsSize(job: Job): i32 {
  return job.tile / 6 * job.hiddenSize << 5;
}

/** Writes packed weights `[tile, packed]` of the rows from `first` on to `out`: softplus(hidden weight + bias). */
export function makeWeights(job: Job, first: i32, columns: usize, out: usize): void {
  const H = job.hiddenSize, stride = job.packed << 2;
  // For every six rows [H, 6], 8 apart, so that the six factors of a step lie side by side.
  for (let r: i32 = 0; r < job.tile; r++) {
    const row = job.hidden + (((first + r) * H) << 2), to = columns + (r / 6 * H << 5) + (r % 6 << 2);
    for (let h: i32 = 0; h < H; h++) store<f32>(to + (h << 5), load<f32>(row + (h << 2)));
  }
  for (let p: i32 = 0; p < job.packed; p += 8, out += 32) {
    // Several times six, so that a panel of the weight is fetched once for all of them.
    for (let r: i32 = 0; r < job.tile; r += 6) sixRows(job, p, columns + (r / 6 * H << 5), out + r * stride);
    if (load<u8>(job.positive + (p >> 2))) makePositive(out, stride, job.tile);
    if (load<u8>(job.positive + (p >> 2), 1)) makePositive(out + 16, stride, job.tile);
  }
}

/** softplus of four weights of all rows of a tile. */
function makePositive(out: usize, stride: i32, rows: i32): void {
  for (const end = out + rows * stride; out < end; out += stride) v128.store(out, softplus4(at(out)));
}

/** Eight packed weights of six rows. */
function sixRows(job: Job, p: i32, columns: usize, out: usize): void {
  const stride = job.packed << 2, end = columns + (job.hiddenSize << 5);
  let w = job.weight + (p * job.hiddenSize << 2);
  const b0 = at(job.bias + (p << 2)), b1 = v128.load(job.bias + (p << 2), 16);
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
  let to = out;
  v128.store(to, r00), v128.store(to, r01, 16), to += stride;
  v128.store(to, r10), v128.store(to, r11, 16), to += stride;
  v128.store(to, r20), v128.store(to, r21, 16), to += stride;
  v128.store(to, r30), v128.store(to, r31, 16), to += stride;
  v128.store(to, r40), v128.store(to, r41, 16), to += stride;
  v128.store(to, r50), v128.store(to, r51, 16);
}

/** Writes the one row of packed weights that serves all rows to `job.shared`. */
export function makeSharedWeights(job: Job): void {
  for (let p: i32 = 0; p < job.packed; p += 4) {
    const raw = at(job.bias + (p << 2));
    v128.store(job.shared + (p << 2), load<u8>(job.positive + (p >> 2)) ? softplus4(raw) : raw);
  }
}
