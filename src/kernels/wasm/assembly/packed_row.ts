// Where the weights of a layer lie in a row of packed weights, in the order of wasm/layout.ts: layer by layer, group by
// group, element by element, then the output.

import { Job } from "./job";
import { pad4 } from "./simd";

/** Bytes of one element of a group in layer k: weights from the layer before, if there is one, then from (x, 1). */
// @ts-ignore: decorator
@inline
export function rowBytes(job: Job, k: i32): i32 {
  return ((k > 0 ? pad4(job.groups) : 0) + pad4(job.goods + 1)) << 2;
}

/** Bytes from the beginning of a row of packed weights to layer k; K is the output. */
export function layerAt(job: Job, k: i32): i32 {
  let at: i32 = 0;
  for (let below: i32 = 0; below < k; below++) at += job.groups * job.groupSize * rowBytes(job, below);
  return at;
}
