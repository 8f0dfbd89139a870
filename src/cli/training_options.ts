/**
 * The options of training: their help texts, and the training options that their values make.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { FORMER_OPTIONS } from "../former_names.ts";
import { NETWORK_KINDS, type NetworkKind, networkKind } from "../networks/kinds.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { type ContextKind, contextKinds } from "../networks/context.ts";
import { settingProblem } from "../problems/settings.ts";
import { boundaries } from "../sampling/boundary.ts";
import { estimators } from "../training/estimator.ts";
import { stepRules } from "../sampling/step_sizes.ts";
import {
  checkTraining,
  defaultHidden,
  defaultKind,
  defaultTraining,
  type TrainingOptions,
} from "../training/options.ts";
import type { Option, Values } from "./command.ts";

/** The options that size the work. */
export const workOptions = [
  { name: "iterations", kind: "integer", placeholder: "N", help: "Iterations of Algorithm 1, at least 1" },
  {
    name: "profiles",
    kind: "integer",
    placeholder: "N",
    help: "Type profiles that each iteration trains on, at least 1",
  },
  {
    name: "chains",
    kind: "integer",
    placeholder: "C",
    help: "Langevin chains for each participant of each profile, at least 2",
  },
  {
    name: "steps",
    kind: "integer",
    placeholder: "S",
    help: "Langevin steps that each chain takes in an iteration, at least 1",
  },
  {
    name: "seed",
    kind: "integer",
    least: 0,
    placeholder: "N",
    help: "Seed of all random numbers, from 0: the same seed and options give the same mechanism",
  },
] as const satisfies readonly Option[];

/** The options that size the network. */
export const networkOptions = [
  {
    name: "network",
    kind: "choice",
    choices: NETWORK_KINDS,
    help: `The network f that prices are made of, all about as large: ${
      NETWORK_KINDS.map((kind) => `${kind}, ${networkKind(kind).summary}`).join("; ")
    }`,
  },
  { name: "layers", kind: "integer", placeholder: "K", help: "Layers of f, at least 1" },
  { name: "groups", kind: "integer", placeholder: "G", help: "Groups in each layer, at least 1" },
  {
    name: "group-size",
    kind: "integer",
    placeholder: "E",
    help: "Affine functions in each group, of which it takes the maximum; at least 1",
  },
  {
    name: "hidden",
    kind: "integers",
    placeholder: "64,64",
    help: "Widths of the hidden layers that turn the others' types into weights of f; unused for one participant",
  },
  {
    name: "context",
    kind: "choice",
    choices: contextKinds,
    formerChoices: { symmetric: "set" },
    help:
      "How these layers read the others' types: dense as one vector, set as a set without an order; unused for one " +
      "participant",
  },
] as const satisfies readonly Option[];

/** The options that change how training goes. */
export const methodOptions = [
  {
    name: "learning-rate",
    kind: "number",
    placeholder: "X",
    help: "Initial learning rate of Adam, above 0; it falls along half a cosine",
  },
  {
    name: "learning-rate-beta",
    kind: "number",
    placeholder: "X",
    help: "Lower the learning rate further while beta is above X: it is multiplied by sqrt(X / beta); above 0",
  },
  {
    name: "initial-beta",
    kind: "number",
    placeholder: "X",
    help:
      "Initial inverse temperature, above 0: in training participants choose outcomes with density exp(beta u), the more " +
      "sharply the higher beta is",
  },
  {
    name: "final-beta",
    kind: "number",
    placeholder: "X",
    help: "Final beta, above 0; in between it grows geometrically",
  },
  {
    name: "refresh",
    kind: "number",
    placeholder: "SHARE",
    help:
      "Replace this share of the type profiles by new ones in each iteration, from 0 to 1; 0 trains on a fixed set, " +
      "as in the paper",
  },
  {
    name: "estimator",
    kind: "choice",
    choices: estimators,
    help:
      "How the covariance in the gradient is estimated: paired takes all of the principal's utility, as in equation " +
      "(12); coordinate takes what the participant's outcome adds to it, which has the same mean and less variance",
  },
  {
    name: "boundary",
    formerly: FORMER_OPTIONS.boundary,
    kind: "choice",
    choices: boundaries,
    help:
      "What happens to a chain that steps out of [0, 1]: reflect mirrors it back at the boundary, project puts it " +
      "on the boundary",
  },
  {
    name: "step-rule",
    kind: "choice",
    choices: stepRules,
    help:
      "How the size eta of a Langevin step is set: adapted takes a shorter one where utility is steeper, for each " +
      "coordinate; constant takes --step-scale / beta for all",
  },
  {
    name: "step-scale",
    kind: "number",
    placeholder: "X",
    help:
      "Multiply the size of Langevin steps by X, above 0: with larger ones chains mix faster, in about 1 / X steps, " +
      "and follow the density less exactly",
  },
  {
    name: "warm-up",
    kind: "integer",
    placeholder: "N",
    help: "Move the chains of a new type profile for N iterations before it is trained on, from 0",
  },
  {
    name: "line-move-every",
    kind: "integer",
    placeholder: "N",
    help:
      "Move each chain along a line after every N Langevin steps, in the direction between two other chains, so that " +
      "they mix faster; 0: never, as in the paper",
  },
  {
    name: "averaging",
    kind: "number",
    placeholder: "DECAY",
    help:
      "Decay of the moving average of parameters over the iterations, from 0 to below 1; the mechanism is made of " +
      "this average, and with 0 that is the last parameters",
  },
] as const satisfies readonly Option[];

/** The options of training. */
export const trainingOptions = [...workOptions, ...networkOptions, ...methodOptions] as const;

type TrainingOption = typeof trainingOptions[number];
/** Their values. */
export type TrainingValues = Values<TrainingOption>;

/** Options whose values are in `TrainingOptions.network`. */
const ofNetwork = new Set<string>(networkOptions.map(({ name }) => name));

/** `group-size` as `groupSize`; `network` is the network's kind. */
function field(name: string): string {
  return name === "network" ? "kind" : name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}

/** The kind of a network whose size names none: configurations and files leave this one out. */
const DEFAULT_KIND = NETWORK_KINDS[0];

/** What training options have under the name of a command line option. */
function valueIn(options: TrainingOptions, name: string): unknown {
  const from = (ofNetwork.has(name) ? options.network : options) as unknown as Record<string, unknown>;
  if (name === "network") return from.kind ?? DEFAULT_KIND;
  return from[field(name)] ?? (name === "context" ? "dense" : undefined);
}

/**
 * The training options for a problem: its defaults, and what the command line says.
 *
 * @throws {InvalidInputError} naming what is out of its range.
 */
export function chosenTraining(problem: MechanismProblem, values: TrainingValues): TrainingOptions {
  const top: Record<string, unknown> = {}, network: Record<string, unknown> = {};
  for (const [name, value] of given(values)) (ofNetwork.has(name) ? network : top)[field(name)] = value;
  const { kind, ...sizes } = network, defaults = defaultTraining(problem, kind as NetworkKind | undefined);
  if (sizes.context !== undefined) sizes.hidden ??= defaultHidden(sizes.context as ContextKind);
  const options: TrainingOptions = { ...defaults, ...top, network: { ...defaults.network, ...sizes } };
  checkTraining(options, problem);
  return options;
}

/**
 * Fails where the command line contradicts the options that a run began with.
 *
 * @param where The file that has them, for messages.
 * @throws {InvalidInputError} naming the option and both values.
 */
export function requireSameTraining(values: TrainingValues, options: TrainingOptions, where: string): void {
  for (const [name, value] of given(values)) {
    const before = valueIn(options, name);
    if (String(value) !== String(before)) {
      throw new InvalidInputError(
        `Cannot resume: --${name} must be left out or be ${plain(before)}, as in ${where}, got ${plain(value)}`,
      );
    }
  }
}

/**
 * The arguments that choose training options for a problem: those that are not its defaults.
 *
 * @returns The arguments, and the names of options that differ from what they would choose, if any: a program may have
 * set some that the command line has no words for.
 */
export function trainingArguments(
  problem: MechanismProblem,
  options: TrainingOptions,
): { readonly args: readonly string[]; readonly beyond: readonly string[] } {
  const { kind = DEFAULT_KIND } = options.network, values: Record<string, unknown> = {};
  if (kind !== defaultKind(problem)) values.network = kind;
  const defaults = defaultTraining(problem, kind);
  // Where the context differs, so do the defaults of the network's size: all of it is said.
  const whole = plain(valueIn(options, "context")) !== plain(valueIn(defaults, "context"));
  for (const { name } of trainingOptions) {
    const value = valueIn(options, name), differs = plain(value) !== plain(valueIn(defaults, name));
    const said = differs || whole && ofNetwork.has(name) && name !== "network" && name !== "context";
    if (said && value !== undefined) values[name] = value;
  }
  const chosen = optionTexts(chosenTraining(problem, values as TrainingValues)), wanted = optionTexts(options);
  const names = [...new Set([...Object.keys(chosen), ...Object.keys(wanted)])];
  return {
    args: Object.entries(values).flatMap(([name, value]) => [`--${name}`, plain(value)]),
    beyond: names.filter((name) => chosen[name] !== wanted[name]),
  };
}

/** Training options as texts by name, such as `network.groups`. */
export function optionTexts(options: TrainingOptions): Record<string, string> {
  const { network, ...others } = options;
  return Object.fromEntries([
    ...Object.entries(others),
    ...Object.entries(network).map(([name, value]): [string, unknown] => [`network.${name}`, value]),
  ].map(([name, value]) => [name, plain(value)]));
}

/** The training options among the values, by name. */
function given(values: TrainingValues): [string, unknown][] {
  return trainingOptions
    .map(({ name }): [string, unknown] => [name, values[name]])
    .filter(([, value]) => value !== undefined);
}

function plain(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : typeof value === "string" ? value : show(value);
}

/** Problems that differ in what the defaults depend on: n, m and whether types have atoms. */
const SAMPLES = ["U-1-2", "U-1-10", "B-1-10", "U-3-2", "U-3-10", "B-3-10"];

/** The options with their defaults, for the help text. */
export function withDefaults(options: readonly Option[]): readonly Option[] {
  const defaults = SAMPLES.map((name) => defaultTraining(settingProblem(name)));
  return options.map((option) => {
    const texts = [...new Set(defaults.map((each) => plain(valueIn(each, option.name))))];
    return { ...option, default: texts.length > 1 ? `${texts.join(" or ")}, by the problem` : texts[0] };
  });
}
