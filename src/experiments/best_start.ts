/**
 * Training from several starts, of which the best is kept.
 *
 * @module
 */
import { evaluate } from "../mechanisms/evaluate.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";

/** Seeds of further starts are this far apart, so that the first starts of neighbouring seeds are not among them. */
const NEXT_START = 1_000_003;

/**
 * The mechanism that earns the most on the seed's validation profiles, which are neither those of training nor held out.
 *
 * @param starts How many mechanisms are made, at least 1. One is not validated.
 * @param make Makes the mechanism of a start, from the start's seed.
 */
export async function bestStart<Made extends Mechanism>(
  problem: MechanismProblem,
  starts: number,
  seed: number,
  make: (seed: number, start: number) => Promise<Made>,
  signal?: AbortSignal,
): Promise<Made> {
  let best = await make(seed, 0);
  if (starts === 1) return best;
  const earned = async (mechanism: Made) =>
    (await evaluate(problem, mechanism, { seed, part: "validation", signal })).revenue;
  let most = await earned(best);
  for (let start = 1; start < starts; start++) {
    const mechanism = await make(seed + start * NEXT_START, start), revenue = await earned(mechanism);
    if (revenue > most) [best, most] = [mechanism, revenue];
  }
  return best;
}
