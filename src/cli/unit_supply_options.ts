/**
 * Options of training affine maximizers, where goods exist once, from the options of the command line.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import { BOOST_KINDS } from "../networks/boost.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import {
  type AffineMaximizerOptions,
  affineMaximizerOptions,
  defaultAffineMaximizer,
  WELFARE_GRADIENTS,
} from "../training/unit_supply/options.ts";
import type { Option, Values } from "./command.ts";
import { field, plain, trainingOptions } from "./training_options.ts";

/** The options that only affine maximizers have. */
export const unitSupplyOptions = [
  {
    name: "boost",
    kind: "choice",
    choices: BOOST_KINDS,
    help: "separate: a network of each participant's bundle and one of what is sold; joint: one of everything",
    default: BOOST_KINDS[0],
  },
  {
    name: "welfare-gradient",
    kind: "choice",
    choices: WELFARE_GRADIENTS,
    help: "smoothed: welfare's gradient from maxima for scaled types; chains: from sampled outcomes, with --chains, " +
      "--steps, --initial-beta, --final-beta and --refresh",
    default: WELFARE_GRADIENTS[0],
  },
  {
    name: "initial-smoothing",
    kind: "number",
    placeholder: "E",
    help: "Types are scaled up and down by this share at the start, above 0",
    default: "0.2",
  },
  {
    name: "final-smoothing",
    kind: "number",
    placeholder: "E",
    help: "The same at the end, above 0",
    default: "0.05",
  },
] as const satisfies readonly Option[];

/** Their values, with those of all training options. */
export type UnitSupplyValues = Values<(typeof unitSupplyOptions | typeof trainingOptions)[number]>;

/** Training options that affine maximizers have, too: those of chains, where outcomes are sampled, and others. */
const CHAINS = ["chains", "steps", "initial-beta", "final-beta", "refresh"] as const;
const SHARED = [
  ...["iterations", "profiles", "seed", "learning-rate", "final-learning-rate-ratio", "clip-norm"] as const,
  ...CHAINS,
] as const;
/** Options of types that are scaled. */
const SMOOTHING = ["initial-smoothing", "final-smoothing"] as const;
/** Those that size their networks. */
const SIZES = ["layers", "groups", "group-size"] as const;

/**
 * The training options for a problem of unit supply: the defaults, and what the command line says.
 *
 * @throws {InvalidInputError} naming what is out of its range, or is not for affine maximizers.
 */
export function chosenUnitSupplyTraining(problem: MechanismProblem, values: UnitSupplyValues): AffineMaximizerOptions {
  const options = affineMaximizerOptions("train", problem, givenOptions(problem, values));
  const { welfareGradient } = options, stray = idleWith(options).find((name) => values[name] !== undefined);
  if (!stray) return options;
  throw new InvalidInputError(
    `Cannot train: --${stray} must be left out with --welfare-gradient ${welfareGradient}, which does not use it, got ` +
      plain(values[stray]),
  );
}

/** Options that are not used. */
function idleWith({ welfareGradient }: Pick<AffineMaximizerOptions, "welfareGradient">): readonly UnusedName[] {
  return welfareGradient === "chains" ? SMOOTHING : CHAINS;
}

type UnusedName = typeof SMOOTHING[number] | typeof CHAINS[number];

/** What the command line says. */
function givenOptions(problem: MechanismProblem, values: UnitSupplyValues): Partial<AffineMaximizerOptions> {
  const allowed = new Set<string>([...SHARED, ...SIZES]);
  const stray = trainingOptions.find(({ name }) => values[name] !== undefined && !allowed.has(name));
  if (stray) {
    throw new InvalidInputError(
      `Cannot train: --${stray.name} must be left out, got ${
        plain(values[stray.name])
      }: it is for menu mechanisms, and ` +
        `in ${problem.name} each good exists once`,
    );
  }
  const top: Record<string, unknown> = {}, boost: Record<string, unknown> = {};
  for (const name of [...SHARED, ...SMOOTHING, "welfare-gradient"] as const) {
    if (values[name] !== undefined) top[field(name)] = values[name];
  }
  for (const name of SIZES) if (values[name] !== undefined) boost[field(name)] = values[name];
  if (values.boost !== undefined) boost.kind = values.boost;
  return { ...top, ...Object.keys(boost).length > 0 && { boost: boost as never } };
}

/**
 * Fails where the command line contradicts the options that a run began with.
 *
 * @param where The file that has them, for messages.
 * @throws {InvalidInputError} naming the option and both values.
 */
export function requireSameUnitSupplyTraining(
  problem: MechanismProblem,
  values: UnitSupplyValues,
  options: AffineMaximizerOptions,
  where: string,
): void {
  const { boost = {}, ...top } = givenOptions(problem, values);
  const said = [...Object.entries(top), ...Object.entries(boost)] as [string, unknown][];
  const before = { ...options, ...options.boost } as unknown as Record<string, unknown>;
  for (const [name, value] of said) {
    if (value === before[name]) continue;
    throw new InvalidInputError(
      `Cannot resume: ${name} must be left out or be ${plain(before[name])}, as in ${where}, got ${plain(value)}`,
    );
  }
}

/**
 * Fails where an option of affine maximizers comes with a problem of reproducible goods.
 *
 * @throws {InvalidInputError} naming the option.
 */
export function requireNoUnitSupplyOptions(problem: MechanismProblem, values: UnitSupplyValues): void {
  const stray = unitSupplyOptions.find(({ name }) => values[name] !== undefined);
  if (!stray) return;
  throw new InvalidInputError(
    `Cannot train: --${stray.name} must be left out, got ${
      plain(values[stray.name])
    }: it is for goods that exist once, ` +
      `and those of ${problem.name} are reproducible`,
  );
}

/** Training options as texts by name, such as `boost.groups`. */
export function unitSupplyTexts({ boost, ...others }: AffineMaximizerOptions): Record<string, string> {
  return Object.fromEntries([
    ...Object.entries(others),
    ...Object.entries(boost).map(([name, value]): [string, unknown] => [`boost.${name}`, value]),
  ].map(([name, value]) => [name, plain(value)]));
}

/** The arguments that choose training options for a problem: what differs from the defaults. */
export function unitSupplyArguments(problem: MechanismProblem, options: AffineMaximizerOptions): string[] {
  const defaults = defaultAffineMaximizer(problem);
  const now = flat(options), before = flat(defaults);
  return [...SHARED, ...SIZES, ...unitSupplyOptions.map(({ name }) => name)].flatMap((name) => {
    const value = now[field(name)];
    return value === before[field(name)] ? [] : [`--${name}`, plain(value)];
  });
}

/** The values of all options that are used, by the names of the command line: those of any training, and those only for such goods. */
export function unitSupplyOptionValues(options: AffineMaximizerOptions) {
  const values = flat(options), idle = new Set<string>(idleWith(options));
  const of = (names: readonly string[]) =>
    Object.fromEntries(names.filter((name) => !idle.has(name)).map((name) => [name, values[field(name)]]));
  return { training: of([...SHARED, ...SIZES]), own: of(unitSupplyOptions.map(({ name }) => name)) };
}

/** Values by the names of fields. */
function flat({ boost: { kind, ...sizes }, ...top }: AffineMaximizerOptions): Record<string, unknown> {
  return { ...top, ...sizes, boost: kind };
}
