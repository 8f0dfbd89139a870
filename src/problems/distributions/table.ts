/**
 * The table of type distributions. Adding one takes a file beside this one, and its letter and its line here.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import type { TypeDistribution } from "../problem.ts";
import { bernoulli } from "./bernoulli.ts";
import { correlated } from "./correlated.ts";
import { type DistributionFamily, typesOfFamily } from "./family.ts";
import { uniform } from "./uniform.ts";

/** The letter of a type distribution, such as `U` for uniform types. */
export type DistributionLetter = "U" | "B" | "C";

/** The type distributions by letter, those of section 4.1 first. */
const FAMILIES: { readonly [Letter in DistributionLetter]: DistributionFamily<Letter> } = {
  U: uniform,
  B: bernoulli,
  C: correlated,
};

/** The letters of all type distributions. */
export const distributionLetters: readonly DistributionLetter[] = Object.keys(FAMILIES) as DistributionLetter[];

/**
 * The type distribution of a letter, for any number of participants and goods.
 *
 * @param action What cannot be done where there is none, for the error message.
 * @throws {InvalidInputError} where no distribution has the letter.
 */
export function distributionFamily(action: string, letter: DistributionLetter): DistributionFamily {
  if (Object.hasOwn(FAMILIES, letter)) return FAMILIES[letter];
  const rule = `distribution must be one of ${distributionLetters.join(", ")}`;
  throw new InvalidInputError(`Cannot ${action}: ${rule}, got ${show(letter)}`);
}

/**
 * The type distribution of a letter, for n participants and m goods.
 *
 * @throws {InvalidInputError} where no distribution has the letter, or a size is not a positive integer.
 */
export function distributionOf(letter: DistributionLetter, participants: number, goods: number): TypeDistribution {
  return typesOfFamily(distributionFamily("define types", letter), participants, goods);
}
