/**
 * The type distribution `C` of section 4.1: participants agree about each good up to a quarter.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import type { TypeDistribution } from "../problem.ts";
import { type ConditionalValues, type DistributionFamily, type Marginal, typesOfFamily } from "./family.ts";

/** Half the width of a type's distribution around its centre. */
const R = 0.25;

/** What others' types say about a good's centre t_j: it is uniform on [a, b]. */
export interface Centre {
  /** a. */
  readonly a: number;
  /** b. */
  readonly b: number;
}

/** What is known about a centre without any type. */
const PRIOR: Centre = { a: R, b: 1 - R };

/**
 * The distribution of the centre t_j ~ U[1/4, 3/4], given the least and the largest of others' types
 * t_kj ~ U[t_j - 1/4, t_j + 1/4].
 *
 * Every centre that all of them allow is as likely as every other: uniform on [a, b] with
 * a = max(1/4, largest - 1/4) and b = min(3/4, least + 1/4). Reports that cannot occur together allow no centre; then
 * it is taken to be (a + b) / 2.
 */
export function centreGiven(least: number, largest: number): Centre {
  const a = Math.max(PRIOR.a, largest - R), b = Math.min(PRIOR.b, least + R);
  return a <= b ? { a, b } : { a: (a + b) / 2, b: (a + b) / 2 };
}

/** The distribution of the centre, given the types `[n]` of all participants but i. */
function centreWithout(types: ArrayLike<number>, i: number): Centre {
  let least = 1, largest = 0; // which say nothing
  for (let k = 0; k < types.length; k++) {
    if (k === i) continue;
    least = Math.min(least, types[k]);
    largest = Math.max(largest, types[k]);
  }
  return centreGiven(least, largest);
}

/**
 * The virtual value phi(t) = t - (1 - F(t)) / f(t) of a type whose centre is uniform on [a, b].
 *
 * With w = b - a the density is a trapezium: 2 (t - a + 1/4) / w up to b - 1/4, then 2 up to a + 1/4, then
 * 2 (b + 1/4 - t) / w. So, with u = t - a + 1/4,
 *
 * - phi = t - (w / u - u) / 2 on the first part, minus infinity before it,
 * - phi = 2 t - (a + b) / 2 - 1/4 on the second,
 * - phi = (3 t - b - 1/4) / 2 on the third, and t after it.
 *
 * The density is log-concave, so phi rises everywhere.
 */
export function virtualValue(type: number, { a, b }: Centre): number {
  const u = type - a + R;
  if (u <= 0) return -Infinity;
  if (type < b - R) return type - ((b - a) / u - u) / 2;
  if (type < a + R) return 2 * type - (a + b) / 2 - R;
  return Math.min(type, (3 * type - b - R) / 2);
}

/** The least type with a virtual value of `virtual` or more. */
export function typeOfVirtualValue(virtual: number, { a, b }: Centre): number {
  if (virtual >= b + R) return virtual;
  if (virtual >= 1.5 * a - 0.5 * b + R) return (2 * virtual + b + R) / 3;
  if (virtual >= 1.5 * b - 0.5 * a - 3 * R) return (virtual + (a + b) / 2 + R) / 2;
  // 3 u^2 - 2 (virtual - a + 1/4) u - w = 0.
  const half = virtual - a + R;
  return a - R + (half + Math.sqrt(half * half + 3 * (b - a))) / 3;
}

/** The mean of two uniform numbers: a triangle. */
const marginal: Marginal = {
  tail(type: number): number {
    if (type <= 0) return 1;
    return type <= 0.5 ? 1 - 2 * type * type : 2 * Math.max(0, 1 - type) ** 2;
  },
  virtualValue: (type: number): number => virtualValue(type, PRIOR),
  typeOfVirtualValue: (value: number): number => typeOfVirtualValue(value, PRIOR),
};

const conditional: ConditionalValues = {
  virtualValue: (types, i): number => virtualValue(types[i], centreWithout(types, i)),
  typeOfVirtualValue: (value, types, i): number => typeOfVirtualValue(value, centreWithout(types, i)),
  largestType: (types, i): number => centreWithout(types, i).b + R,
  // Where a type begins to say something about the centre.
  kinks: [0.5],
};

/** `C`: t_j ~ U[0.25, 0.75] for each good, then t_ij ~ U[t_j - 0.25, t_j + 0.25] (section 4.1). */
export const correlated: DistributionFamily<"C"> = {
  letter: "C",
  name: "correlated",
  description: "types are means of two uniform numbers, the good's and the type's own",
  exchangeable: true,
  exchangeableGoods: true,
  independent: false,
  atoms: false,
  sample(key: RandomKey, profiles: number, participants: number, goods: number): Float32Array {
    const centres = uniforms(deriveKey(key, 0), profiles * goods);
    const types = uniforms(deriveKey(key, 1), profiles * participants * goods);
    // t_ij = (0.25 + 0.5 U_j) + (-0.25 + 0.5 U_ij), so the quarters cancel.
    for (let b = 0, at = 0; b < profiles; b++) {
      for (let i = 0; i < participants; i++) {
        for (let j = 0; j < goods; j++, at++) types[at] = 0.5 * (centres[b * goods + j] + types[at]);
      }
    }
    return types;
  },
  marginal,
  conditional,
};

/**
 * `C`: participants agree about each good up to a quarter (section 4.1).
 *
 * First t_j ~ U[0.25, 0.75] for each good, then t_ij ~ U[t_j - 0.25, t_j + 0.25] for each
 * participant. Types of one good have correlation 0.5, types of different goods 0.
 *
 * @param participants n, at least 1.
 * @param goods m, at least 1.
 * @returns A distribution of type profiles `[B, n, m]`.
 * @throws {InvalidInputError} unless both are positive integers.
 */
export function correlatedTypes(participants: number, goods: number): TypeDistribution {
  return typesOfFamily(correlated, participants, goods);
}
