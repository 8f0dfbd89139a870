/**
 * Whether types take single values with positive probability.
 *
 * @module
 */
import { ofSample } from "./of_sample.ts";
import type { MechanismProblem } from "./problem.ts";

/** A value is an atom if at least this share of a participant's values for a good are equal to it. */
const LEAST_SHARE = 0.05;

/**
 * Whether types have atoms: what the distribution says; where it says nothing, and is no data set, whether more than half
 * of the positive types of some profiles are values that at least one in twenty has.
 */
export function hasAtoms(problem: MechanismProblem): boolean {
  const { atoms, data } = problem.distribution;
  return atoms ?? (data === undefined && takesFewValues(problem));
}

const takesFewValues = ofSample(0xa7035, (types, { participants, goods }) => {
  const columns = participants * goods, least = LEAST_SHARE * types.length / columns;
  let positive = 0, ofAtoms = 0;
  for (let column = 0; column < columns; column++) {
    const counts = new Map<number, number>();
    for (let at = column; at < types.length; at += columns) {
      if (types[at] > 0) counts.set(types[at], (counts.get(types[at]) ?? 0) + 1);
    }
    for (const count of counts.values()) positive += count, ofAtoms += count >= least ? count : 0;
  }
  return ofAtoms > positive / 2;
});
