/**
 * Random misreports, for tests of truthfulness.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { Mechanism } from "../../src/mechanisms/mechanism.ts";
import type { MechanismProblem } from "../../src/problems/problem.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";

/** What lies achieve. */
export interface Lies {
  /** The most that a lie gains over the truth. */
  readonly largestGain: number;
  /** Share of the lies that change what the liar pays. */
  readonly effective: number;
  /** The lowest utility of a truthful participant. */
  readonly lowestUtility: number;
}

/**
 * Lets each participant of B profiles lie `tries` times, by much and by little in turns, and fails unless outcomes are
 * in [0, 1] and utilities are what outcomes and payments say.
 */
export async function tellLies(problem: MechanismProblem, mechanism: Mechanism, B = 50, tries = 6): Promise<Lies> {
  const { participants: n, goods: m } = problem;
  const types = problem.distribution.sample(randomKey(42), B, "held-out");
  const truth = await mechanism.run(types);
  assert(truth.outcomes.every((x) => x >= 0 && x <= 1), "outcomes in [0, 1]");
  const utilityOf = (result: typeof truth, row: number) => {
    let utility = -result.payments[row];
    for (let j = 0; j < m; j++) utility += types[row * m + j] * result.outcomes[row * m + j];
    return utility;
  };
  truth.utilities.forEach((utility, row) => assert(Math.abs(utility - utilityOf(truth, row)) < 1e-12, "utility"));
  let largestGain = -Infinity, changed = 0;
  for (let k = 0; k < tries; k++) {
    const lies = uniforms(randomKey(100 + k), types.length);
    for (let i = 0; i < n; i++) {
      const reported = types.slice();
      for (let b = 0; b < B; b++) {
        for (let at = (b * n + i) * m; at < (b * n + i + 1) * m; at++) {
          const lie = k % 2 === 0 ? lies[at] : types[at] + 0.2 * (lies[at] - 0.5);
          reported[at] = Math.min(1, Math.max(0, lie));
        }
      }
      const result = await mechanism.run(reported);
      for (let row = i; row < B * n; row += n) {
        largestGain = Math.max(largestGain, utilityOf(result, row) - truth.utilities[row]);
        if (result.payments[row] !== truth.payments[row]) changed++;
      }
    }
  }
  return {
    largestGain,
    effective: changed / (B * n * tries),
    lowestUtility: truth.utilities.reduce((a, u) => Math.min(a, u)),
  };
}
