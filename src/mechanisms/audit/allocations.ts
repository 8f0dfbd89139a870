/**
 * Checks that allocations are monotone: where a participant's own type changes from t to t', and the others' do not,
 * truthfulness implies <t' - t, x(t') - x(t)> >= 0. That is the sum of two conditions: neither type gains by reporting
 * the other.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import type { Mechanism } from "../mechanism.ts";
import { nested, type Tally } from "./check.ts";

/** Points on each segment. */
const POINTS = 5;

/** The number of profiles that the check runs. */
export function allocationsCost(profiles: number, participants: number): number {
  return profiles * participants * POINTS;
}

/**
 * Moves the type of each participant along a random segment, for every second row one on which all values rise, and
 * tallies violations between neighbouring points.
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
