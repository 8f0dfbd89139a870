/**
 * A problem whose type distribution is a data set.
 *
 * @module
 */
import { InvalidInputError, MachineError, requireInteger, show } from "../errors.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { type GoodsCosts, reproducibleGoods } from "./principal_utility.ts";
import type { MechanismProblem, SamplePart, TypeDistribution } from "./problem.ts";
import { parseTypeRows, type TypeRows } from "./type_rows.ts";

export { parseTypeJson, parseTypeRows, type TypeProfiles, type TypeRows } from "./type_rows.ts";

/** What {@linkcode empiricalProblem} is made from. */
export interface EmpiricalOptions extends GoodsCosts {
  /** The path of a CSV file. Give this or `text`. */
  readonly file?: string;
  /** The CSV text itself. A problem made from text cannot be re-created from a run folder. */
  readonly text?: string;
  /** n, the number of participants. */
  readonly participants: number;
  /** m, the number of goods. */
  readonly goods: number;
}

/** Fewer rows than this say too little about a distribution to be split. */
const LEAST_ROWS = 10;

/** The shares of rows that are held out, and that are for validation. */
const HELD_OUT = 0.2, VALIDATION = 0.1;
/** The stream of random numbers that splits rows. */
const SPLIT = 5;

/**
 * A reproducible goods problem whose types come from a CSV file or text.
 *
 * - With n * m columns, a row is a type profile: participant 1's m types, then participant 2's, and so on.
 * - With m columns and n > 1, a row is one participant's types, and each profile draws n rows independently.
 *
 * Types are numbers in [0, 1]; a header is optional. Of ten rows seven are for training, one is for validation and two
 * are held out, chosen by a fixed hash of the row's number. In training profiles are drawn from rows with replacement; in
 * evaluations every held-out row counts once.
 *
 * @example
 * ```ts
 * import { empiricalProblem } from "@tedi/toolkit";
 *
 * // Or { file: "bids.csv" }; three participants, each with the values of a line.
 * const text = "theory,systems\n" + "0.9,0.1\n0.2,0.7\n".repeat(20);
 * const problem = await empiricalProblem({ text, participants: 3, goods: 2, productionCost: 1 });
 * ```
 *
 * @throws {InvalidInputError} where the file is missing or not UTF-8, has fewer than 10 rows, or a row is not as
 * described; the message names the line and column.
 * @throws {MachineError} where the file may not be read.
 */
export async function empiricalProblem(options: EmpiricalOptions): Promise<MechanismProblem> {
  const { file, participants, goods } = options;
  const action = "define an empirical problem";
  requireInteger(action, "participants", participants, 1);
  requireInteger(action, "goods", goods, 1);
  const principalUtility = reproducibleGoods(options);
  if ((file === undefined) === (options.text === undefined)) {
    throw new InvalidInputError(`Cannot ${action}: exactly one of file and text must be given`);
  }
  const what = file === undefined ? "the given text" : show(file);
  const bytes = file === undefined ? new TextEncoder().encode(options.text) : await readBytes(file);
  const columns = participants === 1
    ? { [goods]: "one for each good" }
    : { [participants * goods]: "a type profile, participant by participant", [goods]: "one participant's types" };
  const table = await parseTypeRows(decode(bytes, what), columns, what, LEAST_ROWS);
  const { productionCost, duplicationCost } = principalUtility;
  const costs = { productionCost, duplicationCost };
  return {
    name: `empirical (${file === undefined ? "text" : file.replace(/^.*[\\/]/, "")}, n=${participants}, m=${goods}, ` +
      `cp=${productionCost}, cd=${duplicationCost})`,
    participants,
    goods,
    distribution: empiricalTypes(table, participants, goods),
    principalUtility,
    source: file === undefined
      ? { kind: "custom" }
      : { kind: "empirical", file, participants, goods, ...costs, sha256: await sha256(bytes) },
  };
}

/** Draws profiles from the rows of a table, `n * m` or `m` types each. */
function empiricalTypes(table: TypeRows, participants: number, goods: number): TypeDistribution {
  const { values, columns } = table, rowsEach = columns === goods ? participants : 1;
  const parts = splitRows(table.rows);
  /** The types of rows, one behind the other. */
  const gather = (rows: ArrayLike<number>): Float32Array => {
    const types = new Float32Array(rows.length * columns);
    for (let k = 0; k < rows.length; k++) {
      types.set(values.subarray(rows[k] * columns, (rows[k] + 1) * columns), k * columns);
    }
    return types;
  };
  const sample = (key: RandomKey, profiles: number, part: SamplePart): Float32Array => {
    requireInteger("draw type profiles", "profiles", profiles, 0);
    const rows = parts[part], draws = uniforms(key, profiles * rowsEach);
    return gather(Array.from(draws, (draw) => rows[Math.floor(draw * rows.length)]));
  };
  return {
    name: "empirical",
    exchangeable: columns === goods, // true for one participant, too
    independent: columns === goods,
    sample,
    data: {
      rowsEach,
      rows: (part) => parts[part].length,
      profiles(key, part, most) {
        const rows = parts[part], groups = Math.floor(rows.length / rowsEach);
        if (rowsEach === 1) return gather(rows);
        if (groups === 0) return sample(key, most, part); // fewer rows than participants: rows have to repeat
        const grouped = Array.from(
          { length: Math.max(1, Math.floor(most / groups)) },
          (_, k) => shuffled(rows, deriveKey(key, k)).slice(0, groups * rowsEach),
        );
        return gather(grouped.flat());
      },
    },
  };
}

/** The rows in a random order. */
function shuffled(rows: readonly number[], key: RandomKey): number[] {
  const draws = uniforms(key, rows.length), order = Array.from(rows.keys());
  return order.sort((a, b) => draws[a] - draws[b] || a - b).map((k) => rows[k]);
}

/**
 * Splits the rows by a hash of their number: a fifth is held out, a tenth is for validation. Each part has rows wherever
 * there are three or more.
 */
function splitRows(rows: number): Readonly<Record<SamplePart, readonly number[]>> {
  const order = shuffled(Array.from({ length: rows }, (_, row) => row), deriveKey(randomKey(0), SPLIT));
  const heldOut = Math.max(1, Math.round(rows * HELD_OUT)),
    apart = heldOut + Math.max(1, Math.round(rows * VALIDATION));
  return {
    "held-out": order.slice(0, heldOut),
    validation: order.slice(heldOut, apart),
    training: order.slice(apart),
  };
}

/** The bytes of a file that the caller named. */
async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new InvalidInputError(`Cannot read types: file must exist, got ${show(file)}`, { cause });
    }
    throw new MachineError(`Cannot read types from ${show(file)}: ${(cause as Error).message}`, { cause });
  }
}

/** The text of a file's bytes. */
function decode(bytes: Uint8Array<ArrayBuffer>, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidInputError(`Cannot read types from ${what}: it must be UTF-8 text, got other bytes`, { cause });
  }
}

/** SHA-256 in hexadecimal. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
