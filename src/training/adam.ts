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
import { view, writtenTensor, writtenTensors } from "../runtime/tensors.ts";

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
  if (tf.getBackend() === "wasm") return stepInPlace(parameters, gradients, state, iteration, learningRate, options);
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

/** The same where the host sees tensors: one pass over each of them, instead of one, and a tensor, for every operation. */
function stepInPlace(
  parameters: Parameters,
  gradients: Parameters,
  state: AdamState,
  iteration: number,
  learningRate: number,
  { beta1, beta2, epsilon, clipNorm }: AdamOptions,
): { parameters: Parameters; state: AdamState; norm: Scalar } {
  let squares = 0;
  for (const gradient of Object.values(gradients)) {
    const data = view(gradient);
    for (let j = 0; j < data.length; j++) squares += data[j] * data[j];
  }
  const norm = Math.sqrt(squares), scale = clipNorm / Math.max(norm, clipNorm);
  const rate = learningRate / (1 - beta1 ** (iteration + 1)), unbiased = 1 / (1 - beta2 ** (iteration + 1));
  const first: Record<string, Tensor> = {}, second: Record<string, Tensor> = {}, next: Record<string, Tensor> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const { shape } = parameter;
    [next[name], first[name], second[name]] = writtenTensors([shape, shape, shape], (to, toFirst, toSecond) => {
      const before = view(parameter), gradient = view(gradients[name]);
      const oldFirst = view(state.first[name]), oldSecond = view(state.second[name]);
      for (let j = 0; j < to.length; j++) {
        const g = scale * gradient[j];
        const m = toFirst[j] = beta1 * oldFirst[j] + (1 - beta1) * g;
        const v = toSecond[j] = beta2 * oldSecond[j] + (1 - beta2) * g * g;
        to[j] = before[j] - rate * m / (Math.sqrt(v * unbiased) + epsilon);
      }
    });
  }
  return { parameters: next, state: { first, second }, norm: tf.scalar(norm) };
}

/** The exponential moving average of parameters: `decay average + (1 - decay) parameters`. */
export function averageParameters(average: Parameters, parameters: Parameters, decay: number): Parameters {
  return mapParameters(average, (tensor, name) => {
    if (tf.getBackend() !== "wasm") {
      return tf.tidy(() => tf.add(tf.mul(tensor, decay), tf.mul(parameters[name], 1 - decay)));
    }
    return writtenTensor(tensor.shape, (to) => {
      const before = view(tensor), now = view(parameters[name]);
      for (let j = 0; j < to.length; j++) to[j] = decay * before[j] + (1 - decay) * now[j];
    });
  });
}
