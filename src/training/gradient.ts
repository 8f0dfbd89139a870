/**
 * From the gradient in what raw weights are made from to the gradient in the parameters: back through the hidden layers.
 *
 * @module
 */
import { type Tensor, type Tensor2D, tf } from "../deps/tfjs.ts";
import type { HypernetworkGradient } from "../kernels/kernels.ts";
import { meanOfTied, meanOfTiedOnDevice } from "../networks/tied_weights.ts";
import type { Parameters } from "../networks/network.ts";
import type { Reparameterisation } from "../networks/reparameterisation.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import { transformed } from "../runtime/tensors.ts";
import { mapParameters } from "./optimizer.ts";

/**
 * The gradient in the parameters.
 *
 * @param types Types of the rows `[R, m]` that the gradient is of.
 */
export function parameterGradient(
  rules: PricingRules,
  parameters: Parameters,
  types: Float32Array,
  { hidden, weight, bias, perGood }: HypernetworkGradient,
): Parameters {
  if (!hidden) return { "output.bias": bias };
  const names = Object.keys(parameters).filter((name) => name.startsWith("hidden."));
  const gradients = names.length === 0 ? [] : tf.grads((...tensors: Tensor[]) => {
    const now = Object.fromEntries(names.map((name, k) => [name, tensors[k]]));
    const hypernetwork = rules.hypernetwork({ ...parameters, ...now }, types),
      sum = tf.sum(tf.mul(hidden, hypernetwork.hidden!));
    return perGood ? tf.add(sum, tf.sum(tf.mul(perGood.hidden, hypernetwork.perGood!.hidden))) : sum;
  })(names.map((name) => parameters[name]));
  return {
    ...Object.fromEntries(names.map((name, k) => [name, gradients[k]])),
    "output.weight": weight!,
    ...(perGood ? { "output.slopes": perGood.weight } : {}),
    "output.bias": bias,
  };
}

/**
 * The gradient in parameters some of which are tied: the mean over those that are tied to each other, for all of them the
 * same bits.
 */
export function tiedGradient(gradients: Parameters, ties: Readonly<Record<string, Reparameterisation>>): Parameters {
  return mapParameters(gradients, (gradient, name) => {
    const one = ties[name];
    if (!one) return gradient;
    return transformed(gradient, (from, to) => meanOfTied(from, to, one), () => {
      const width = gradient.shape.at(-1)!, rows = tf.reshape(gradient, [gradient.size / width, width]);
      return tf.reshape(meanOfTiedOnDevice(rows as Tensor2D, one), gradient.shape);
    });
  });
}
