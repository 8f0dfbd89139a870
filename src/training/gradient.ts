/**
 * From the gradient in what raw weights are made from to the gradient in the parameters: back through the hidden layers.
 *
 * @module
 */
import { type Tensor, type Tensor2D, tf } from "../deps/tfjs.ts";
import type { HypernetworkGradient } from "../kernels/kernels.ts";
import { disposeHidden, type HypernetworkOutput, joinRows } from "../networks/hypernetwork_output.ts";
import { meanOfTied, meanOfTiedOnDevice } from "../networks/tied_weights.ts";
import type { Parameters } from "../networks/network.ts";
import type { Reparameterisation } from "../networks/reparameterisation.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import { rowCount, type RowTypes, sliceTypes } from "../networks/row_types.ts";
import { apartFromGradient, tensorsIn } from "../runtime/gradients.ts";
import { transformed } from "../runtime/tensors.ts";
import { mapParameters } from "./optimizer.ts";

/**
 * The gradient in the parameters, from that in the hypernetwork's output. The hidden layers that read contexts are run once:
 * forward for `make`, and back from the gradient that it makes.
 *
 * @param types Types of all rows `[R, m]`.
 * @param trained The first rows, which the gradient is of; the others' hidden layers are run forward only.
 * @param make Takes the hypernetwork's output for all rows, and gives the gradient in its first rows, with whatever else.
 * @returns What it made, and the gradient by parameter name. Both may have tensors in common; the caller disposes of all.
 */
export function parameterGradient<Step extends { readonly gradient: HypernetworkGradient }>(
  rules: PricingRules,
  parameters: Parameters,
  types: RowTypes,
  trained: number,
  make: (hypernetwork: HypernetworkOutput) => Step,
): { step: Step; gradients: Parameters } {
  const m = rules.shape.goods,
    names = Object.keys(parameters).filter((name) => name.startsWith("hidden."));
  let step: Step | undefined;
  const forward = (now: Parameters) => {
    const own = sliceTypes(types, m, 0, trained), first = rules.hypernetwork(now, own);
    if (own instanceof tf.Tensor) own.dispose();
    step = apartFromGradient(() => {
      if (!first.hidden || trained === rowCount(types, m)) return make(first);
      return make(joinRows(first, rules.hypernetwork(parameters, sliceTypes(types, m, trained))));
    });
    return first;
  };
  const product = (...tensors: Tensor[]) => {
    const { hidden, perGood } = forward({
      ...parameters,
      ...Object.fromEntries(names.map((name, k) => [name, tensors[k]])),
    });
    const { hidden: ofHidden, perGood: ofGoods } = step!.gradient, one = withGradient(hidden!, ofHidden!);
    return ofGoods ? tf.add(one, withGradient(perGood!.hidden, ofGoods.hidden)) : one;
  };
  try {
    const ofHidden = names.length > 0 ? tf.grads(product)(names.map((name) => parameters[name])) : [];
    if (!step) disposeHidden(forward(parameters));
    const { weight, perGood, bias } = step!.gradient;
    return {
      step: step!,
      gradients: {
        ...Object.fromEntries(names.map((name, k) => [name, ofHidden[k]])),
        ...(weight ? { "output.weight": weight } : {}),
        ...(perGood ? { "output.slopes": perGood.weight } : {}),
        "output.bias": bias,
      },
    };
  } catch (error) {
    if (step) tf.dispose(tensorsIn(step));
    throw error;
  }
}

/**
 * A number whose gradient in a tensor is `gradient`; what it is does not matter. The sum of their products would have it, too,
 * but TensorFlow.js takes the gradient of a sum by a tensor of ones, which the host would upload in every iteration.
 */
function withGradient(tensor: Tensor, gradient: Tensor): Tensor {
  return tf.customGrad(() => ({ value: tf.scalar(0), gradFunc: () => tf.clone(gradient) }))(tensor);
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
