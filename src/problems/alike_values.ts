/**
 * Values of participants and goods that are alike, together: those of all that are exchangeable are one sample.
 *
 * @module
 */
import type { MechanismProblem } from "./problem.ts";

/**
 * The values of each participant and good in some profiles, `[n m]` samples in the order of profiles. All that are alike have
 * one array, with the values of all of them.
 *
 * @param types Type profiles `[B, n, m]`.
 */
export function alikeValues(
  { participants: n, goods: m, distribution }: MechanismProblem,
  types: Float32Array,
): Float64Array[] {
  const { exchangeable, exchangeableGoods = false } = distribution, size = n * m, profiles = types.length / size;
  const alike = (i: number, j: number) => (exchangeable ? 0 : i) * m + (exchangeableGoods ? 0 : j);
  const kinds = Array.from({ length: size }, (_, k) => alike(Math.floor(k / m), k % m));
  const samples = new Map([...new Set(kinds)].map((kind) => {
    const columns = kinds.flatMap((other, k) => other === kind ? [k] : []);
    const sample = new Float64Array(profiles * columns.length);
    columns.forEach((column, c) => {
      for (let b = 0; b < profiles; b++) sample[c * profiles + b] = types[b * size + column];
    });
    return [kind, sample];
  }));
  return kinds.map((kind) => samples.get(kind)!);
}

/** What is made of each of some objects, which is made once for each. */
export function ofAlike<From extends object, To>(objects: readonly From[], make: (from: From) => To): To[] {
  const made = new Map([...new Set(objects)].map((one) => [one, make(one)]));
  return objects.map((one) => made.get(one)!);
}
