/**
 * Pricing rules: p_i(x; t_-i) = f(x; w(t_-i)) - f(0; w(t_-i)), equation (2).
 *
 * @module
 */
import { type Tensor2D, tf } from "../deps/tfjs.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import type { HostTensor } from "../runtime/host_tensor.ts";
import { contexts, type ContextShape, contextSize } from "./context.ts";
import type { ConvexNetwork, Parameters } from "./network.ts";
import {
  initialParameterizedAffine,
  parameterizedAffine,
  parameterizedAffineShapes,
  type ParameterizedAffineSize,
} from "./parameterized_affine.ts";
import { partialGroupMax } from "./partial_groupmax.ts";

/** The size of the network behind the pricing rules. */
export interface NetworkSize {
  /** K, GroupMax layers. */
  readonly layers: number;
  /** G, groups in a layer. */
  readonly groups: number;
  /** E, elements in a group. */
  readonly groupSize: number;
  /** Widths of the hidden layers between context and weights; unused for one participant. */
  readonly hidden: readonly number[];
}

/** Pricing rules for all participants, as functions of shared parameters. */
export interface PricingRules {
  /** n, m, and whether participants are exchangeable. */
  readonly shape: ContextShape;
  /** f as a function of its raw weights. */
  readonly network: ConvexNetwork;
  /** Names and shapes of the parameters. */
  readonly parameterShapes: Readonly<Record<string, readonly number[]>>;
  /** Starting parameters. */
  initialParameters(key: RandomKey): Record<string, HostTensor>;
  /** Raw weights `[B n, P]` for type profiles `[B, n, m]`; `[1, P]` for one participant. */
  weights(parameters: Parameters, types: Float32Array): Tensor2D;
}

/**
 * Pricing rules by a Partial GroupMax Network.
 *
 * @throws {InvalidInputError} unless all sizes are positive integers.
 */
export function pricingRules(shape: ContextShape, size: NetworkSize): PricingRules {
  const { hidden, layers, groups, groupSize } = size;
  const network = partialGroupMax({ goods: shape.goods, layers, groups, groupSize });
  const affine: ParameterizedAffineSize = { context: contextSize(shape), hidden, outputs: network.weightCount };
  return {
    shape,
    network,
    parameterShapes: parameterizedAffineShapes(affine),
    initialParameters(key: RandomKey): Record<string, HostTensor> {
      return initialParameterizedAffine(affine, network.initialWeights(deriveKey(key, 0)), deriveKey(key, 1));
    },
    weights(parameters: Parameters, types: Float32Array): Tensor2D {
      if (affine.context === 0) return parameterizedAffine(parameters, undefined);
      const context = contexts(types, shape);
      return tf.tidy(() =>
        parameterizedAffine(parameters, tf.tensor2d(context, [context.length / affine.context, affine.context]))
      );
    },
  };
}
