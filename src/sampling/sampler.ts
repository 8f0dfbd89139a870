/**
 * What a sampler is: a state that chains are in, and one step.
 *
 * @module
 */
import { type Tensor, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { RandomKey } from "../random/key.ts";
import { tidy } from "../runtime/tensors.ts";

/** Where chains are, with whatever else a sampler keeps: tensors of its own. */
export interface SamplerState extends Readonly<Record<string, Tensor>> {
  /** `[R, N, m]` in [0, 1]. */
  readonly chains: Tensor3D;
}

/** A Markov chain on the box, for many chains at a time. */
export interface Sampler<State extends SamplerState> {
  /** The state of chains that are at these points, `[R, N, m]`, in new tensors. */
  init(chains: Tensor3D): State;
  /** One step, in new tensors. The key names all that is drawn. */
  step(state: State, key: RandomKey): State;
}

/** The state after a step with each of the keys. What is in between is freed; `chains` is not. */
export function takeSteps<State extends SamplerState>(
  sampler: Sampler<State>,
  chains: Tensor3D,
  keys: Iterable<RandomKey>,
): State {
  let state = sampler.init(chains);
  for (const key of keys) {
    const before = state;
    state = tidy(() => sampler.step(before, key));
    tf.dispose(Object.values(before));
  }
  return state;
}
