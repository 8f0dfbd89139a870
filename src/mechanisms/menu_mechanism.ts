/**
 * Menu mechanisms, Definition 2.5: pricing rules, and participants who take best responses to them.
 *
 * For all parameters the mechanism is truthful and individually rational (Theorem 2.9, Corollary 3.6), up to the
 * certified gaps of best responses, in which all rounding is: see docs/certificates.md. Everything after the parameters is computed in 64-bit floats on the host, by
 * {@linkcode PricingRules.hostHypernetwork} and what follows, so that outcomes and payments do not depend on a device.
 *
 * @module
 */
import { showing, type Summary } from "../display.ts";
import { InvalidInputError, requireInteger } from "../errors.ts";
import type { ContextShape } from "../networks/context.ts";
import { NETWORK_KINDS } from "../networks/kinds.ts";
import { type BestResponseOptions, defaultBestResponse } from "../kernels/best_responses/best_response.ts";
import { bestResponses } from "../kernels/best_responses/select.ts";
import { LARGEST_MAGNITUDE, largestMagnitude } from "../networks/groupmax_price.ts";
import { hostRawWeights } from "../networks/hypernetwork_output.ts";
import { type NetworkSize, type PricingRules, pricingRules } from "../networks/pricing_rule.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import type { HostTensor } from "../runtime/host_tensor.ts";
import { flatTypes, type Mechanism, type MechanismResult, type TypeProfiles } from "./mechanism.ts";
import { contextTypes, inUnit, type MechanismUnits, type NetworkTypes, networkTypes, PLAIN_UNITS } from "./units.ts";

/** The data of a menu mechanism, as a mechanism file has it. */
export interface MenuMechanismData {
  /** The name of the problem that it is for. */
  readonly problem: string;
  /** n, m, and whether participants are exchangeable. */
  readonly shape: ContextShape;
  /** The sizes of the networks. */
  readonly network: NetworkSize;
  /** The unit of types and payments; left out where types are in [0, 1]. Parameters are in the network's unit. */
  readonly units?: MechanismUnits;
  /** The parameters of the pricing rules, by name. */
  readonly parameters: Readonly<Record<string, HostTensor>>;
}

/** A menu mechanism (Definition 2.5): a mechanism given by pricing rules. */
export interface MenuMechanism extends Mechanism, MenuMechanismData {
  /** The pricing rules as functions of the parameters. */
  readonly rules: PricingRules;
  /**
   * Prices p_i(x; t_-i) `[B, n, N]` of N outcomes for each participant.
   *
   * @param types `[B, n, m]`; a participant's own type has no effect on its prices.
   * @param outcomes Flat `[B, n, N, m]`, each in [0, 1].
   * @throws {InvalidInputError} as `run` does, and where the number of outcomes is not a multiple of B n.
   */
  prices(types: TypeProfiles, outcomes: Float64Array): Promise<Float64Array>;
}

/** The number of rows, participants of profiles, that are computed before the event loop turns. */
const CHUNK = 4096;

/**
 * Makes a menu mechanism, and with it the direct mechanism that is equivalent (Definition 2.6): every participant takes
 * a best response to its prices. Prices are convex, and that of the zero outcome is 0, so that the mechanism is
 * truthful and individually rational (Theorem 2.9, Corollary 3.6). It computes on the host, in 64-bit floats: no device
 * is opened, and outcomes are the same on every machine, but for rounding.
 *
 * @throws {InvalidInputError} where sizes are not positive integers, or the parameters do not have the names and shapes
 * of the network, or are not finite, or products of them may overflow 64-bit floats.
 */
export function menuMechanism(
  data: MenuMechanismData,
  options: BestResponseOptions = defaultBestResponse,
): MenuMechanism {
  const { shape, network, parameters, units = PLAIN_UNITS } = data;
  requireInteger("make a mechanism", "participants", shape.participants, 1);
  requireInteger("make a mechanism", "goods", shape.goods, 1);
  const rules = pricingRules(shape, network);
  checkParameters(rules, parameters);
  checkProducts(rules, parameters);
  const { participants: n, goods: m } = shape;

  /** Calls `use` for chunks of whole profiles, with the first row of each, b n + i, and the chunk's types. */
  const eachChunk = async (types: NetworkTypes, use: (first: number, types: NetworkTypes) => void) => {
    const step = Math.max(1, Math.floor(CHUNK / n)) * n * m;
    for (let from = 0; from < types.length; from += step) {
      if (from > 0) await letEventsIn();
      use(from / m, types.subarray(from, from + step));
    }
  };

  const mechanism: MenuMechanism = {
    ...data,
    rules,
    participants: n,
    goods: m,
    async run(reported: TypeProfiles): Promise<MechanismResult> {
      const types: NetworkTypes = networkTypes(flatTypes(reported, n, m, units.largest), units),
        rows = types.length / m;
      const result = {
        profiles: rows / n,
        outcomes: new Float64Array(rows * m),
        payments: new Float64Array(rows),
        utilities: new Float64Array(rows),
        gaps: new Float64Array(rows),
        roundings: new Float64Array(rows),
      };
      await eachChunk(types, (first, part) => {
        const found = bestResponses(
          rules.network,
          rules.hostHypernetwork(parameters, contextTypes(part)),
          part,
          1,
          options,
        );
        result.outcomes.set(found.outcomes, first * m);
        result.payments.set(found.payments, first);
        result.utilities.set(found.utilities, first);
        result.gaps.set(found.gaps, first);
        result.roundings.set(found.roundings, first);
      });
      return inUnit(result, units);
    },
    async prices(reported: TypeProfiles, outcomes: Float64Array): Promise<Float64Array> {
      const types: NetworkTypes = networkTypes(flatTypes(reported, n, m, units.largest), units),
        rows = types.length / m;
      const count = outcomes.length / (rows * m);
      requireInteger("price outcomes", "the number of outcomes for each participant", count, 1);
      const prices = new Float64Array(rows * count), slope = new Float64Array(m);
      await eachChunk(types, (first, part) => {
        const priceOf = rules.price(parameters, contextTypes(part));
        for (let row = 0; row < part.length / m; row++) {
          const price = priceOf(row);
          for (let k = (first + row) * count; k < (first + row + 1) * count; k++) {
            prices[k] = units.network * price(outcomes.subarray(k * m, (k + 1) * m), slope);
          }
        }
      });
      return prices;
    },
  };
  return showing(mechanism, () => summaryOf(mechanism), { kind: "mechanism", subject: mechanism });
}

/** A mechanism in words. */
function summaryOf({ problem, participants, goods, network, parameters }: MenuMechanism): Summary {
  const numbers = Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
  const { kind = NETWORK_KINDS[0], layers, groups, groupSize, context = "dense", hidden } = network;
  const reads = participants === 1
    ? ""
    : context === "none"
    ? ", no context"
    : `, a ${context} context of width ${hidden.join(", ")}`;
  return {
    title: `Mechanism for ${problem}`,
    rows: [
      ["participants", String(participants)],
      ["goods", String(goods)],
      ["network", kind, `${layers} layers of ${groups} groups of ${groupSize}${reads}; ${numbers} parameters`],
    ],
  };
}

function checkParameters(rules: PricingRules, parameters: Readonly<Record<string, HostTensor>>): void {
  const expected = rules.parameterShapes;
  for (const [name, shape] of Object.entries(expected)) {
    const tensor = parameters[name], rule = `Cannot make a mechanism: parameter ${name} must be`;
    if (!tensor) throw new InvalidInputError(`${rule} there, but it is missing`);
    if (String(tensor.shape) !== String(shape) || !(tensor.data instanceof Float32Array)) {
      throw new InvalidInputError(`${rule} float32 of shape [${shape}], got [${tensor.shape}]`);
    }
    const bad = tensor.data.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw new InvalidInputError(`${rule} finite, got ${bad}`);
  }
  for (const name of Object.keys(parameters)) {
    if (!Object.hasOwn(expected, name)) {
      throw new InvalidInputError(`Cannot make a mechanism: ${name} must be one of its parameters, but is not`);
    }
  }
}

/**
 * Fails where products of weights may overflow, at any types: with the absolute values of all parameters, and types of
 * 1, raw weights are at least as large as at any other types.
 */
function checkProducts(rules: PricingRules, parameters: Readonly<Record<string, HostTensor>>): void {
  const { network: { groupMax }, shape: { participants: n, goods: m } } = rules;
  if (!groupMax) return;
  const absolute = Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => [name, { shape, data: data.map(Math.abs) }]),
  );
  const hypernetwork = rules.hostHypernetwork(absolute as typeof parameters, new Float32Array(n * m).fill(1));
  const raw = hostRawWeights(hypernetwork, 0), largest = raw.reduce((most, w) => w <= most ? most : w, 0);
  if (largestMagnitude(groupMax.size, largest) < LARGEST_MAGNITUDE) return;
  throw new InvalidInputError(
    `Cannot make a mechanism: prices must fit in 64-bit floats, got ${groupMax.size.layers} layers of weights up to ` +
      `${largest.toExponential(1)}, whose products may overflow`,
  );
}
