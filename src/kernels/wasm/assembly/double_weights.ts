// The weights of six rows at a time in 64-bit floats: a tile of the hypernetwork's last product, with softplus.

import { fma2, softplusOf4 } from "./double";
import { ResponsesJob } from "./responses_job";

/** Rows of a tile. */
export const ROWS: i32 = 6;

/** Two 32-bit floats as 64-bit floats. */
// @ts-ignore: decorator
@inline
function wide(p: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(p));
}

/** Bytes of scratch for the tile's hidden layer. */
export function hiddenTileSize(job: ResponsesJob): i32 {
  return job.hiddenSize * ROWS << 3;
}

/** Writes packed weights `[6, packed]` of the rows from `first` on to `out`: softplus(hidden weight + bias). */
export function wideWeights(job: ResponsesJob, first: i32, columns: usize, out: usize): void {
  const H = job.hiddenSize, stride = job.packed << 3;
  for (let r: i32 = 0; r < ROWS; r++) {
    const row = job.hidden + (((first + r) * H) << 3);
    for (let h: i32 = 0; h < H; h++) store<f64>(columns + ((h * ROWS + r) << 3), load<f64>(row + (h << 3)));
  }
  const end = columns + hiddenTileSize(job);
  for (let p: i32 = 0; p < job.packed; p += 4, out += 32) {
    const b0 = wide(job.bias + (p << 2)), b1 = wide(job.bias + (p << 2) + 8);
    let r00 = b0, r01 = b1, r10 = b0, r11 = b1, r20 = b0, r21 = b1;
    let r30 = b0, r31 = b1, r40 = b0, r41 = b1, r50 = b0, r51 = b1;
    // Every other four of a panel of eight.
    let w = job.weight + (((p & ~7) * H) << 2) + ((p & 4) << 2);
    for (let h = columns; h < end; h += ROWS << 3, w += 32) {
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
    let to = out;
    v128.store(to, r00), v128.store(to, r01, 16), to += stride;
    v128.store(to, r10), v128.store(to, r11, 16), to += stride;
    v128.store(to, r20), v128.store(to, r21, 16), to += stride;
    v128.store(to, r30), v128.store(to, r31, 16), to += stride;
    v128.store(to, r40), v128.store(to, r41, 16), to += stride;
    v128.store(to, r50), v128.store(to, r51, 16);
    if (load<u8>(job.positive + (p >> 2))) for (let r: i32 = 0; r < ROWS; r++, to -= stride) softplusOf4(to);
  }
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
