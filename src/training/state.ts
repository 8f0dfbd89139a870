/**
 * What a training run carries from one iteration to the next, and its form in a checkpoint.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { InvalidInputError, show } from "../errors.ts";
import type { Parameters } from "../networks/network.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { type HostTensor, requireTensor } from "../runtime/host_tensor.ts";
import { downloadAll, upload } from "../runtime/tensors.ts";
import type { AdamState } from "./adam.ts";
import type { Suboptimality } from "./metrics.ts";
import { carriedProfiles, type TrainingOptions } from "./options.ts";
import { chainIterations, isPolishing, type Phase } from "./phase.ts";

/** The streams of random numbers of a run: each draws from a key of its own. */
export const STREAMS = { parameters: 0, profiles: 1, chains: 2, langevin: 3, initialPrices: 4, polishing: 5 } as const;

/** A state of training as plain data, from which it goes on to the same bits on the same backend. */
export interface Checkpoint {
  /** Parameters, their average, moments, types, chains and their slopes. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** The iteration and schedules, as text. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Whether beta may grow, where chains are measured every few iterations and the host does not wait: see resident.ts. */
export interface Gate {
  /** By the measurement before the last. */
  readonly open: boolean;
  /** What the last one found, in a state that is saved. */
  readonly measured?: Suboptimality;
}

/** Everything that the next iteration depends on. */
export interface TrainingState {
  /** How many iterations are done. */
  readonly iteration: number;
  /** In how many of them beta grew. */
  readonly growth: number;
  /** What the last iteration was part of. */
  readonly phase: Phase;
  readonly parameters: Parameters;
  /** The moving average of the parameters, which is the mechanism. */
  readonly average: Parameters;
  readonly adam: AdamState;
  /** The sample of equation (6): type profiles `[M', n, m]`, oldest first: the M that are trained on, then those that warm up. */
  readonly types: Float32Array;
  /** Chains `[M' n, C, m]`. */
  readonly chains: Tensor3D;
  /** Mean squared slopes of u along the chains `[M' n, m]`, for step sizes. */
  readonly squareSlopes: Tensor2D;
  /** The types on the device `[M' n, m]`, where they stay there. */
  readonly typesOnDevice?: Tensor2D;
  /** Where chains are measured every few iterations. */
  readonly gate?: Gate;
}

/** Frees the device memory of a state, but for what `except` still uses. */
export function disposeState(state: TrainingState, except?: TrainingState): void {
  const kept = new Set<Tensor | undefined>(except ? tensorsOf(except).map(([, tensor]) => tensor) : []);
  if (except) kept.add(except.typesOnDevice);
  for (const tensor of [...tensorsOf(state).map(([, tensor]) => tensor), state.typesOnDevice]) {
    if (tensor && !kept.has(tensor)) tensor.dispose();
  }
}

/** The tensors of a state under the names they have in a checkpoint. */
function tensorsOf(state: TrainingState): [string, Tensor][] {
  const named = (prefix: string, parameters: Parameters) =>
    Object.entries(parameters).map(([name, tensor]): [string, Tensor] => [`${prefix}.${name}`, tensor]);
  return [
    ...named("parameters", state.parameters),
    ...named("average", state.average),
    ...named("adam.first", state.adam.first),
    ...named("adam.second", state.adam.second),
    ["chains", state.chains],
    ["squareSlopes", state.squareSlopes],
  ];
}

/** The averaged parameters in a saved state, which are the mechanism. */
export function averageOf(saved: Checkpoint): Record<string, HostTensor> {
  const prefix = "average.";
  return Object.fromEntries(
    Object.entries(saved.tensors).filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [
      name.slice(prefix.length),
      tensor,
    ]),
  );
}

/** A state as host tensors and text, for a checkpoint of the training of a problem. */
export async function saveState(
  { name: problem }: MechanismProblem,
  { seed }: TrainingOptions,
  state: TrainingState,
): Promise<Checkpoint> {
  const tensors: Record<string, HostTensor> = await downloadAll(Object.fromEntries(tensorsOf(state)));
  tensors.types = { shape: [state.types.length], data: state.types };
  const { iteration, growth, phase, gate } = state;
  const progress = JSON.stringify({ iteration, growth, phase, gate });
  return { tensors, metadata: { progress, problem, seed: String(seed) } };
}

/**
 * The state of a checkpoint.
 *
 * @param profiles How many type profiles it has chains for.
 * @throws {InvalidInputError} if it is not one of this problem and these options.
 */
export function restoreState(
  problem: MechanismProblem,
  rules: PricingRules,
  options: TrainingOptions,
  saved: Checkpoint,
  profiles: number = carriedProfiles(options),
): TrainingState {
  const { participants: n, goods: m } = problem;
  const take = (name: string, shape: readonly number[]): HostTensor => {
    return requireTensor(`resume: checkpoint tensor ${name}`, shape, saved.tensors[name]);
  };
  const group = (prefix: string): Parameters =>
    Object.fromEntries(
      Object.entries(rules.parameterShapes).map(([name, shape]) => [name, upload(take(`${prefix}.${name}`, shape))]),
    );
  const { iteration, growth } = readProgress(problem, options, saved);
  const { chains } = options;
  const types = take("types", [profiles * n * m]).data as Float32Array;
  // Where a tensor is refused, those before it are freed.
  const tensors = tf.tidy(() => ({
    chains: upload(take("chains", [profiles * n, chains, m])) as Tensor3D,
    squareSlopes: upload(take("squareSlopes", [profiles * n, m])) as Tensor2D,
    parameters: group("parameters"),
    average: group("average"),
    adam: { first: group("adam.first"), second: group("adam.second") },
  }));
  const phase = phaseIn(saved, iteration, options);
  return { iteration, growth, phase, types, gate: gateIn(saved), ...tensors };
}

/**
 * How far a checkpoint is. Earlier ones, which name no problem and no seed, are taken to be of this run.
 *
 * @throws {InvalidInputError} if it does not say, is not one of a run of as many iterations, or is of another problem
 * or seed.
 */
export function readProgress(
  { name }: MechanismProblem,
  { iterations, seed }: TrainingOptions,
  { metadata }: Checkpoint,
): { iteration: number; growth: number } {
  for (const [thing, wanted] of [["problem", name], ["seed", String(seed)]]) {
    const got = metadata[thing];
    if (got === undefined || got === wanted) continue;
    throw new InvalidInputError(`Cannot resume: the checkpoint's ${thing} must be ${wanted}, got ${show(got)}`);
  }
  const { iteration, growth } = progressIn({ metadata });
  if (!isCount(iteration, iterations) || !isCount(growth, iteration)) {
    throw new InvalidInputError(
      `Cannot resume: the checkpoint's progress must be an iteration from 0 to ${iterations}, ` +
        `with as much growth at most, got ${show(metadata.progress)}`,
    );
  }
  return { iteration, growth };
}

/** The phase in a checkpoint; that of its last iteration by the options of training where it has none. */
function phaseIn(saved: Checkpoint, iteration: number, options: TrainingOptions): Phase {
  const { polishing, from } = (progressIn(saved).phase ?? {}) as { polishing?: unknown; from?: unknown };
  if (typeof polishing === "boolean" && isCount(from, iteration)) return { polishing, from };
  const polished = iteration > 0 && isPolishing(iteration - 1, options);
  return { polishing: polished, from: polished ? chainIterations(options) : 0 };
}

/** The gate in a checkpoint; undefined where it has none. */
function gateIn(saved: Checkpoint): Gate | undefined {
  const { open, measured } = (progressIn(saved).gate ?? {}) as { open?: unknown; measured?: Partial<Suboptimality> };
  if (typeof open !== "boolean") return undefined;
  const { chainSuboptimality, relativeChainSuboptimality } = measured ?? {};
  if (!Number.isFinite(chainSuboptimality) || !Number.isFinite(relativeChainSuboptimality)) return { open };
  return { open, measured: measured as Suboptimality };
}

/** What a checkpoint's progress says; nothing where it is no JSON. */
export function progressIn({ metadata }: Pick<Checkpoint, "metadata">): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(metadata.progress ?? "") ?? {};
  } catch {
    return {};
  }
}

/** Whether a value is an integer from 0 to `most`. */
export function isCount(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
}
