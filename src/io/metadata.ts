/**
 * Readers of metadata: each gives a value of its type, or fails with what is wrong.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import type { MechanismUnits } from "../mechanisms/mechanism.ts";

/** No dimension of a mechanism that fits in memory is larger. */
const LARGEST = 1_000_000;
/** No network that learns anything has more layers. */
const MOST_LAYERS = 1000;

/** Reads a value from a file: `what` names the file and `thing` the value in messages. */
export type Read<Value> = (value: unknown, what: string, thing: string) => Value;

/** Fails because a value in a file breaks a rule. */
export function refuse(what: string, thing: string, rule: string, value: unknown): never {
  throw new InvalidInputError(`Cannot read ${what}: ${thing} must be ${rule}, got ${show(value)}`);
}

const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= LARGEST;

/** An integer from 1 to a million: how many there are of something. */
export const size: Read<number> = (value, what, thing) =>
  isSize(value) ? value : refuse(what, thing, `an integer from 1 to ${LARGEST}`, value);

/** Widths of layers. */
export const sizes: Read<readonly number[]> = (value, what, thing) => {
  if (!Array.isArray(value) || !value.every(isSize)) {
    return refuse(what, thing, `a list of integers from 1 to ${LARGEST}`, value);
  }
  return value.length <= MOST_LAYERS
    ? value
    : refuse(what, thing, `a list of ${MOST_LAYERS} widths at most`, value.length);
};

/** A finite number above 0. */
export const positive: Read<number> = (value, what, thing) =>
  typeof value === "number" && Number.isFinite(value) && value > 0
    ? value
    : refuse(what, thing, "a finite number above 0", value);

/** A text; undefined where there is none. */
export const optionalText: Read<string | undefined> = (value, what, thing) =>
  value === undefined || typeof value === "string" ? value : refuse(what, thing, "a text", value);

/** Texts; undefined where there are none. */
export const optionalTexts: Read<readonly string[] | undefined> = (value, what, thing) =>
  value === undefined || (Array.isArray(value) && value.every((one) => typeof one === "string"))
    ? value
    : refuse(what, thing, "a list of texts", value);

/** Yes or no. */
export const flag: Read<boolean> = (value, what, thing) =>
  typeof value === "boolean" ? value : refuse(what, thing, "true or false", value);

/** One of some texts; undefined where there is none. `name` is how messages call it, if not as the file does. */
export function optionalChoice<Choice extends string>(
  choices: readonly Choice[],
  name?: string,
): Read<Choice | undefined> {
  return (value, what, thing) =>
    value === undefined || choices.includes(value as Choice)
      ? value as Choice | undefined
      : refuse(what, name ?? thing, `one of ${choices.join(", ")}`, value);
}

/**
 * An object with a reader for each field. Fields that a reader gives as undefined are left out, and so are fields that
 * have no reader.
 */
export function object<Value extends object>(
  fields: { readonly [Name in keyof Value]-?: Read<Value[Name]> },
): Read<Value> {
  return (value, what, thing) => {
    if (typeof value !== "object" || value === null) return refuse(what, `metadata ${thing}`, "a JSON object", value);
    const read = Object.entries<Read<unknown>>(fields).map(([name, reader]) => [
      name,
      reader(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined, what, name),
    ]);
    return Object.fromEntries(read.filter(([, one]) => one !== undefined)) as Value;
  };
}

/** The unit of a mechanism's types and payments; undefined where types are in [0, 1]. */
export const mechanismUnits: Read<MechanismUnits | undefined> = (value, what, thing) =>
  value === undefined ? undefined : object<MechanismUnits>({
    largest: positive,
    network: positive,
    name: optionalText,
    goods: optionalTexts,
  })(value, what, thing);
