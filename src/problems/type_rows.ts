/**
 * Type profiles from JSON, with errors that say where in it.
 *
 * @module
 */
import { InvalidInputError, requireInteger, show } from "../errors.ts";

/** Type profiles read from a JSON text. */
export interface TypeProfiles {
  /** The types `[B, n, m]`, row-major, each in [0, largest]. */
  readonly values: Float32Array;
  /** B. */
  readonly profiles: number;
}

/** Fails unless a type is a number in [0, largest], as far as 32-bit floats tell. */
function typeInRange(action: string, where: string, value: unknown, largest: number, help: string): number {
  if (typeof value === "number" && value >= 0 && value <= Math.max(largest, Math.fround(largest))) return value;
  const above = typeof value === "number" && value > largest ? help : "";
  throw new InvalidInputError(
    `Cannot ${action}: ${where} must be a number in [0, ${largest}], got ${show(value)}${above}`,
  );
}

/**
 * Reads type profiles from a JSON text: one profile `[n][m]`, a list of profiles `[B][n][m]`,
 * or a list of rows `[B][n * m]`, participant by participant.
 *
 * @param text The JSON text.
 * @param participants n, at least 1.
 * @param goods m, at least 1.
 * @param what The text's name in error messages, such as its file name.
 * @param largest The largest type that is all right, with what helps against a larger one.
 * @throws {InvalidInputError} naming the first mistake by its path, such as `types[3][0][1]`.
 */
export function parseTypeJson(
  text: string,
  participants: number,
  goods: number,
  what = "JSON",
  largest = 1,
  help = "",
): TypeProfiles {
  const action = `read types from ${what}`;
  requireInteger(action, "participants", participants, 1);
  requireInteger(action, "goods", goods, 1);
  let types: unknown;
  try {
    types = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new InvalidInputError(`Cannot ${action}: it must be valid JSON, got: ${(cause as Error).message}`, { cause });
  }
  const width = participants * goods;
  const shapes = `${action} as [${participants}][${goods}], [B][${participants}][${goods}] or [B][${width}]`;
  const first = requireList(shapes, "types", types)[0];
  const nested = Array.isArray(first) && Array.isArray(first[0]);
  const rows = !nested && Array.isArray(first) && first.length === width;

  const values: number[] = [];
  const readRow = (path: string, row: unknown, length: number) => {
    const list = requireList(shapes, path, row, length);
    for (let j = 0; j < length; j++) values.push(typeInRange(action, `${path}[${j}]`, list[j], largest, help));
  };
  const readProfile = (path: string, profile: unknown) => {
    const list = requireList(shapes, path, profile, participants);
    for (let i = 0; i < participants; i++) readRow(`${path}[${i}]`, list[i], goods);
  };
  if (nested) (types as unknown[]).forEach((profile, b) => readProfile(`types[${b}]`, profile));
  else if (rows) (types as unknown[]).forEach((row, b) => readRow(`types[${b}]`, row, width));
  else readProfile("types", types);
  return { values: Float32Array.from(values), profiles: values.length / width };
}

/** Fails unless `value` is a list, with `length` entries where that is given and with any at all otherwise. */
function requireList(action: string, path: string, value: unknown, length?: number): unknown[] {
  if (Array.isArray(value) && (length === undefined ? value.length > 0 : value.length === length)) return value;
  const rule = length === undefined ? "a list that is not empty" : `a list of ${length}`;
  const got = Array.isArray(value) ? `a list of ${value.length}` : show(value);
  throw new InvalidInputError(`Cannot ${action}: ${path} must be ${rule}, got ${got}`);
}
