/**
 * Kernels of networks that are a Partial GroupMax Network with constants among its raw weights, by that network's.
 *
 * @module
 */
import { type Tensor1D, type Tensor2D, tf } from "../deps/tfjs.ts";
import { embedSource, extractWeights, type GroupMaxEmbedding } from "../networks/embedding.ts";
import type { WeightSource } from "../networks/parameterized_affine.ts";
import { tidy } from "../runtime/tensors.ts";
import type { PriceKernels, SourceGradient } from "./kernels.ts";

/** The kernels of an embedded network, by those of the Partial GroupMax Network that it is. */
export function embeddedKernels(embedding: GroupMaxEmbedding, kernels: PriceKernels): PriceKernels {
  /** Runs `use` with the source of all weights, and frees what that takes. */
  const within = <T extends object>(source: WeightSource, use: (source: WeightSource) => T): T =>
    tidy(() => use(embedSource(embedding, source)));
  const own = ({ hidden, weight, bias }: SourceGradient): SourceGradient => ({
    hidden,
    weight: weight && extractWeights(embedding, weight),
    bias: tf.reshape(extractWeights(embedding, tf.reshape(bias, [1, bias.size]) as Tensor2D), [-1]) as Tensor1D,
  });
  return {
    value: (source, points) => within(source, (all) => kernels.value(all, points)),
    slope: (source, points) => within(source, (all) => kernels.slope(all, points)),
    gradient: (source, points, coefficients) =>
      within(source, (all) => own(kernels.gradient(all, points, coefficients))),
    moveChains: (source, ...inputs) => within(source, (all) => kernels.moveChains(all, ...inputs)),
    trainingStep: (source, ...inputs) =>
      within(source, (all) => {
        const step = kernels.trainingStep(all, ...inputs);
        return { ...step, gradient: own(step.gradient) };
      }),
    memory(rows, chains, hiddenSize) {
      // All weights and their gradient as well.
      const { total, largest } = kernels.memory(rows, chains, hiddenSize);
      const bytes = 4 * (hiddenSize + 1) * embedding.network.weightCount;
      return { total: total + 2 * bytes, largest: Math.max(largest, bytes) };
    },
    settle: kernels.settle,
  };
}
