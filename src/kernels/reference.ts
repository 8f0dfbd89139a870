/**
 * The reference kernels, in plain TensorFlow.js, on any device. Fused kernels are tested against them, and networks
 * without fused kernels use them.
 *
 * @module
 */
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { ConvexNetwork } from "../networks/network.ts";
import { type HypernetworkOutput, rawWeights } from "../networks/hypernetwork_output.ts";
import { moveChains } from "../sampling/move_chains.ts";
import type { HypernetworkGradient, PriceKernels } from "./kernels.ts";

/** The reference kernels of any network. The raw weights `[R, P]` of all rows are in memory at once. */
export function referenceKernels(network: ConvexNetwork): PriceKernels {
  /** Points `[R, N, m]` as the network takes them: `[1, R N, m]` where one row of weights serves all. */
  const shaped = (points: Tensor3D, weights: Tensor2D): Tensor3D => {
    const rows = weights.shape[0], m = points.shape[2];
    return tf.reshape(points, [rows, points.size / rows / m, m]);
  };
  const value = (hypernetwork: HypernetworkOutput, points: Tensor3D): Tensor2D =>
    tf.tidy(() => {
      const weights = rawWeights(hypernetwork);
      return tf.reshape(network.value(weights, shaped(points, weights)), [points.shape[0], points.shape[1]]);
    });
  const kernels: PriceKernels = {
    value,
    slope: (hypernetwork, points) =>
      tf.tidy(() => {
        const weights = rawWeights(hypernetwork);
        return tf.reshape(network.slope(weights)(shaped(points, weights)), points.shape);
      }),
    gradient(hypernetwork, points, coefficients): HypernetworkGradient {
      const { hidden, weight, bias, perGood } = hypernetwork;
      const total = (hypernetwork: HypernetworkOutput) => tf.sum(tf.mul(coefficients, value(hypernetwork, points)));
      if (!hidden) {
        return { bias: tf.tidy(() => tf.grad((bias) => total({ bias: bias as Tensor1D }))(bias)) as Tensor1D };
      }
      const outputOf = ([hidden, weight, bias, ...ofGoods]: Tensor[]) => ({
        ...{ hidden: hidden as Tensor2D, weight: weight as Tensor2D, bias: bias as Tensor1D },
        perGood: perGood && { ...perGood, hidden: ofGoods[0] as Tensor3D, weight: ofGoods[1] as Tensor2D },
      });
      const made = tf.tidy(() =>
        tf.grads((...now: Tensor[]) => total(outputOf(now)))([
          ...[hidden, weight!, bias],
          ...(perGood ? [perGood.hidden, perGood.weight] : []),
        ])
      );
      const { perGood: ofPerGood, ...rest } = outputOf(made);
      return ofPerGood ? { ...rest, perGood: { hidden: ofPerGood.hidden, weight: ofPerGood.weight } } : rest;
    },
    moveChains: (hypernetwork, types, start, options, key) =>
      tf.tidy(() => {
        const moved = moveChains(network, rawWeights(hypernetwork), types, start, options, key);
        const [rows, , m] = moved.chains.shape;
        return {
          ...moved,
          values: value(hypernetwork, tf.concat([moved.chains, tf.zeros([rows, 1, m])], 1) as Tensor3D),
        };
      }),
    memory(rows, chains, hiddenSize) {
      // Raw weights, their gradient, and about as much again for matrices made of each; and activations of all chains.
      const weights = 4 * (hiddenSize > 0 ? rows : 1) * network.weightCount;
      const ofChains = 4 * rows * (chains + 1) * network.activations;
      return { total: 5 * weights + ofChains, largest: Math.max(weights, ofChains / 3) };
    },
  };
  return kernels;
}
