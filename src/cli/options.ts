/**
 * Parses a command line by the options of its command, and refuses whatever they do not allow.
 *
 * @module
 */
import { parseArgs } from "../deps/std_cli.ts";
import { InvalidInputError, requireInteger, requireNumber, show } from "../errors.ts";
import { suggest } from "../known_names.ts";
import type { Option, Positional, Values } from "./command.ts";

/** What a command line says. */
export interface Parsed<O extends Option> {
  /** The options that were given. */
  readonly values: Values<O>;
  /** The other arguments: one for each that the command has, unless the last one repeats or may be left out. */
  readonly positionals: readonly string[];
}

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Parses the arguments of a command.
 *
 * @param command Its name, for messages.
 * @throws {InvalidInputError} naming the option or argument that is unknown, missing, superfluous or malformed.
 */
export function parseCommandLine<O extends Option>(
  command: string,
  options: readonly O[],
  positionals: readonly Positional[],
  args: readonly string[],
): Parsed<O> {
  const action = `run tedi ${command}`;
  const flags = options.filter(({ kind }) => kind === "flag").map(({ name }) => name);
  const valued = options.filter(({ kind }) => kind !== "flag").map(({ name }) => name);
  const known = [...flags, ...valued];

  const { present, formerly } = withPresentOptions(action, args, options);
  const called = (name: string) => `--${name}${formerly.has(name) ? ` (formerly --${formerly.get(name)})` : ""}`;
  const joined = joinValues(action, present, flags, valued, called);
  const parsed = parseArgs(joined, {
    string: [...valued, "_"],
    boolean: flags,
    unknown: (argument, key) => {
      if (key === undefined) return true;
      const dashes = argument.startsWith("--") ? "--" : "-";
      const name = argument.startsWith("--no-") ? argument.slice(2) : key;
      const hint = suggest(name, known, "--") || `; tedi ${command} --help lists the options`;
      throw new InvalidInputError(`Cannot ${action}: there is no option ${dashes}${name}${hint}`);
    },
  });

  const values: Record<string, unknown> = {};
  for (const option of options) {
    const value = parsed[option.name];
    if (option.repeats && value !== undefined) {
      const own = joined.slice(0, joined.includes("--") ? joined.indexOf("--") : undefined),
        start = `--${option.name}=`;
      values[option.name] = own.filter((argument) => argument.startsWith(start))
        .map((argument) => readValue(action, option, called(option.name), argument.slice(start.length)));
      continue;
    }
    if (option.kind === "flag" ? value === true : value !== undefined) {
      values[option.name] = option.kind === "flag"
        ? true
        : readValue(action, option, called(option.name), String(value));
    }
  }
  requirePositionals(command, positionals, parsed._);
  return { values: values as Values<O>, positionals: parsed._ };
}

/**
 * Arguments with options under the names that they have now, and the former name of each that was given by that.
 *
 * @throws {InvalidInputError} where an option is given by both of its names.
 */
function withPresentOptions(
  action: string,
  args: readonly string[],
  options: readonly Option[],
): { present: string[]; formerly: ReadonlyMap<string, string> } {
  const names = new Map(
    options.flatMap(({ name, formerly }): [string, string][] => formerly ? [[formerly, name]] : []),
  );
  const end = args.includes("--") ? args.indexOf("--") : args.length, formerly = new Map<string, string>();
  const nameOf = (argument: string) => /^--([^=]+)/.exec(argument)?.[1] ?? "";
  const present = args.map((argument, k) => {
    const former = nameOf(argument), name = names.get(former);
    if (k > end || name === undefined) return argument;
    formerly.set(name, former);
    return `--${name}${argument.slice(former.length + 2)}`;
  });
  const given = new Set(args.slice(0, end).map(nameOf));
  for (const [name, former] of formerly) {
    if (!given.has(name)) continue;
    throw new InvalidInputError(`Cannot ${action}: --${name} and --${former}, its former name, exclude each other`);
  }
  return { present, formerly };
}

/** `--name value` as `--name=value`, so that a value may be negative, empty or `-`; fails where one is missing. */
function joinValues(
  action: string,
  args: readonly string[],
  flags: readonly string[],
  valued: readonly string[],
  called: (name: string) => string,
): string[] {
  const out: string[] = [];
  for (let k = 0; k < args.length; k++) {
    const argument = args[k];
    if (argument === "--") return [...out, ...args.slice(k)];
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (flags.includes(name) && value !== undefined) {
      throw new InvalidInputError(`Cannot ${action}: ${called(name)} takes no value, got ${show(value)}`);
    }
    if (!valued.includes(name) || value !== undefined) out.push(argument);
    else if (k + 1 < args.length && !/^--?[a-z]/i.test(args[k + 1]) && args[k + 1] !== "--") {
      out.push(`${argument}=${args[++k]}`);
    } else throw new InvalidInputError(`Cannot ${action}: ${called(name)} needs a value`);
  }
  return out;
}

/**
 * The value of an option from its text.
 *
 * @param action What cannot be done otherwise, for messages.
 * @param name What messages call the option.
 * @throws {InvalidInputError} naming the option, the rule and the text.
 */
export function readValue(action: string, option: Option, name: string, text: string): unknown {
  const { kind, least = -Infinity } = option;
  const fail = (rule: string): never => {
    throw new InvalidInputError(`Cannot ${action}: ${name} must be ${rule}, got ${show(text)}`);
  };
  switch (kind) {
    case "integer": {
      if (!INTEGER.test(text)) fail("an integer");
      const value = Number(text);
      if (least > -Infinity) requireInteger(action, name, value, least);
      return value;
    }
    case "number": {
      if (!DECIMAL.test(text)) fail("a number");
      const value = Number(text);
      if (least > -Infinity) requireNumber(action, name, value, least);
      return value;
    }
    case "boolean":
      if (text !== "yes" && text !== "no") fail("yes or no");
      return text === "yes";
    case "integers": {
      if (text === "none") return [];
      const parts = text.split(",").map((part) => part.trim());
      if (!parts.every((part) => INTEGER.test(part))) fail("integers with commas between them, such as 64,64");
      return parts.map(Number);
    }
    case "choice": {
      const { choices, formerChoices = {} } = option,
        choice = Object.hasOwn(formerChoices, text) ? formerChoices[text] : text;
      if (!choices!.includes(choice)) fail(`one of ${choices!.join(", ")}`);
      return choice;
    }
    default:
      if (text === "") fail("a text that is not empty");
      return text;
  }
}

function requirePositionals(command: string, expected: readonly Positional[], given: readonly string[]): void {
  if (given.length > expected.length && !expected.at(-1)?.repeats) {
    const extra = show(given[expected.length]);
    throw new InvalidInputError(
      `Cannot run tedi ${command}: there is no place for the argument ${extra}; tedi ${command} --help says how`,
    );
  }
  if (given.length < expected.length && !expected[given.length].optional) {
    const { name } = expected[given.length];
    throw new InvalidInputError(
      `Cannot run tedi ${command}: the argument ${name} is missing; tedi ${command} --help says how`,
    );
  }
  const empty = given.indexOf("");
  if (empty >= 0) {
    throw new InvalidInputError(
      `Cannot run tedi ${command}: ${(expected[empty] ?? expected.at(-1)!).name} must not be empty, got ""`,
    );
  }
}

/**
 * Fails unless the value of --out, if there is one, is the name of an HTML page.
 *
 * @throws {InvalidInputError} naming the option, the rule and the value.
 */
export function requireHtmlName(action: string, out: string | undefined): void {
  if (out === undefined || /\.html?$/i.test(out)) return;
  throw new InvalidInputError(`Cannot ${action}: --out must end with .html, got ${show(out)}`);
}
