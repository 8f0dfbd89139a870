/** Checks of auctions of reproducible goods that need no device. */
import { assert } from "@std/assert";
import { goodsAuction } from "../../src/baselines/auction.ts";
import type { Mechanism, MechanismResult } from "../../src/mechanisms/mechanism.ts";
import type { MechanismProblem } from "../../src/problems/problem.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";

/** The principal's utility of each profile, in 64-bit floats. */
export function principalUtilities(problem: MechanismProblem, result: MechanismResult): Float64Array {
  const { participants: n, goods: m, productionCost, duplicationCost } = goodsAuction("test", problem);
  return Float64Array.from({ length: result.profiles }, (_, b) => {
    let utility = 0;
    for (let i = 0; i < n; i++) utility += result.payments[b * n + i];
    for (let j = 0; j < m; j++) {
      let units = 0, produced = 0;
      for (let i = 0; i < n; i++) {
        const x = result.outcomes[(b * n + i) * m + j];
        units += x;
        produced = Math.max(produced, x);
      }
      utility -= productionCost * produced + duplicationCost * units;
    }
    return utility;
  });
}

/** The mean of some numbers, their standard deviation and the standard error of the mean. */
export function estimate(values: Float64Array): { mean: number; deviation: number; error: number } {
  let sum = 0, squares = 0;
  for (const value of values) sum += value, squares += value * value;
  const mean = sum / values.length, deviation = Math.sqrt(Math.max(0, squares / values.length - mean * mean));
  return { mean, deviation, error: deviation / Math.sqrt(values.length) };
}

/** The principal's expected utility, on `profiles` profiles that no baseline is trained on. */
export async function earned(
  problem: MechanismProblem,
  mechanism: Mechanism,
  profiles: number,
): Promise<{ mean: number; deviation: number; error: number }> {
  const types = problem.distribution.sample(randomKey(20260525), profiles, "held-out");
  return estimate(principalUtilities(problem, await mechanism.run(types)));
}

/** Rounding of sums of a few numbers of the size of types. */
const ROUNDING = 1e-12;

/**
 * Fails unless outcomes are deterministic, nobody loses or pays for nothing or is paid, who values nothing gains
 * nothing, and no misreport is worth more than the truth. Types and misreports are from the distribution and from all
 * of [0, 1], with ties.
 */
export async function assertTruthful(problem: MechanismProblem, mechanism: Mechanism, profiles = 120): Promise<void> {
  const { participants: n, goods: m, name } = problem, size = n * m, tries = 8;
  const draw = (seed: number) => {
    const types = problem.distribution.sample(randomKey(seed), profiles, "training");
    const anything = uniforms(randomKey(seed + 1), types.length);
    for (let k = 0; k < types.length; k++) {
      const kind = Math.floor(k / size) % 4;
      if (kind === 1) types[k] = anything[k];
      if (kind === 2) types[k] = Math.round(4 * anything[k]) / 4;
    }
    return types;
  };
  const types = draw(1), truth = await mechanism.run(types);
  for (let row = 0; row < profiles * n; row++) {
    const outcome = truth.outcomes.subarray(row * m, (row + 1) * m), payment = truth.payments[row];
    assert(outcome.every((x) => x === 0 || x === 1), `${name}: outcome ${outcome}`);
    assert(truth.utilities[row] >= -ROUNDING, `${name}: utility ${truth.utilities[row]}`);
    assert(payment >= 0 && (payment === 0 || outcome.some((x) => x === 1)), `${name}: payment ${payment}`);
    assert(truth.gaps[row] === 0);
    if (types.subarray(row * m, (row + 1) * m).every((type) => type === 0)) {
      assert(truth.utilities[row] <= ROUNDING, `${name}: a participant who values nothing gains`);
    }
  }
  let changed = 0;
  for (let k = 0; k < tries; k++) {
    const lies = draw(10 + k), noise = uniforms(randomKey(30 + k), types.length);
    for (let i = 0; i < n; i++) {
      const reported = types.slice();
      for (let b = 0; b < profiles; b++) {
        for (let at = (b * n + i) * m; at < (b * n + i + 1) * m; at++) {
          const lie = k % 2 === 0 ? lies[at] : types[at] + 0.2 * (noise[at] - 0.5);
          reported[at] = Math.min(1, Math.max(0, lie));
        }
      }
      const result = await mechanism.run(reported);
      for (let b = 0; b < profiles; b++) {
        const row = b * n + i;
        let utility = -result.payments[row];
        for (let at = row * m; at < (row + 1) * m; at++) utility += types[at] * result.outcomes[at];
        const gain = utility - truth.utilities[row];
        assert(gain <= ROUNDING, `${name}: participant ${i} of profile ${b} gains ${gain} by a lie`);
        if (result.payments[row] !== truth.payments[row]) changed++;
      }
    }
  }
  assert(changed > profiles, `${name}: misreports changed next to nothing, so that the test shows nothing`);
}
