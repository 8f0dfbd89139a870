/**
 * TEDI-Discrete, the ablation of section 4.2.3 that discretises outcomes: for each participant a menu of K outcomes,
 * made by a network from the others' types, at the prices of TEDI's pricing rule,
 *
 *   x_ik = sigmoid(network(t_-i))_k in [0, 1]^m,   p_ik = f(x_ik, t_-i) - f(0, t_-i),   k = 1, ..., K.
 *
 * Participant i takes argmax_k <t_i, x_ik> - p_ik over k = 0, ..., K, where option 0 is nothing for nothing. Its menu
 * does not depend on its own type, so this is truthful and individually rational, whatever the networks are. With one
 * participant the K outcomes are parameters themselves. Everything is computed in 64-bit floats on the host.
 *
 * @module
 */
import { requireInteger } from "../errors.ts";
import { type ContextShape, contextSize, hasContext } from "../networks/context.ts";
import { hostDenseHypernetwork } from "../networks/dense_context.ts";
import { hostRawWeights } from "../networks/hypernetwork_output.ts";
import type { HostFunction } from "../networks/network.ts";
import { parameterizedAffineShapes, type ParameterizedAffineSize } from "../networks/parameterized_affine.ts";
import { type HostParameters, type NetworkSize, type PricingRules, pricingRules } from "../networks/pricing_rule.ts";
import { takeBestConvex } from "./best_option.ts";
import { checkParameters } from "./check_parameters.ts";
import { learnedInWords } from "./in_words.ts";
import { type HostMenu, type OwnMenus, ownMenus, sigmoid, type Taker } from "./menu_net.ts";

/** What a TEDI-Discrete mechanism is made of, as plain data. */
export interface DiscreteData {
  /** The name of the problem that it was trained for. */
  readonly problem: string;
  /** n, m, and whether participants are exchangeable. */
  readonly shape: ContextShape;
  /** The network behind the prices. Its hidden widths are those of the network behind the menus, too. */
  readonly network: NetworkSize;
  /** K. */
  readonly menuSize: number;
  /** `outcomes.*` of the network from contexts to K m raw outcomes, `prices.*` of the pricing rules. */
  readonly parameters: HostParameters;
}

/** A mechanism given by menus of outcomes and a pricing rule. */
export interface Discrete extends OwnMenus, DiscreteData {
  /** What it is. */
  readonly method: "TEDI-Discrete";
}

/** The networks of TEDI-Discrete. */
export interface DiscreteNetworks {
  /** From contexts to menus, if the pricing rules have one: an MLP with K m outputs, shared by all participants. */
  readonly outcomes: ParameterizedAffineSize;
  /** From contexts and outcomes to prices. */
  readonly rules: PricingRules;
  /** Names and shapes of the parameters of both. */
  readonly parameterShapes: Readonly<Record<string, readonly number[]>>;
}

/** The networks of some sizes. */
export function discreteNetworks(shape: ContextShape, network: NetworkSize, menuSize: number): DiscreteNetworks {
  const context = hasContext(shape, network.context) ? contextSize(shape) : 0;
  const outcomes = { context, hidden: network.hidden, outputs: menuSize * shape.goods };
  const rules = pricingRules(shape, network);
  const parameterShapes = {
    ...prefixed("outcomes", parameterizedAffineShapes(outcomes)),
    ...prefixed("prices", rules.parameterShapes),
  };
  return { outcomes, rules, parameterShapes };
}

/** Names with the part of the mechanism that they are of in front. */
export function prefixed<T>(part: string, named: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [`${part}.${name}`, value]));
}

/** What {@linkcode prefixed} put that part in front of. */
export function ofPart<T>(part: string, named: Readonly<Record<string, T>>): Record<string, T> {
  const before = `${part}.`;
  return Object.fromEntries(
    Object.entries(named).filter(([name]) => name.startsWith(before)).map((
      [name, value],
    ) => [name.slice(before.length), value]),
  );
}

/** Rows (participants of profiles) computed between two turns of the event loop. */
const CHUNK = 256;

/**
 * The mechanism of menus and a pricing rule. It computes on the host: no device is opened.
 *
 * @throws {InvalidInputError} where the parameters do not have the shapes of the networks, or are not finite.
 */
export function discrete(data: DiscreteData): Discrete {
  const { shape, network, menuSize: K, parameters } = data, action = "make a TEDI-Discrete mechanism";
  const { participants: n, goods: m } = shape;
  requireInteger(action, "participants", n, 1);
  requireInteger(action, "goods", m, 1);
  requireInteger(action, "menuSize", K, 1);
  const { outcomes: { context }, rules, parameterShapes } = discreteNetworks(shape, network, K);
  checkParameters(action, parameterShapes, parameters);
  const ofOutcomes = ofPart("outcomes", parameters), ofPrices = ofPart("prices", parameters);

  /** The outcomes on offer to the rows of some types, and their prices. */
  const offersOf = (types: Float32Array): (row: number) => { outcomes: Float64Array; price: HostFunction } => {
    const hypernetwork = hostDenseHypernetwork(ofOutcomes, shape, types), priceOf = rules.price(ofPrices, types);
    return (row) => ({ outcomes: hostRawWeights(hypernetwork, row).map(sigmoid), price: priceOf(row) });
  };
  /** The menus of the rows of some types; one for all where there is no context. */
  const menusOf = (types: Float32Array): (row: number) => HostMenu => {
    const offer = offersOf(types);
    const menuOf = (row: number): HostMenu => {
      const { outcomes, price } = offer(row), slope = new Float64Array(m);
      const prices = Float64Array.from({ length: K }, (_, k) => price(outcomes.subarray(k * m, (k + 1) * m), slope));
      return { outcomes, prices };
    };
    if (context > 0) return menuOf;
    const shared = menuOf(0);
    return () => shared;
  };
  /** A menu that is of one row only need not be priced as a whole. */
  const takersOf = (types: Float32Array) => {
    const offer = offersOf(types);
    return (row: number): Taker => {
      const { outcomes, price } = offer(row);
      return (...where) => takeBestConvex(outcomes, price, ...where);
    };
  };
  // The one menu for all is made once: all rows are one chunk.
  const own = context > 0, chunk = own ? CHUNK : Infinity, takers = own && rules.network.convex ? takersOf : undefined;
  return learnedInWords({ ...data, method: "TEDI-Discrete", ...ownMenus(n, m, chunk, menusOf, takers) });
}
