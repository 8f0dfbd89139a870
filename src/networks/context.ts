/**
 * The context y of participant i: what its pricing rule may depend on.
 *
 * @module
 */

/** The shape of a problem, as far as contexts depend on it. */
export interface ContextShape {
  /** n. */
  readonly participants: number;
  /** m. */
  readonly goods: number;
  /** Whether exchanging participants leaves the type distribution unchanged. */
  readonly exchangeable: boolean;
}

/**
 * The dimension of a context: (n - 1) m for the others' types, plus n to say who the participant is where that matters;
 * 0 for a single participant.
 */
export function contextSize({ participants: n, goods: m, exchangeable }: ContextShape): number {
  return n === 1 ? 0 : (n - 1) * m + (exchangeable ? 0 : n);
}

/**
 * Contexts `[B n, d]` of type profiles `[B, n, m]`: for participant i the types of i + 1, ..., n - 1, 0, ..., i - 1,
 * and where participants differ, i as a unit vector.
 *
 * @param out Where they go; an array of zeros.
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

/** How a network reads the others' types: as one vector, or as a set of participants with goods that are alike. */
export type ContextKind = "dense" | "set";

/** Both of them. */
export const contextKinds: readonly ContextKind[] = ["dense", "set"];
