/**
 * What a command of the command line is, as data: help and strict parsing follow from it.
 *
 * @module
 */

/** An option, such as `--seed N`. */
export interface Option {
  /** The name without dashes. */
  readonly name: string;
  /** A name that it had before, which is still read. */
  readonly formerly?: string;
  /** The type of its value; a flag has none, and that of a boolean is `yes` or `no`. */
  readonly kind: "flag" | "boolean" | "text" | "integer" | "number" | "integers" | "choice";
  /** The value's name in the help text. Choices show themselves. */
  readonly placeholder?: string;
  /** The values of a choice. */
  readonly choices?: readonly string[];
  /** Names that choices had before, which are still read, and their names now. */
  readonly formerChoices?: Readonly<Record<string, string>>;
  /** Whether it may be given several times, for a list of values. */
  readonly repeats?: true;
  /** The least value allowed, where the command line itself checks it. */
  readonly least?: number;
  /** The default, for the help text. */
  readonly default?: string;
  /** One or two lines for the help text. */
  readonly help: string;
}

/** Options under a heading of the help text. */
export interface OptionGroup {
  readonly heading: string;
  readonly options: readonly Option[];
}

/** An argument without a name, such as `RUN_FOLDER`. */
export interface Positional {
  readonly name: string;
  readonly help: string;
  /** Of the last one: whether there may be several. */
  readonly repeats?: boolean;
  /** Of the last one: whether it may be left out. */
  readonly optional?: boolean;
}

/** A command line to show, and what it does. */
export interface Example {
  readonly line: string;
  readonly help: string;
}

/** A command of the command line. */
export interface Command {
  /** What comes after `tedi`. */
  readonly name: string;
  /** What it does, in a sentence or a paragraph. */
  readonly description: string;
  readonly positionals: readonly Positional[];
  readonly groups: readonly OptionGroup[];
  readonly examples: readonly Example[];
  /** Runs it with the arguments after its name; gives the exit code. */
  run(args: readonly string[]): Promise<number>;
}

/** The type of the value of an option. */
type ValueOf<O extends Option> = O extends { readonly repeats: true } ? readonly OneOf<O>[] : OneOf<O>;
type OneOf<O extends Option> = O["kind"] extends "flag" | "boolean" ? boolean
  : O["kind"] extends "integer" | "number" ? number
  : O["kind"] extends "integers" ? number[]
  : O extends { readonly choices: readonly (infer Choice)[] } ? Choice
  : string;

/** The values of the options that were given, by name. */
export type Values<O extends Option> = { readonly [T in O as T["name"]]?: ValueOf<T> };
