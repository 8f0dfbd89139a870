/** What is found out about a type distribution from some profiles of it. */
import { deriveKey, randomKey } from "../random/key.ts";
import type { MechanismProblem, TypeDistribution } from "./problem.ts";

/** Profiles that are drawn to find out. */
const PROFILES = 1024;

/**
 * A function of problems that looks at some profiles, the same each time, and once for each distribution.
 *
 * @param stream Names the profiles that are drawn.
 * @param find What is found from type profiles `[B, n, m]`.
 */
export function ofSample<T>(
  stream: number,
  find: (types: Float32Array, problem: MechanismProblem) => T,
): (problem: MechanismProblem) => T {
  const known = new WeakMap<TypeDistribution, { readonly found: T }>();
  return (problem) => {
    const { distribution } = problem;
    let kept = known.get(distribution);
    if (!kept) {
      const types = distribution.sample(deriveKey(randomKey(0), stream), PROFILES, "training");
      known.set(distribution, kept = { found: find(types, problem) });
    }
    return kept.found;
  };
}
