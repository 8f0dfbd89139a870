/**
 * Trains the learning baselines of section 4.2.1: gradient steps on an objective.
 *
 * Each iteration takes one step of Adam and averages the parameters, as in the training of TEDI.
 *
 * @module
 */
import { type Scalar, type Tensor, tf } from "../deps/tfjs.ts";
import { requireInteger } from "../errors.ts";
import { requireKnownNames } from "../known_names.ts";
import type { Parameters } from "../networks/network.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import { ensureDevice } from "../runtime/device.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import type { HostTensors } from "../runtime/host_tensor.ts";
import { downloadAll, tidy } from "../runtime/tensors.ts";
import { adamStep, averageParameters, averagingDecay } from "../training/adam.ts";
import { requireFinite } from "../training/metrics.ts";
import { cosineRateAt } from "../training/schedules.ts";
import type { TrainingHooks } from "../training/train.ts";
import type { BaselineOptions } from "./baseline_options.ts";
import {
  type Descent,
  type DescentState,
  disposeDescent,
  initialDescent,
  restoreDescent,
  saveDescent,
} from "./descent_state.ts";

export * from "./baseline_options.ts";

/** What an iteration reports. */
export interface BaselineMetrics {
  /** Which iteration, from 1. */
  readonly iteration: number;
  /** Mean u0 over the iteration's profiles: of softened choices, so it may differ from what the mechanism earns. */
  readonly softRevenue: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** The learning rate of this iteration. */
  readonly learningRate: number;
}

/** Hooks around training, which do not change its result: those of the training of TEDI, but for a lost device. */
export interface BaselineHooks<Metrics = BaselineMetrics>
  extends Pick<TrainingHooks, "device" | "resume" | "checkpointEvery" | "onCheckpoint" | "signal"> {
  /** Told what each iteration measured. */
  readonly onIteration?: (metrics: Metrics) => void;
}

/** The names of the hooks. */
const HOOKS: readonly (keyof BaselineHooks)[] = [
  "device",
  "resume",
  "checkpointEvery",
  "onCheckpoint",
  "onIteration",
  "signal",
];

/** What training made. */
export interface BaselineResult<Mechanism, Options, Metrics = BaselineMetrics> {
  /** The mechanism of the averaged parameters. */
  readonly mechanism: Mechanism;
  /** The options it was trained with. */
  readonly options: Options;
  /** Iterations done, all of them unless it was stopped. */
  readonly iterations: number;
  /** The last iteration's metrics; undefined where none was run. */
  readonly metrics?: Metrics;
  /**
   * The metrics of all iterations that were run, in order; not those before the checkpoint that it was resumed from.
   */
  readonly history: readonly Metrics[];
}

/** The value of an objective `[]` and the gradient of minus the objective, by parameter name. */
export function descentGradient(
  parameters: Parameters,
  objective: (parameters: Parameters) => Scalar,
): { value: Scalar; gradients: Parameters } {
  const names = Object.keys(parameters);
  const { value, grads } = tf.valueAndGrads((...tensors: Tensor[]) =>
    tf.neg(objective(Object.fromEntries(names.map((name, k) => [name, tensors[k]]))))
  )(names.map((name) => parameters[name]));
  const result = {
    value: tf.neg(value) as Scalar,
    gradients: Object.fromEntries(names.map((name, k) => [name, grads[k]])),
  };
  value.dispose();
  return result;
}

/** What one iteration's objective gave. */
export interface Measured<Metrics extends BaselineMetrics> {
  /** The gradient of the loss; the loop disposes of it. */
  readonly gradients: Parameters;
  /** What is to be reported, but for what the loop knows itself. */
  readonly measured: Omit<Metrics, "iteration" | "gradientNorm" | "learningRate">;
  /** What the method remembers from now on; unchanged unless given. */
  readonly memory?: HostTensors;
}

/** What gradient descent ended with. */
export interface Descended<Metrics extends BaselineMetrics>
  extends Omit<BaselineResult<never, never, Metrics>, "mechanism" | "options"> {
  /** The averaged parameters. */
  readonly parameters: HostParameters;
}

/**
 * Runs gradient descent, from the first iteration or from a checkpoint.
 *
 * @param descent What is trained, and what it is before the first iteration.
 * @param measure Gives the gradient at some state, and what else is to be reported; frees all its other tensors.
 * @throws {InvalidInputError} for a checkpoint of another method, problem or size, before any work.
 * @throws {MachineError} if the objective or its gradient is not finite.
 */
export async function descend<Metrics extends BaselineMetrics = BaselineMetrics>(
  descent: Descent,
  options: BaselineOptions,
  hooks: BaselineHooks<Metrics>,
  measure: (parameters: Parameters, iteration: number, memory: HostTensors) => Promise<Measured<Metrics>>,
): Promise<Descended<Metrics>> {
  const { device, resume, checkpointEvery = 100, onCheckpoint, onIteration, signal } = hooks, { iterations } = options;
  requireKnownNames(`train ${descent.method}`, "a hook", hooks, HOOKS);
  requireInteger(`train ${descent.method}`, "checkpointEvery", checkpointEvery, 1);
  if (!device) await ensureDevice();
  let state = resume ? restoreDescent(descent, resume, iterations) : initialDescent(descent);
  const history: Metrics[] = [];
  const keep = async () => {
    if (onCheckpoint) await onCheckpoint(await saveDescent(descent, state), state.iteration);
  };
  try {
    while (state.iteration < iterations && !signal?.aborted) {
      const { iteration } = state, learningRate = cosineRateAt(iteration, options);
      const { gradients, measured, memory } = await measure(state.parameters, iteration, state.memory);
      const { norm, ...next } = stepOf(state, gradients, learningRate, options);
      disposeDescent(state);
      tf.dispose(gradients);
      state = { ...next, iteration: iteration + 1, memory: memory ?? state.memory };
      const gradientNorm = (await norm.data())[0];
      norm.dispose();
      device?.check();
      const softRevenue = (descent.unit ?? 1) * measured.softRevenue;
      const metrics = {
        ...measured,
        softRevenue,
        iteration: state.iteration,
        gradientNorm,
        learningRate,
      } as unknown as Metrics;
      requireFinite(`training ${descent.method}`, metrics, "a lower learning rate may help");
      history.push(metrics);
      onIteration?.(metrics);
      await letEventsIn();
      if (state.iteration % checkpointEvery === 0 && state.iteration < iterations) await keep();
    }
    await keep();
    const parameters = await downloadAll(state.average);
    return { parameters, iterations: state.iteration, metrics: history.at(-1), history };
  } finally {
    disposeDescent(state);
  }
}

/** The state after a step of Adam, and the gradient's norm before clipping. */
function stepOf(state: DescentState, gradients: Parameters, learningRate: number, options: BaselineOptions) {
  const { iteration, parameters, average, adam } = state;
  return tidy(() => {
    const stepped = adamStep(parameters, gradients, adam, iteration, learningRate, options);
    const mean = averageParameters(average, stepped.parameters, averagingDecay(options.averaging, iteration));
    return { parameters: stepped.parameters, average: mean, adam: stepped.state, norm: stepped.norm };
  });
}
