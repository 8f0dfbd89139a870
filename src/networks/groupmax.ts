/**
 * GroupMax, Definition 3.1: the largest element of each group. In the order of {@linkcode "./groupmax_layout.ts"} element e
 * of all groups is one vector, so that GroupMax is the maximum of E vectors of length G.
 *
 * @module
 */
import { type Tensor3D, tf } from "../deps/tfjs.ts";

/**
 * Takes the largest element of each group (Definition 3.1, equation (3)), of equal ones the first.
 *
 * @param elements h: for each element e of a group `[R, N, G]`.
 * @returns The maxima `[R, N, G]`, and `leads[e]` `[R, N, G]`, 1 where element e + 1 beats all before it, else 0.
 */
export function groupMax(elements: readonly Tensor3D[]): { maxima: Tensor3D; leads: Tensor3D[] } {
  let maxima = elements[0];
  const leads = elements.slice(1).map((h) => {
    // max(a, b) = a + relu(b - a): far faster than tf.maximum on wasm, and ties go to one element only.
    const lead: Tensor3D = tf.sub(h, maxima);
    maxima = tf.add(maxima, tf.relu(lead));
    return tf.step(lead);
  });
  return { maxima, leads };
}

/**
 * Takes the largest element of each group (Definition 3.1, equation (3)) for one point in the host's memory.
 *
 * @param h `[E, G]`.
 * @param maxima Where the largest elements go `[G]`.
 * @param winners Where their places in the groups go `[G]`.
 */
export function groupMaxOnHost(h: Float64Array, maxima: Float64Array, winners: Int32Array): void {
  const G = maxima.length;
  for (let g = 0; g < G; g++) maxima[g] = h[g], winners[g] = 0;
  for (let e = 1, at = G; at < h.length; e++, at += G) {
    for (let g = 0; g < G; g++) if (h[at + g] > maxima[g]) maxima[g] = h[at + g], winners[g] = e;
  }
}
