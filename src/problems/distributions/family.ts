/**
 * What the package wants to know of a type distribution: how to draw from it, and, as far as it has them, the virtual
 * values that optimal auctions follow from.
 *
 * @module
 */
import { requireInteger } from "../../errors.ts";
import type { RandomKey } from "../../random/key.ts";
import type { TypeDistribution } from "../problem.ts";

/** A type distribution for any number of participants and goods: an entry of the table of distributions. */
export interface DistributionFamily<Letter extends string = string> {
  /** The capital letter F in the name of a setting F_{n,m}^{c^p,c^d}. */
  readonly letter: Letter;
  /** An adjective for tables, such as `uniform`. */
  readonly name: string;
  /** What the types are, for help texts: the end of a sentence that begins with the name. */
  readonly description: string;
  /** True where exchanging participants leaves the distribution unchanged. */
  readonly exchangeable: boolean;
  /** True where exchanging goods leaves the distribution unchanged, too. */
  readonly exchangeableGoods: boolean;
  /** True where the types of different participants are independent. */
  readonly independent: boolean;
  /** True where one participant's values of different goods are independent. */
  readonly independentGoods?: boolean;
  /** True where types take single values with positive probability. */
  readonly atoms: boolean;
  /**
   * Draws type profiles `[B, n, m]`, row-major, each type in [0, 1]. The same key gives the same profiles, and more
   * profiles leave the first ones as they are.
   */
  sample(key: RandomKey, profiles: number, participants: number, goods: number): Float32Array;
  /** The distribution of one participant's value of one good, the same for all; left out where it is not known. */
  readonly marginal?: Marginal;
  /** Where values of different participants depend on each other: virtual values given those of the others. */
  readonly conditional?: ConditionalValues;
  /**
   * The largest expected revenue from selling m goods that cost nothing to one participant, where it is known. One
   * good, and values that leave nothing to the participants, need not be told: these follow from the marginal.
   */
  sellingOptimum?(goods: number): KnownValue | undefined;
}

/** The distribution F of a value t of one good, with density f. */
export interface Marginal {
  /** P(t' >= t). */
  tail(type: number): number;
  /**
   * Myerson's virtual value phi(t) = t - (1 - F(t)) / f(t); where that falls or there are atoms, the ironed one. It does
   * not fall in t.
   */
  virtualValue(type: number): number;
  /** The least type with phi(t) >= `value` or just above, for a value in [0, 1]: the best price at that unit cost. */
  typeOfVirtualValue(value: number): number;
  /** All values of positive probability, where there are no others. */
  readonly support?: readonly number[];
  /**
   * E[(sum_i (phi_i - c^d)^+ - c^p)^+] of n independent values, where there is a closed form. It is computed numerically
   * where this is left out.
   */
  virtualSurplus?(participants: number, productionCost: number, duplicationCost: number): number;
}

/**
 * Virtual values of one good whose values depend on each other. `types` `[n]` are those of all participants; what
 * participant i's own is does not matter but where it is said to.
 */
export interface ConditionalValues {
  /** phi(t_i; t_{-i}), which does not fall in t_i. */
  virtualValue(types: ArrayLike<number>, i: number): number;
  /** The least type of i with phi(t_i; t_{-i}) >= `value` or just above. */
  typeOfVirtualValue(value: number, types: ArrayLike<number>, i: number): number;
  /** The largest type of i that the others' types allow. */
  largestType(types: ArrayLike<number>, i: number): number;
  /**
   * Values, besides those of the others, between which each phi(t_k; t_{-k}) is concave in every other participant's
   * type and, where t_k is that type, in t_k itself.
   */
  readonly kinks: readonly number[];
}

/** A known expected utility of the principal. */
export interface KnownValue {
  /** The expected utility of the principal. */
  readonly value: number;
  /** The mechanism that reaches it, and who found it. */
  readonly name: string;
  /** True where no truthful mechanism earns more; false where that is conjectured. */
  readonly proved: boolean;
}

/**
 * The type distribution of a family for n participants and m goods.
 *
 * @throws {InvalidInputError} unless both are positive integers.
 */
export function typesOfFamily(family: DistributionFamily, participants: number, goods: number): TypeDistribution {
  const action = `define type distribution ${family.letter}`;
  requireInteger(action, "participants", participants, 1);
  requireInteger(action, "goods", goods, 1);
  const { letter: name, exchangeable, exchangeableGoods, independent, atoms } = family;
  return {
    name,
    exchangeable,
    exchangeableGoods,
    independent,
    atoms,
    sample(key: RandomKey, profiles: number): Float32Array {
      requireInteger("draw type profiles", "profiles", profiles, 0);
      return family.sample(key, profiles, participants, goods);
    },
  };
}
