/**
 * Files that say what to do, TOML or JSON: those of sweeps, and those of single trainings.
 *
 * @module
 */
import { parseToml } from "../deps/std_toml.ts";
import { InvalidInputError, show } from "../errors.ts";
import { suggest } from "../known_names.ts";

/** A table of a file. */
export type Table = Readonly<Record<string, unknown>>;

/** Names the place of a key, such as `["training", "chains"]`, as `sweep.toml, line 7`. */
export type PlaceOf = (keys: readonly string[]) => string;

/**
 * The table that the text of a file is; JSON where the name ends so, else TOML.
 *
 * @throws {InvalidInputError} where it is neither, naming the line.
 */
export async function parseTable(text: string, path: string): Promise<Table> {
  let value: unknown;
  const json = path.endsWith(".json");
  try {
    value = json ? JSON.parse(text) : await parseToml(text);
  } catch (error) {
    const kind = json ? "JSON" : "TOML";
    throw new InvalidInputError(`Cannot read ${path}: it must be ${kind}, got: ${(error as Error).message}`);
  }
  if (isTable(value)) return value;
  throw new InvalidInputError(`Cannot read ${path}: it must be a table of keys, got ${show(value)}`);
}

/** Whether a value is a table. */
export const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The places of keys in the text of a file. */
export function placesIn(text: string, path: string): PlaceOf {
  return (keys) => `${path}, line ${lineOf(text, keys)}`;
}

/** The line, from 1, in which the last of some keys stands: its first after the line of the key before. */
function lineOf(text: string, keys: readonly string[]): number {
  const lines = text.split("\n");
  let at = 0;
  for (const key of keys) {
    const name = key.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const found = lines.findIndex((line, k) =>
      k >= at && new RegExp(`(^|[\\s{,.\\["'])${name}["']?\\s*(=|:|\\.|\\])`).test(line.replace(/^\s*#.*/, ""))
    );
    if (found >= 0) at = found;
  }
  return at + 1;
}

/** Reads the tables of a file, and fails with the place of a key. */
export class TableReader {
  /**
   * @param action What cannot be done with a file that is wrong: `sweep`.
   * @param place Where its keys are.
   */
  constructor(readonly action: string, readonly place: PlaceOf) {}

  /** Fails as the value of a key is not what it must be. */
  fail(keys: readonly string[], rule: string, got: unknown): never {
    throw new InvalidInputError(
      `Cannot ${this.action} (${this.place(keys)}): ${keys.join(".")} must be ${rule}, got ${show(got)}`,
    );
  }

  /** Fails where a table has a key that is not among some names. */
  known(table: Table, names: readonly string[], above: readonly string[]): void {
    for (const name of Object.keys(table)) {
      if (names.includes(name)) continue;
      const hint = suggest(name, names) || `; the keys are ${names.join(", ")}`;
      const where = above.length > 0 ? ` in ${above.join(".")}` : "";
      throw new InvalidInputError(
        `Cannot ${this.action} (${this.place([...above, name])}): there is no key ${show(name)}${where}${hint}`,
      );
    }
  }
}

/** The last of some options that the message of an error names; undefined where it names none. */
export function optionAtFault(message: string, names: readonly string[]): string | undefined {
  return names.findLast((name) => {
    const field = name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
    return new RegExp(`--${name}\\b|\\b${field}\\b`).test(message);
  });
}
