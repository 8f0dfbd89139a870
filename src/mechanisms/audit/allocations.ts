/**
 * Monotone allocations: when a participant's own type moves from t to t', the others' being the same, truthfulness
 * implies <t' - t, x(t') - x(t)> >= 0. It follows from adding up that neither type wants to report the other.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import type { Mechanism } from "../mechanism.ts";
import { nested, type Tally } from "./check.ts";

/** Points on each segment. */
const POINTS = 5;

/** How many profiles the check runs. */
export function allocationsCost(profiles: number, participants: number): number {
  return profiles * participants * POINTS;
}

/**
 * Moves each participant's type along a random segment: on every second one upwards in all goods at once.
 *
 * @param types `[P, n, m]`.
 */
export async function checkAllocations(
  mechanism: Mechanism,
  types: Float32Array,
  key: RandomKey,
  found: Tally,
): Promise<void> {
  const { participants: n, goods: m } = mechanism, rows = types.length / m;
  const from = uniforms(deriveKey(key, 0), rows * m), to = uniforms(deriveKey(key, 1), rows * m);
  for (let k = 0; k < rows * m; k += 2 * m) {
    for (let j = k; j < k + m; j++) [from[j], to[j]] = [Math.min(from[j], to[j]), Math.max(from[j], to[j])];
  }
  const profiles = new Float32Array(rows * POINTS * n * m);
  for (let row = 0; row < rows; row++) {
    const first = row - row % n;
    for (let k = 0; k < POINTS; k++) {
      const at = row * POINTS + k;
      profiles.set(types.subarray(first * m, (first + n) * m), at * n * m);
      for (let j = 0; j < m; j++) {
        const start = from[row * m + j], move = to[row * m + j] - start;
        profiles[(at * n + row % n) * m + j] = Math.min(1, start + k / (POINTS - 1) * move);
      }
    }
  }
  const { outcomes, payments } = await mechanism.run(profiles);
  for (let row = 0; row < rows; row++) {
    for (let k = 1; k < POINTS; k++) {
      const here = (row * POINTS + k) * n + row % n, before = here - n;
      let product = 0;
      for (let j = 0; j < m; j++) {
        product += (profiles[here * m + j] - profiles[before * m + j]) *
          (outcomes[here * m + j] - outcomes[before * m + j]);
      }
      found.see(-product, () => {
        const first = before - before % n,
          list = (data: ArrayLike<number>, at: number) => Array.from({ length: m }, (_, j) => data[at * m + j]);
        return {
          profile: nested(profiles.subarray(first * m, (first + n) * m), m),
          participant: row % n,
          misreport: list(profiles, here),
          outcomes: [list(outcomes, before), list(outcomes, here)],
          payments: [payments[before], payments[here]],
        };
      });
    }
  }
}
