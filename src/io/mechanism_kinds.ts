/**
 * The kinds of mechanisms that files hold, an entry each.
 *
 * A new kind needs a maker that checks its parameters, a `method` in what the maker gives, and an entry here. Makers of
 * baselines load when a file of theirs is read, and not before.
 *
 * @module
 */
import type { Discrete, DiscreteData } from "../baselines/discrete.ts";
import type { GemNet, GemNetData } from "../baselines/gem_net.ts";
import type { LotteryAma, LotteryAmaData } from "../baselines/lottery_ama.ts";
import type { MenuNet, MenuNetData } from "../baselines/menu_net.ts";
import type { RegretNet, RegretNetData } from "../baselines/regret_net.ts";
import { InvalidInputError, show } from "../errors.ts";
import type { AffineMaximizer, AffineMaximizerData } from "../mechanisms/affine_maximizer.ts";
import type { MenuMechanism } from "../mechanisms/menu_mechanism.ts";
import { BOOST_KINDS, type BoostShape, type BoostSize } from "../networks/boost.ts";
import { contextShape, menuMechanismKind, networkSize } from "./menu_mechanism_file.ts";
import type { MechanismUnits } from "../mechanisms/mechanism.ts";
import { type MechanismData, type MechanismKind, mechanismKind } from "./mechanism_kind.ts";
import { flag, mechanismUnits, object, optionalChoice, type Read, refuse, size, sizes } from "./metadata.ts";

/** A baseline that was learned. */
type Baseline = MenuNet | GemNet | LotteryAma | RegretNet | Discrete;

/**
 * A mechanism that was learned, and that a file can hold: TEDI's, that of an ablation, an affine maximizer, or a
 * baseline's.
 */
export type LearnedMechanism = MenuMechanism | AffineMaximizer | MenuNet | GemNet | LotteryAma | RegretNet | Discrete;

/** A kind of baseline: its parameters are for types in [0, 1], and its file says the unit where they are not. */
function baselineKind<Data extends MechanismData, Made extends Baseline>(
  format: string,
  method: string,
  fields: { readonly [Name in Exclude<keyof Data, keyof MechanismData>]: Read<Data[Name]> },
  make: (data: Data, units?: MechanismUnits) => Promise<Made>,
): MechanismKind<Made> {
  const all = { ...fields, units: mechanismUnits } as never;
  return mechanismKind<Data & { readonly units?: MechanismUnits }, Made>(
    format,
    method,
    all,
    async ({ units, ...data }) => {
      const made = await make(data as unknown as Data, units);
      return units === undefined ? made : (await import("../baselines/in_words.ts")).learnedInUnits(made, units);
    },
  );
}

/** `unit` where each good exists once. */
const supply = optionalChoice(["unit"] as const);
/** Metadata that a mechanism need not have. */
const OPTIONAL = ["units", "supply"];

/** n, m, and what is exchangeable. */
const boostShape: Read<BoostShape> = object<BoostShape>({
  participants: size,
  goods: size,
  exchangeable: flag,
  exchangeableGoods: flag,
});

/** The sizes of the networks of a boost. */
const boostSize: Read<BoostSize> = object<BoostSize>({
  kind: (value, what, thing) =>
    optionalChoice(BOOST_KINDS, "the boost's kind")(value, what, thing) ??
      refuse(what, "the boost's kind", `one of ${BOOST_KINDS.join(", ")}`, value),
  layers: size,
  groups: size,
  groupSize: size,
});

/** Affine maximizers of goods that exist once. */
const affineMaximizerKind: MechanismKind<AffineMaximizer> = mechanismKind<AffineMaximizerData, AffineMaximizer>(
  "tedi-affine-maximizer-1",
  "TEDI-AMA",
  { shape: boostShape, boost: boostSize, units: mechanismUnits },
  async (data) => (await import("../mechanisms/affine_maximizer.ts")).affineMaximizer(data),
);

/** All kinds. */
export const mechanismKinds: readonly MechanismKind<LearnedMechanism>[] = [
  menuMechanismKind,
  baselineKind<MenuNetData, MenuNet>(
    "tedi-menu-net-1",
    "MD-MenuNet",
    { goods: size, menuSize: size },
    async (data) => (await import("../baselines/menu_net.ts")).menuNet(data),
  ),
  baselineKind<GemNetData, GemNet>(
    "tedi-gem-net-1",
    "MD-GemNet",
    { shape: contextShape, menuSize: size, hidden: sizes },
    async (data) => (await import("../baselines/gem_net.ts")).gemNet(data),
  ),
  baselineKind<LotteryAmaData, LotteryAma>(
    "tedi-lottery-ama-1",
    "MD-LotteryAMA",
    { participants: size, goods: size, supply, menuSize: size },
    async (data, units) => (await import("../baselines/lottery_ama.ts")).lotteryAma(data, units),
  ),
  baselineKind<RegretNetData, RegretNet>(
    "tedi-regret-net-1",
    "MD-RegretNet",
    { participants: size, goods: size, supply, hidden: sizes },
    async (data) => (await import("../baselines/regret_net.ts")).regretNet(data),
  ),
  baselineKind<DiscreteData, Discrete>(
    "tedi-discrete-1",
    "TEDI-Discrete",
    { shape: contextShape, network: networkSize, menuSize: size },
    async (data) => (await import("../baselines/discrete.ts")).discrete(data),
  ),
  affineMaximizerKind,
];

/** The kind of a mechanism; undefined where files do not hold such. */
export function kindOf(mechanism: object): MechanismKind | undefined {
  const { method, parameters, ...data } = mechanism as Readonly<Record<string, unknown>>;
  const has = (name: string): boolean => Object.hasOwn(data, name);
  return mechanismKinds.find((kind) =>
    kind.method === method && parameters &&
    Object.keys(kind.fields).every((name) => OPTIONAL.includes(name) || has(name))
  );
}

/** Whether a file can hold a mechanism. */
export function isLearned(mechanism: object): mechanism is LearnedMechanism {
  return kindOf(mechanism) !== undefined;
}

/**
 * Fails unless a mechanism is a menu mechanism.
 *
 * @throws {InvalidInputError} naming what it is for, and what it is instead.
 */
export function requireMenuMechanism(action: string, mechanism: LearnedMechanism): asserts mechanism is MenuMechanism {
  if (!("method" in mechanism)) return;
  const once = mechanism.method === "TEDI-AMA" ? ", by which each good exists once, and goes to one of several" : "";
  throw new InvalidInputError(
    `Cannot ${action}: the mechanism must have a menu of all outcomes, as those of TEDI do, got one of ` +
      show(mechanism.method) + once,
  );
}
