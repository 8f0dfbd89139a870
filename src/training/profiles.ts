/**
 * New profiles, which the paper does not have: a fixed sample is memorised.
 *
 * @module
 */
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { freshProfiles, type TrainingOptions } from "./options.ts";
import { STREAMS, type TrainingState } from "./state.ts";

/** The profiles without the oldest, and as many new ones behind them; those of the first iteration stay. */
export function refreshProfiles(
  { distribution }: MechanismProblem,
  options: TrainingOptions,
  { types, iteration }: Pick<TrainingState, "types" | "iteration">,
): Float32Array {
  const count = freshProfiles(options);
  if (iteration === 0 || count === 0) return types;
  const drawn = distribution.sample(deriveKey(randomKey(options.seed), STREAMS.profiles, iteration), count, "training");
  const next = new Float32Array(types.length);
  next.set(types.subarray(drawn.length));
  next.set(drawn, types.length - drawn.length);
  return next;
}
