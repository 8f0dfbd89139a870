/**
 * MD-MenuNet: one participant and a menu of K options, each an outcome and a price.
 *
 * The participant takes argmax_k <t, x_k> - p_k over k = 0, ..., K, where option 0 is nothing for nothing. This is
 * RochetNet (Duetting, Feng, Narasimhan, Parkes and Ravindranath, ICML 2019; J. ACM 2024) and MenuNet (Shen, Tang and
 * Zuo, AAMAS 2019). Outcomes and prices are computed in 64-bit floats on the host, so that truthfulness and individual
 * rationality hold up to rounding.
 *
 * @module
 */
import { requireInteger } from "../errors.ts";
import { flatTypes, type Mechanism, type MechanismResult, type TypeProfiles } from "../mechanisms/mechanism.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import { checkParameters } from "./check_parameters.ts";
import { learnedInWords } from "./in_words.ts";
import { emptyResult, profileByProfile } from "./profile_by_profile.ts";

/** What a MenuNet mechanism is made of, as plain data. */
export interface MenuNetData {
  /** The name of the problem that it was trained for. */
  readonly problem: string;
  /** m. */
  readonly goods: number;
  /** K. */
  readonly menuSize: number;
  /** `outcomes` `[K, m]`, before a sigmoid, and `prices` `[K]`. */
  readonly parameters: HostParameters;
}

/** A mechanism given by one menu. */
export interface MenuNet extends Mechanism, MenuNetData {
  /** What it is. */
  readonly method: "MD-MenuNet";
  /** The outcomes `[K, m]` and prices `[K]` on offer, besides nothing for nothing. */
  readonly menu: HostMenu;
}

/** K outcomes `[K, m]` and their prices `[K]`. */
export interface HostMenu {
  /** Each in [0, 1]. */
  readonly outcomes: Float64Array;
  /** In the units of types. */
  readonly prices: Float64Array;
}

/** Profiles computed between two turns of the event loop. */
const CHUNK = 4096;

/**
 * The mechanism of a menu. It computes on the host: no device is opened.
 *
 * @throws {InvalidInputError} where the parameters do not have the shapes of the menu, or are not finite.
 */
export function menuNet(data: MenuNetData): MenuNet {
  const { goods: m, menuSize: K, parameters } = data, action = "make an MD-MenuNet mechanism";
  requireInteger(action, "goods", m, 1);
  requireInteger(action, "menuSize", K, 1);
  checkParameters(action, { outcomes: [K, m], prices: [K] }, parameters);
  const menu: HostMenu = {
    outcomes: Float64Array.from(parameters.outcomes.data, sigmoid),
    prices: Float64Array.from(parameters.prices.data),
  };
  return learnedInWords({
    ...data,
    method: "MD-MenuNet",
    menu,
    ...profileByProfile(1, m, CHUNK, (types, row, result) => takeBest(menu, types, row, result)),
  });
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/**
 * Lets participant `row` of types `[R, m]` take the best option of a menu, or nothing where none is worth its price.
 */
export function takeBest({ outcomes, prices }: HostMenu, types: Float32Array, row: number, result: MechanismResult) {
  const m = outcomes.length / prices.length, at = row * m;
  let best = -1, most = 0;
  for (let k = 0; k < prices.length; k++) {
    let utility = -prices[k];
    for (let j = 0; j < m; j++) utility += types[at + j] * outcomes[k * m + j];
    if (utility > most) best = k, most = utility;
  }
  if (best < 0) return;
  result.outcomes.set(outcomes.subarray(best * m, (best + 1) * m), at);
  result.payments[row] = prices[best];
  result.utilities[row] = most;
}

/** Lets participant `row` of types `[R, m]` take the best option of a menu of its own, or nothing. */
export type Taker = (types: Float32Array, row: number, result: MechanismResult) => void;

/** A mechanism in which everybody takes the best of a menu of its own. */
export interface OwnMenus extends Mechanism {
  /**
   * The menus of each participant of each profile, in the order of `[B, n]`.
   *
   * @param types `[B, n, m]`; a participant's own type has no effect on its menu.
   */
  menus(types: TypeProfiles): readonly HostMenu[];
}

/**
 * The mechanism of menus that depend on the others' types.
 *
 * @param chunk Rows (participants of profiles) computed before the event loop turns.
 * @param menusOf The menus of the rows of some types `[B, n, m]`.
 * @param takersOf How the rows of some types take the best of their menus, if not by computing all of it: from a row of them to
 * what {@linkcode takeBest} does with a menu.
 */
export function ownMenus(
  participants: number,
  goods: number,
  chunk: number,
  menusOf: (types: Float32Array) => (row: number) => HostMenu,
  takersOf: (types: Float32Array) => (row: number) => Taker = (types) => {
    const menu = menusOf(types);
    return (row) => (...where) => takeBest(menu(row), ...where);
  },
): OwnMenus {
  const step = Math.max(1, Math.floor(chunk / participants)) * participants;
  return {
    participants,
    goods,
    async run(reported: TypeProfiles): Promise<MechanismResult> {
      const types = flatTypes(reported, participants, goods), rows = types.length / goods;
      const result = emptyResult(types, participants, goods);
      for (let first = 0; first < rows; first += step) {
        if (first > 0) await letEventsIn();
        const count = Math.min(step, rows - first);
        const taker = takersOf(types.subarray(first * goods, (first + count) * goods));
        for (let row = 0; row < count; row++) taker(row)(types, first + row, result);
      }
      return result;
    },
    menus(reported: TypeProfiles): readonly HostMenu[] {
      const types = flatTypes(reported, participants, goods), menu = menusOf(types);
      return Array.from({ length: types.length / goods }, (_, row) => menu(row));
    },
  };
}
