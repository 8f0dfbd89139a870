/**
 * Kernels for reparameterised networks and for slopes per good, made of kernels that know neither: these take the raw
 * weights of a Partial GroupMax Network as `hidden weight + bias`.
 *
 * A hypernetwork output with slopes per good is written as one without. `hidden` becomes `[R, H + m Hl]`, with the
 * goods' hidden layers beside the common one. `weight` becomes `[H + m Hl, P]`: the first H rows hold its D columns,
 * and the Hl rows of each good hold S in the columns of that good's slopes; the rest is 0. That is correct, but slower
 * than kernels that know slopes per good, since the zeros are multiplied, too.
 *
 * @module
 */
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { HypernetworkOutput } from "../networks/hypernetwork_output.ts";
import type { ConvexNetwork } from "../networks/network.ts";
import { placeWeights } from "../networks/per_good_slopes.ts";
import {
  forwardOnDevice,
  linearPart,
  type Reparameterisation,
  transposeOnDevice,
} from "../networks/reparameterisation.ts";
import { tidy } from "../runtime/tensors.ts";
import type { HypernetworkGradient, PriceKernels } from "./kernels.ts";

/**
 * Kernels of a network, for all hypernetwork outputs, made of `kernels` of the Partial GroupMax Network of its form.
 */
export function reparameterisedKernels(network: ConvexNetwork, kernels: PriceKernels): PriceKernels {
  const { size: { goods: m }, direct, weights } = network.groupMax!;
  const within = <T extends object>(hypernetwork: HypernetworkOutput, use: (own: HypernetworkOutput) => T): T =>
    tidy(() => {
      const dense = withoutSlopesPerGood(hypernetwork);
      return use(direct ? dense : groupMaxOutput(weights(), dense));
    });
  const back = (hypernetwork: HypernetworkOutput, gradient: HypernetworkGradient): HypernetworkGradient =>
    gradientPerGood(hypernetwork, direct ? gradient : groupMaxGradient(weights(), hypernetwork.bias, gradient));
  return {
    value: (hypernetwork, points) => within(hypernetwork, (own) => kernels.value(own, points)),
    slope: (hypernetwork, points) => within(hypernetwork, (own) => kernels.slope(own, points)),
    gradient: (hypernetwork, points, coefficients) =>
      within(hypernetwork, (own) => back(hypernetwork, kernels.gradient(own, points, coefficients))),
    moveChains: (hypernetwork, ...inputs) => within(hypernetwork, (own) => kernels.moveChains(own, ...inputs)),
    resident: kernels.resident && {
      ...kernels.resident,
      moveInStages: (hypernetwork, ...inputs) =>
        within(hypernetwork, (own) => kernels.resident!.moveInStages(own, ...inputs)),
    },
    memory(rows, chains, hiddenSize, perGoodSize = 0, participants) {
      const H = hiddenSize + m * perGoodSize, { total, largest } = kernels.memory(rows, chains, H, 0, participants);
      // All weights and their gradient besides.
      const bytes = direct ? 0 : 4 * (H + 1) * weights().from.length;
      return { total: total + 2 * bytes, largest: Math.max(largest, bytes) };
    },
  };
}

/** The hypernetwork output of the Partial GroupMax Network, from that of the network. */
function groupMaxOutput(weights: Reparameterisation, { hidden, weight, bias }: HypernetworkOutput): HypernetworkOutput {
  return {
    hidden,
    weight: weight && forwardOnDevice(linearPart(weights), weight),
    bias: tf.reshape(forwardOnDevice(weights, asRow(bias)), [-1]) as Tensor1D,
  };
}

/** The gradient in the network's hypernetwork output, from that in {@linkcode groupMaxOutput}. */
function groupMaxGradient(
  weights: Reparameterisation,
  raw: Tensor1D,
  { hidden, weight, bias }: HypernetworkGradient,
): HypernetworkGradient {
  return {
    hidden,
    weight: weight && transposeOnDevice(linearPart(weights), weight),
    bias: tf.reshape(transposeOnDevice(weights, asRow(bias), asRow(raw)), [-1]) as Tensor1D,
  };
}

function asRow(vector: Tensor1D): Tensor2D {
  return tf.reshape(vector, [1, vector.size]);
}

/** The weight `[H + m Hl, P]` without slopes per good, from the weight `[H, D]` and S. Differentiable in both. */
function denseWeight(weight: Tensor2D, S: Tensor2D, m: number, placement: Reparameterisation): Tensor2D {
  const [H, D] = weight.shape, [width, maps] = S.shape;
  const own = tf.mul(tf.reshape(tf.eye(m), [m, 1, m, 1]), tf.reshape(S, [1, width, 1, maps]));
  return tf.concat([
    placeWeights(weight, tf.zeros([H, m, maps]), placement),
    placeWeights(tf.zeros([m * width, D]), tf.reshape(own, [m * width, m, maps]), placement),
  ], 0);
}

/**
 * A hypernetwork output written without slopes per good. Where it had some, the caller disposes of `hidden` and
 * `weight`.
 */
export function withoutSlopesPerGood(hypernetwork: HypernetworkOutput): HypernetworkOutput {
  const { hidden, weight, bias, perGood } = hypernetwork;
  if (!perGood) return hypernetwork;
  const [R, m, width] = perGood.hidden.shape;
  return {
    hidden: tf.tidy(() => tf.concat([hidden!, tf.reshape(perGood.hidden, [R, m * width])], 1) as Tensor2D),
    weight: tf.tidy(() => denseWeight(weight!, perGood.weight, m, perGood.placement)),
    bias,
  };
}

/** The gradient in a hypernetwork output, or in some of its rows, from that in {@linkcode withoutSlopesPerGood}. */
function gradientPerGood(
  { weight, perGood }: HypernetworkOutput,
  gradient: HypernetworkGradient,
): HypernetworkGradient {
  if (!perGood) return gradient;
  const [, m, width] = perGood.hidden.shape, H = weight!.shape[0], R = gradient.hidden!.shape[0];
  return tidy(() => {
    const [hidden, ofGoods] = tf.split(gradient.hidden!, [H, m * width], 1) as Tensor2D[];
    // denseWeight is linear in the weight and in S: its gradient takes that of the dense weight to those of both.
    const [ofWeight, ofSlopes] = tf.grads((...[weight, S]: Tensor[]) =>
      tf.sum(tf.mul(gradient.weight!, denseWeight(weight as Tensor2D, S as Tensor2D, m, perGood.placement)))
    )([weight!, perGood.weight]);
    return {
      ...{ hidden, weight: ofWeight as Tensor2D, bias: tf.clone(gradient.bias) },
      perGood: { hidden: tf.reshape(ofGoods, [R, m, width]) as Tensor3D, weight: ofSlopes as Tensor2D },
    };
  });
}
