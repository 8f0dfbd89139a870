/**
 * MD-RegretNet: outcomes and payments straight from networks, truthful only as far as training makes them.
 *
 * Two MLPs with tanh layers take a reported profile t `[n m]` to outcomes x = sigmoid(a(t)) in [0, 1]^{n m} and to
 * fractions f = sigmoid(b(t)) in [0, 1]^n; participant i pays p_i = f_i <t_i, x_i>, which is individually rational.
 * This is RegretNet for additive bidders (Duetting, Feng, Narasimhan, Parkes and Ravindranath, ICML 2019; J. ACM 2024)
 * with a sigmoid in place of the softmax that kept each good in unit supply. It is not truthful: see {@linkcode
 * "./regret_net_misreports.ts"} for by how much.
 *
 * @module
 */
import { requireInteger } from "../errors.ts";
import type { Mechanism, MechanismResult } from "../mechanisms/mechanism.ts";
import { hostRawWeights } from "../networks/hypernetwork_output.ts";
import { parameterizedAffineShapes } from "../networks/parameterized_affine.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import { checkParameters } from "./check_parameters.ts";
import { learnedInWords } from "./in_words.ts";
import { sigmoid } from "./menu_net.ts";
import { profileByProfile } from "./profile_by_profile.ts";
import { sharesOnHost } from "./unit_shares.ts";

/** What a RegretNet mechanism is made of, as plain data. */
export interface RegretNetData {
  /** The name of the problem that it was trained for. */
  readonly problem: string;
  /** n. */
  readonly participants: number;
  /** m. */
  readonly goods: number;
  /** `unit` where each good exists once: outcomes are made of raw numbers by {@linkcode "./unit_shares.ts"}. */
  readonly supply?: "unit";
  /** Widths of the hidden layers of both networks. */
  readonly hidden: readonly number[];
  /** Parameters of the two networks, under {@linkcode NETWORKS} and a point. */
  readonly parameters: HostParameters;
}

/**
 * A mechanism given by networks. Its results take reports to be true. A gap is a valid bound on what a lie gains, but a
 * loose one: payments are not negative, so that no report brings a utility of more than <t_i, 1>.
 */
export interface RegretNet extends Mechanism, RegretNetData {
  /** What it is. */
  readonly method: "MD-RegretNet";
}

/** The two networks: from profiles to raw outcomes, and to raw fractions of values. */
export const NETWORKS = ["allocation", "payment"] as const;

/** Profiles computed between two turns of the event loop. */
const CHUNK = 512;

/** The shapes of the parameters, by name. */
export function regretNetShapes(
  participants: number,
  goods: number,
  hidden: readonly number[],
): Record<string, number[]> {
  const context = participants * goods, outputs = { allocation: context, payment: participants };
  return Object.fromEntries(
    NETWORKS.flatMap((network) =>
      Object.entries(parameterizedAffineShapes({ context, hidden, outputs: outputs[network] })).map((
        [name, shape],
      ) => [`${network}.${name}`, shape])
    ),
  );
}

/**
 * The mechanism of some parameters. It computes on the host, in 64-bit floats: no device is opened.
 *
 * @throws {InvalidInputError} where the parameters do not have the shapes of the networks, or are not finite.
 */
export function regretNet(data: RegretNetData): RegretNet {
  const { participants: n, goods: m, hidden, parameters } = data, action = "make an MD-RegretNet mechanism";
  requireInteger(action, "participants", n, 1);
  requireInteger(action, "goods", m, 1);
  checkParameters(action, regretNetShapes(n, m, hidden), parameters);
  /** Writes profile `b` of the result. */
  const runNetworks = (types: Float32Array, b: number, result: MechanismResult) => {
    const input = Float64Array.from(types.subarray(b * n * m, (b + 1) * n * m), (t) => 2 * t - 1);
    const raw = hostNetwork(parameters, "allocation", hidden.length, input);
    const outcome = data.supply ? sharesOnHost(raw, n, m) : raw.map(sigmoid);
    const fraction = hostNetwork(parameters, "payment", hidden.length, input).map(sigmoid);
    result.outcomes.set(outcome, b * n * m);
    for (let i = 0; i < n; i++) {
      let value = 0, total = 0;
      for (let j = 0; j < m; j++) {
        const type = types[(b * n + i) * m + j];
        value += type * outcome[i * m + j];
        total += type;
      }
      const row = b * n + i;
      result.payments[row] = fraction[i] * value;
      result.utilities[row] = value - result.payments[row];
      result.gaps[row] = total - result.utilities[row];
    }
  };
  return learnedInWords({ ...data, method: "MD-RegretNet", ...profileByProfile(n, m, CHUNK, runNetworks) });
}

/** One network's outputs for one input, before a sigmoid, through `layers` tanh layers. */
function hostNetwork(
  parameters: HostParameters,
  network: (typeof NETWORKS)[number],
  layers: number,
  input: Float64Array,
): Float64Array {
  const affine = (name: string, hidden: Float64Array) =>
    hostRawWeights({
      hidden,
      weight: parameters[`${network}.${name}.weight`].data as Float32Array,
      bias: parameters[`${network}.${name}.bias`].data as Float32Array,
    }, 0);
  let hidden = input;
  for (let layer = 0; layer < layers; layer++) hidden = affine(`hidden.${layer}`, hidden).map(Math.tanh);
  return Float64Array.from(affine("output", hidden));
}
