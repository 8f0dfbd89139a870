/**
 * The types of rows, in the host's memory or on the device: what kernels and hypernetworks take.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";

/** Types `[R, m]`: flat in the host's memory, or a tensor. Row b n + i is participant i of profile b. */
export type RowTypes = Float32Array | Tensor2D;

/** The number of rows. */
export function rowCount(types: RowTypes, m: number): number {
  return types instanceof Float32Array ? types.length / m : types.shape[0];
}

/** The rows from `first` on, `count` of them or all. On the host it is a view; a tensor is the caller's. */
export function sliceTypes<Types extends RowTypes>(types: Types, m: number, first: number, count?: number): Types {
  const own = count ?? rowCount(types, m) - first;
  if (types instanceof Float32Array) return types.subarray(first * m, (first + own) * m) as Types;
  return tf.slice(types as Tensor2D, [first, 0], [own, m]) as Types;
}

/** Types as a tensor `[R, m]`, of the caller's. */
export function typeTensor(types: RowTypes, m: number): Tensor2D {
  return types instanceof Float32Array ? tf.tensor2d(types, [types.length / m, m]) : tf.clone(types);
}

/** Types repeated for every chain, `[R, C, m]`. */
export function tiledTypes(types: RowTypes, m: number, C: number): Tensor3D {
  if (types instanceof Float32Array) return tf.tensor3d(tileTypes(types, m, C), [types.length / m, C, m]);
  return tf.tidy(() => tf.tile(tf.reshape(types, [types.shape[0], 1, m]) as Tensor, [1, C, 1]) as Tensor3D);
}

/** Types `[R, m]` repeated for every chain, `[R, C, m]`, on the host. */
function tileTypes(types: Float32Array, m: number, C: number): Float32Array {
  const out = new Float32Array(types.length * C);
  for (let row = 0; row * m < types.length; row++) {
    const type = types.subarray(row * m, (row + 1) * m);
    for (let c = 0; c < C; c++) out.set(type, (row * C + c) * m);
  }
  return out;
}
