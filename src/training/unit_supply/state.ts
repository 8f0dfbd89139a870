/**
 * What the training of an affine maximizer carries from one iteration to the next, and its form in a checkpoint.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import type { Boost } from "../../networks/boost.ts";
import type { RandomKey } from "../../random/key.ts";
import { elementCount, type HostTensor } from "../../runtime/host_tensor.ts";
import { type Checkpoint, isCount, progressIn } from "../state.ts";

/** Numbers by parameter, in 64-bit floats. */
export type Numbers = Readonly<Record<string, Float64Array>>;

/** Everything that the next iteration depends on, besides problem and options. Steps change the numbers in place. */
export interface AffineMaximizerState {
  /** How many iterations are done. */
  iteration: number;
  readonly parameters: Numbers;
  /** Adam's moments. */
  readonly first: Numbers;
  readonly second: Numbers;
  /** Where outcomes are sampled, the profiles of the last iteration, `types` `[B, n m]`, and their `outcomes` `[B, C, n m]`. */
  sampled: { types: Float64Array; outcomes: Float64Array } | undefined;
}

/** What a checkpoint is of. */
export interface AffineMaximizerRun {
  /** The problem's name. */
  readonly problem: string;
  /** How many chains a profile has; 0 where outcomes are not sampled. */
  readonly chains: number;
  /** B, profiles of an iteration. */
  readonly profiles: number;
  readonly seed: number;
  readonly iterations: number;
}

const GROUPS = ["parameters", "first", "second"] as const;

/** The state before the first iteration. */
export function initialState(boost: Boost, key: RandomKey): AffineMaximizerState {
  const parameters: Record<string, Float64Array> = {}, first: Record<string, Float64Array> = {};
  const second: Record<string, Float64Array> = {};
  for (const [name, { data }] of Object.entries(boost.initialParameters(key))) {
    parameters[name] = Float64Array.from(data);
    first[name] = new Float64Array(data.length), second[name] = new Float64Array(data.length);
  }
  return { iteration: 0, parameters, first, second, sampled: undefined };
}

/** The state as plain data. */
export function saveState({ problem, seed }: AffineMaximizerRun, state: AffineMaximizerState): Checkpoint {
  const tensors: Record<string, HostTensor> = {};
  for (const group of GROUPS) {
    for (const [name, data] of Object.entries(state[group])) {
      tensors[`${group}.${name}`] = { shape: [data.length], data: data.slice() };
    }
  }
  for (const [name, data] of Object.entries(state.sampled ?? {})) {
    tensors[`sampled.${name}`] = { shape: [data.length], data: data.slice() };
  }
  const progress = JSON.stringify({ iteration: state.iteration });
  return { tensors, metadata: { method: "TEDI-AMA", problem, seed: String(seed), progress } };
}

/**
 * The state of a checkpoint.
 *
 * @throws {InvalidInputError} if it is not one of this run, with numbers for the same parameters.
 */
export function restoreState(
  { problem, seed, iterations, chains, profiles }: AffineMaximizerRun,
  { parameterShapes, shape: { participants, goods } }: Boost,
  { tensors, metadata }: Checkpoint,
): AffineMaximizerState {
  for (const [thing, wanted] of Object.entries({ method: "TEDI-AMA", problem, seed: String(seed) })) {
    if (metadata[thing] === wanted) continue;
    throw new InvalidInputError(
      `Cannot resume: the checkpoint's ${thing} must be ${wanted}, got ${show(metadata[thing])}`,
    );
  }
  const { iteration } = progressIn({ metadata });
  if (!isCount(iteration, iterations)) {
    throw new InvalidInputError(
      `Cannot resume: the checkpoint's progress must be an iteration from 0 to ${iterations}, got ` +
        show(metadata.progress),
    );
  }
  const numbers = (name: string, length: number): Float64Array => {
    const tensor = tensors[name];
    if (!(tensor?.data instanceof Float64Array) || tensor.data.length !== length) {
      throw new InvalidInputError(
        `Cannot resume: checkpoint tensor ${name} must be float64 of length ${length}, got ` +
          (tensor ? `[${tensor.shape}]` : "none"),
      );
    }
    return tensor.data.slice();
  };
  const [parameters, first, second] = GROUPS.map((group): Numbers =>
    Object.fromEntries(
      Object.entries(parameterShapes).map(([name, shape]) => [name, numbers(`${group}.${name}`, elementCount(shape))]),
    )
  );
  const size = profiles * participants * goods;
  const sampled = chains > 0 && iteration > 0
    ? { types: numbers("sampled.types", size), outcomes: numbers("sampled.outcomes", size * chains) }
    : undefined;
  return { iteration, parameters, first, second, sampled };
}
