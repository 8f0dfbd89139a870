/**
 * Kernels for reparameterised networks, made of kernels that do not know reparameterisations: these take the raw weights of
 * a Partial GroupMax Network.
 *
 * @module
 */
import { type Tensor1D, type Tensor2D, tf } from "../deps/tfjs.ts";
import type { HypernetworkOutput } from "../networks/hypernetwork_output.ts";
import type { ConvexNetwork } from "../networks/network.ts";
import {
  forwardOnDevice,
  linearPart,
  type Reparameterisation,
  transposeOnDevice,
} from "../networks/reparameterisation.ts";
import { tidy } from "../runtime/tensors.ts";
import type { HypernetworkGradient, PriceKernels } from "./kernels.ts";

/**
 * Kernels of a network, made of `kernels` of the Partial GroupMax Network of its form. Slopes per good are of networks that
 * are such ones themselves.
 */
export function reparameterisedKernels(network: ConvexNetwork, kernels: PriceKernels): PriceKernels {
  const { direct, weights } = network.groupMax!;
  if (direct) return kernels;
  const within = <T extends object>(hypernetwork: HypernetworkOutput, use: (own: HypernetworkOutput) => T): T =>
    tidy(() => use(groupMaxOutput(weights(), hypernetwork)));
  return {
    value: (hypernetwork, points) => within(hypernetwork, (own) => kernels.value(own, points)),
    slope: (hypernetwork, points) => within(hypernetwork, (own) => kernels.slope(own, points)),
    gradient: (hypernetwork, points, coefficients) =>
      within(hypernetwork, (own) => {
        return groupMaxGradient(weights(), hypernetwork.bias, kernels.gradient(own, points, coefficients));
      }),
    moveChains: (hypernetwork, ...inputs) => within(hypernetwork, (own) => kernels.moveChains(own, ...inputs)),
    resident: kernels.resident && {
      ...kernels.resident,
      moveInStages: (hypernetwork, ...inputs) =>
        within(hypernetwork, (own) => kernels.resident!.moveInStages(own, ...inputs)),
    },
    memory(rows, chains, hiddenSize, ...sizes) {
      const { total, largest } = kernels.memory(rows, chains, hiddenSize, ...sizes);
      // All weights and their gradient besides.
      const bytes = 4 * (hiddenSize + 1) * weights().from.length;
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
