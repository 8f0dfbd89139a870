/**
 * Menu mechanisms, Definition 2.5: pricing rules, from which everybody takes a best response.
 *
 * Whatever the parameters are, the mechanism is truthful and individually rational (Theorem 2.9, Corollary 3.6), up to
 * the certified gap of the best responses.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import { InvalidInputError, requireInteger } from "../errors.ts";
import type { ContextShape } from "../networks/context.ts";
import { type HostFunction, hostFunctions } from "../networks/network.ts";
import { type NetworkSize, type PricingRules, pricingRules } from "../networks/pricing_rule.ts";
import { ensureDevice } from "../runtime/device.ts";
import type { HostTensor } from "../runtime/host_tensor.ts";
import { uploadAll } from "../runtime/tensors.ts";
import { bestResponse, type BestResponseOptions, defaultBestResponse } from "./best_response.ts";
import { flatTypes, type Mechanism, type MechanismResult, type TypeProfiles } from "./mechanism.ts";

/** What a menu mechanism is made of: plain data, as it is kept in a file. */
export interface MenuMechanismData {
  /** The name of the problem that it was trained for. */
  readonly problem: string;
  /** n, m, and whether participants are exchangeable. */
  readonly shape: ContextShape;
  /** The size of the network. */
  readonly network: NetworkSize;
  /** The parameters of the pricing rules, by name. */
  readonly parameters: Readonly<Record<string, HostTensor>>;
}

/** A mechanism given by pricing rules. */
export interface MenuMechanism extends Mechanism, MenuMechanismData {
  /** The pricing rules as functions of the parameters. */
  readonly rules: PricingRules;
  /**
   * Prices p_i(x; t_-i) `[B, n, N]` of N outcomes each.
   *
   * @param types `[B, n, m]`; a participant's own type has no effect on its prices.
   * @param outcomes `[B, n, N, m]`, each in [0, 1].
   */
  prices(types: TypeProfiles, outcomes: Float64Array): Promise<Float64Array>;
}

/** Weights of at most this many numbers are made at a time: 32 MiB. */
const CHUNK = 1 << 23;

/**
 * The mechanism of some pricing rules. It runs on the device that is open, or opens one when it is first used.
 *
 * @throws {InvalidInputError} where the parameters do not have the shapes of the network, or are not finite.
 */
export function menuMechanism(
  data: MenuMechanismData,
  options: BestResponseOptions = defaultBestResponse,
): MenuMechanism {
  const { shape, network, parameters } = data;
  requireInteger("make a mechanism", "participants", shape.participants, 1);
  requireInteger("make a mechanism", "goods", shape.goods, 1);
  const rules = pricingRules(shape, network);
  checkParameters(rules, parameters);
  const { participants: n, goods: m } = shape, P = rules.network.weightCount;

  /** Calls `use` with f of every row (profile * n + participant) in order. */
  const eachRow = async (
    types: Float32Array,
    use: (row: number, f: HostFunction) => void,
  ) => {
    const rows = types.length / m;
    if (n === 1) {
      const functions = hostFunctions(rules.network, parameters["output.bias"].data as Float32Array);
      for (let row = 0; row < rows; row++) use(row, functions(row));
      return;
    }
    await ensureDevice();
    const uploaded = uploadAll(parameters);
    try {
      const chunk = Math.max(1, Math.floor(CHUNK / (P * n))) * n;
      for (let from = 0; from < rows; from += chunk) {
        const to = Math.min(rows, from + chunk);
        const weights = rules.weights(uploaded, types.subarray(from * m, to * m));
        const functions = hostFunctions(rules.network, await weights.data() as Float32Array);
        weights.dispose();
        for (let row = from; row < to; row++) use(row, functions(row - from));
      }
    } finally {
      tf.dispose(uploaded);
    }
  };

  return {
    ...data,
    rules,
    participants: n,
    goods: m,
    async run(reported: TypeProfiles): Promise<MechanismResult> {
      const types = flatTypes(reported, n, m), rows = types.length / m;
      const result = {
        profiles: rows / n,
        outcomes: new Float64Array(rows * m),
        payments: new Float64Array(rows),
        utilities: new Float64Array(rows),
        gaps: new Float64Array(rows),
      };
      await eachRow(types, (row, f) => {
        const response = bestResponse(f, types.subarray(row * m, (row + 1) * m), options);
        result.outcomes.set(response.outcome, row * m);
        result.payments[row] = response.payment;
        result.utilities[row] = response.utility;
        result.gaps[row] = response.gap;
      });
      return result;
    },
    async prices(reported: TypeProfiles, outcomes: Float64Array): Promise<Float64Array> {
      const types = flatTypes(reported, n, m), rows = types.length / m;
      const count = outcomes.length / (rows * m);
      requireInteger("price outcomes", "the number of outcomes for each participant", count, 1);
      const prices = new Float64Array(rows * count), gradient = new Float64Array(m), zero = new Float64Array(m);
      await eachRow(types, (row, f) => {
        const atZero = f(zero, gradient);
        for (let k = row * count; k < (row + 1) * count; k++) {
          prices[k] = f(outcomes.subarray(k * m, (k + 1) * m), gradient) - atZero;
        }
      });
      return prices;
    },
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
