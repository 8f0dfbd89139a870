/**
 * What a mechanism design problem is: MD = (n, m, u0, F) of section 2.
 *
 * @module
 */
import type { Tensor1D, Tensor2D, Tensor3D, Tensorflow } from "../deps/tfjs.ts";
import type { RandomKey } from "../random/key.ts";
import type { TableOptions } from "./tables/table.ts";

/**
 * What profiles are for: to learn from; to choose by, among settings, starts and times to stop; or, held out from both,
 * to be reported. Of a finite data set each is another part. Distributions that never repeat ignore it, as the keys of
 * the three are of different streams.
 */
export type SamplePart = "training" | "validation" | "held-out";

/** The joint distribution F of type profiles. */
export interface TypeDistribution {
  /** A short name for reports, such as `U` or `empirical`. */
  readonly name: string;
  /** True where exchanging participants leaves the distribution unchanged. */
  readonly exchangeable: boolean;
  /** True where exchanging goods leaves the distribution unchanged, too. */
  readonly exchangeableGoods?: boolean;
  /** True where the types of different participants are independent. Those of one participant need not be. */
  readonly independent?: boolean;
  /** True where types take single values with positive probability, as Bernoulli's do. */
  readonly atoms?: boolean;
  /**
   * Draws type profiles.
   *
   * @param key The same key gives the same profiles.
   * @param profiles How many, B.
   * @param part Where a finite data set is split, the part to draw from.
   * @returns Types `[B, n, m]`, row-major, each in [0, scale] of the problem, in its unit.
   */
  sample(key: RandomKey, profiles: number, part: SamplePart): Float32Array;
  /** Where F is a finite data set: its rows, so that what is reported counts each of them once. */
  readonly data?: DataRows;
}

/** The rows of a data set that is a type distribution. */
export interface DataRows {
  /** How many rows make a profile: 1, or n where a row is one participant's types. */
  readonly rowsEach: number;
  /** How many rows a part has. */
  rows(part: SamplePart): number;
  /**
   * Type profiles `[B, n, m]` in which every row of a part counts the same. Where a row is a profile, each is there once.
   * Where it is one participant's types, profiles are groups of n rows of random permutations.
   *
   * @param most About how many profiles there are to be, where rows can be grouped in several ways.
   */
  profiles(key: RandomKey, part: SamplePart, most: number): Float32Array;
  /** The same data with other rows held out: those of fold `fold`, from 0, of `folds`, in which every row is once. */
  fold(fold: number, folds: number): TypeDistribution;
}

/** The principal's utility u0(x, p; t), evaluated for a batch. */
export interface PrincipalUtility {
  /** A short name for reports. */
  readonly name: string;
  /**
   * u0 of each profile of a batch.
   *
   * @param tf TensorFlow.js, so that a problem in a file of its own needs no import.
   * @param outcomes Global outcomes x `[B, n, m]`, each in [0, 1].
   * @param payments Payments p `[B, n]`. Training differentiates the result in these.
   * @param types Type profiles t `[B, n, m]`, in the unit of types, as payments are.
   * @returns u0 `[B]`, in the same unit.
   */
  evaluate(tf: Tensorflow, outcomes: Tensor3D, payments: Tensor2D, types: Tensor3D): Tensor1D;
  /** Terms of u0, or other amounts `[B]` by name, which evaluations average and tell beside it. */
  terms?(
    tf: Tensorflow,
    outcomes: Tensor3D,
    payments: Tensor2D,
    types: Tensor3D,
  ): Readonly<Record<string, Tensor1D>>;
}

/** Where a problem came from, as plain data, so that a run folder can name it. */
export type ProblemSource =
  | { readonly kind: "setting"; readonly setting: string }
  | TableOptions & {
    readonly kind: "empirical";
    readonly file: string;
    readonly participants: number;
    readonly goods: number;
    readonly productionCost: number;
    readonly duplicationCost: number;
    /** SHA-256 of the file, in hexadecimal. */
    readonly sha256: string;
    readonly scale?: number;
    readonly unit?: string;
    readonly exchangeable?: boolean;
    readonly exchangeableGoods?: boolean;
    readonly supply?: "unit";
  }
  | {
    readonly kind: "module";
    readonly module: string;
    /** SHA-256 of the module's file, in hexadecimal; left out where it is no file. What it imports is not in it. */
    readonly sha256?: string;
  }
  | { readonly kind: "custom" };

/** A mechanism design problem MD = (n, m, u0, F). */
export interface MechanismProblem {
  /** A name for reports: `U_{3,10}^{1,0}` for the paper's settings. */
  readonly name: string;
  /** n, the number of participants. */
  readonly participants: number;
  /** m, the number of goods. */
  readonly goods: number;
  /** F. */
  readonly distribution: TypeDistribution;
  /** u0. */
  readonly principalUtility: PrincipalUtility;
  /** Where the problem came from. */
  readonly source: ProblemSource;
  /**
   * How much there is of each good, and so which global outcomes x in [0, 1]^{n m} are possible: `unlimited`, all of them,
   * since goods are reproducible; or `unit`, those with sum_i x_ij <= 1 for each good j, since each exists once.
   * Unlimited unless given.
   */
  readonly supply?: "unlimited" | "unit";
  /** The largest value that a type may have, in the unit of types, payments and costs. 1 unless given. */
  readonly scale?: number;
  /** The name of that unit, such as `EUR`. Types have none unless given. */
  readonly unit?: string;
  /** The names of the goods `[m]`, where they have any. */
  readonly goodNames?: readonly string[];
}
