/**
 * Reparameterisations: from P raw weights to S slots. Each slot holds one raw weight or a constant, and may be clamped
 * from below,
 *
 *   slot_s = max(least_s, raw[from_s]),   or   max(least_s, constant_s) where from_s is negative.
 *
 * This one map writes other networks as Partial GroupMax Networks, gives tied weights one value, puts slopes per good
 * among the raw weights, and packs weights in the order in which kernels read them. It is linear but for clamps and
 * constants; its transpose takes gradients in slots to gradients in raw weights.
 *
 * @module
 */
import { type Tensor, type Tensor2D, tf } from "../deps/tfjs.ts";
import { constant } from "../runtime/constants.ts";

/** A map from rows of P raw weights to rows of S slots. */
export interface Reparameterisation {
  /** P. */
  readonly inputs: number;
  /** For each slot `[S]` the index of the raw weight that it holds; negative where it holds a constant. */
  readonly from: Int32Array;
  /** The constants `[S]`, read where `from` is negative; all 0 where left out. */
  readonly constants?: Float32Array;
  /** The lower bounds `[S]` that slots are clamped to; nothing is clamped where left out. */
  readonly least?: Float32Array;
}

/** Rows of numbers in 32 or 64 bits. */
type Numbers = Float32Array | Float64Array;

/** About the largest 32-bit float. Minus it stands for no lower bound, since GPUs need not support infinities. */
export const LARGEST_FLOAT = 3.4e38;

/** A function that makes a value at its first call, and returns the same one at every call. */
export function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The reparameterisation of `count` raw weights that changes nothing: slot s holds raw weight s. */
export function identity(count: number): Reparameterisation {
  return { inputs: count, from: Int32Array.from({ length: count }, (_, s) => s) };
}

/** Lets `count` slots from `to` on hold as many raw weights from `first` on. */
export function hold(from: Int32Array, to: number, first: number, count: number): void {
  for (let j = 0; j < count; j++) from[to + j] = first + j;
}

/** The composition of two reparameterisations: `outer` takes the slots of `inner` as its raw weights. */
export function compose(outer: Reparameterisation, inner: Reparameterisation): Reparameterisation {
  const S = outer.from.length, from = new Int32Array(S), constants = new Float32Array(S);
  const least = outer.least || inner.least ? new Float32Array(S).fill(-LARGEST_FLOAT) : undefined;
  for (let s = 0; s < S; s++) {
    const middle = outer.from[s];
    from[s] = middle < 0 ? -1 : inner.from[middle];
    constants[s] = middle < 0 ? outer.constants?.[s] ?? 0 : inner.constants?.[middle] ?? 0;
    if (!least) continue;
    const below = middle < 0 ? -LARGEST_FLOAT : inner.least?.[middle] ?? -LARGEST_FLOAT;
    least[s] = Math.max(outer.least?.[s] ?? -LARGEST_FLOAT, below);
  }
  return { inputs: inner.inputs, from, constants, ...(least && { least }) };
}

/** Writes the slots `[rows, S]` of raw weights `[rows, P]` to `out`, in the host's memory, and returns it. */
export function forward<Out extends Numbers>(map: Reparameterisation, raw: Numbers, out: Out): Out {
  const { inputs, from, constants, least } = map, S = from.length;
  for (let first = 0, to = 0; first < raw.length; first += inputs) {
    for (let s = 0; s < S; s++, to++) {
      const value = from[s] >= 0 ? raw[first + from[s]] : constants ? constants[s] : 0;
      out[to] = least && value < least[s] ? least[s] : value;
    }
  }
  return out;
}

/**
 * Writes the gradient in raw weights `[rows, P]`, given that in slots `[rows, S]`, to `out`, and returns it: for each
 * raw weight the sum over its slots, in their order. Slots that are clamped pass no gradient on.
 *
 * @param raw The raw weights at which the gradient was taken `[rows, P]`; needed where there are lower bounds.
 */
export function transpose<Out extends Numbers>(
  map: Reparameterisation,
  gradient: Numbers,
  out: Out,
  raw?: Numbers,
): Out {
  out.fill(0);
  return addTransposed(map, gradient, out, raw);
}

/** As {@linkcode transpose}, but adds the gradient to what is in `out`. */
export function addTransposed<Out extends Numbers>(
  map: Reparameterisation,
  gradient: Numbers,
  out: Out,
  raw?: Numbers,
): Out {
  const { inputs, from, least } = map, S = from.length;
  for (let first = 0, at = 0; at < gradient.length; first += inputs) {
    for (let s = 0; s < S; s++, at++) {
      if (from[s] < 0 || (least && raw![first + from[s]] < least[s])) continue;
      out[first + from[s]] += gradient[at];
    }
  }
  return out;
}

/** For each raw weight the number of slots that hold it, `[P]`. */
export function multiplicities({ inputs, from }: Reparameterisation): Int32Array {
  const counts = new Int32Array(inputs);
  for (const raw of from) if (raw >= 0) counts[raw]++;
  return counts;
}

/** The slots `[R, S]` of raw weights `[R, P]`, on the device. Differentiable. */
export function forwardOnDevice(map: Reparameterisation, raw: Tensor2D): Tensor2D {
  const { from, constants, least } = map;
  // deno-lint-ignore no-explicit-any -- tfjs types the saving function of customGrad for one tensor only
  const slots = tf.customGrad((raw: any, save: any) => {
    save([raw]);
    let made: Tensor = gathered(raw, from);
    if (constants) made = tf.add(made, tf.tensor1d(constantsOnly(map)));
    if (least) made = tf.maximum(made, constant(least));
    return {
      value: made,
      // deno-lint-ignore no-explicit-any
      gradFunc: (gradient: any, [raw]: any) => transposeOnDevice(map, gradient, raw),
    };
  });
  return tf.tidy(() => slots(raw) as Tensor2D);
}

/**
 * The linear part of a reparameterisation, without clamps and with constants of 0. It takes differences of raw weights
 * to those of slots.
 */
export function linearPart({ inputs, from }: Reparameterisation): Reparameterisation {
  return { inputs, from };
}

/** As {@linkcode transpose}, on the device: the gradient in raw weights `[R, P]`, given that in slots `[R, S]`. */
export function transposeOnDevice(map: Reparameterisation, gradient: Tensor2D, raw?: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    const { inputs, from, least } = map, [rows] = gradient.shape;
    const passed = least
      ? tf.mul(gradient, tf.cast(tf.greaterEqual(gathered(raw!, from), constant(least)), "float32")) as Tensor2D
      : gradient;
    const slots = slotsOf(map), most = slots.length / inputs, each = gathered(passed, slots);
    return most === 1 ? each : tf.sum(tf.reshape(each, [rows, most, inputs]), 1) as Tensor2D;
  });
}

const slotLists = new WeakMap<Reparameterisation, Int32Array>();

/**
 * The slots of raw weights, for gathers, since TensorFlow.js has no scatter on wasm: the first slot of every raw weight, then
 * the second of every one, and so on, with -1 where a raw weight has fewer.
 */
function slotsOf(map: Reparameterisation): Int32Array {
  let slots = slotLists.get(map);
  if (slots) return slots;
  const { inputs, from } = map, counts = multiplicities(map);
  const most = Math.max(1, counts.reduce((most, count) => Math.max(most, count), 0));
  slots = new Int32Array(most * inputs).fill(-1);
  const found = new Int32Array(inputs);
  from.forEach((raw, s) => {
    if (raw >= 0) slots![found[raw]++ * inputs + raw] = s;
  });
  slotLists.set(map, slots);
  return slots;
}

/** What is gathered, and 1 for places that are not negative, if there are others. */
interface Gathering {
  readonly columns: Int32Array;
  readonly kept?: Float32Array;
}
const gatherings = new WeakMap<Int32Array, Gathering>();

/** The columns of a matrix `[R, P]` at `places` `[S]`, zeros where a place is negative: `[R, S]`. */
function gathered(matrix: Tensor2D, places: Int32Array): Tensor2D {
  let made = gatherings.get(places);
  if (!made) {
    const all = places.every((place) => place >= 0);
    made = {
      columns: all ? places : places.map((place) => Math.max(0, place)),
      kept: all ? undefined : Float32Array.from(places, (place) => place < 0 ? 0 : 1),
    };
    gatherings.set(places, made);
  }
  const { columns, kept } = made;
  return tf.tidy(() => {
    const gathered = tf.gather(matrix, constant(columns), 1);
    return kept ? tf.mul(gathered, constant(kept)) as Tensor2D : gathered as Tensor2D;
  });
}

/** The constants `[S]`, and zeros where slots hold raw numbers. */
function constantsOnly({ from, constants }: Reparameterisation): Float32Array {
  return constants!.map((constant, s) => from[s] < 0 ? constant : 0);
}
