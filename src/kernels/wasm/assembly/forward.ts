// f at up to 16 points at once, which are the lanes of four vectors.
//
// A tile lies in a thread's scratch: coordinates `x` `[m, 16]`; for each layer k the maxima `z` `[G, 16]`, and `won`
// `[G, 16]`, which tells the winner of each group by the address of its weights. 64 bytes are one row of a tile. Lanes without a point hold whatever was there before.

import { all, at, each, fma, pad4 } from "./simd";
import { Job, layerAt, rowBytes } from "./job";

/** Bytes of the tile's coordinates. */
// @ts-ignore: decorator
@inline
export function coordinatesSize(job: Job): i32 {
  return pad4(job.goods + 1) << 6;
}

/** Bytes of the maxima or winners of one layer. */
// @ts-ignore: decorator
@inline
export function layerSize(job: Job): i32 {
  return pad4(job.groups) << 6;
}

/** Where layer k's maxima are in a tile. */
// @ts-ignore: decorator
@inline
export function maximaAt(job: Job, tile: usize, k: i32): usize {
  return tile + coordinatesSize(job) + k * layerSize(job);
}

/** Where layer k's winners are in a tile. */
// @ts-ignore: decorator
@inline
export function winnersAt(job: Job, tile: usize, k: i32): usize {
  return tile + coordinatesSize(job) + (job.layers + k) * layerSize(job);
}

/** Bytes of a tile. */
export function tileSize(job: Job): i32 {
  return coordinatesSize(job) + 2 * job.layers * layerSize(job);
}

/** One layer at 16 points: two elements of a group at a time, 8 sums in registers. */
function layer16(job: Job, w: usize, k: i32, x: usize, before: usize, z: usize, won: usize): void {
  const G = job.groups, E = job.groupSize, m = job.goods, bytes = rowBytes(job, k);
  const inputs = k > 0 ? G : 0, free = k > 0 ? pad4(G) << 2 : 0;
  for (let g: i32 = 0; g < G; g++) {
    let best0 = all(0), best1 = all(0), best2 = all(0), best3 = all(0);
    let won0 = all(0), won1 = all(0), won2 = all(0), won3 = all(0);
    for (let e: i32 = 0; e < E; e += 2) {
      // The last element of an odd group competes with itself, and wins as the first.
      const p = w, q = e + 1 < E ? w + bytes : w;
      w = q + bytes;
      let a0 = each(p + free + (m << 2)), a1 = a0, a2 = a0, a3 = a0;
      let b0 = each(q + free + (m << 2)), b1 = b0, b2 = b0, b3 = b0;
      for (let i: i32 = 0, from = before; i < inputs; i++, from += 64) {
        const a = each(p + (i << 2)), b = each(q + (i << 2));
        const v0 = at(from), v1 = v128.load(from, 16), v2 = v128.load(from, 32), v3 = v128.load(from, 48);
        a0 = fma(a, v0, a0), a1 = fma(a, v1, a1), a2 = fma(a, v2, a2), a3 = fma(a, v3, a3);
        b0 = fma(b, v0, b0), b1 = fma(b, v1, b1), b2 = fma(b, v2, b2), b3 = fma(b, v3, b3);
      }
      for (let i: i32 = 0, from = x; i < m; i++, from += 64) {
        const a = each(p + free + (i << 2)), b = each(q + free + (i << 2));
        const v0 = at(from), v1 = v128.load(from, 16), v2 = v128.load(from, 32), v3 = v128.load(from, 48);
        a0 = fma(a, v0, a0), a1 = fma(a, v1, a1), a2 = fma(a, v2, a2), a3 = fma(a, v3, a3);
        b0 = fma(b, v0, b0), b1 = fma(b, v1, b1), b2 = fma(b, v2, b2), b3 = fma(b, v3, b3);
      }
      const first = i32x4.splat(<i32>p), second = i32x4.splat(<i32>q);
      if (e == 0) {
        best0 = a0, best1 = a1, best2 = a2, best3 = a3;
        won0 = first, won1 = first, won2 = first, won3 = first;
      } else {
        let more = f32x4.gt(a0, best0);
        best0 = v128.bitselect(a0, best0, more), won0 = v128.bitselect(first, won0, more);
        more = f32x4.gt(a1, best1);
        best1 = v128.bitselect(a1, best1, more), won1 = v128.bitselect(first, won1, more);
        more = f32x4.gt(a2, best2);
        best2 = v128.bitselect(a2, best2, more), won2 = v128.bitselect(first, won2, more);
        more = f32x4.gt(a3, best3);
        best3 = v128.bitselect(a3, best3, more), won3 = v128.bitselect(first, won3, more);
      }
      let more = f32x4.gt(b0, best0);
      best0 = v128.bitselect(b0, best0, more), won0 = v128.bitselect(second, won0, more);
      more = f32x4.gt(b1, best1);
      best1 = v128.bitselect(b1, best1, more), won1 = v128.bitselect(second, won1, more);
      more = f32x4.gt(b2, best2);
      best2 = v128.bitselect(b2, best2, more), won2 = v128.bitselect(second, won2, more);
      more = f32x4.gt(b3, best3);
      best3 = v128.bitselect(b3, best3, more), won3 = v128.bitselect(second, won3, more);
    }
    v128.store(z, best0), v128.store(z, best1, 16), v128.store(z, best2, 32), v128.store(z, best3, 48);
    v128.store(won, won0), v128.store(won, won1, 16), v128.store(won, won2, 32), v128.store(won, won3, 48);
    z += 64, won += 64;
  }
}

/** One layer at 8 points: four elements of a group at a time, 8 sums in registers. */
function layer8(job: Job, w: usize, k: i32, x: usize, before: usize, z: usize, won: usize): void {
  const G = job.groups, E = job.groupSize, m = job.goods, bytes = rowBytes(job, k);
  const inputs = k > 0 ? G : 0, free = k > 0 ? pad4(G) << 2 : 0;
  for (let g: i32 = 0; g < G; g++) {
    let best0 = all(-Infinity), best1 = all(-Infinity), won0 = all(0), won1 = all(0);
    for (let e: i32 = 0; e < E; e += 4) {
      // Where fewer than four are left, the last one competes with itself.
      const last = w + (E - 1 - e) * bytes;
      const p = w, q = min(p + bytes, last), r = min(q + bytes, last), s = min(r + bytes, last);
      w = s + bytes;
      let a0 = each(p + free + (m << 2)), a1 = a0, b0 = each(q + free + (m << 2)), b1 = b0;
      let c0 = each(r + free + (m << 2)), c1 = c0, d0 = each(s + free + (m << 2)), d1 = d0;
      for (let i: i32 = 0, from = before; i < inputs; i++, from += 64) {
        const v0 = at(from), v1 = v128.load(from, 16);
        const a = each(p + (i << 2)), b = each(q + (i << 2)), c = each(r + (i << 2)), d = each(s + (i << 2));
        a0 = fma(a, v0, a0), a1 = fma(a, v1, a1), b0 = fma(b, v0, b0), b1 = fma(b, v1, b1);
        c0 = fma(c, v0, c0), c1 = fma(c, v1, c1), d0 = fma(d, v0, d0), d1 = fma(d, v1, d1);
      }
      for (let i: i32 = 0, from = x; i < m; i++, from += 64) {
        const v0 = at(from), v1 = v128.load(from, 16), to = free + (i << 2);
        const a = each(p + to), b = each(q + to), c = each(r + to), d = each(s + to);
        a0 = fma(a, v0, a0), a1 = fma(a, v1, a1), b0 = fma(b, v0, b0), b1 = fma(b, v1, b1);
        c0 = fma(c, v0, c0), c1 = fma(c, v1, c1), d0 = fma(d, v0, d0), d1 = fma(d, v1, d1);
      }
      let name = i32x4.splat(<i32>p), more = f32x4.gt(a0, best0);
      best0 = v128.bitselect(a0, best0, more), won0 = v128.bitselect(name, won0, more);
      more = f32x4.gt(a1, best1);
      best1 = v128.bitselect(a1, best1, more), won1 = v128.bitselect(name, won1, more);
      name = i32x4.splat(<i32>q), more = f32x4.gt(b0, best0);
      best0 = v128.bitselect(b0, best0, more), won0 = v128.bitselect(name, won0, more);
      more = f32x4.gt(b1, best1);
      best1 = v128.bitselect(b1, best1, more), won1 = v128.bitselect(name, won1, more);
      name = i32x4.splat(<i32>r), more = f32x4.gt(c0, best0);
      best0 = v128.bitselect(c0, best0, more), won0 = v128.bitselect(name, won0, more);
      more = f32x4.gt(c1, best1);
      best1 = v128.bitselect(c1, best1, more), won1 = v128.bitselect(name, won1, more);
      name = i32x4.splat(<i32>s), more = f32x4.gt(d0, best0);
      best0 = v128.bitselect(d0, best0, more), won0 = v128.bitselect(name, won0, more);
      more = f32x4.gt(d1, best1);
      best1 = v128.bitselect(d1, best1, more), won1 = v128.bitselect(name, won1, more);
    }
    v128.store(z, best0), v128.store(z, best1, 16);
    v128.store(won, won0), v128.store(won, won1, 16);
    z += 64, won += 64;
  }
}

/** Fills in a tile's maxima and winners at its first `lanes` points, 8 or 16. `w` is a row of packed weights. */
export function forward(job: Job, w: usize, tile: usize, lanes: i32): void {
  for (let k: i32 = 0; k < job.layers; k++) {
    const layer = w + layerAt(job, k);
    const before = maximaAt(job, tile, k - 1), z = maximaAt(job, tile, k), won = winnersAt(job, tile, k);
    if (lanes > 8) layer16(job, layer, k, tile, before, z, won);
    else layer8(job, layer, k, tile, before, z, won);
  }
}

/** f `[16]` at the points of a tile, after `forward`. */
export function output(job: Job, w: usize, tile: usize, f: usize): void {
  const G = job.groups, m = job.goods, K = job.layers;
  const positive = w + layerAt(job, K), free = positive + (pad4(G) << 2);
  let f0 = each(free + (m << 2)), f1 = f0, f2 = f0, f3 = f0;
  for (let i: i32 = 0, from = tile; i < m; i++, from += 64) {
    const a = each(free + (i << 2));
    f0 = fma(a, at(from), f0), f1 = fma(a, v128.load(from, 16), f1);
    f2 = fma(a, v128.load(from, 32), f2), f3 = fma(a, v128.load(from, 48), f3);
  }
  for (let g: i32 = 0, from = maximaAt(job, tile, K - 1); g < G; g++, from += 64) {
    const a = each(positive + (g << 2));
    f0 = fma(a, at(from), f0), f1 = fma(a, v128.load(from, 16), f1);
    f2 = fma(a, v128.load(from, 32), f2), f3 = fma(a, v128.load(from, 48), f3);
  }
  v128.store(f, f0), v128.store(f, f1, 16), v128.store(f, f2, 32), v128.store(f, f3, 48);
}

/** Puts `count` points, at most 16, into a tile's coordinates. A point begins every `stride` bytes. */
export function gather(job: Job, points: usize, count: i32, stride: i32, tile: usize): void {
  const m = job.goods;
  for (let c: i32 = 0; c < count; c++, points += stride, tile += 4) {
    for (let j: i32 = 0; j < m; j++) store<f32>(tile + (j << 6), load<f32>(points + (j << 2)));
  }
}
