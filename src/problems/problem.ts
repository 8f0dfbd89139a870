/**
 * What a mechanism design problem is: MD = (n, m, u0, F) of section 2.
 *
 * @module
 */
import type { Tensor1D, Tensor2D, Tensor3D, Tensorflow } from "../deps/tfjs.ts";
import type { RandomKey } from "../random/key.ts";

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
   * @returns Types `[B, n, m]`, row-major, each in [0, 1].
   */
  sample(key: RandomKey, profiles: number, part: SamplePart): Float32Array;
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
   * @param types Type profiles t `[B, n, m]`.
   * @returns u0 `[B]`.
   */
  evaluate(tf: Tensorflow, outcomes: Tensor3D, payments: Tensor2D, types: Tensor3D): Tensor1D;
}

/** Where a problem came from, as plain data, so that a run folder can name it. */
export type ProblemSource =
  | { readonly kind: "setting"; readonly setting: string }
  | {
    readonly kind: "empirical";
    readonly file: string;
    readonly participants: number;
    readonly goods: number;
    readonly productionCost: number;
    readonly duplicationCost: number;
    /** SHA-256 of the file, in hexadecimal. */
    readonly sha256: string;
  }
  | { readonly kind: "module"; readonly module: string }
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
}
