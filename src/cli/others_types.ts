/**
 * Whose prices a command is about, and what the other participants have.
 *
 * @module
 */
import { count } from "../display.ts";
import { InvalidInputError, requireInteger, show } from "../errors.ts";
import type { Option } from "./command.ts";

/** The options that say it. */
export const othersOptions = [
  {
    name: "others",
    kind: "text",
    placeholder: "TYPES",
    help:
      "With several participants whose prices read the others' types: these, such as '0.2,0.9;0.5,0.1' for two others " +
      "and two goods",
  },
  {
    name: "participant",
    kind: "integer",
    least: 1,
    placeholder: "I",
    help: "With several participants: whose list it is, from 1",
    default: "1",
  },
] as const satisfies readonly Option[];

/** What the command line says of the others. */
export interface OthersValues {
  readonly others?: string;
  readonly participant?: number;
}

/**
 * The others' types `[n - 1][m]`, in order; zeros where none are given and prices do not read them.
 *
 * @param reads Whether prices read them.
 * @throws {InvalidInputError} where they are not as they must be, or there is no such participant.
 */
export function othersTypes(
  action: string,
  { others: text, participant = 1 }: OthersValues,
  n: number,
  m: number,
  largest: number,
  reads: boolean,
): number[][] {
  requireInteger(action, "--participant", participant, 1);
  if (participant > n) {
    throw new InvalidInputError(`Cannot ${action}: --participant must be at most ${n}, got ${participant}`);
  }
  const rule = `Cannot ${action}: --others must be the types of ${count(n - 1, "other participant")}, ` +
    `${count(m, "number")} in [0, ${largest}] each, as in '${
      Array(n - 1).fill(Array(m).fill(String(largest / 2)).join()).join(";")
    }'`;
  if (n === 1) {
    if (text === undefined) return [];
    throw new InvalidInputError(`Cannot ${action}: --others must be left out with one participant`);
  }
  if (text === undefined && !reads) return Array.from({ length: n - 1 }, () => new Array<number>(m).fill(0));
  if (text === undefined) throw new InvalidInputError(`${rule}, but is missing`);
  const others = text.split(";").map((row) => row.split(",").map((cell) => cell.trim() === "" ? NaN : Number(cell)));
  const right = others.length === n - 1 &&
    others.every((row) => row.length === m && row.every((t) => t >= 0 && t <= largest));
  if (!right) throw new InvalidInputError(`${rule}, got ${show(text)}`);
  return others;
}
