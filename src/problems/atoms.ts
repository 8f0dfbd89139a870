/**
 * Whether types take single values with positive probability.
 *
 * @module
 */
import { deriveKey, randomKey } from "../random/key.ts";
import type { MechanismProblem, TypeDistribution } from "./problem.ts";

/** Profiles that are drawn to find out, of a stream of their own. */
const PROFILES = 1024, STREAM = 0xa7035;
/** A value is an atom if at least this share of a participant's values for a good are equal to it. */
const LEAST_SHARE = 0.05;

const known = new WeakMap<TypeDistribution, boolean>();

/**
 * Whether types have atoms: what the distribution says; where it says nothing, and is no data set, whether more than half of
 * the positive types of some profiles are values that at least one in twenty has.
 */
export function hasAtoms({ distribution, participants, goods }: MechanismProblem): boolean {
  if (distribution.atoms !== undefined || distribution.data) return distribution.atoms ?? false;
  let found = known.get(distribution);
  if (found === undefined) {
    const types = distribution.sample(deriveKey(randomKey(0), STREAM), PROFILES, "training");
    known.set(distribution, found = takesFewValues(types, participants * goods));
  }
  return found;
}

/** Of types `[B, columns]`. */
function takesFewValues(types: Float32Array, columns: number): boolean {
  const least = LEAST_SHARE * types.length / columns;
  let positive = 0, ofAtoms = 0;
  for (let column = 0; column < columns; column++) {
    const counts = new Map<number, number>();
    for (let at = column; at < types.length; at += columns) {
      if (types[at] > 0) counts.set(types[at], (counts.get(types[at]) ?? 0) + 1);
    }
    for (const count of counts.values()) positive += count, ofAtoms += count >= least ? count : 0;
  }
  return ofAtoms > positive / 2;
}
