/**
 * An iteration that polishes, compared with the same by best responses of the host.
 *
 * @module
 */
import { type Tensor, tf } from "../../deps/tfjs.ts";
import { type Difference, farBetween } from "../../kernels/comparison/differences.ts";
import { openKernels } from "../../kernels/select.ts";
import { deriveKey, randomKey } from "../../random/key.ts";
import { normals } from "../../random/numbers.ts";
import { tensorsIn } from "../../runtime/gradients.ts";
import { uploadAll } from "../../runtime/tensors.ts";
import { devicePolishingStep, polishesOnDevice } from "../../training/device_polishing.ts";
import { polishingStep } from "../../training/polishing.ts";
import { trainingRules } from "../../training/train.ts";
import type { PlannedTraining } from "./plan.ts";

/** What an iteration that polishes found. */
export interface Polished {
  /** The mean of u0. */
  readonly revenue: number;
  /** The gradient of the loss in all parameters, one behind the other. */
  readonly gradient: Float32Array;
}

/** Noise on the weights that training begins with, whose prices are too plain to show much. */
const NOISE = 0.1;
/**
 * How far the device may be off, which misses a piece of f here and there: u0 by so much, and the gradient by this share of
 * its norm. With 192 rows five seeds were off by up to 0.0013 and 0.29; a gradient of nothing is off by 1.
 */
const REVENUE = 0.01, GRADIENT = 0.6;

/** The first iteration of a training that polishes, from prices at random, on the device that is open. No tensor is left. */
export async function polishOnce({ problem, options }: PlannedTraining): Promise<Polished> {
  const all = { ...options, iterations: 1, polishShare: 1 }, key = deriveKey(randomKey(options.seed), 2 ** 23);
  const rules = trainingRules(problem, all), kernels = await openKernels(rules.network);
  const parameters = uploadAll(Object.fromEntries(
    Object.entries(rules.initialParameters(deriveKey(key, 0))).map(([name, { shape, data }], k) => {
      const noise = normals(deriveKey(key, 1, k), data.length);
      return [name, { shape, data: Float32Array.from(data, (weight, at) => weight + NOISE * noise[at]) }];
    }),
  ));
  const state = { iteration: 0, parameters };
  const made = polishesOnDevice(kernels, problem)
    ? devicePolishingStep(problem, rules, kernels, all, state)
    : await polishingStep(problem, rules, kernels, all, state);
  const { revenue, gradients } = made, read = async (tensor: Tensor) => Array.from(await tensor.data());
  const found = {
    revenue: typeof revenue === "number" ? revenue : (await read(revenue))[0],
    gradient: Float32Array.from(
      (await Promise.all(Object.keys(parameters).map((name) => read(gradients[name])))).flat(),
    ),
  };
  tf.dispose(tensorsIn([parameters, made]));
  return found;
}

/** How far an iteration that polishes is from what is right. */
export function polishedDifferences(got: Polished, right: Polished): readonly Difference[] {
  const off = right.gradient.map((value, k) => value - got.gradient[k]);
  const share = Math.hypot(...off) / Math.hypot(...right.gradient);
  return [
    { what: "u0 of best responses", off: farBetween(got.revenue, right.revenue), allowed: REVENUE },
    { what: "gradient of polishing", off: farBetween(share, 0), allowed: GRADIENT },
  ];
}
