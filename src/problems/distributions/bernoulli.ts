/**
 * The type distribution `B` of section 4.1: independent, 0 or 1.
 *
 * @module
 */
import type { RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import type { TypeDistribution } from "../problem.ts";
import { binomial } from "../virtual_surplus.ts";
import { type DistributionFamily, type Marginal, typesOfFamily } from "./family.ts";

const marginal: Marginal = {
  tail: (type: number): number => type <= 0 ? 1 : type <= 1 ? 0.5 : 0,
  // phi(1) = 1, and phi(0) = 0 - (1 - 0) P(1) / P(0); types between, which do not occur, count as 0.
  virtualValue: (type: number): number => type >= 1 ? 1 : -1,
  typeOfVirtualValue: (): number => 1,
  support: [0, 1],
  virtualSurplus(participants: number, productionCost: number, duplicationCost: number): number {
    const most = Math.max(0, 1 - duplicationCost); // what each of those with value 1 adds
    const excess = (k: number) => Math.max(most * k - productionCost, 0);
    return binomial(participants, 0.5).reduce((sum, chance, k) => sum + chance * excess(k), 0);
  },
};

/** `B`: every type t_ij is independent, 0 or 1 with probability 0.5 each (section 4.1). */
export const bernoulli: DistributionFamily<"B"> = {
  letter: "B",
  name: "Bernoulli",
  description: "types are independent, 0 or 1 with equal chances",
  exchangeable: true,
  exchangeableGoods: true,
  independent: true,
  independentGoods: true,
  atoms: true,
  sample(key: RandomKey, profiles: number, participants: number, goods: number): Float32Array {
    const types = uniforms(key, profiles * participants * goods);
    for (let j = 0; j < types.length; j++) types[j] = types[j] < 0.5 ? 0 : 1;
    return types;
  },
  marginal,
};

/**
 * `B`: every type t_ij is independent, 0 or 1 with probability 0.5 each (section 4.1).
 *
 * @param participants n, at least 1.
 * @param goods m, at least 1.
 * @returns A distribution of type profiles `[B, n, m]`.
 * @throws {InvalidInputError} unless both are positive integers.
 */
export function bernoulliTypes(participants: number, goods: number): TypeDistribution {
  return typesOfFamily(bernoulli, participants, goods);
}
