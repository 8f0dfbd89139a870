/**
 * From the gradient in what raw weights are made from to the gradient in the parameters: back through the hidden layers.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import type { HypernetworkGradient } from "../kernels/kernels.ts";
import { meanOfTied, type TiedWeights } from "../networks/tied_weights.ts";
import type { Parameters } from "../networks/network.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import { view, writtenTensor } from "../runtime/tensors.ts";
import { mapParameters } from "./adam.ts";

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
 * The gradient among parameters that have the same values in `cycles`: the mean over each cycle, for all of its members
 * to the last bit.
 */
export function tiedGradient(gradients: Parameters, cycles: Readonly<Record<string, TiedWeights>>): Parameters {
  return mapParameters(gradients, (gradient, name) => {
    const one = cycles[name];
    if (!one) return gradient;
    if (tf.getBackend() === "wasm") {
      return writtenTensor(gradient.shape, (to) => meanOfTied(view(gradient), to, one));
    }
    const width = gradient.shape.at(-1)!, rows = tf.reshape(gradient, [gradient.size / width, width]);
    const members = tf.gather(rows, tf.tensor1d(one.members, "int32"), 1);
    return tf.reshape(tf.mean(tf.reshape(members, [rows.shape[0], one.length, width]), 1), gradient.shape);
  });
}
