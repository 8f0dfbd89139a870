/**
 * Adam (Kingma and Ba, ICLR 2015) with clipping by the global norm, as a pure step.
 *
 * TensorFlow.js' own optimiser accumulates powers of its decay rates and cannot be put back to the same bits after a
 * pause; here the bias correction is a function of the iteration.
 *
 * @module
 */
import { type Scalar, type Tensor, tf } from "../deps/tfjs.ts";
import type { Parameters } from "../networks/network.ts";

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

/** First and second moments, by parameter name. */
export interface AdamState {
  readonly first: Parameters;
  readonly second: Parameters;
}

/** A parameter tensor for every name, from `make`. */
export function mapParameters(parameters: Parameters, make: (tensor: Tensor, name: string) => Tensor): Parameters {
  return Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, make(tensor, name)]));
}

/** Moments of zero. */
export function initAdam(parameters: Parameters): AdamState {
  return { first: mapParameters(parameters, tf.zerosLike), second: mapParameters(parameters, tf.zerosLike) };
}

/**
 * One descent step. The caller disposes of what went in.
 *
 * @param iteration How many steps came before.
 * @returns The new parameters and moments, and the gradient's global norm before clipping, a scalar.
 */
export function adamStep(
  parameters: Parameters,
  gradients: Parameters,
  state: AdamState,
  iteration: number,
  learningRate: number,
  options: AdamOptions,
): { parameters: Parameters; state: AdamState; norm: Scalar } {
  const { beta1, beta2, epsilon, clipNorm } = options;
  const norm = tf.tidy(() =>
    tf.sqrt(tf.addN(Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient))))) as Scalar
  );
  const first: Record<string, Tensor> = {}, second: Record<string, Tensor> = {}, next: Record<string, Tensor> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    [next[name], first[name], second[name]] = tf.tidy(() => {
      const scale = tf.div(clipNorm, tf.maximum(norm, clipNorm));
      const gradient = tf.mul(gradients[name], scale);
      const m = tf.add(tf.mul(state.first[name], beta1), tf.mul(gradient, 1 - beta1));
      const v = tf.add(tf.mul(state.second[name], beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const rate = learningRate / (1 - beta1 ** (iteration + 1));
      const root = tf.sqrt(tf.div(v, 1 - beta2 ** (iteration + 1)));
      return [tf.sub(parameter, tf.div(tf.mul(m, rate), tf.add(root, epsilon))), m, v];
    });
  }
  return { parameters: next, state: { first, second }, norm };
}

/** The exponential moving average of parameters: `decay average + (1 - decay) parameters`. */
export function averageParameters(average: Parameters, parameters: Parameters, decay: number): Parameters {
  return mapParameters(
    average,
    (tensor, name) => tf.tidy(() => tf.add(tf.mul(tensor, decay), tf.mul(parameters[name], 1 - decay))),
  );
}
