// Gradients of what slopes per good are made from (per_good_slopes.ts): the goods' hidden layers, S, and the slopes'
// bias; all from the gradient in a row's packed weights. That of hidden layers is each row's own. Those of S and of the
// bias are sums over rows: they are made for each tile, and the tiles' sums are added in order.

import { all, at, each, fma, pad4, total } from "./simd";
import { Job } from "./job";
import { perGoodBytes, mapAt, vectorsOf } from "./per_good_slopes";

/** How many numbers a tile's sums are: for S `[maps / 4, Hl, 4]`, then for the slopes' bias `[maps, m + 1 padded]`. */
// @ts-ignore: decorator
@inline
export function slopeSumsLength(job: Job): i32 {
  return job.maps * (job.perGoodSize + pad4(job.goods + 1));
}

/** Writes the gradient in a row's goods' hidden layers `[Hl, m + 1 padded]`, from that in its packed weights. */
export function perGoodHiddenGradient(job: Job, row: i32, gradient: usize): void {
  const vectors = vectorsOf(job), step = vectors << 4, out = job.perGoodGradient + row * perGoodBytes(job);
  for (let h: i32 = 0; h < job.perGoodSize; h += 4) {
    if (vectors < 3) for (let v: i32 = 0; v < step; v += 16) oneOfHidden(job, h, gradient + v, out + h * step + v, step);
    else for (let v: i32 = 0; v < step; v += 48) {
      const from = min(v, step - 48);
      threeOfHidden(job, h, gradient + from, out + h * step + from, step);
    }
  }
}

/** Writes it for four of the Hl numbers of 12 goods. */
function threeOfHidden(job: Job, h: i32, gradient: usize, out: usize, step: i32): void {
  let a0 = all(0), a1 = a0, a2 = a0, b0 = a0, b1 = a0, b2 = a0, c0 = a0, c1 = a0, c2 = a0, d0 = a0, d1 = a0, d2 = a0;
  const block = job.perGoodSize << 4, more = block - 12;
  for (let q: i32 = 0, s = job.slopes + (h << 4); q < job.maps; q++) {
    const p = gradient + mapAt(job, q), x = at(p), y = v128.load(p, 16), z = v128.load(p, 32);
    let w = each(s);
    a0 = fma(w, x, a0), a1 = fma(w, y, a1), a2 = fma(w, z, a2);
    w = v128.load32_splat(s, 16);
    b0 = fma(w, x, b0), b1 = fma(w, y, b1), b2 = fma(w, z, b2);
    w = v128.load32_splat(s, 32);
    c0 = fma(w, x, c0), c1 = fma(w, y, c1), c2 = fma(w, z, c2);
    w = v128.load32_splat(s, 48);
    d0 = fma(w, x, d0), d1 = fma(w, y, d1), d2 = fma(w, z, d2);
    s += (q & 3) == 3 ? more : 4;
  }
  v128.store(out, a0), v128.store(out, a1, 16), v128.store(out, a2, 32), out += step;
  v128.store(out, b0), v128.store(out, b1, 16), v128.store(out, b2, 32), out += step;
  v128.store(out, c0), v128.store(out, c1, 16), v128.store(out, c2, 32), out += step;
  v128.store(out, d0), v128.store(out, d1, 16), v128.store(out, d2, 32);
}

/** Writes it for four of the Hl numbers of 4 goods. */
function oneOfHidden(job: Job, h: i32, gradient: usize, out: usize, step: i32): void {
  let a = all(0), b = a, c = a, d = a;
  const more = (job.perGoodSize << 4) - 12;
  for (let q: i32 = 0, s = job.slopes + (h << 4); q < job.maps; q++) {
    const x = at(gradient + mapAt(job, q));
    a = fma(each(s), x, a), b = fma(v128.load32_splat(s, 16), x, b);
    c = fma(v128.load32_splat(s, 32), x, c), d = fma(v128.load32_splat(s, 48), x, d);
    s += (q & 3) == 3 ? more : 4;
  }
  v128.store(out, a), v128.store(out + step, b), v128.store(out + 2 * step, c), v128.store(out + 3 * step, d);
}

/** Writes a tile's sums over its rows from `first` on, from the rows' gradients in packed weights. */
export function sumSlopes(job: Job, first: i32, rows: i32, gradients: usize, out: usize): void {
  const vectors = vectorsOf(job), step = vectors << 4, H = job.perGoodSize, stride = job.packed << 2;
  const rowBytes = perGoodBytes(job), hidden = job.perGoodHidden + first * rowBytes;
  let bias = out + (job.maps * H << 2);
  for (let q: i32 = 0; q < job.maps; q += 2) {
    const a = gradients + mapAt(job, q), b = gradients + mapAt(job, q + 1);
    const to = out + ((q >> 2) * H << 4) + ((q & 3) << 2);
    for (let h: i32 = 0; h < H; h += 4) pairOfSlopes(a, b, stride, hidden + h * step, step, rowBytes, rows, to + (h << 4));
    for (let p = a, k: i32 = 0; k < 2; k++, p = b) {
      for (let v: i32 = 0; v < step; v += 16, bias += 16) {
        let sum = all(0);
        for (let r: i32 = 0, from = p + v; r < rows; r++, from += stride) sum = f32x4.add(sum, at(from));
        v128.store(bias, sum);
      }
    }
  }
}

/** Writes four rows of the gradient of two columns of S, one of each map: sums over rows and goods. */
function pairOfSlopes(
  a: usize,
  b: usize,
  stride: i32,
  hidden: usize,
  step: i32,
  rowBytes: i32,
  rows: i32,
  out: usize,
): void {
  let a0 = all(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  for (let r: i32 = 0; r < rows; r++, a += stride, b += stride, hidden += rowBytes) {
    for (let v: i32 = 0; v < step; v += 16) {
      const x = at(a + v), y = at(b + v);
      let p = hidden + v, z = at(p);
      a0 = fma(x, z, a0), b0 = fma(y, z, b0), p += step, z = at(p);
      a1 = fma(x, z, a1), b1 = fma(y, z, b1), p += step, z = at(p);
      a2 = fma(x, z, a2), b2 = fma(y, z, b2), p += step, z = at(p);
      a3 = fma(x, z, a3), b3 = fma(y, z, b3);
    }
  }
  store<f32>(out, total(a0)), store<f32>(out, total(a1), 16), store<f32>(out, total(a2), 32);
  store<f32>(out, total(a3), 48), store<f32>(out, total(b0), 4), store<f32>(out, total(b1), 20);
  store<f32>(out, total(b2), 36), store<f32>(out, total(b3), 52);
}

/** Adds the sums of a set's tiles, in order. */
export function addSlopeSums(job: Job, sums: usize, tiles: i32): void {
  const length = slopeSumsLength(job);
  for (let tile: i32 = 0; tile < tiles; tile++, sums += length << 2) {
    for (let k: i32 = 0; k < length << 2; k += 16) {
      const to = job.slopesGradient + k;
      v128.store(to, f32x4.add(at(to), at(sums + k)));
    }
  }
}

/**
 * Moves the gradient in a row's dense columns to its front, in place: the positive weights, then the maps' offsets.
 * `room` is for as many numbers as there are maps.
 */
export function gatherDense(job: Job, gradient: usize, room: usize): void {
  const m4 = job.goods << 2, quads = job.dense - job.maps >> 2;
  for (let q: i32 = 0; q < job.maps; q++) store<f32>(room + (q << 2), load<f32>(gradient + mapAt(job, q) + m4));
  for (let k: i32 = 0; k < quads; k++) {
    v128.store(gradient + (k << 4), at(gradient + load<i32>(job.quadsAt + (k << 2))));
  }
  memory.copy(gradient + (quads << 4), room, job.maps << 2);
}
