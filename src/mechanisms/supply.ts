/**
 * Whether outcomes hand out no more of a good than exists.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import type { MechanismResult } from "./mechanism.ts";

/** By how much profile b's outcome hands out more than one of some good, at most; 0 or less where it does not. */
export function oversold(outcomes: Float64Array, b: number, n: number, m: number): number {
  let most = -1;
  for (let j = 0; j < m; j++) {
    let sold = -1;
    for (let i = 0; i < n; i++) sold += outcomes[(b * n + i) * m + j];
    most = Math.max(most, sold);
  }
  return most;
}

/** Outcomes hand out at most this much more of a good than there is: rounding. */
const SUPPLY_TOLERANCE = 1e-6;

/**
 * Fails where a mechanism hands out more of a good than exists: it is one for reproducible goods.
 *
 * @throws {InvalidInputError} naming the problem, and how much is handed out.
 */
export function requireSupply({ name }: MechanismProblem, result: MechanismResult): void {
  const { outcomes, profiles, payments } = result,
    n = payments.length / profiles,
    m = outcomes.length / payments.length;
  for (let b = 0; b < profiles; b++) {
    const more = oversold(outcomes, b, n, m);
    if (more <= SUPPLY_TOLERANCE) continue;
    throw new InvalidInputError(
      `Cannot evaluate: the mechanism must hand out each good once at most, as in ${name} each exists once, got one that ` +
        `hands out ${(1 + more).toFixed(3)} of a good`,
    );
  }
}
