/**
 * Training, Algorithm 1, from a problem to a mechanism.
 *
 * @module
 */
import { type Row, showing, type Summary } from "../display.ts";
import { underPresentNames } from "../former_names.ts";
import { InvalidInputError, MachineError, requireInteger } from "../errors.ts";
import { requireKnownNames } from "../known_names.ts";
import type { PriceKernels } from "../kernels/kernels.ts";
import { openKernels } from "../kernels/select.ts";
import { unitsOf } from "../mechanisms/units.ts";
import { type MenuMechanism, menuMechanism } from "../mechanisms/menu_mechanism.ts";
import { contextKinds } from "../networks/context.ts";
import { NETWORK_KINDS } from "../networks/kinds.ts";
import { type HostParameters, type PricingRules, pricingRules } from "../networks/pricing_rule.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { amount } from "../problems/amounts.ts";
import { problemOf } from "../problems/problem_of.ts";
import { dividedProblem, networkUnit } from "../problems/scaled.ts";
import { type Device, openDevice } from "../runtime/device.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import { downloadAll, uploadAll } from "../runtime/tensors.ts";
import type { HostTensor } from "../runtime/host_tensor.ts";
import { initialise, iterate } from "./algorithm1.ts";
import { fittedFees } from "./initial_prices.ts";
import { type IterationMetrics, requireFinite } from "./metrics.ts";
import { checkTraining, completeValidation, defaultTraining, type TrainingOptions } from "./options.ts";
import { checkPlan, type TrainingPlan, trainingPlan } from "./plan.ts";
import { residentSteps, staysOnDevice } from "./resident.ts";
import { shardedSteps, type Sharding } from "./shards.ts";
import type { TrainingSteps } from "./steps.ts";
import {
  averageOf,
  type Checkpoint,
  disposeState,
  readProgress,
  restoreState,
  saveState,
  type TrainingState,
} from "./state.ts";
import { mayBeginAnew, secondStart } from "./second_start.ts";
import { requireStart } from "./warm_start.ts";
import {
  afterMeasurement,
  isCounted,
  isExhausted,
  isMeasured,
  measure,
  savedValidation,
  type Validation,
  withValidation,
} from "./validation.ts";

export type { Checkpoint } from "./state.ts";

/** What goes on around training, and what it begins with: only that has an effect on its result. */
export interface TrainingHooks {
  /**
   * A mechanism whose prices training begins with, of the same n and m; its network is the default then, and has to stay.
   * Prices are taken as shares of what is 1 to the network.
   */
  readonly from?: MenuMechanism;
  /** Where to train; `openDevice()` unless given. It stays open. */
  readonly device?: Device;
  /** The checkpoint to go on from, of the same problem and seed. */
  readonly resume?: Checkpoint;
  /** Iterations between checkpoints; 100 unless given. */
  readonly checkpointEvery?: number;
  /** Keeps a checkpoint. Called every so often, when stopped and at the end. */
  readonly onCheckpoint?: (checkpoint: Checkpoint, iteration: number) => void | Promise<void>;
  /**
   * Told what each iteration measured, on a GPU up to 20 iterations later, and before a checkpoint at the latest. After a
   * lost device, iterations since the last checkpoint come again.
   */
  readonly onIteration?: (metrics: IterationMetrics) => void;
  /** Told where polishing begins anew, with participation fees: these earn more than chains do on validation profiles. */
  readonly onSecondStart?: (earned: number, before: number) => void;
  /** Told when the device was lost and training goes on from an iteration. */
  readonly onDeviceLost?: (message: string, iteration: number) => void | Promise<void>;
  /** Stops after the iteration under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Divides the work among processes. All of them call the hooks, with the same checkpoints. */
  readonly sharding?: Sharding;
}

/** The names of the hooks. */
const HOOKS: readonly (keyof TrainingHooks)[] = [
  "device",
  "resume",
  "from",
  "checkpointEvery",
  "onCheckpoint",
  "onIteration",
  "onSecondStart",
  "onDeviceLost",
  "signal",
  "sharding",
];

/** What training made. */
export interface TrainingResult {
  /** The mechanism of the averaged parameters: of the last iteration or, with a patience, the best by validation. */
  readonly mechanism: MenuMechanism;
  /** The settings it was trained with. */
  readonly options: TrainingOptions;
  /** Iterations done, all of them unless it was stopped. */
  readonly iterations: number;
  /** Whether training is done: after all iterations, or as patience ran out; false where the signal stopped it. */
  readonly done: boolean;
  /** With a patience: the measurement after which the mechanism was taken. */
  readonly best?: { readonly iteration: number; readonly validationRevenue: number };
  /** The last iteration's metrics; undefined where none was run. */
  readonly metrics?: IterationMetrics;
  /** The metrics of all iterations that were run, in order; those before the checkpoint that it went on from are not. */
  readonly history: readonly IterationMetrics[];
  /** The device it ended on: another one than it began on, if that was lost. It is open. */
  readonly device: Device;
}

/** A GPU lost more often than this without a checkpoint in between is given up. */
const MAX_LOSSES = 3;

/**
 * Trains a mechanism: maximises the principal's expected utility, equation (5), by Algorithm 1, whose loop (line 4) and
 * result (line 17) are here; its steps are those of algorithm1.ts.
 *
 * @param problem A problem, or the name of one of the paper's settings, such as `U_{3,10}^{1,0}` or `U-3-10-cp1-cd0`.
 * @param settings What differs from {@linkcode defaultTraining}.
 * @throws {InvalidInputError} for a setting out of its range, or a checkpoint of another problem or seed, before any work.
 * @throws {MachineError} if a loss or gradient is not finite, or the device fails for good.
 *
 * @example
 * ```ts
 * import { train } from "@tedi/toolkit";
 * import { assertEquals } from "@std/assert";
 *
 * const { mechanism, history } = await train("U-1-2", { iterations: 20, seed: 1 }, {
 *   onIteration: ({ iteration, softRevenue }) => iteration % 10 === 0 && console.log(iteration, softRevenue),
 * });
 * const { outcomes, payments } = await mechanism.run([[[0.9, 0.2]]]); // one profile, one participant, two goods
 * assertEquals([history.length, outcomes.length, payments.length], [20, 2, 1]);
 * ```
 */
export async function train(
  problem: MechanismProblem | string,
  settings: Partial<TrainingOptions> = {},
  hooks: TrainingHooks = {},
): Promise<TrainingResult> {
  const given = problemOf(problem), unit = networkUnit(given), task = dividedProblem(given, unit);
  const chosen = underPresentNames(settings), { from } = hooks, network = chosen.network ?? from?.network;
  const { kind = NETWORK_KINDS[0], context = contextKinds[0] } = network ?? {};
  const plain = network ? defaultTraining(task, kind, context) : defaultTraining(task);
  const defaults = from ? { ...plain, network: from.network } : plain;
  requireKnownNames("train", "a setting", chosen, Object.keys(defaults));
  requireKnownNames("train", "a hook", hooks, HOOKS);
  const options: TrainingOptions = { ...defaults, ...completeValidation(defaults, chosen) };
  checkTraining(options, task);
  if (from) requireStart(task, options.network, from, "the given mechanism");
  const { checkpointEvery = 100, signal } = hooks;
  requireInteger("train", "checkpointEvery", checkpointEvery, 1);
  if (hooks.resume) {
    readProgress(task, options, hooks.resume);
    requireShards(hooks.resume, hooks.sharding?.shards ?? 1);
  }
  const rules = trainingRules(task, options);
  let validation: Validation = savedValidation(rules, hooks.resume);

  let device = hooks.device ?? await openDevice();
  let kernels = await openKernels(rules.network);
  checkPlan(trainingPlan(task, rules, kernels, options), device, options);
  let saved = hooks.resume;
  let losses = 0;
  const open = () => {
    if (hooks.sharding) return shardedSteps(task, rules, kernels, options, hooks.sharding, signal);
    if (staysOnDevice(kernels, options)) return residentSteps(task, rules, kernels, options, signal);
    return undividedSteps(task, rules, kernels, options, signal);
  };
  let steps = open();
  const start = saved ? undefined : from?.parameters ?? await initialParameters(task, rules, kernels, options);
  let state: TrainingState = steps.begin(saved, start);
  let history: IterationMetrics[] = [];
  const made = (parameters: Readonly<Record<string, HostTensor>>) =>
    menuMechanism({
      ...{ problem: task.name, shape: rules.shape, network: options.network, ...unitsOf(given, unit), parameters },
    });
  /** Measures the mechanism so far, if it is time to. */
  const validate = async ({ iteration, average }: TrainingState) => {
    if (!isMeasured(iteration, options)) return {};
    const parameters = await downloadAll(average);
    const measured = await steps.agree(() => measure(given, made(parameters), options.seed));
    if (options.patience > 0 && isCounted(iteration, options)) {
      validation = afterMeasurement(validation, iteration, measured.validationRevenue, parameters);
      return { ...measured, keptIteration: validation.best?.iteration };
    }
    return measured;
  };
  /** Reports the metrics of iterations. */
  const report = async (all: readonly IterationMetrics[]) => {
    for (const own of all) {
      requireObjective(given, own);
      requireFinite("training", own, "a lower learning rate may help, and checkpoints written before are whole");
      const measured = own.iteration === state.iteration ? await validate(state) : {};
      const metrics = { ...own, softRevenue: unit * own.softRevenue, ...measured };
      history.push(metrics);
      hooks.onIteration?.(metrics);
    }
  };
  /** Waits for the metrics of all iterations so far, and reports them. */
  const settle = async () => {
    const settled = await steps.settle(state);
    state = settled.state;
    await report(settled.metrics);
  };
  /** Before prices are polished: begins with others, if those earn more. */
  const beginAnew = async () => {
    await settle();
    const earns = (parameters: HostParameters) =>
      steps.agree(async () => (await measure(given, made(parameters), options.seed)).validationRevenue);
    const now = await downloadAll(state.average),
      second = await secondStart(task, rules, kernels, options, unit, now, earns);
    if (!second) return;
    const next = { ...state, parameters: uploadAll(second.parameters), average: uploadAll(second.parameters) };
    disposeState(state, next);
    state = next;
    hooks.onSecondStart?.(second.earned, second.before);
  };
  const save = async () => {
    await settle();
    return withValidation(await steps.save(state), validation);
  };
  const isDone = () => state.iteration >= options.iterations || isExhausted(validation, options);
  try {
    for (;;) {
      try {
        while (!isDone() && !steps.stopped()) {
          if (mayBeginAnew(task, state.iteration, options)) await beginAnew();
          const next = await steps.iterate(state);
          disposeState(state, next.state);
          state = next.state;
          device.check();
          await report(next.metrics);
          if (isMeasured(state.iteration, options)) await settle();
          await letEventsIn();
          if (state.iteration % checkpointEvery === 0 && !isDone()) {
            saved = await save();
            losses = 0;
            await hooks.onCheckpoint?.(saved, state.iteration);
          }
        }
        saved = await save();
        await hooks.onCheckpoint?.(saved, state.iteration);
        const { iteration: iterations } = state, { best } = validation;
        const result = {
          mechanism: made(best?.parameters ?? averageOf(saved)),
          ...{ options, iterations, done: isDone() },
          ...best && { best: { iteration: best.iteration, validationRevenue: best.revenue } },
          ...{ metrics: history.at(-1), history, device },
        };
        return showing(result, () => summaryOf(given, result), {
          kind: "training",
          subject: { problem: given, result },
        });
      } catch (error) {
        const loss = await lossOf(device);
        if (!loss || hooks.sharding) throw error; // other ranks do not wait
        if (++losses > MAX_LOSSES) {
          throw new MachineError(`Cannot go on training: the GPU was lost ${losses} times in a row (${loss})`);
        }
        device = await openDevice({ backend: device.backend, allowSoftware: device.software });
        kernels = await openKernels(rules.network);
        disposeState(state);
        steps.end();
        steps = open();
        state = steps.begin(saved, start);
        validation = savedValidation(rules, saved);
        history = history.filter(({ iteration }) => iteration <= state.iteration);
        await hooks.onDeviceLost?.(loss, state.iteration);
      }
    }
  } finally {
    disposeState(state);
    steps.end();
  }
}

/** The parameters that training begins with, where they are not random ones. */
async function initialParameters(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
): Promise<HostParameters | undefined> {
  if (options.initialPrices === "cheap") return undefined;
  return (await fittedFees(problem, rules, kernels, options)).parameters;
}

/** Fails where an author's own objective is not finite, naming it and not what follows from it. */
function requireObjective(
  { name, principalUtility }: MechanismProblem,
  { iteration, softRevenue }: IterationMetrics,
): void {
  if (Number.isFinite(softRevenue) || isReproducibleGoods(principalUtility)) return;
  throw new MachineError(
    `Cannot go on training: principalUtility of ${name} must be finite, got ${softRevenue} as its mean in iteration ` +
      `${iteration}; it may divide by 0, or take the logarithm of 0`,
  );
}

/** The loop of a training in one process. */
function undividedSteps(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  signal?: AbortSignal,
): TrainingSteps {
  return {
    begin: (saved, start) =>
      saved ? restoreState(problem, rules, options, saved) : initialise(problem, rules, options, start),
    iterate: (state) => iterate(problem, rules, kernels, options, state),
    save: (state) => saveState(problem, options, state),
    settle: (state) => Promise.resolve({ state, metrics: [] }),
    agree: (work) => work(),
    stopped: () => signal?.aborted ?? false,
    end() {},
  };
}

/** Fails where a checkpoint is of a training in another number of shards, as its profiles are others. */
function requireShards({ metadata: { shards = "1" } }: Checkpoint, wanted: number): void {
  if (shards === String(wanted)) return;
  throw new InvalidInputError(
    `Cannot resume: shards must be ${shards}, as in the checkpoint (tedi train --mpi --shards ${shards}), got ${wanted}`,
  );
}

/** A training in words. */
function summaryOf(problem: MechanismProblem, { iterations, metrics, options, device }: TrainingResult): Summary {
  const rows: Row[] = [[
    "iterations",
    String(iterations),
    `of ${options.iterations}, seed ${options.seed}`,
  ]];
  if (metrics) {
    rows.push([
      "soft revenue",
      amount(problem, metrics.softRevenue),
      "may exceed what the mechanism earns: evaluate() tells",
    ]);
    rows.push([
      "chain suboptimality",
      metrics.relativeChainSuboptimality.toFixed(2),
      "in units of m / beta; stationary chains are below 1",
    ]);
    rows.push(["beta", metrics.beta.toFixed(0)]);
  }
  return { title: `Training for ${problem.name}`, rows: [...rows, ["device", device.backend, device.adapter]] };
}

/**
 * What training would take on a device that is open.
 *
 * @param problem A problem, or the name of a setting.
 * @throws {InvalidInputError} for a setting out of its range, or where it does not fit on the device.
 */
export async function planTraining(
  problem: MechanismProblem | string,
  options: TrainingOptions,
  device: Device,
): Promise<TrainingPlan> {
  checkTraining(options, problemOf(problem));
  const rules = trainingRules(problem, options), kernels = await openKernels(rules.network);
  const plan = trainingPlan(problemOf(problem), rules, kernels, options);
  checkPlan(plan, device, options);
  return plan;
}

/**
 * The pricing rules that are trained for a problem, or for the setting of a name. They can come as close as one likes to
 * those of any truthful mechanism (Proposition 3.7).
 */
export function trainingRules(problem: MechanismProblem | string, options: TrainingOptions): PricingRules {
  const { participants, goods, distribution } = problemOf(problem);
  return pricingRules({ participants, goods, exchangeable: distribution.exchangeable }, options.network);
}

/** Why a device was lost, or undefined if it works. */
async function lossOf(device: Device): Promise<string | undefined> {
  // A loss is reported a little after the first call that fails.
  const wait = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 100));
  const loss = await Promise.race([device.lost, wait]);
  return loss && (loss.message || loss.reason);
}
