/**
 * The type distributions of section 4.1 of the paper: `U`, `B` and `C`.
 *
 * Each draws the same profiles from the same key on every machine, and asking for
 * more profiles never changes the first ones.
 *
 * @module
 */
import { requireInteger } from "../errors.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import type { TypeDistribution } from "./problem.ts";

/** Checks the sizes and builds a distribution whose participants are exchangeable, and goods, too. */
function distribution(
  name: string,
  participants: number,
  goods: number,
  draw: (key: RandomKey, profiles: number) => Float32Array,
  atoms = false,
): TypeDistribution {
  const action = `define type distribution ${name}`;
  requireInteger(action, "participants", participants, 1);
  requireInteger(action, "goods", goods, 1);
  return {
    name,
    exchangeable: true,
    exchangeableGoods: true,
    atoms,
    sample(key: RandomKey, profiles: number): Float32Array {
      requireInteger("draw type profiles", "profiles", profiles, 0);
      return draw(key, profiles);
    },
  };
}

/**
 * `U`: every type t_ij is independent and uniform on [0, 1) (section 4.1).
 *
 * @param participants n, at least 1.
 * @param goods m, at least 1.
 * @returns A distribution of type profiles `[B, n, m]`.
 * @throws {InvalidInputError} unless both are positive integers.
 */
export function uniformTypes(participants: number, goods: number): TypeDistribution {
  return distribution("U", participants, goods, (key, profiles) => uniforms(key, profiles * participants * goods));
}

/**
 * `B`: every type t_ij is independent, 0 or 1 with probability 0.5 each (section 4.1).
 *
 * @param participants n, at least 1.
 * @param goods m, at least 1.
 * @returns A distribution of type profiles `[B, n, m]`.
 * @throws {InvalidInputError} unless both are positive integers.
 */
export function bernoulliTypes(participants: number, goods: number): TypeDistribution {
  return distribution("B", participants, goods, (key, profiles) => {
    const types = uniforms(key, profiles * participants * goods);
    for (let j = 0; j < types.length; j++) types[j] = types[j] < 0.5 ? 0 : 1;
    return types;
  }, true);
}

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
  return distribution("C", participants, goods, (key, profiles) => {
    const centres = uniforms(deriveKey(key, 0), profiles * goods);
    const types = uniforms(deriveKey(key, 1), profiles * participants * goods);
    // t_ij = (0.25 + 0.5 U_j) + (-0.25 + 0.5 U_ij), so the quarters cancel.
    for (let b = 0, at = 0; b < profiles; b++) {
      for (let i = 0; i < participants; i++) {
        for (let j = 0; j < goods; j++, at++) types[at] = 0.5 * (centres[b * goods + j] + types[at]);
      }
    }
    return types;
  });
}
