/**
 * A problem whose type distribution is a data set.
 *
 * @module
 */
import { count } from "../display.ts";
import { InvalidInputError, MachineError, requireInteger, show } from "../errors.ts";
import { requireKnownNames } from "../known_names.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { empiricalName } from "./empirical_name.ts";
import { type GoodsCosts, reproducibleGoods, unitGoods } from "./principal_utility.ts";
import type { MechanismProblem, SamplePart, TypeDistribution } from "./problem.ts";
import { requireScale } from "./scaled.ts";
import { type AllowedColumns, readTable } from "./tables/read_table.ts";
import { TABLE_OPTIONS, type TableOptions, type TypeTable } from "./tables/table.ts";

export { parseTypeJson, type TypeProfiles } from "./type_rows.ts";

/** What {@linkcode empiricalProblem} is made from. How a table is to be read is recognised where it is left out. */
export interface EmpiricalOptions extends GoodsCosts, TableOptions {
  /** The path of a file with a table: CSV, JSON or JSON lines. Give this or `text`. */
  readonly file?: string;
  /** The table itself. A problem made from text cannot be re-created from a run folder. */
  readonly text?: string;
  /** n, the number of participants; 1 unless given. */
  readonly participants?: number;
  /** m, the number of goods; as many as there are columns of values unless given. */
  readonly goods?: number;
  /** The largest value that a type may have; the largest in the table unless given, or 1 if that is in (0.5, 1]. */
  readonly scale?: number;
  /** The name of the unit; the currency in the table's cells unless given. */
  readonly unit?: string;
  /** True where exchanging participants changes nothing; true where rows are single participants' unless given. */
  readonly exchangeable?: boolean;
  /** True where exchanging goods changes nothing; false unless given. */
  readonly exchangeableGoods?: boolean;
  /** `unit` where each good exists once. Goods are reproducible unless given. */
  readonly supply?: "unit";
  /** Told what was recognised in the table, a sentence at a time. */
  readonly onNote?: (note: string) => void;
}

/** Fewer rows than this say too little about a distribution to be split. */
const LEAST_ROWS = 10;
/** Types have atoms where two of one good, both above 0, are the same with this probability. */
const ATOMS = 0.1;

/** The shares of rows that are held out, and that are for validation. */
const HELD_OUT = 0.2, VALIDATION = 0.1;
/** The stream of random numbers that splits rows. */
const SPLIT = 5;

/**
 * A reproducible goods problem whose types come from a table, in a file or a text.
 *
 * - With n * m columns, a row is a type profile: participant 1's m types, then participant 2's, and so on.
 * - With m columns and n > 1, a row is one participant's types, and each profile draws n rows independently.
 *
 * Types, costs and payments are in the table's unit. Delimiter, header, decimal mark, a column that says whose row it is
 * and the long layout (who, what, value) are recognised. Of ten rows seven are for training, one is for validation and
 * two are held out, chosen by a fixed hash of the row's number. In training profiles are drawn from rows with replacement;
 * in evaluations every held-out row counts once.
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
 * @throws {InvalidInputError} where the file is missing or no text, has fewer than 10 rows, or a row is not as
 * described; the message names the line, the column and what would help.
 * @throws {MachineError} where the file may not be read.
 */
export async function empiricalProblem(options: EmpiricalOptions): Promise<MechanismProblem> {
  const { file, text, participants = 1, onNote } = options, action = "define an empirical problem";
  requireKnownNames(action, "an option", options, OPTIONS);
  requireInteger(action, "participants", participants, 1);
  if (options.goods !== undefined) requireInteger(action, "goods", options.goods, 1);
  if (options.scale !== undefined) requireScale(action, options.scale);
  const { supply } = options, { productionCost, duplicationCost } = reproducibleGoods(options);
  if (supply !== undefined && supply !== "unit") {
    throw new InvalidInputError(`Cannot ${action}: supply must be left out or be unit, got ${show(supply)}`);
  }
  if ((file === undefined) === (text === undefined)) {
    throw new InvalidInputError(`Cannot ${action}: exactly one of file and text must be given`);
  }
  const what = file === undefined ? "the given text" : show(file);
  const bytes = file === undefined ? new TextEncoder().encode(text) : await readBytes(file);
  const said = given(options, TABLE_OPTIONS);
  const table = await readTable(bytes, {
    ...said,
    what,
    leastRows: LEAST_ROWS,
    ...options.goods !== undefined && { allowed: allowedColumns(participants, options.goods) },
    ...options.scale !== undefined && { largest: options.scale, largestHelp: "; scale is the largest value" },
  });
  table.notes.forEach((note) => onNote?.(note));
  const goods = options.goods ?? table.columns, { largest, names } = table;
  if (options.goods === undefined) {
    onNote?.(`${names ? `Goods: ${names.join(", ")}` : `A row has the values of ${count(goods, "good")}`}`);
  }
  const scale = options.scale ?? (largest > 0.5 && largest <= 1 || largest === 0 ? 1 : largest);
  const unit = options.unit ?? table.unit, costs = { productionCost, duplicationCost };
  requireScale(action, scale);
  const stated = given(options, ["scale", "unit", "exchangeable", "exchangeableGoods", "supply"] as const);
  return {
    name: empiricalName({
      table: file === undefined ? "text" : file.replace(/^.*[\\/]/, ""),
      ...{ participants, goods, productionCost, duplicationCost, supply },
    }),
    participants,
    goods,
    distribution: empiricalTypes(table, participants, goods, given(stated, ["exchangeable", "exchangeableGoods"])),
    principalUtility: supply ? unitGoods(costs) : reproducibleGoods(costs),
    source: file === undefined
      ? { kind: "custom" }
      : { kind: "empirical", file, participants, goods, ...costs, sha256: await sha256(bytes), ...said, ...stated },
    ...scale !== 1 && { scale },
    ...unit !== undefined && { unit },
    ...names && names.length === goods && { goodNames: names },
    ...supply && { supply },
  };
}

/** The names of the options. */
const OPTIONS: readonly (keyof EmpiricalOptions | "kind" | "sha256")[] = [
  ...["file", "text", "participants", "goods", "productionCost", "duplicationCost"] as const,
  ...["scale", "unit", "exchangeable", "exchangeableGoods", "supply", "onNote"] as const,
  ...TABLE_OPTIONS,
  ...["kind", "sha256"] as const, // of the source that a run folder keeps
];

/** The numbers of columns that a row may have, and what it is then. */
export function allowedColumns(participants: number, goods: number): AllowedColumns {
  return participants === 1
    ? { [goods]: "one for each good" }
    : { [participants * goods]: "a type profile, participant by participant", [goods]: "one participant's types" };
}

/** Some fields of an object, those that are there. */
function given<T extends object, Name extends keyof T>(from: T, names: readonly Name[]): Partial<Pick<T, Name>> {
  return Object.fromEntries(
    names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]),
  ) as Partial<
    Pick<T, Name>
  >;
}

/** Draws profiles from the rows of a table, `n * m` or `m` types each. */
function empiricalTypes(
  table: TypeTable,
  participants: number,
  goods: number,
  stated: Partial<Pick<TypeDistribution, "exchangeable" | "exchangeableGoods">>,
  parts: RowParts = splitRows(table.rows),
): TypeDistribution {
  const { values, columns } = table, rowsEach = columns === goods ? participants : 1;
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
    ...stated,
    ...repeats(table, goods) && { atoms: true },
    sample,
    data: {
      rowsEach,
      rows: (part) => parts[part].length,
      fold: (fold, folds) => empiricalTypes(table, participants, goods, stated, foldRows(table.rows, fold, folds)),
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

/** The numbers of the rows of each part. */
type RowParts = Readonly<Record<SamplePart, readonly number[]>>;

/** The rows in the order of a hash of their number. */
function orderOf(rows: number): number[] {
  return shuffled(Array.from({ length: rows }, (_, row) => row), deriveKey(randomKey(0), SPLIT));
}

/** The rows of a fold held out, and the others split as they are without folds. */
function foldRows(rows: number, fold: number, folds: number): RowParts {
  const order = orderOf(rows), others = order.filter((_, k) => k % folds !== fold);
  const apart = Math.max(1, Math.round(others.length * VALIDATION));
  return {
    "held-out": order.filter((_, k) => k % folds === fold),
    validation: others.slice(0, apart),
    training: others.slice(apart),
  };
}

/**
 * Splits the rows by a hash of their number: a fifth is held out, a tenth is for validation. Each part has rows wherever
 * there are three or more.
 */
function splitRows(rows: number): RowParts {
  const order = orderOf(rows);
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

/** Whether two types of one good, both above 0, are the same with a probability of {@linkcode ATOMS} or more. */
function repeats({ values, columns, rows }: TypeTable, goods: number): boolean {
  for (let j = 0; j < goods; j++) {
    const seen = new Map<number, number>();
    let all = 0;
    for (let at = j; at < rows * columns; at += goods, all++) seen.set(values[at], (seen.get(values[at]) ?? 0) + 1);
    let same = 0;
    for (const [value, count] of seen) if (value > 0) same += (count / all) ** 2;
    if (same >= ATOMS) return true;
  }
  return false;
}

/** SHA-256 in hexadecimal. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
