/**
 * Mechanisms on types that may be larger than those that they were trained for.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import type { Mechanism, TypeProfiles } from "../mechanisms/mechanism.ts";
import { amount } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { scaleOf } from "../problems/scaled.ts";

/**
 * A mechanism that takes all types of a problem: itself, or one that takes types above its largest for that.
 *
 * @param clip Whether such types are to be clipped.
 * @throws {InvalidInputError} where there may be such types, and they are not to be clipped.
 */
export function withinRange<Made extends Mechanism>(
  command: string,
  problem: MechanismProblem,
  mechanism: Made,
  clip: boolean,
): Made {
  const largest = mechanism.units?.largest ?? 1, scale = scaleOf(problem), { unit } = problem;
  if (scale <= largest) return mechanism;
  if (!clip) {
    throw new InvalidInputError(
      `Cannot ${command}: the problem's largest type must be at most ${
        amount({ scale: largest, unit }, largest)
      }, the ` +
        `largest that the mechanism was trained for, got ${amount(problem, scale)}` +
        (command === "evaluate" ? "; --clip takes larger types for that" : ""),
    );
  }
  const clipped = (types: TypeProfiles): TypeProfiles =>
    ArrayBuffer.isView(types)
      ? (types as Float32Array).map((type) => Math.min(type, largest))
      : types.map((profile) => profile.map((type) => type.map((value) => Math.min(value, largest))));
  return { ...mechanism, run: (types: TypeProfiles) => mechanism.run(clipped(types)) };
}
