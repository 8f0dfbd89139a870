/**
 * Pricing rules: p_i(x; t_-i) = f(x; w(t_-i)) - f(0; w(t_-i)), equation (2).
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import type { HostTensor } from "../runtime/host_tensor.ts";
import { type ContextKind, type ContextShape, contextSize, hasContext } from "./context.ts";
import { denseHypernetwork, hostDenseHypernetwork } from "./dense_context.ts";
import { type HostHypernetworkOutput, hostPrices, type HypernetworkOutput } from "./hypernetwork_output.ts";
import { type NetworkKind, networkKind, networkOfKind } from "./kinds.ts";
import type { ConvexNetwork, HostFunction, Parameters } from "./network.ts";
import {
  initialParameterizedAffine,
  parameterizedAffineShapes,
  type ParameterizedAffineSize,
} from "./parameterized_affine.ts";
import type { Reparameterisation } from "./reparameterisation.ts";
import type { RowTypes } from "./row_types.ts";
import { setContext } from "./set_context.ts";
import { copyTied, networkTies } from "./tied_weights.ts";

/** The sizes of the networks that make up pricing rules. */
export interface NetworkSize {
  /** The kind of network, `groupmax` unless given. Other kinds get about as many raw weights as that one would have. */
  readonly kind?: NetworkKind;
  /** K, GroupMax layers. */
  readonly layers: number;
  /** G, groups in a layer. */
  readonly groups: number;
  /** E, elements in a group. */
  readonly groupSize: number;
  /**
   * Widths of the hypernetwork's hidden layers. For a set context the widths of its element, global and local layers,
   * or one width for all three. Unused where there is no context.
   */
  readonly hidden: readonly number[];
  /**
   * How the others' types are read; `dense` unless given. Unused for one participant. `none`: they are not, and all
   * participants, who must be exchangeable, have one pricing rule.
   */
  readonly context?: ContextKind;
}

/** Parameters of a hypernetwork in the host's memory, by name. */
export type HostParameters = Readonly<Record<string, HostTensor>>;

/** Pricing rules (Definition 2.4) of all participants, as functions of parameters that they share. */
export interface PricingRules {
  /** n, m, and whether participants are exchangeable. */
  readonly shape: ContextShape;
  /** f as a function of its raw weights. */
  readonly network: ConvexNetwork;
  /** The shapes of the parameters, by name. */
  readonly parameterShapes: Readonly<Record<string, readonly number[]>>;
  /**
   * Lower bounds that training clamps parameters to, by name, one for each element of their last dimension. They are
   * the network's {@linkcode ConvexNetwork.lowerBounds}; none where there is a context.
   *
   * @param nondecreasing Whether they are those within which prices never fall as the outcome grows.
   */
  lowerBounds(nondecreasing: boolean): Readonly<Record<string, Float32Array>>;
  /**
   * Tied weights for exchangeable goods, by name of the parameter, among the elements of its last dimension. None where
   * the context is dense, and for networks other than Partial GroupMax Networks of x.
   */
  tiedParameters(): Readonly<Record<string, Reparameterisation>>;
  /** Parameters for the start of training, where asked for with prices that never fall, and with tied weights. */
  initialParameters(
    key: RandomKey,
    request?: { readonly nondecreasing?: boolean; readonly tied?: boolean },
  ): Record<string, HostTensor>;
  /** The hypernetwork output of B n rows for type profiles `[B, n, m]`. The caller disposes of its hidden layers. */
  hypernetwork(parameters: Parameters, types: RowTypes): HypernetworkOutput;
  /** The same on the host, in 64-bit floats. This is what the parameters of a mechanism file mean, on every machine. */
  hostHypernetwork(parameters: HostParameters, types: Float32Array): HostHypernetworkOutput;
  /**
   * The pricing rules, equation (2), at type profiles `[B, n, m]`, in 64-bit floats on the host: from row b n + i to
   * the function that gives the price p_i(x; t_-i) of an outcome x and its slope in x.
   */
  price(parameters: HostParameters, types: Float32Array): (row: number) => HostFunction;
}

/**
 * Pricing rules (Definition 2.4) by a Partial GroupMax Network, or a network of another kind, and a hypernetwork.
 *
 * @throws {InvalidInputError} unless the kind exists and goes with the context, all sizes are positive integers, and
 * participants are exchangeable where the context is a set or none.
 *
 * @example
 * ```ts
 * import { menuMechanism, pricingRules, randomKey } from "@tedi/toolkit/kernels";
 * import { assert } from "@std/assert";
 *
 * // Whatever the parameters are, the mechanism is truthful and individually rational.
 * const shape = { participants: 2, goods: 3, exchangeable: true };
 * const network = { layers: 2, groups: 8, groupSize: 4, hidden: [16] };
 * const parameters = pricingRules(shape, network).initialParameters(randomKey(0));
 * const mechanism = menuMechanism({ problem: "mine", shape, network, parameters });
 * const { utilities } = await mechanism.run([[[0.9, 0.1, 0.5], [0.2, 0.8, 0.4]]]);
 * assert(utilities.every((utility) => utility >= 0));
 * ```
 */
export function pricingRules(shape: ContextShape, size: NetworkSize): PricingRules {
  const { kind = "groupmax", hidden, layers, groups, groupSize } = size;
  const reads = hasContext(shape, size.context);
  requireContext("make pricing rules", size, shape);
  const network = networkOfKind(kind, { goods: shape.goods, layers, groups, groupSize });
  const context = reads ? contextSize(shape) : 0;
  const affine: ParameterizedAffineSize = { context, hidden, outputs: network.weightCount };
  const set = size.context === "set" && reads ? setContext(shape, hidden, network) : undefined;
  let tied: Record<string, Reparameterisation> | undefined;
  const rules: PricingRules = {
    shape,
    network,
    parameterShapes: set?.shapes ?? parameterizedAffineShapes(affine),
    lowerBounds(nondecreasing: boolean): Record<string, Float32Array> {
      const bounds = !reads ? network.lowerBounds(nondecreasing) : undefined;
      return bounds ? { "output.bias": bounds } : {};
    },
    tiedParameters(): Readonly<Record<string, Reparameterisation>> {
      const { groupMax } = network;
      if (!groupMax?.direct || (reads && !set)) return {};
      if (!tied) {
        const { raw, maps, others } = networkTies(groupMax.size);
        tied = { "output.bias": raw, ...(set ? { "output.weight": others, "output.slopes": maps } : {}) };
      }
      return tied;
    },
    initialParameters(key: RandomKey, request = {}): Record<string, HostTensor> {
      const { "output.bias": ofBias, ...ofContext } = request.tied ? rules.tiedParameters() : {};
      const nondecreasing = !reads && request.nondecreasing;
      const bias = network.initialWeights(deriveKey(key, 0), { nondecreasing, tied: ofBias });
      const initial = set
        ? set.initial(bias, deriveKey(key, 1))
        : initialParameterizedAffine(affine, bias, deriveKey(key, 1));
      for (const [name, ties] of Object.entries(ofContext)) copyTied(initial[name].data as Float32Array, ties);
      return initial;
    },
    hypernetwork: (parameters, types) =>
      set ? set.hypernetwork(parameters, types) : denseHypernetwork(parameters, shape, types),
    hostHypernetwork: (parameters, types) =>
      set ? set.hostHypernetwork(parameters, types) : hostDenseHypernetwork(parameters, shape, types),
    price: (parameters, types) => hostPrices(network, rules.hostHypernetwork(parameters, types)),
  };
  return rules;
}

/**
 * Fails unless a network's kind goes with its context, and the context with the participants.
 *
 * @throws {InvalidInputError} naming the option, the rule and the value.
 */
export function requireContext(
  action: string,
  { kind = "groupmax", context }: Pick<NetworkSize, "kind" | "context">,
  shape: Pick<ContextShape, "participants" | "exchangeable">,
): void {
  const { participants: n, exchangeable } = shape;
  if (!networkKind(kind).withContext && hasContext(shape, context)) {
    throw new InvalidInputError(
      `Cannot ${action}: network.kind must not be ${kind} for ${n} participants with a context: ` +
        `its prices cannot depend on the others' types, which tell goods apart`,
    );
  }
  if (context === "none" && n > 1 && !exchangeable) {
    throw new InvalidInputError(
      `Cannot ${action}: network.context must be dense or set where participants are not exchangeable, got "none"`,
    );
  }
}
