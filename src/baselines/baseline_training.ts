/**
 * What the learning baselines of section 4.2.1 share: a loop of gradient steps around an objective.
 *
 * Each iteration takes one step of Adam and averages the parameters, as the training of TEDI does.
 *
 * @module
 */
import { type Scalar, type Tensor, tf } from "../deps/tfjs.ts";
import { InvalidInputError, MachineError } from "../errors.ts";
import type { Parameters } from "../networks/network.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { settingProblem } from "../problems/settings.ts";
import { type Device, ensureDevice } from "../runtime/device.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import { downloadAll, tidy, uploadAll } from "../runtime/tensors.ts";
import { adamStep, averageParameters, initAdam, mapParameters } from "../training/adam.ts";
import { cosineRateAt } from "../training/schedules.ts";
import type { BaselineOptions } from "./baseline_options.ts";

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

/** What goes on around training, without an effect on its result. */
export interface BaselineHooks<Metrics = BaselineMetrics> {
  /** Where to train; the device that is open, or else `openDevice()`, unless given. It stays open. */
  readonly device?: Device;
  /** Told what each iteration measured. */
  readonly onIteration?: (metrics: Metrics) => void;
  /** Stops after the iteration under way; what was learned until then is returned. */
  readonly signal?: AbortSignal;
}

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
}

/** A problem, or the problem of a setting's name. */
export function problemOf(problem: MechanismProblem | string): MechanismProblem {
  return typeof problem === "string" ? settingProblem(problem) : problem;
}

/** Fails unless there is a finite parameter of each shape, under each name. */
export function checkParameters(
  action: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  parameters: HostParameters,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = parameters[name], rule = `Cannot ${action}: parameter ${name} must be float32 of shape [${shape}]`;
    if (!tensor) throw new InvalidInputError(`${rule}, but it is missing`);
    if (String(tensor.shape) !== String(shape) || !(tensor.data instanceof Float32Array)) {
      throw new InvalidInputError(`${rule}, got [${tensor.shape}]`);
    }
    const bad = tensor.data.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw new InvalidInputError(`${rule} and finite, got ${bad}`);
  }
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
}

/**
 * Gradient descent from `initial`.
 *
 * @param name What is trained, for messages.
 * @param measure The gradient at some parameters, and what else is to be reported.
 * @returns The averaged parameters.
 * @throws {MachineError} if the objective or its gradient is not finite.
 */
export async function descend<Metrics extends BaselineMetrics = BaselineMetrics>(
  name: string,
  initial: HostParameters,
  options: BaselineOptions,
  hooks: BaselineHooks<Metrics>,
  measure: (parameters: Parameters, iteration: number) => Promise<Measured<Metrics>>,
): Promise<{ parameters: HostParameters; iterations: number; metrics?: Metrics }> {
  const { device, onIteration, signal } = hooks;
  if (!device) await ensureDevice();
  let parameters: Parameters = uploadAll(initial);
  let average = mapParameters(parameters, (tensor) => tf.clone(tensor)), adam = initAdam(parameters);
  let iteration = 0, metrics: Metrics | undefined;
  const owned = () => [parameters, average, adam.first, adam.second] as unknown as Tensor[];
  try {
    while (iteration < options.iterations && !signal?.aborted) {
      const learningRate = cosineRateAt(iteration, options);
      const { gradients, measured } = await measure(parameters, iteration);
      const before = owned();
      const { next, mean } = tidy(() => {
        const next = adamStep(parameters, gradients, adam, iteration, learningRate, options);
        // Early averages would remember the start: the decay grows to its value.
        const decay = Math.min(options.averaging, (1 + iteration) / (10 + iteration));
        return { next, mean: averageParameters(average, next.parameters, decay) };
      });
      tf.dispose(before);
      tf.dispose(gradients);
      parameters = next.parameters, average = mean, adam = next.state;
      const gradientNorm = (await next.norm.data())[0];
      next.norm.dispose();
      iteration++;
      device?.check();
      metrics = { ...measured, iteration, gradientNorm, learningRate } as unknown as Metrics;
      requireFinite(name, metrics);
      onIteration?.(metrics);
      await letEventsIn();
    }
    return { parameters: await downloadAll(average), iterations: iteration, metrics };
  } finally {
    tf.dispose(owned());
  }
}

function requireFinite(name: string, { iteration, softRevenue, gradientNorm }: BaselineMetrics): void {
  for (const [thing, value] of Object.entries({ softRevenue, gradientNorm })) {
    if (Number.isFinite(value)) continue;
    const rule = `${thing} of iteration ${iteration} must be finite, got ${value}`;
    throw new MachineError(`Cannot go on training ${name}: ${rule}; a lower learning rate may help`);
  }
}
