/**
 * Training on a device that the host does not wait for: Algorithm 1 as in algorithm1.ts, but nothing comes back.
 *
 * Types, chains, parameters, moments and averages stay on the device. The host draws the types of new profiles, which are
 * uploaded, and the keys of random numbers; the chains of new profiles begin at annealed points. An iteration is recorded
 * and submitted at once, while the device is still busy with earlier ones.
 *
 * In the first of every {@linkcode MEASURED_EVERY} iterations soft revenues and gradient norms are read, and what best
 * responses on the host need: parameters, and the chains of a few rows. The device goes on meanwhile. The measurement before
 * is waited for then, which keeps the host from running ahead; by now it has long been there. It decides whether beta may
 * grow from then on, in an iteration that does not depend on how fast anything is, so that a seed is a run. Chains that fall
 * behind are so noticed 11 to 20 iterations later, where algorithm1.ts notices at once.
 *
 * Iterations that polish follow best responses that the device finds (device_polishing.ts), and are read as often. Chains that
 * come back afterwards are measured at once.
 *
 * @module
 */
import { type Tensor, type Tensor2D, tf } from "../deps/tfjs.ts";
import type { PriceKernels } from "../kernels/kernels.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { readTogether, recordOnly, submitRecorded } from "../runtime/command_recorder.ts";
import { keepConstants } from "../runtime/constants.ts";
import { tensorsIn } from "../runtime/gradients.ts";
import {
  grown,
  initialise,
  iterate,
  moveChainsAndGradient,
  NO_CHAINS,
  schedule,
  updateParameters,
} from "./algorithm1.ts";
import { devicePolishingStep, polishesOnDevice } from "./device_polishing.ts";
import type { IterationMetrics, Suboptimality } from "./metrics.ts";
import { annealsNewChains, freshProfiles, type TrainingOptions } from "./options.ts";
import { chainsReturn, isPolishing } from "./phase.ts";
import { refreshProfiles } from "./profiles.ts";
import { hostResponses } from "./responses.ts";
import { restoreState, saveState, type TrainingState } from "./state.ts";
import type { Progress, TrainingSteps } from "./steps.ts";
import { measuredRows, pickMeasured, suboptimalityOf } from "./suboptimality.ts";

/** Iterations between measurements. */
export const MEASURED_EVERY = 10;

/** Whether training can stay on the device: with kernels that can, unless new chains begin at the host's best responses. */
export function staysOnDevice(kernels: PriceKernels, options: TrainingOptions): boolean {
  return kernels.resident !== undefined && (freshProfiles(options) === 0 || annealsNewChains(options, kernels));
}

/** An iteration that was not reported yet. */
interface Unread extends Pick<IterationMetrics, "iteration" | "beta" | "learningRate"> {
  /** Whether it polished, so that nothing was to be measured. */
  readonly polished: boolean;
  /** The soft revenue and the gradient's norm `[2]`. */
  readonly numbers: Tensor;
}

/** What was read of some iterations, in order, and what the last of them measured, if it did. */
interface Reading {
  readonly metrics: readonly (Omit<IterationMetrics, keyof Suboptimality> & Pick<Unread, "polished">)[];
  readonly measured?: Suboptimality;
}

/** The steps of training that stays on the device. */
export function residentSteps(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  signal?: AbortSignal,
): TrainingSteps {
  const rows = measuredRows(options, problem.participants);
  let unread: Unread[] = [];
  /** The reading of a measurement under way, and the last one that is known. */
  let underWay: Promise<Reading> | undefined, known: Suboptimality | undefined;
  let disposeConstants: (() => void) | undefined;

  /** Begins to read all iterations that were not, and a measurement, if tensors are given. Submits what was recorded. */
  const read = (measured: readonly Tensor[], use: (data: Float32Array[]) => Suboptimality | undefined) => {
    const of = unread, reading = readTogether([...measured, ...of.map(({ numbers }) => numbers)]);
    tf.dispose(of.map(({ numbers }) => numbers));
    unread = [];
    const made = reading.then((data): Reading => ({
      metrics: of.map(({ iteration, beta, learningRate, polished }, k) => {
        const [softRevenue, gradientNorm] = data[measured.length + k];
        return { iteration, softRevenue, gradientNorm, beta, learningRate, polished };
      }),
      measured: use(data),
    }));
    made.catch(() => {}); // whoever awaits it hears of a failure, and maybe nobody does
    return made;
  };

  /** Begins to measure an iteration, by the parameters that its chains saw. */
  const measure = (
    { iteration, parameters }: TrainingState,
    types: Float32Array,
    chains: Parameters<typeof pickMeasured>[0],
    beta: number,
  ) => {
    const names = Object.keys(parameters), shapes = names.map((name) => parameters[name].shape);
    const picked = pickMeasured(chains, rows);
    const tensors = [picked.chains, picked.values, ...names.map((name) => parameters[name])];
    const made = read(tensors, ([points, values, ...data]) => {
      const host = Object.fromEntries(names.map((name, k) => [name, { shape: shapes[k], data: data[k] }]));
      const { bestUtilities } = hostResponses(rules, options, host, { iteration }, types, 0, rows, beta);
      return suboptimalityOf(types, rows, points, values, bestUtilities, beta);
    });
    tf.dispose([picked.chains, picked.values]);
    return made;
  };

  /** The metrics of a reading, each with the last measurement. */
  const complete = ({ metrics, measured }: Reading): IterationMetrics[] =>
    metrics.map(({ polished, ...one }, k) => {
      if (measured && k === metrics.length - 1) known = measured;
      return { ...one, ...(polished ? NO_CHAINS : known!) };
    });

  const settle = async (state: TrainingState): Promise<Progress> => {
    const metrics: IterationMetrics[] = [];
    if (underWay) metrics.push(...complete(await underWay));
    underWay = undefined;
    if (unread.length > 0) metrics.push(...complete(await read([], () => undefined)));
    return { state: { ...state, gate: { open: state.gate?.open ?? true, measured: known } }, metrics };
  };

  /** An iteration in which parameters follow best responses of the device, and chains stay where they are. */
  const polish = async (before: TrainingState): Promise<Progress> => {
    const { beta, learningRate } = schedule(before, options), iteration = before.iteration + 1;
    const recordAgain = recordOnly();
    try {
      const { revenue, gradients } = devicePolishingStep(problem, rules, kernels, options, before);
      const { norm, ...updated } = updateParameters(rules, options, before, gradients, learningRate);
      unread.push({ iteration, beta, learningRate, numbers: tf.stack([revenue, norm]), polished: true });
      tf.dispose([revenue, norm, ...tensorsIn(gradients)]);

      const earlier = underWay, reads = (iteration - 1) % MEASURED_EVERY === 0;
      if (reads) underWay = read([], () => undefined);
      else submitRecorded();
      const metrics = reads && earlier ? complete(await earlier) : [];
      return { state: { ...before, ...updated, iteration }, metrics };
    } finally {
      recordAgain();
    }
  };

  return {
    begin(saved, start) {
      const state = saved ? restoreState(problem, rules, options, saved) : initialise(problem, rules, options, start);
      known = state.gate?.measured;
      disposeConstants = keepConstants();
      return state;
    },

    async iterate(before) {
      if (isPolishing(before.iteration, options)) {
        if (polishesOnDevice(kernels, problem)) return await polish(before);
        const settled = await settle(before), polished = await iterate(problem, rules, kernels, options, settled.state);
        return { ...polished, metrics: [...settled.metrics, ...polished.metrics] };
      }
      const { beta, learningRate } = schedule(before, options), iteration = before.iteration + 1;
      const types = refreshProfiles(problem, options, before), recordAgain = recordOnly();
      try {
        const typesOnDevice = refreshedTypes(
          before,
          types,
          freshProfiles(options) * problem.participants,
          problem.goods,
        );
        const { step, gradients } = moveChainsAndGradient(
          ...[problem, rules, kernels, options, before, typesOnDevice, undefined, beta] as const,
        );
        const { norm, ...updated } = updateParameters(rules, options, before, gradients, learningRate);
        const numbers = tf.tidy(() => tf.stack([tf.mean(step.utilities), norm]));
        unread.push({ iteration, beta, learningRate, numbers, polished: false });

        const earlier = underWay, again = chainsReturn(before, options);
        const isMeasured = (iteration - 1) % MEASURED_EVERY === 0 || again || (!known && !earlier);
        if (isMeasured) underWay = measure(before, types, step.moved, beta);
        else submitRecorded();
        const { chains, squareSlopes, values } = step.moved;
        tf.dispose([norm, values, step.utilities, ...tensorsIn(step.gradient), ...tensorsIn(gradients)]);

        const metrics = isMeasured && earlier ? complete(await earlier) : [];
        const { open } = before.gate ?? { open: true };
        const gate = {
          open: isMeasured && known ? known.relativeChainSuboptimality <= options.largestSuboptimality : open,
        };
        const growth = grown(before, options) + (open ? 1 : 0);
        return { state: { ...updated, iteration, growth, types, typesOnDevice, chains, squareSlopes, gate }, metrics };
      } finally {
        recordAgain();
      }
    },

    settle,

    save: (state) => saveState(problem, options, state),
    agree: (work) => work(),
    stopped: () => signal?.aborted ?? false,
    end() {
      tf.dispose(unread.map(({ numbers }) => numbers));
      unread = [];
      underWay = undefined;
      disposeConstants?.();
    },
  };
}

/** The types of an iteration on the device: those that were there, without the oldest, and `fresh` new rows of the host. */
function refreshedTypes(before: TrainingState, types: Float32Array, fresh: number, m: number): Tensor2D {
  const { typesOnDevice: old } = before, rows = types.length / m;
  if (!old) return tf.tensor2d(types, [rows, m]);
  if (types === before.types) return tf.clone(old);
  return tf.tidy(() => {
    const drawn = tf.tensor2d(types.slice((rows - fresh) * m), [fresh, m]);
    return tf.concat([tf.slice(old, [fresh, 0], [rows - fresh, m]), drawn], 0);
  });
}
