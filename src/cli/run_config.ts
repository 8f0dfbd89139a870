/**
 * Reads and checks `config.json` of a run folder: the problem, and everything that training depends on.
 *
 * @module
 */
import { dirname, relative, resolve } from "node:path";
import { loadZod, type Schema, type Zod } from "../deps/zod.ts";
import { InvalidInputError, show } from "../errors.ts";
import { underPresentNames } from "../former_names.ts";
import { readTextIfThere } from "../io/read.ts";
import { loadProblem } from "../problems/load.ts";
import { contextKinds } from "../networks/context.ts";
import { NETWORK_KINDS } from "../networks/kinds.ts";
import { type Delimiter, DELIMITERS } from "../problems/tables/grid.ts";
import { DECIMAL_MARKS } from "../problems/tables/numbers.ts";
import { LAYOUTS, MISSING_CELLS } from "../problems/tables/table.ts";
import type { MechanismProblem, ProblemSource } from "../problems/problem.ts";
import { BACKENDS, type Device } from "../runtime/device.ts";
import { newChainNames } from "../training/new_chain_names.ts";
import { checkTraining, defaultTraining, noPolishing, type TrainingOptions } from "../training/options.ts";
import {
  type AffineMaximizerOptions,
  affineMaximizerOptions,
  defaultAffineMaximizer,
  isUnitSupplyTraining,
} from "../training/unit_supply/options.ts";

/**
 * The configuration of a run. Where goods exist once its training options are those of an affine maximizer, which share
 * the seed, the iterations and the profiles with those of menu mechanisms.
 */
export interface RunConfig<Training = TrainingOptions> {
  /** The version of the package that began the run. */
  readonly version: string;
  /** The problem, and where it came from. */
  readonly problem: { readonly name: string; readonly source: ProblemSource };
  /** All training options. */
  readonly training: Training;
  /** The mechanism that it began with, by the path from the run's folder; left out where it began anew. */
  readonly from?: { readonly mechanism: string; readonly sha256: string };
  /** Where it was to be trained, and where it was. */
  readonly device: {
    readonly requested: typeof BACKENDS[number];
    readonly backend: Device["backend"];
    readonly adapter: string;
    readonly software: boolean;
  };
}

/** A configuration with its problem loaded. */
export interface LoadedConfig {
  readonly config: RunConfig;
  readonly problem: MechanismProblem;
  /** What is to be said where the problem's module has changed since the run. */
  readonly changed?: string;
}

/** The path of the configuration in a run folder. */
export function configPath(folder: string): string {
  return `${folder}/config.json`;
}

/**
 * Reads the configuration of a run folder without opening it for writing, and loads the problem.
 *
 * @param chosen As for {@linkcode checkConfig}; of several the one that the run is of.
 * @throws {InvalidInputError} as {@linkcode checkConfig} does.
 * @throws {MachineError} if it cannot be read.
 */
export async function readConfig(
  folder: string,
  chosen?: MechanismProblem | readonly MechanismProblem[],
  elsewhere = false,
): Promise<LoadedConfig> {
  const path = configPath(folder);
  const text = await readTextIfThere(path);
  if (text === undefined) {
    throw new InvalidInputError(`Cannot read a run: folder must be one with a config.json, got ${show(folder)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError(`Cannot read ${path}: it must be JSON, got: ${(error as Error).message}`);
  }
  const one = chosen instanceof Array ? problemOf(value, chosen) : chosen;
  return await checkConfig(value, path, one, elsewhere);
}

/** The problem among some that a configuration is of: the same module still, or one of the same name. For data it is the first. */
function problemOf(config: unknown, problems: readonly MechanismProblem[]): MechanismProblem | undefined {
  const { problem } = (config ?? {}) as Partial<RunConfig>, source = problem?.source;
  const sha256 = source && "sha256" in source ? source.sha256 : undefined;
  const same = ({ source }: MechanismProblem) => "sha256" in source && source.sha256 === sha256;
  const named = ({ name }: MechanismProblem) => name === problem?.name;
  const module = ({ source: one }: MechanismProblem) =>
    source?.kind === "module" && one.kind === "module" && one.module === source.module;
  return problems.find((one) => sha256 !== undefined && same(one)) ??
    problems.find((one) => named(one) && module(one)) ?? problems.find(module) ?? problems.find(named) ??
    (source?.kind === "module" ? undefined : problems[0]);
}

/**
 * The configuration that `value` is, and its problem.
 *
 * A configuration is data, and a folder may come from anyone: a module that it names is code, and never run.
 *
 * @param chosen The problem that the command line chose. Where the configuration's is a module, it has to be this one;
 * where it is a data file, it is this one if the data are the same.
 * @param elsewhere Whether the chosen problem takes the place of the configuration's, which is not loaded.
 * @throws {InvalidInputError} naming the first place that is not as it should be, or if the problem has changed.
 */
export async function checkConfig(
  value: unknown,
  path: string,
  chosen?: MechanismProblem,
  elsewhere = false,
): Promise<LoadedConfig> {
  const z = await loadZod();
  const { problem: { name, source } } = parse(problemSchema(z), value, path);
  // The run's own module is its problem, even if it has changed.
  const same = source.kind === "module" && chosen?.source.kind === "module" && chosen.name === name;
  const problem = elsewhere && chosen && !same ? chosen : await ownProblem(name, source, path, chosen);
  const other = elsewhere && problem === chosen && !same;
  if (problem.name !== name && !other) {
    throw new InvalidInputError(`Cannot read ${path}: its problem must be ${name} still, got ${problem.name}`);
  }
  const { training, ...others } = value as { training?: unknown };
  const once = isUnitSupplyTraining(training);
  // Earlier runs do not say that they were not validated, nor what they began with.
  const before = once ? chainOptions(problem) : {
    ...{ validateEvery: 0, patience: 0, initialPrices: "cheap", newChains: newChainNames[0] },
    ...noPolishing(problem),
  };
  const present = { ...others, training: { ...before, ...underPresentNames(training) as object } };
  const config = parse(configSchema(z, problem, once), present, path);
  if (other) return { config, problem };
  try {
    if (once) affineMaximizerOptions("train", problem, config.training as Partial<AffineMaximizerOptions>);
    else checkTraining(config.training, problem);
  } catch (error) {
    throw new InvalidInputError(`${(error as Error).message} (in ${path})`);
  }
  const { source: now } = problem;
  const changed = source.kind === "module" && now.kind === "module" && source.sha256 !== undefined &&
      now.sha256 !== undefined && source.sha256 !== now.sha256
    ? `${now.module} has changed since the run in ${dirname(path)} began: its problem may be another one`
    : undefined;
  return { config, problem, ...changed !== undefined && { changed } };
}

/** Options of affine maximizers that the first runs did not have, as they were trained. */
function chainOptions(problem: MechanismProblem): Partial<AffineMaximizerOptions> {
  const { welfareGradient, chains, steps, initialBeta, finalBeta, refresh } = defaultAffineMaximizer(problem);
  return { welfareGradient, chains, steps, initialBeta, finalBeta, refresh };
}

/** The problem that a configuration names. */
async function ownProblem(
  name: string,
  source: ProblemSource,
  path: string,
  chosen?: MechanismProblem,
): Promise<MechanismProblem> {
  if (source.kind === "module") return chosenModule(source.module, path, chosen);
  if (source.kind !== "empirical") return await loadProblem(source);
  const { source: given } = chosen ?? {};
  // The same data under another path: the name stays that of the run.
  if (given?.kind === "empirical" && given.sha256 === source.sha256) return { ...chosen!, name };
  return await loadProblem({ ...source, file: await placeOf(source.file, dirname(path)) });
}

/** Where a data file is that a configuration names: relative to the run's folder or, as before, to the current one. */
async function placeOf(file: string, folder: string): Promise<string> {
  const beside = resolve(folder, file), here = relative(".", beside);
  const there = await Deno.stat(beside).then(() => true, () => false);
  if (!there) return file;
  return here.length < beside.length ? here : beside;
}

/** A source as the configuration of a run in a folder has it: with a data file's path relative to that folder. */
export function sourceFrom(folder: string, source: ProblemSource): ProblemSource {
  if (source.kind !== "empirical") return source;
  return { ...source, file: relative(folder, resolve(source.file)).replaceAll("\\", "/") };
}

function chosenModule(module: string, path: string, chosen?: MechanismProblem): MechanismProblem {
  if (chosen?.source.kind === "module") return chosen;
  throw new InvalidInputError(
    `Cannot use ${path}: its problem is code, which only the command line can ask for; ` +
      `if you trust it, pass --problem ${/^[\w./:@~+-]+$/.test(module) ? module : show(module)}`,
  );
}

function parse<T>(schema: Schema<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path: place, message } = result.error.issues[0];
  const where = place.join(".") || "it";
  throw new InvalidInputError(`Cannot read ${path}: ${where} must be as tedi train wrote it: ${lowerFirst(message)}`);
}

function problemSchema(z: Zod): Schema<Pick<RunConfig, "problem">> {
  const cost = z.number().min(0), count = z.int().min(1);
  const source = z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("setting"), setting: z.string() }),
    z.strictObject({ kind: z.literal("module"), module: z.string(), sha256: z.string().optional() }),
    z.strictObject({
      kind: z.literal("empirical"),
      file: z.string(),
      participants: count,
      goods: count,
      productionCost: cost,
      duplicationCost: cost,
      sha256: z.string(),
      columns: z.array(z.string()).optional(),
      id: z.string().optional(),
      layout: z.enum(LAYOUTS).optional(),
      missing: z.enum(MISSING_CELLS).optional(),
      decimal: z.enum(DECIMAL_MARKS).optional(),
      delimiter: z.enum(Object.keys(DELIMITERS) as Delimiter[]).optional(),
      header: z.boolean().optional(),
      scale: z.number().optional(),
      unit: z.string().optional(),
      exchangeable: z.boolean().optional(),
      exchangeableGoods: z.boolean().optional(),
      supply: z.literal("unit").optional(),
    }),
    z.strictObject({ kind: z.literal("custom") }),
  ]);
  return z.object({ problem: z.strictObject({ name: z.string(), source }) });
}

function configSchema(z: Zod, problem: MechanismProblem, once: boolean): Schema<RunConfig> {
  const { network, ...others } = defaultTraining(problem);
  // The kind of the network, and of its context, are there only where they are not what others have.
  const ofNetwork = {
    ...fieldsLike(z, network),
    kind: z.enum(NETWORK_KINDS).optional(),
    context: z.enum(contextKinds).optional(),
  };
  const config = z.strictObject({
    version: z.string(),
    problem: z.unknown(), // has been checked
    training: once
      ? z.strictObject(fieldsLike(z, defaultAffineMaximizer(problem)))
      : z.strictObject({ ...fieldsLike(z, others), network: z.strictObject(ofNetwork) }),
    from: z.strictObject({ mechanism: z.string(), sha256: z.string() }).optional(),
    device: z.strictObject({
      requested: z.enum(BACKENDS),
      backend: z.enum(["webgpu", "wasm"]),
      adapter: z.string(),
      software: z.boolean(),
    }),
  });
  return config as unknown as Schema<RunConfig>;
}

/** The schema of values with the fields and types of `example`; their ranges are checked elsewhere. */
function schemaLike(z: Zod, example: unknown): Schema<unknown> {
  if (typeof example === "number") return z.number();
  if (typeof example === "boolean") return z.boolean();
  if (typeof example === "string") return z.string();
  if (Array.isArray(example)) return z.array(schemaLike(z, example[0] ?? 0));
  return z.strictObject(fieldsLike(z, example as object));
}

/** The schemas of the fields of `example`. */
function fieldsLike(z: Zod, example: object): Record<string, Schema<unknown>> {
  return Object.fromEntries(Object.entries(example).map(([name, value]) => [name, schemaLike(z, value)]));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
