/**
 * Training options from the options of the command line, and back.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { type ContextKind, contextKinds } from "../networks/context.ts";
import { NETWORK_KINDS, type NetworkKind } from "../networks/kinds.ts";
import type { NetworkSize } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { settingProblem } from "../problems/settings.ts";
import {
  checkTraining,
  completeValidation,
  defaultHidden,
  defaultKind,
  defaultTraining,
  noPolishing,
  type TrainingOptions,
} from "../training/options.ts";
import { type Preset, PRESETS, printedTraining } from "../training/printed.ts";
import type { Option, OptionGroup, Values } from "./command.ts";
import {
  adamOptions,
  chainOptions,
  methodOptions,
  networkOptions,
  polishingOptions,
  presetOptions,
  scheduleOptions,
  validationOptions,
  workOptions,
} from "./training_option_list.ts";

/** The options of training, but for the preset: one for each field of `TrainingOptions`. */
export const fieldOptions = [
  ...workOptions,
  ...networkOptions,
  ...methodOptions,
  ...validationOptions,
  ...chainOptions,
  ...scheduleOptions,
  ...polishingOptions,
  ...adamOptions,
] as const;

/** The options of training. */
export const trainingOptions = [...presetOptions, ...fieldOptions] as const;

/** Their values. */
export type TrainingValues = Values<typeof trainingOptions[number]>;

/** Options whose values are in `TrainingOptions.network`. */
const ofNetwork = new Set<string>(networkOptions.map(({ name }) => name));

/** The field that an option sets: `group-size` is `groupSize`, and `network` the network's kind. */
export function field(name: string): string {
  return name === "network" ? "kind" : name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}

/** The kind of a network whose size names none: configurations and files leave this one out. */
const DEFAULT_KIND = NETWORK_KINDS[0];

/** What training options have under the name of a command line option. */
function valueIn(options: TrainingOptions, name: string): unknown {
  const from = (ofNetwork.has(name) ? options.network : options) as unknown as Record<string, unknown>;
  if (name === "network") return from.kind ?? DEFAULT_KIND;
  return from[field(name)] ?? (name === "context" ? contextKinds[0] : undefined);
}

/** What the options of a preset are for a problem and kinds of network and context, which are the preset's unless given. */
function presetTraining(
  problem: MechanismProblem,
  preset: Preset = PRESETS[0],
  kind?: NetworkKind,
  context?: ContextKind,
): TrainingOptions {
  if (preset === "default") return defaultTraining(problem, kind ?? defaultKind(problem, context), context);
  const printed = printedTraining(problem);
  const network = {
    ...(kind === undefined || kind === DEFAULT_KIND ? {} : { kind }),
    ...printed.network,
    ...(context === undefined ? {} : { context, hidden: defaultHidden(context) }),
  };
  return { ...printed, ...noPolishing(problem, kind ?? DEFAULT_KIND, context ?? "dense"), network };
}

/**
 * The training options for a problem: those of the preset, and what the command line says.
 *
 * @param start The network that training begins with, in the place of the preset's.
 * @throws {InvalidInputError} naming what is out of its range.
 */
export function chosenTraining(
  problem: MechanismProblem,
  values: TrainingValues,
  start?: NetworkSize,
): TrainingOptions {
  const top: Record<string, unknown> = {}, network: Record<string, unknown> = {};
  for (const [name, value] of given(values)) (ofNetwork.has(name) ? network : top)[field(name)] = value;
  const { kind, context, ...sizes } = network as { kind?: NetworkKind; context?: ContextKind };
  const preset = presetTraining(problem, values.preset, kind, context), base = start ?? preset.network;
  const named = start ? network : sizes;
  const completed = completeValidation(preset, top as Partial<TrainingOptions>);
  const options: TrainingOptions = { ...preset, ...completed, network: { ...base, ...named } };
  checkTraining(options, problem);
  return options;
}

/**
 * Fails where the command line contradicts the options that a run began with. A preset does where it and the options
 * beside it do not make all of them.
 *
 * @param where The file that has them, for messages.
 * @throws {InvalidInputError} naming the option and both values.
 */
export function requireSameTraining(
  problem: MechanismProblem,
  values: TrainingValues,
  options: TrainingOptions,
  where: string,
): void {
  for (const [name, value] of given(values)) {
    const before = valueIn(options, name);
    if (String(value) !== String(before)) {
      throw new InvalidInputError(
        `Cannot resume: --${name} must be left out or be ${plain(before)}, as in ${where}, got ${plain(value)}`,
      );
    }
  }
  if (values.preset === undefined) return;
  const chosen = chosenTraining(problem, values), other = differing(chosen, options)[0];
  if (other !== undefined) {
    throw new InvalidInputError(
      `Cannot resume: --preset must be left out, or --${other} be ${plain(valueIn(options, other))}, as in ${where}, ` +
        `got --preset ${values.preset} with ${plain(valueIn(chosen, other))}`,
    );
  }
}

/** The names of the options in which two settings of training differ. */
function differing(one: TrainingOptions, other: TrainingOptions): string[] {
  return fieldOptions.map(({ name }) => name)
    .filter((name) => plain(valueIn(one, name)) !== plain(valueIn(other, name)));
}

/** The arguments that choose training options for a problem: a preset, if it saves some, and what differs from it. */
export function trainingArguments(problem: MechanismProblem, options: TrainingOptions): readonly string[] {
  const [first, ...others] = PRESETS.map((preset) => argumentsBeside(preset, problem, options));
  return others.reduce((least, args) => args.length < least.length ? args : least, first);
}

/** The arguments that choose training options for a problem, by a preset. */
function argumentsBeside(preset: Preset, problem: MechanismProblem, options: TrainingOptions): string[] {
  const { kind = DEFAULT_KIND, context = contextKinds[0] } = options.network;
  // As little of the two as makes both, as the other defaults depend on them.
  const choices = [{}, { kind }, { context }, { kind, context }].map((named) => {
    const differ = differing(presetTraining(problem, preset, named.kind, named.context), options);
    return { named, differ };
  });
  const { named, differ } = choices.find(({ differ }) =>
    !differ.some((name) => name === "network" || name === "context")
  )!;
  const said = new Set(differ);
  if (named.kind) said.add("network");
  if (named.context) said.add("context");
  return [
    ...preset === PRESETS[0] ? [] : ["--preset", preset],
    ...fieldOptions.filter(({ name }) => said.has(name)).flatMap(({ name }) => [
      `--${name}`,
      plain(valueIn(options, name)),
    ]),
  ];
}

/** The values of all options that training options have, by the names of the command line. */
export function optionValues(options: TrainingOptions): Record<string, unknown> {
  return Object.fromEntries(fieldOptions.map(({ name }) => [name, valueIn(options, name)]));
}

/** Training options as texts by name, such as `network.groups`. */
export function optionTexts(options: TrainingOptions): Record<string, string> {
  const { network, ...others } = options;
  return Object.fromEntries([
    ...Object.entries(others),
    ...Object.entries(network).map(([name, value]): [string, unknown] => [`network.${name}`, value]),
  ].map(([name, value]) => [name, plain(value)]));
}

/** The fields among the values, by the names of their options. */
function given(values: TrainingValues): [string, unknown][] {
  return fieldOptions
    .map(({ name }): [string, unknown] => [name, values[name]])
    .filter(([, value]) => value !== undefined);
}

/** A value as the command line has it. */
export function plain(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length > 0 ? value.join(",") : "none";
  return typeof value === "string" ? value : show(value);
}

/** Problems that differ in what the defaults depend on: n, m, costs of production and whether types have atoms. */
const SAMPLES = ["U-1-2", "U-1-10", "B-1-10", "U-3-2-cp1-cd0", "U-3-10-cp1-cd0", "B-3-10-cp1-cd0", "U-3-10"];

/** The options with their defaults, for the help text. */
function withDefaults(options: readonly Option[]): readonly Option[] {
  const defaults = SAMPLES.map((name) => defaultTraining(settingProblem(name)));
  return options.map((option) => {
    const texts = [...new Set(defaults.map((each) => plain(valueIn(each, option.name))))];
    return { ...option, default: texts.length > 1 ? `${texts.join(" or ")}, by the problem` : texts[0] };
  });
}

/** The options of training under the headings of the help text. */
export function trainingGroups(): readonly OptionGroup[] {
  const groups: readonly OptionGroup[] = [
    { heading: "Work", options: workOptions },
    { heading: "Network", options: networkOptions },
    { heading: "Method", options: methodOptions },
    { heading: "Validation", options: validationOptions },
    { heading: "Chains", options: chainOptions },
    { heading: "Schedules", options: scheduleOptions },
    { heading: "Polishing", options: polishingOptions },
    { heading: "Adam", options: adamOptions },
  ];
  return [
    { heading: "Preset", options: presetOptions },
    ...groups.map(({ heading, options }) => ({ heading, options: withDefaults(options) })),
  ];
}
