/**
 * Deno's `@std/cli`, from npm's copy of the standard library, deno-std 1.4.0.
 * Chosen because it is the standard's own parser of command lines, and has no dependencies.
 *
 * @module
 */
import { parseArgs as parse } from "npm:deno-std@1.4.0/cli/parse_args.js";

/** How to split a command line. */
export interface ParseOptions {
  /** Options with a value; `_` keeps arguments that look like numbers as text. */
  readonly string: readonly string[];
  /** Options without a value. */
  readonly boolean: readonly string[];
  /** Told each argument that is not one of these: `key` is undefined where it is not an option either. */
  readonly unknown: (argument: string, key?: string) => boolean;
}

/** Options by name, and the other arguments under `_`. */
export type ParsedArguments = Readonly<Record<string, string | boolean | undefined>> & {
  readonly _: readonly string[];
};

/** Splits a command line into options and other arguments. */
export const parseArgs: (args: readonly string[], options: ParseOptions) => ParsedArguments = parse;
