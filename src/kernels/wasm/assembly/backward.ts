// Subgradients of f at the points of a batch, in x and in the weights, after `forward`.
//
// f is a composition of maxima over groups. A subgradient takes of every group the element that is largest at the
// point, its winner, and goes from the output back through the winners' weights, layer by layer.

import { all, at, each, fma, pad4 } from "./simd";
import { Job } from "./job";
import { layerAt, rowBytes } from "./packed_row";
import { inputsAt, winnersAt } from "./forward";
import { slopeInGoods } from "./sums_of_largest";

/** Bytes of the scratch for one point: two vectors of sums over a layer's inputs. */
export function backwardSize(job: Job): i32 {
  return 2 * ((pad4(job.groups) + pad4(job.goods + 1)) << 2);
}

/**
 * Writes the sum over groups g of above_g times their winner's weights to `out` `[vectors, 4]`; `winners` `[G, 16]` are
 * addresses.
 */
function winnersSum(winners: usize, above: usize, G: i32, vectors: i32, out: usize): void {
  if (vectors == 11) return elevenOfSum(winners, above, G, out);
  let from: i32 = 0;
  for (; vectors - from >= 8; from += 8) {
    const shift = from << 4;
    let s0 = all(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    for (let g: i32 = 0; g < G; g++) {
      const p = <usize>load<u32>(winners + (g << 6)) + shift, a = each(above + (g << 2));
      s0 = fma(a, at(p), s0), s1 = fma(a, v128.load(p, 16), s1);
      s2 = fma(a, v128.load(p, 32), s2), s3 = fma(a, v128.load(p, 48), s3);
      s4 = fma(a, v128.load(p, 64), s4), s5 = fma(a, v128.load(p, 80), s5);
      s6 = fma(a, v128.load(p, 96), s6), s7 = fma(a, v128.load(p, 112), s7);
    }
    const to = out + shift;
    v128.store(to, s0), v128.store(to, s1, 16), v128.store(to, s2, 32), v128.store(to, s3, 48);
    v128.store(to, s4, 64), v128.store(to, s5, 80), v128.store(to, s6, 96), v128.store(to, s7, 112);
  }
  // Fewer vectors: even and odd groups in sums of their own, so that more of them are under way.
  for (; vectors - from >= 3; from += 3) {
    const shift = from << 4;
    let s0 = all(0), s1 = s0, s2 = s0, t0 = s0, t1 = s0, t2 = s0, g: i32 = 0;
    for (; g + 1 < G; g += 2) {
      const p = <usize>load<u32>(winners + (g << 6)) + shift, a = each(above + (g << 2));
      const q = <usize>load<u32>(winners + (g << 6), 64) + shift, b = v128.load32_splat(above + (g << 2), 4);
      s0 = fma(a, at(p), s0), s1 = fma(a, v128.load(p, 16), s1), s2 = fma(a, v128.load(p, 32), s2);
      t0 = fma(b, at(q), t0), t1 = fma(b, v128.load(q, 16), t1), t2 = fma(b, v128.load(q, 32), t2);
    }
    if (g < G) {
      const p = <usize>load<u32>(winners + (g << 6)) + shift, a = each(above + (g << 2));
      s0 = fma(a, at(p), s0), s1 = fma(a, v128.load(p, 16), s1), s2 = fma(a, v128.load(p, 32), s2);
    }
    const to = out + shift;
    v128.store(to, f32x4.add(s0, t0)), v128.store(to, f32x4.add(s1, t1), 16), v128.store(to, f32x4.add(s2, t2), 32);
  }
  for (; from < vectors; from++) {
    const shift = from << 4;
    let s = all(0), t = s, g: i32 = 0;
    for (; g + 1 < G; g += 2) {
      s = fma(each(above + (g << 2)), at(<usize>load<u32>(winners + (g << 6)) + shift), s);
      t = fma(v128.load32_splat(above + (g << 2), 4), at(<usize>load<u32>(winners + (g << 6), 64) + shift), t);
    }
    if (g < G) s = fma(each(above + (g << 2)), at(<usize>load<u32>(winners + (g << 6)) + shift), s);
    v128.store(out + shift, f32x4.add(s, t));
  }
}

/** The same for 11 vectors, as with 32 groups and ten goods, whose sums just fit the registers. */
function elevenOfSum(winners: usize, above: usize, G: i32, out: usize): void {
  let s0 = all(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0;
  for (const end = above + (G << 2); above < end; above += 4, winners += 64) {
    const p = <usize>load<u32>(winners), a = each(above);
    s0 = fma(a, at(p), s0), s1 = fma(a, v128.load(p, 16), s1), s2 = fma(a, v128.load(p, 32), s2);
    s3 = fma(a, v128.load(p, 48), s3), s4 = fma(a, v128.load(p, 64), s4), s5 = fma(a, v128.load(p, 80), s5);
    s6 = fma(a, v128.load(p, 96), s6), s7 = fma(a, v128.load(p, 112), s7), s8 = fma(a, v128.load(p, 128), s8);
    s9 = fma(a, v128.load(p, 144), s9), s10 = fma(a, v128.load(p, 160), s10);
  }
  v128.store(out, s0), v128.store(out, s1, 16), v128.store(out, s2, 32), v128.store(out, s3, 48);
  v128.store(out, s4, 64), v128.store(out, s5, 80), v128.store(out, s6, 96), v128.store(out, s7, 112);
  v128.store(out, s8, 128), v128.store(out, s9, 144), v128.store(out, s10, 160);
}

/**
 * Writes a subgradient of f in x at point c of the batch to `out` `[m + 1 padded]`; what is behind its m-th number
 * means nothing. The point itself is at `point`.
 */
export function slope(job: Job, w: usize, batch: usize, c: i32, point: usize, scratch: usize, out: usize): void {
  const G = job.groups, K = job.layers, inputs = pad4(G), free = pad4(job.goods + 1);
  const sums0 = scratch, sums1 = sums0 + ((inputs + free) << 2);
  let above = w + layerAt(job, K);
  for (let j: i32 = 0; j < free; j += 4) v128.store(out + (j << 2), at(above + ((inputs + j) << 2)));
  for (let k = K - 1; k >= 0; k--) {
    const sums = k & 1 ? sums1 : sums0, below = k > 0 ? inputs : 0;
    winnersSum(winnersAt(job, batch, k) + (c << 2), above, G, (below + free) >> 2, sums);
    for (let j: i32 = 0; j < free; j += 4) {
      v128.store(out + (j << 2), f32x4.add(at(out + (j << 2)), at(sums + ((below + j) << 2))));
    }
    above = sums;
  }
  if (job.sumsOfLargest) slopeInGoods<f32>(point, job.goods, out, scratch);
}

/** Adds above_g times `values` `[vectors, 4]` to what lies `shift` bytes behind the weights of each group's winner. */
function addToWinners(winners: usize, above: usize, G: i32, vectors: i32, values: usize, shift: usize): void {
  let left = vectors;
  for (; left >= 8; left -= 8, values += 128, shift += 128) {
    const v0 = at(values), v1 = v128.load(values, 16), v2 = v128.load(values, 32), v3 = v128.load(values, 48);
    const v4 = v128.load(values, 64), v5 = v128.load(values, 80), v6 = v128.load(values, 96), v7 = v128.load(values, 112);
    for (let g: i32 = 0, from = winners; g < G; g++, from += 64) {
      const p = <usize>load<u32>(from) + shift, s = each(above + (g << 2));
      v128.store(p, fma(s, v0, at(p))), v128.store(p, fma(s, v1, v128.load(p, 16)), 16);
      v128.store(p, fma(s, v2, v128.load(p, 32)), 32), v128.store(p, fma(s, v3, v128.load(p, 48)), 48);
      v128.store(p, fma(s, v4, v128.load(p, 64)), 64), v128.store(p, fma(s, v5, v128.load(p, 80)), 80);
      v128.store(p, fma(s, v6, v128.load(p, 96)), 96), v128.store(p, fma(s, v7, v128.load(p, 112)), 112);
    }
  }
  for (; left >= 3; left -= 3, values += 48, shift += 48) {
    const v0 = at(values), v1 = v128.load(values, 16), v2 = v128.load(values, 32);
    for (let g: i32 = 0, from = winners; g < G; g++, from += 64) {
      const p = <usize>load<u32>(from) + shift, s = each(above + (g << 2));
      v128.store(p, fma(s, v0, at(p))), v128.store(p, fma(s, v1, v128.load(p, 16)), 16);
      v128.store(p, fma(s, v2, v128.load(p, 32)), 32);
    }
  }
  for (; left > 0; left--, values += 16, shift += 16) {
    const v = at(values);
    for (let g: i32 = 0, from = winners; g < G; g++, from += 64) {
      const p = <usize>load<u32>(from) + shift;
      v128.store(p, fma(each(above + (g << 2)), v, at(p)));
    }
  }
}

/**
 * Adds `coefficient` times the gradient of f at point c in the packed weights to `out` `[packed]`. Weights are those
 * behind softplus: its derivative comes later, once for a row.
 */
export function weightGradient(
  job: Job,
  w: usize,
  batch: usize,
  c: i32,
  coefficient: f32,
  scratch: usize,
  out: usize,
): void {
  const G = job.groups, K = job.layers, m = job.goods, inputs = pad4(G), free = pad4(m + 1);
  const sums0 = scratch, sums1 = sums0 + ((inputs + free) << 2);
  // `values` holds what a layer's weights are multiplied by at this point: maxima of the layer before, then (x, 1).
  let values = sums0, sums = sums1;
  const top = layerAt(job, K), a = all(coefficient);
  input(job, batch, c, K, values);
  for (let j: i32 = 0; j < inputs + free; j += 4) {
    const to = out + top + (j << 2);
    v128.store(to, fma(a, at(values + (j << 2)), at(to)));
  }
  // Sums are of the gradient in the maxima of a layer, which a point's winners pass on.
  for (let j: i32 = 0; j < inputs; j += 4) {
    v128.store(sums + (j << 2), f32x4.mul(a, at(w + top + (j << 2))));
  }
  for (let k = K - 1; k >= 0; k--) {
    const below = k > 0 ? inputs : 0, vectors = (below + free) >> 2, winners = winnersAt(job, batch, k) + (c << 2);
    input(job, batch, c, k, values);
    addToWinners(winners, sums, G, vectors, values, out - w);
    if (k > 0) {
      winnersSum(winners, sums, G, inputs >> 2, values);
      const swap = values;
      values = sums, sums = swap;
    }
  }
}

/** Writes the inputs of layer k at point c: the maxima of the layer before, if there is one, then (x, 1). */
function input(job: Job, batch: usize, c: i32, k: i32, out: usize): void {
  let from = inputsAt(job, batch, k) + (c << 2);
  for (const end = out + rowBytes(job, k); out < end; out += 4, from += 64) store<f32>(out, load<f32>(from));
}
