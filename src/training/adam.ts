/**
 * Adam (Kingma and Ba, ICLR 2015) behind clipping by the global norm, as a pure step, and the moving average of parameters.
 *
 * TensorFlow.js' own optimiser accumulates powers of its decay rates and cannot be put back to the same bits after a
 * pause; here the bias correction is a function of the iteration.
 *
 * @module
 */
import { type Scalar, tf } from "../deps/tfjs.ts";
import type { Parameters } from "../networks/network.ts";
import { elementwise } from "../runtime/elementwise.ts";
import { globalNorm } from "../runtime/global_norm.ts";
import { chain, mapParameters, optimizer, type Transformation } from "./optimizer.ts";

/** Decay rates and clipping. */
export interface AdamOptions {
  /** Decay of the first moment. */
  readonly beta1: number;
  /** Decay of the second moment. */
  readonly beta2: number;
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /** Gradients are scaled down to this global norm. */
  readonly clipNorm: number;
}

/** What a step of Adam depends on, besides gradients and moments. */
interface AdamSettings extends AdamOptions {
  /** How many steps came before. */
  readonly iteration: number;
  readonly learningRate: number;
}

/** First and second moments, by parameter name. */
export interface AdamState {
  readonly first: Parameters;
  readonly second: Parameters;
}

/** Scales gradients down to a global norm: g c / max(|g|, c). */
export const clipByGlobalNorm: Transformation<Pick<AdamOptions, "clipNorm">> = {
  state: [],
  shared: (gradients, { clipNorm }) => ({ norm: globalNorm(gradients), clipNorm }),
  update: ({ mul, div, max }, gradient, _, { norm, clipNorm }) => ({
    update: mul(div(clipNorm, max(norm, clipNorm)), gradient),
    state: {},
  }),
};

/**
 * Adam: with m' = b1 m + (1 - b1) g and v' = b2 v + (1 - b2) g^2, after t steps,
 * eta (m' / (1 - b1^t)) / (sqrt(v' / (1 - b2^t)) + epsilon).
 */
export const adam: Transformation<AdamSettings> = {
  state: ["first", "second"],
  shared: (_, { beta1, beta2, epsilon, iteration, learningRate }) => ({
    ...{ beta1, beta2, epsilon },
    rate: learningRate / (1 - beta1 ** (iteration + 1)),
    unbiased: 1 / (1 - beta2 ** (iteration + 1)),
  }),
  update({ constant, add, sub, mul, div, sqrt }, g, { first, second }, { beta1, beta2, epsilon, rate, unbiased }) {
    const one = constant(1);
    const m = add(mul(beta1, first), mul(sub(one, beta1), g));
    const v = add(mul(beta2, second), mul(mul(sub(one, beta2), g), g));
    return { update: div(mul(rate, m), add(sqrt(mul(v, unbiased)), epsilon)), state: { first: m, second: v } };
  },
};

const clippedAdam = optimizer(chain<AdamSettings>(clipByGlobalNorm, adam));

/** Moments of zero. */
export function initAdam(parameters: Parameters): AdamState {
  return clippedAdam.init(parameters) as unknown as AdamState;
}

/**
 * One descent step. The caller disposes of what went in.
 *
 * @param iteration How many steps came before.
 * @param lowerBounds Below which parameters do not fall, by name, one for each element of the last dimension.
 * @returns The new parameters and moments, and the gradient's global norm before clipping, a scalar.
 */
export function adamStep(
  parameters: Parameters,
  gradients: Parameters,
  { first, second }: AdamState,
  iteration: number,
  learningRate: number,
  { beta1, beta2, epsilon, clipNorm }: AdamOptions,
  lowerBounds: Readonly<Record<string, Float32Array>> = {},
): { parameters: Parameters; state: AdamState; norm: Scalar } {
  const settings = { beta1, beta2, epsilon, clipNorm, iteration, learningRate };
  const next = clippedAdam.step(parameters, gradients, { first, second }, settings, lowerBounds);
  const { norm } = next.shared;
  return {
    parameters: next.parameters,
    state: next.state as unknown as AdamState,
    norm: typeof norm === "number" ? tf.scalar(norm) : norm,
  };
}

const movingAverage = elementwise<"average" | "value" | "decay", "average">(
  ({ constant, add, sub, mul }, { average, value, decay }) => ({
    average: add(mul(decay, average), mul(sub(constant(1), decay), value)),
  }),
);

/**
 * The decay of a moving average after an iteration, counted from 0. It grows to `averaging`: otherwise early averages would
 * remember the initial parameters.
 */
export function averagingDecay(averaging: number, iteration: number): number {
  return Math.min(averaging, (1 + iteration) / (10 + iteration));
}

/** The exponential moving average of parameters: `decay average + (1 - decay) parameters`. */
export function averageParameters(average: Parameters, parameters: Parameters, decay: number): Parameters {
  return mapParameters(
    average,
    (tensor, name) => movingAverage(tensor.shape, { average: tensor, value: parameters[name], decay }).average,
  );
}
