/**
 * Contexts: the vector y from which a participant's pricing rule is made, the others' reported types t_-i.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";

/** What contexts depend on: the numbers of participants and goods, and whether participants are exchangeable. */
export interface ContextShape {
  /** n. */
  readonly participants: number;
  /** m. */
  readonly goods: number;
  /** Whether exchanging participants leaves the type distribution unchanged. */
  readonly exchangeable: boolean;
}

/**
 * The dimension d of a context: (n - 1) m for the others' types, plus n for a unit vector that names the participant
 * where participants are not exchangeable; 0 for a single participant.
 */
export function contextSize({ participants: n, goods: m, exchangeable }: ContextShape): number {
  return n === 1 ? 0 : (n - 1) * m + (exchangeable ? 0 : n);
}

/**
 * Contexts `[B n, d]` of type profiles `[B, n, m]`. That of participant i holds the types of participants
 * i + 1, ..., n - 1, 0, ..., i - 1 and, where participants are not exchangeable, the unit vector of i.
 *
 * @param types Flat `[B, n, m]`, in [0, 1].
 * @param out Takes the contexts; must be zeros. A new array where it is left out.
 */
export function contexts(
  types: Float32Array,
  shape: ContextShape,
  out: Float32Array = new Float32Array(types.length / shape.goods * contextSize(shape)),
): Float32Array {
  const { participants: n, goods: m } = shape;
  const size = contextSize(shape), profiles = types.length / (n * m);
  for (let b = 0; b < profiles; b++) {
    for (let i = 0; i < n; i++) {
      let at = (b * n + i) * size;
      for (let j = 1; j < n; j++, at += m) {
        const other = (b * n + (i + j) % n) * m;
        out.set(types.subarray(other, other + m), at);
      }
      if (size > (n - 1) * m) out[at + i] = 1;
    }
  }
  return out;
}

/** The others' types of each row, in the order of {@linkcode contexts}: `[B n, n - 1, m]`, of types on the device. */
export function othersOnDevice(types: Tensor2D, { participants: n, goods: m }: ContextShape): Tensor3D {
  const others = Int32Array.from({ length: n * (n - 1) }, (_, k) => (Math.floor(k / (n - 1)) + k % (n - 1) + 1) % n);
  return tf.tidy(() => {
    const profiles = tf.reshape(types, [types.shape[0] / n, n, m]);
    return tf.reshape(tf.gather(profiles, tf.tensor1d(others, "int32"), 1), [types.shape[0], n - 1, m]);
  });
}

/** As {@linkcode contexts}, of types on the device. */
export function contextsOnDevice(types: Tensor2D, shape: ContextShape): Tensor2D {
  const { participants: n, goods: m } = shape, rows = types.shape[0], size = contextSize(shape);
  return tf.tidy(() => {
    const others = tf.reshape(othersOnDevice(types, shape), [rows, (n - 1) * m]) as Tensor2D;
    return size === (n - 1) * m ? others : tf.concat([others, tf.tile(tf.eye(n), [rows / n, 1])], 1) as Tensor2D;
  });
}

/**
 * How a network reads the others' types: `dense`, as one vector (dense_context.ts); `set`, as a set of participants and
 * of goods, whose order has no effect but where participants are not exchangeable (set_context.ts); or `none`, not at
 * all: all participants then have one pricing rule, which is right where what a participant buys has no effect on what
 * selling to the others is worth, and types say nothing of each other.
 */
export type ContextKind = "dense" | "set" | "none";

/** The kinds of context, the default first. */
export const contextKinds: readonly ContextKind[] = ["dense", "set", "none"];

/** Whether prices depend on the others' types: there are others, and the context is of a kind that reads them. */
export function hasContext({ participants }: Pick<ContextShape, "participants">, kind: ContextKind = "dense"): boolean {
  return participants > 1 && kind !== "none";
}
