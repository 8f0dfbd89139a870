/**
 * What the training of a baseline carries from one iteration to the next, and its form in a checkpoint.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import { InvalidInputError, show } from "../errors.ts";
import type { Parameters } from "../networks/network.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import { type HostTensor, type HostTensors, requireTensor } from "../runtime/host_tensor.ts";
import { downloadAll, uploadAll } from "../runtime/tensors.ts";
import { type AdamState, initAdam } from "../training/adam.ts";
import { mapParameters } from "../training/optimizer.ts";
import { type Checkpoint, isCount, progressIn } from "../training/state.ts";

/** Everything that the next iteration depends on, besides problem and options. */
export interface DescentState {
  /** How many iterations are done. */
  readonly iteration: number;
  readonly parameters: Parameters;
  /** The moving average of the parameters, which is the mechanism. */
  readonly average: Parameters;
  readonly adam: AdamState;
  /** What else the method remembers, on the host. */
  readonly memory: HostTensors;
}

/** What is trained, and what it is before the first iteration. */
export interface Descent {
  /** The method, such as `MD-GemNet`. */
  readonly method: string;
  /** The problem's name. */
  readonly problem: string;
  /** What is 1 in training, in the problem's unit, for metrics; 1 unless given. */
  readonly unit?: number;
  /** The parameters before the first iteration. */
  readonly initial: HostParameters;
  /** What else the method remembers, before the first iteration; nothing unless given. */
  readonly memory?: HostTensors;
}

/** The state before the first iteration. */
export function initialDescent({ initial, memory = {} }: Descent): DescentState {
  const parameters = uploadAll(initial);
  return {
    iteration: 0,
    parameters,
    average: mapParameters(parameters, (tensor) => tf.clone(tensor)),
    adam: initAdam(parameters),
    memory,
  };
}

/** The tensors of a state on the device, by the first part of their names in a checkpoint. */
function groups({ parameters, average, adam }: DescentState): Record<string, Parameters> {
  return { parameters, average, "adam.first": adam.first, "adam.second": adam.second };
}

/** Frees the device memory of a state. */
export function disposeDescent(state: DescentState): void {
  tf.dispose(groups(state) as unknown as Tensor[]);
}

/** A state as host tensors and text, for a checkpoint of a method's training for a problem. */
export async function saveDescent({ method, problem }: Descent, state: DescentState): Promise<Checkpoint> {
  const tensors: Record<string, HostTensor> = {};
  for (const [group, parameters] of Object.entries(groups(state))) {
    for (const [name, tensor] of Object.entries(await downloadAll(parameters))) tensors[`${group}.${name}`] = tensor;
  }
  for (const [name, tensor] of Object.entries(state.memory)) tensors[`memory.${name}`] = tensor;
  return { tensors, metadata: { method, problem, progress: JSON.stringify({ iteration: state.iteration }) } };
}

/**
 * The state of a checkpoint.
 *
 * @param iterations All iterations of the training that goes on.
 * @throws {InvalidInputError} if it is not one of this method for this problem, with tensors of the same shapes.
 */
export function restoreDescent(
  { method, problem, initial, memory = {} }: Descent,
  { tensors, metadata }: Checkpoint,
  iterations: number,
): DescentState {
  for (const [name, expected] of Object.entries({ method, problem })) {
    if (metadata[name] === expected) continue;
    throw new InvalidInputError(
      `Cannot resume ${method}: the checkpoint's ${name} must be ${expected}, got ${show(metadata[name])}`,
    );
  }
  const take = (name: string, { shape }: HostTensor): HostTensor => {
    const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    return requireTensor(`resume ${method}: checkpoint tensor ${name}`, shape, tensor);
  };
  const takeAll = (group: string, like: HostTensors): Record<string, HostTensor> =>
    Object.fromEntries(Object.entries(like).map(([name, one]) => [name, take(`${group}.${name}`, one)]));
  const { iteration } = progressIn({ metadata });
  if (!isCount(iteration, iterations)) {
    throw new InvalidInputError(
      `Cannot resume ${method}: the checkpoint's progress must be an iteration from 0 to ${iterations}, ` +
        `got ${show(metadata.progress)}`,
    );
  }
  const remembered = takeAll("memory", memory);
  const [parameters, average, first, second] = ["parameters", "average", "adam.first", "adam.second"].map((group) =>
    takeAll(group, initial)
  );
  return {
    iteration,
    parameters: uploadAll(parameters),
    average: uploadAll(average),
    adam: { first: uploadAll(first), second: uploadAll(second) },
    memory: remembered,
  };
}
