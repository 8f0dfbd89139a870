/**
 * Kernels without a way of their own for sources with slopes per good: such a hypernetwork is written as a dense one, and the
 * gradient in that is taken back.
 *
 * hidden becomes `[R, H + m Hl]`, the goods' hidden layers beside the other; the weight `[H + m Hl, P]`, with D columns in
 * the first H rows, and S once for each good below. Its zeros are multiplied with like all other numbers, so that this is
 * correct, and slower than kernels that know of slopes per good.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { placeWeights } from "../networks/per_good_slopes.ts";
import type { HypernetworkOutput } from "../networks/parameterized_affine.ts";
import { tidy } from "../runtime/tensors.ts";
import { adaptedKernels } from "./adapted.ts";
import type { HypernetworkGradient, PriceKernels } from "./kernels.ts";

/** The dense weight `[H + m Hl, P]` of a weight `[H, D]` and S `[Hl, K E G + 1]`. Differentiable in both. */
function denseWeight(weight: Tensor2D, S: Tensor2D, m: number, groups: number): Tensor2D {
  const [H, D] = weight.shape, [width, maps] = S.shape;
  const own = tf.mul(tf.reshape(tf.eye(m), [m, 1, m, 1]), tf.reshape(S, [1, width, 1, maps]));
  return tf.concat([
    placeWeights(weight, tf.zeros([H, m, maps]), groups),
    placeWeights(tf.zeros([m * width, D]), tf.reshape(own, [m * width, m, maps]), groups),
  ], 0);
}

/** A hypernetwork as one without slopes per good. The caller disposes of its `hidden` and `weight`, where it had one. */
export function denseSource(hypernetwork: HypernetworkOutput): HypernetworkOutput {
  const { hidden, weight, bias, perGood } = hypernetwork;
  if (!perGood) return hypernetwork;
  const [R, m, width] = perGood.hidden.shape;
  return {
    hidden: tf.tidy(() => tf.concat([hidden!, tf.reshape(perGood.hidden, [R, m * width])], 1) as Tensor2D),
    weight: tf.tidy(() => denseWeight(weight!, perGood.weight, m, perGood.groups)),
    bias,
  };
}

/** The gradient in a hypernetwork, or in some of its rows, from that in {@linkcode denseSource}'s. */
export function perGoodGradient(
  { weight, perGood }: HypernetworkOutput,
  gradient: HypernetworkGradient,
): HypernetworkGradient {
  if (!perGood) return gradient;
  const [, m, width] = perGood.hidden.shape, H = weight!.shape[0], R = gradient.hidden!.shape[0];
  return tidy(() => {
    const [hidden, ofGoods] = tf.split(gradient.hidden!, [H, m * width], 1) as Tensor2D[];
    // Each number of both weights is in some places of the dense one: its gradient is their sum.
    const [ofWeight, ofSlopes] = tf.grads((...[weight, S]: Tensor[]) =>
      tf.sum(tf.mul(gradient.weight!, denseWeight(weight as Tensor2D, S as Tensor2D, m, perGood.groups)))
    )([weight!, perGood.weight]);
    return {
      ...{ hidden, weight: ofWeight as Tensor2D, bias: tf.clone(gradient.bias) },
      perGood: { hidden: tf.reshape(ofGoods, [R, m, width]) as Tensor3D, weight: ofSlopes as Tensor2D },
    };
  });
}

/** Kernels for all sources with m goods, from kernels for dense ones. */
export function withDenseSources(kernels: PriceKernels, m: number): PriceKernels {
  return adaptedKernels(kernels, {
    into: denseSource,
    back: perGoodGradient,
    memory: (rows, chains, hiddenSize, perGoodSize = 0, participants) =>
      kernels.memory(rows, chains, hiddenSize + m * perGoodSize, 0, participants),
  });
}
