/**
 * GroupMax, Definition 3.1: the largest element of each group. Weights are kept so that element e of all G groups is
 * one vector ({@linkcode "./groupmax_layout.ts"}); GroupMax is then the elementwise maximum of E vectors of length G.
 *
 * @module
 */
import { type Tensor3D, tf } from "../deps/tfjs.ts";

/**
 * Takes the largest element of each group (Definition 3.1, equation (3)); the first one where several are equal.
 *
 * @param elements h, as E tensors `[R, N, G]`: one for each element of a group.
 * @returns The maxima `[R, N, G]`, and E - 1 tensors `leads` `[R, N, G]`: `leads[e]` is 1 where element e + 1 is larger
 * than all elements before it, else 0.
 */
export function groupMax(elements: readonly Tensor3D[]): { maxima: Tensor3D; leads: Tensor3D[] } {
  let maxima = elements[0];
  const leads = elements.slice(1).map((h) => {
    // max(a, b) = a + relu(b - a) is far faster than tf.maximum on wasm, and its gradient goes to one of two equal
    // elements.
    const lead: Tensor3D = tf.sub(h, maxima);
    maxima = tf.add(maxima, tf.relu(lead));
    return tf.step(lead);
  });
  return { maxima, leads };
}

/**
 * Takes the largest element of each group (Definition 3.1, equation (3)) for one point, on the host; the first one
 * where several are equal.
 *
 * @param h `[E, G]`.
 * @param maxima Receives the largest elements `[G]`.
 * @param winners Receives their indices 0..E-1 in the groups `[G]`.
 */
export function groupMaxOnHost(h: Float64Array, maxima: Float64Array, winners: Int32Array): void {
  const G = maxima.length;
  for (let g = 0; g < G; g++) maxima[g] = h[g], winners[g] = 0;
  for (let e = 1, at = G; at < h.length; e++, at += G) {
    for (let g = 0; g < G; g++) if (h[at + g] > maxima[g]) maxima[g] = h[at + g], winners[g] = e;
  }
}
