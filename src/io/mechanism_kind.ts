/**
 * Kinds of mechanisms in files. A kind says which fields of a mechanism are the metadata of its file, and how the
 * mechanism is made of them and of its parameters, which are the file's tensors.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { parseJson } from "./json.ts";
import { type Read, refuse } from "./metadata.ts";
import { decodeChecked, encodeChecked, looksLikeSafetensors } from "./safetensors.ts";

/** What every mechanism in a file has. */
export interface MechanismData {
  /** The name of the problem that it was trained for. */
  readonly problem: string;
  /** Its parameters, by name. */
  readonly parameters: HostParameters;
}

/** A mechanism that came from a file. */
export interface MechanismFromFile extends MechanismData {
  /** n. */
  readonly participants: number;
  /** m. */
  readonly goods: number;
}

/** A kind of mechanism. */
export interface MechanismKind<Made extends MechanismFromFile = MechanismFromFile> {
  /** What the file says it holds; the number changes when the meaning of anything in it does. */
  readonly format: string;
  /** How a mechanism of this kind says what it is; menu mechanisms do not. */
  readonly method?: string;
  /** What of a mechanism is metadata, each as JSON under its name. */
  readonly fields: Readonly<Record<string, Read<unknown>>>;
  /** The mechanism of fields that were read, and of parameters, whose names and shapes it checks. */
  readonly make: (data: MechanismData) => Made | Promise<Made>;
}

/** A kind of mechanism, with a reader for whatever its maker needs. */
export function mechanismKind<Data extends MechanismData, Made extends MechanismFromFile>(
  format: string,
  method: string | undefined,
  fields: { readonly [Name in Exclude<keyof Data, keyof MechanismData>]: Read<Data[Name]> },
  make: (data: Data) => Made | Promise<Made>,
): MechanismKind<Made> {
  return { format, method, fields, make: (data) => make(data as Data) };
}

/** The bytes of a file that holds a mechanism of a kind. */
export function encodeKind({ format, fields }: MechanismKind, mechanism: MechanismData): Promise<Uint8Array> {
  const { problem, parameters } = mechanism, values = mechanism as unknown as Readonly<Record<string, unknown>>;
  const metadata = Object.keys(fields).filter((name) => values[name] !== undefined)
    .map((name) => [name, JSON.stringify(values[name])]);
  return encodeChecked(parameters, { format, problem, ...Object.fromEntries(metadata) });
}

/**
 * The mechanism in the bytes of a file, if it is of one of some kinds.
 *
 * @param what Names the file in messages.
 * @param problem If given, the mechanism must be one for this problem.
 * @throws {InvalidInputError} if the file is damaged, of another kind, or for another problem.
 */
export async function decodeKinds<Made extends MechanismFromFile>(
  kinds: readonly MechanismKind<Made>[],
  bytes: Uint8Array,
  what: string,
  problem?: MechanismProblem,
): Promise<Made> {
  if (!looksLikeSafetensors(bytes)) {
    throw new InvalidInputError(`Cannot read ${what}: it must be a mechanism file, got one that is not safetensors`);
  }
  const { tensors, metadata } = await decodeChecked(bytes, what);
  if (metadata.format === undefined && metadata.progress !== undefined) {
    throw new InvalidInputError(
      `Cannot read ${what}: it must be a mechanism, got a checkpoint; the mechanism of a run is its mechanism.safetensors`,
    );
  }
  const kind = kinds.find(({ format }) => format === metadata.format);
  if (!kind) {
    const formats = kinds.map(({ format }) => format), rule = formats.length > 1 ? "one of " : "";
    return refuse(what, "its format", rule + formats.join(", "), metadata.format);
  }
  const fields = Object.entries(kind.fields).map(([name, read]) => [
    name,
    // A text that is not JSON goes to the reader as it is, and the reader refuses it.
    read(parseJson(metadata[name]) ?? metadata[name], what, name),
  ]);
  const mechanism = await kind.make({
    ...Object.fromEntries(fields),
    problem: metadata.problem ?? "",
    parameters: tensors,
  });
  const { participants, goods } = mechanism;
  if (
    problem && (mechanism.problem !== problem.name || participants !== problem.participants || goods !== problem.goods)
  ) {
    throw new InvalidInputError(
      `Cannot use ${what}: its problem must be ${problem.name} (n = ${problem.participants}, m = ${problem.goods}), ` +
        `got ${mechanism.problem} (n = ${participants}, m = ${goods})`,
    );
  }
  return mechanism;
}
