/**
 * Kernels of networks that are a Partial GroupMax Network with constants among its raw weights, by that network's.
 *
 * @module
 */
import { type Tensor1D, type Tensor2D, tf } from "../deps/tfjs.ts";
import { embedSource, extractWeights, type GroupMaxEmbedding } from "../networks/embedding.ts";
import { adaptedKernels } from "./adapted.ts";
import type { PriceKernels } from "./kernels.ts";

/** The kernels of an embedded network, by those of the Partial GroupMax Network that it is. */
export function embeddedKernels(embedding: GroupMaxEmbedding, kernels: PriceKernels): PriceKernels {
  return adaptedKernels(kernels, {
    into: (hypernetwork) => embedSource(embedding, hypernetwork),
    back: (_, { hidden, weight, bias }) => ({
      hidden,
      weight: weight && extractWeights(embedding, weight),
      bias: tf.reshape(extractWeights(embedding, tf.reshape(bias, [1, bias.size]) as Tensor2D), [-1]) as Tensor1D,
    }),
    memory(rows, chains, hiddenSize, _, participants) {
      // All weights and their gradient as well.
      const { total, largest } = kernels.memory(rows, chains, hiddenSize, 0, participants);
      const bytes = 4 * (hiddenSize + 1) * embedding.network.weightCount;
      return { total: total + 2 * bytes, largest: Math.max(largest, bytes) };
    },
  });
}
