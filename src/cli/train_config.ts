/**
 * The configuration file of `tedi train`: every option under its name, those of training in a table of their own. TOML or
 * JSON; `tedi train --dry-run` writes one.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { readTextIfThere } from "../io/read.ts";
import type { ProblemSource } from "../problems/problem.ts";
import type { Option } from "./command.ts";
import { isTable, optionAtFault, parseTable, placesIn, type Table, TableReader } from "./option_file.ts";
import { parseCommandLine, readValue } from "./options.ts";
import { problemOptions, sourceArguments } from "./problem_options.ts";
import { fieldOptions, trainingOptions } from "./training_options.ts";

/** Values of options by name, as a command line gives them. */
type OptionValues = Readonly<Record<string, unknown>>;

/** A configuration file that was read. */
export interface ConfigFile {
  /** What it says, as the command line would. */
  readonly values: OptionValues;
  /** The place of an option in it, such as `run.toml, line 7`. */
  readonly placeOf: (name: string) => string;
}

/** What only a command line may say. */
export const ONLY_IN_LINES: readonly string[] = ["config", "dry-run", "resume", "force"];

/** The table of training options. */
const TRAINING = "training";
const trainingNames: readonly string[] = trainingOptions.map(({ name }) => name);
/** Options that choose the problem, of which one is given. */
const SOURCES: readonly string[] = ["setting", "problem", "types"];

/**
 * Reads a configuration file.
 *
 * @param options The options that it may have.
 * @throws {InvalidInputError} naming the file, the line, the key, the rule and the value.
 */
export async function readConfigFile(path: string, options: readonly Option[]): Promise<ConfigFile> {
  const text = await readTextIfThere(path);
  if (text === undefined) {
    throw new InvalidInputError(`Cannot run tedi train: --config must be a file that is there, got ${show(path)}`);
  }
  return await parseConfig(text, path, options);
}

/** As {@linkcode readConfigFile}, from the text of a file of this name. */
export async function parseConfig(text: string, path: string, options: readonly Option[]): Promise<ConfigFile> {
  const place = placesIn(text, path), reader = new TableReader("train", place), file = await parseTable(text, path);
  const { [TRAINING]: inside = {}, ...top } = file;
  const training = isTable(inside) ? inside : reader.fail([TRAINING], "a table", inside);
  const lineOnly = Object.keys(file).find((name) => ONLY_IN_LINES.includes(name));
  if (lineOnly !== undefined) reader.fail([lineOnly], "left to the command line", file[lineOnly]);
  reader.known(file, [...options.map(({ name }) => name), TRAINING], []);
  for (const name of Object.keys(training)) {
    if (trainingNames.includes(name) || !options.some((option) => option.name === name)) continue;
    throw new InvalidInputError(
      `Cannot train (${place([TRAINING, name])}): ${name} must be above the table ${TRAINING}, got it inside`,
    );
  }
  reader.known(training, trainingNames, [TRAINING]);
  const values: Record<string, unknown> = {}, keysOf: Record<string, string[]> = {};
  const take = (table: Table, above: string[]) => {
    for (const [name, value] of Object.entries(table)) {
      const keys = [...above, name], option = options.find((one) => one.name === name)!;
      if (name in keysOf) reader.fail(keys, `given once, above the table ${TRAINING} or in it`, value);
      keysOf[name] = keys;
      const read = valueOf(reader, keys, option, value);
      if (read !== undefined) values[name] = read;
    }
  };
  take(top, []);
  take(training, [TRAINING]);
  return { values, placeOf: (name) => place(keysOf[name] ?? []) };
}

/** The value of an option from that of its key; undefined for a flag that is false. */
function valueOf(reader: TableReader, keys: readonly string[], option: Option, value: unknown): unknown {
  const action = `train (${reader.place(keys)})`, name = keys.join("."), { kind } = option;
  const read = (text: string) => readValue(action, option, name, text);
  if (kind === "flag" || (kind === "boolean" && typeof value !== "string")) {
    if (typeof value !== "boolean") reader.fail(keys, "true or false", value);
    return kind === "flag" && !value ? undefined : value;
  }
  if (kind === "integer" || kind === "number") {
    if (typeof value !== "number" && typeof value !== "bigint") {
      reader.fail(keys, kind === "integer" ? "an integer" : "a number", value);
    }
    return read(String(value));
  }
  if (Array.isArray(value) && kind === "integers") {
    if (!value.every((one) => Number.isSafeInteger(one))) reader.fail(keys, "a list of integers", value);
    return read(value.length === 0 ? "none" : value.join(","));
  }
  if (Array.isArray(value) && option.name === "columns") return read(value.join(","));
  if (typeof value !== "string") reader.fail(keys, kind === "integers" ? "a list of integers" : "a text", value);
  return read(value);
}

/**
 * The values of a file with those of the command line, which overrule it: a problem there takes the place of the file's.
 *
 * @throws {InvalidInputError} where a preset on the command line is overruled by what the file says.
 */
export function overruled({ values }: ConfigFile, given: OptionValues): OptionValues {
  const kept = { ...values }, source = [...SOURCES, "from"].find((name) => given[name] !== undefined);
  if (source !== undefined && source !== "from") {
    // Another table is read as the file says, another problem is not.
    const stray = source === "types" ? SOURCES : problemOptions.map(({ name }) => name);
    for (const name of stray) delete kept[name];
  }
  if (given.preset !== undefined) {
    const field = fieldOptions.find(({ name }) => kept[name] !== undefined && given[name] === undefined);
    if (field) {
      throw new InvalidInputError(
        `Cannot run tedi train: --preset must be left out where a file has training options, which overrule it, got ` +
          `${show(given.preset)} beside ${field.name}`,
      );
    }
  }
  return { ...kept, ...given };
}

/** What `work` gives; a message about an option that the file has, and the command line has not, is told with its place. */
export async function blaming<Result>(
  file: ConfigFile | undefined,
  given: OptionValues,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!file || !(error instanceof InvalidInputError)) throw error;
    const names = Object.keys(file.values).filter((name) => given[name] === undefined);
    const name = optionAtFault(error.message, names);
    if (name === undefined) throw error;
    throw new InvalidInputError(`${error.message} (${file.placeOf(name)})`, { cause: error });
  }
}

/**
 * Everything that a training depends on, as a configuration file has it.
 *
 * @param training Values of training options.
 * @param others Those of others.
 */
export function configTable(source: ProblemSource, training: OptionValues, others: OptionValues): Table {
  const problem = parseCommandLine("train", problemOptions, [], sourceArguments(source)).values;
  return { ...problem, ...others, [TRAINING]: training };
}

/** A table of a configuration file as TOML. */
export function configToml(table: Table): string {
  const { [TRAINING]: training, ...top } = table;
  const lines = (values: Table) => Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return [...lines(top), "", `[${TRAINING}]`, ...lines(training as Table)].join("\n").trimStart();
}
