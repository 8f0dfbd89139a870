/**
 * MD-GemNet: for each participant a menu of K options, made by a network from the others' types.
 *
 * Participant i takes argmax_k <t_i, x_ik(t_-i)> - p_ik(t_-i) over k = 0, ..., K, where option 0 is nothing for
 * nothing, so the mechanism is truthful and individually rational whatever the network is. GemNet (Wang, Jiang and
 * Parkes, EC 2024) needs a transform of prices to keep menus compatible with each other; with goods that can be
 * reproduced any menus are. Menus are computed in 64-bit floats on the host.
 *
 * @module
 */
import { requireInteger } from "../errors.ts";
import { type ContextShape, contextSize } from "../networks/context.ts";
import { hostDenseHypernetwork } from "../networks/dense_context.ts";
import { hostRawWeights } from "../networks/hypernetwork_output.ts";
import { parameterizedAffineShapes, type ParameterizedAffineSize } from "../networks/parameterized_affine.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import { checkParameters } from "./check_parameters.ts";
import { learnedInWords } from "./in_words.ts";
import { type OwnMenus, ownMenus, sigmoid } from "./menu_net.ts";

/** What a GemNet mechanism is made of, as plain data. */
export interface GemNetData {
  /** The name of the problem that it was trained for. */
  readonly problem: string;
  /** n, m, and whether participants are exchangeable. */
  readonly shape: ContextShape;
  /** K. */
  readonly menuSize: number;
  /** Widths of the hidden layers between context and menu. */
  readonly hidden: readonly number[];
  /** The parameters of the network from contexts to K m raw outcomes and K prices. */
  readonly parameters: HostParameters;
}

/** A mechanism given by menus that depend on the others' types. */
export interface GemNet extends OwnMenus, GemNetData {
  /** What it is. */
  readonly method: "MD-GemNet";
}

/** Rows (participants of profiles) computed between two turns of the event loop. */
const CHUNK = 1024;

/** The network from contexts to menus: an MLP with K (m + 1) outputs, shared by all participants. */
export function gemNetSize(shape: ContextShape, menuSize: number, hidden: readonly number[]): ParameterizedAffineSize {
  return { context: contextSize(shape), hidden, outputs: menuSize * (shape.goods + 1) };
}

/**
 * The mechanism of a menu network. It computes on the host: no device is opened.
 *
 * @throws {InvalidInputError} where the parameters do not have the shapes of the network, or are not finite.
 */
export function gemNet(data: GemNetData): GemNet {
  const { shape, menuSize: K, hidden, parameters } = data, action = "make an MD-GemNet mechanism";
  const { participants: n, goods: m } = shape;
  requireInteger(action, "participants", n, 1);
  requireInteger(action, "goods", m, 1);
  requireInteger(action, "menuSize", K, 1);
  const size = gemNetSize(shape, K, hidden);
  checkParameters(action, parameterizedAffineShapes(size), parameters);

  return learnedInWords({
    ...data,
    method: "MD-GemNet",
    ...ownMenus(n, m, CHUNK, (types) => {
      const hypernetwork = hostDenseHypernetwork(parameters, shape, types);
      return (row) => {
        const raw = hostRawWeights(hypernetwork, row);
        return { outcomes: raw.subarray(0, K * m).map(sigmoid), prices: raw.subarray(K * m) };
      };
    }),
  });
}
