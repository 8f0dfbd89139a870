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
import { flatTypes, type Mechanism, type MechanismResult, type TypeProfiles } from "../mechanisms/mechanism.ts";
import { contexts, type ContextShape, contextSize } from "../networks/context.ts";
import {
  hostHidden,
  hostRawWeights,
  type HostWeightSource,
  parameterizedAffineShapes,
  type ParameterizedAffineSize,
} from "../networks/parameterized_affine.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import { checkParameters } from "./baseline_training.ts";
import { emptyResult, type HostMenu, sigmoid, takeBest } from "./menu_net.ts";

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
export interface GemNet extends Mechanism, GemNetData {
  /**
   * The menus of each participant of each profile, in the order of `[B, n]`.
   *
   * @param types `[B, n, m]`; a participant's own type has no effect on its menu.
   */
  menus(types: TypeProfiles): readonly HostMenu[];
}

/** So many rows (participants of profiles) are computed before the event loop turns. */
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

  const sourceOf = (types: Float32Array): HostWeightSource => {
    const bias = parameters["output.bias"].data as Float32Array;
    if (size.context === 0) return { bias };
    const weight = parameters["output.weight"].data as Float32Array;
    return { hidden: hostHidden(parameters, contexts(types, shape), size.context), weight, bias };
  };
  const menuOf = (source: HostWeightSource, row: number): HostMenu => {
    const raw = hostRawWeights(source, row);
    return { outcomes: raw.subarray(0, K * m).map(sigmoid), prices: raw.subarray(K * m) };
  };

  return {
    ...data,
    participants: n,
    goods: m,
    async run(reported: TypeProfiles): Promise<MechanismResult> {
      const types = flatTypes(reported, n, m), result = emptyResult(types, n, m), rows = types.length / m;
      const step = Math.max(1, Math.floor(CHUNK / n)) * n;
      for (let first = 0; first < rows; first += step) {
        if (first > 0) await letEventsIn();
        const count = Math.min(step, rows - first);
        const source = sourceOf(types.subarray(first * m, (first + count) * m));
        for (let row = 0; row < count; row++) takeBest(menuOf(source, row), types, first + row, result);
      }
      return result;
    },
    menus(reported: TypeProfiles): readonly HostMenu[] {
      const types = flatTypes(reported, n, m), source = sourceOf(types);
      return Array.from({ length: types.length / m }, (_, row) => menuOf(source, row));
    },
  };
}
