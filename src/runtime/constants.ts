/**
 * Numbers that never change, kept on a GPU while a training goes on, as every upload takes the host's time and the bus.
 *
 * @module
 */
import { type Tensor1D, tf } from "../deps/tfjs.ts";

type Numbers = Int32Array | Float32Array;

/** What is kept, by the array that it was made of, and the backend it is kept on. */
interface Kept {
  readonly backend: unknown;
  readonly tensors: Map<Numbers, Tensor1D>;
}
let kept: Kept | undefined;

/**
 * From now on {@linkcode constant} keeps what it makes on the backend that is open, unless one who began earlier has it do so.
 *
 * @returns Ends that, and disposes of what was kept. It does nothing the second time.
 */
export function keepConstants(): () => void {
  if (kept) return () => {};
  const own: Kept = kept = { backend: tf.backend(), tensors: new Map() };
  return () => {
    if (kept !== own) return;
    kept = undefined;
    tf.dispose([...own.tensors.values()]);
  };
}

/**
 * The numbers of an array, which must not change, as a tensor, within a `tf.tidy`. An array that is made anew for each call
 * would be kept anew: callers hold on to theirs.
 */
export function constant(values: Numbers): Tensor1D {
  const make = () => tf.tensor1d(values, values instanceof Int32Array ? "int32" : "float32");
  if (kept?.backend !== tf.backend()) return make();
  let tensor = kept.tensors.get(values);
  if (!tensor) kept.tensors.set(values, tensor = tf.keep(make()));
  return tensor;
}
