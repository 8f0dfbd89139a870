/**
 * The type distribution `U` of section 4.1: independent and uniform.
 *
 * @module
 */
import { uniforms } from "../../random/numbers.ts";
import type { TypeDistribution } from "../problem.ts";
import { straightJacketOptimum } from "../straight_jacket.ts";
import { binomial } from "../virtual_surplus.ts";
import { type DistributionFamily, type KnownValue, type Marginal, typesOfFamily } from "./family.ts";

const marginal: Marginal = {
  tail: (type: number): number => Math.min(1, Math.max(0, 1 - type)),
  virtualValue: (type: number): number => 2 * type - 1,
  typeOfVirtualValue: (value: number): number => (value + 1) / 2,
  virtualSurplus(participants: number, productionCost: number, duplicationCost: number): number {
    const most = 1 - duplicationCost;
    if (most <= 0) return 0;
    // phi_i - c^d is uniform on [most - 2, most]. Given that k of them are positive, these are uniform on [0, most].
    const excess = uniformSumExcess(participants, productionCost / most);
    return most * binomial(participants, most / 2).reduce((sum, chance, k) => sum + chance * excess[k], 0);
  },
};

/** `U`: every type t_ij is independent and uniform on [0, 1) (section 4.1). */
export const uniform: DistributionFamily<"U"> = {
  letter: "U",
  name: "uniform",
  description: "types are independent and uniform on [0, 1]",
  exchangeable: true,
  exchangeableGoods: true,
  independent: true,
  independentGoods: true,
  atoms: false,
  sample: (key, profiles, participants, goods): Float32Array => uniforms(key, profiles * participants * goods),
  marginal,
  sellingOptimum: (goods: number): KnownValue | undefined => straightJacketOptimum(goods),
};

/**
 * `U`: every type t_ij is independent and uniform on [0, 1) (section 4.1).
 *
 * @param participants n, at least 1.
 * @param goods m, at least 1.
 * @returns A distribution of type profiles `[B, n, m]`.
 * @throws {InvalidInputError} unless both are positive integers.
 */
export function uniformTypes(participants: number, goods: number): TypeDistribution {
  return typesOfFamily(uniform, participants, goods);
}

/**
 * E[(S_k - c)^+] for k = 0, ..., n, where S_k is the sum of k independent numbers uniform on [0, 1].
 *
 * By symmetry this is E[(k - c - S_k)^+], the second integral of the Irwin-Hall density N_k at k - c. As
 * N_{k+1}(x) is the integral of N_k over [x - 1, x], it equals sum_{r >= 0} (r + 1) N_{k+2}(k - c - r). The densities
 * follow from N_k(x) = (x N_{k-1}(x) + (k - x) N_{k-1}(x - 1)) / (k - 1), whose terms are all positive: unlike
 * the textbook's alternating sum, nothing cancels.
 */
function uniformSumExcess(n: number, c: number): number[] {
  const whole = Math.ceil(c), fraction = whole - c;
  const out: number[] = [];
  let density = [1]; // density[a] = N_k(fraction + a), here for k = 1
  for (let k = 2; k <= n + 2; k++) {
    const next: number[] = [];
    for (let a = 0; a < k; a++) {
      const x = fraction + a;
      next.push((x * (density[a] ?? 0) + (k - x) * (density[a - 1] ?? 0)) / (k - 1));
    }
    density = next;
    let sum = 0;
    for (let a = 0, most = k - 2 - whole; a <= most; a++) sum += (most - a + 1) * density[a];
    out.push(sum);
  }
  return out;
}
