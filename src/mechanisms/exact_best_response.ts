/**
 * A best response, equation (4), with a proof that it is one, and what finds it.
 *
 * @module
 */
import type { HighsBasis } from "../deps/highs.ts";

/** Outcomes count as equally good where their utilities differ by at most this. */
export const EQUAL_UTILITY = 1e-9;

export type { HighsBasis as ProgramBasis } from "../deps/highs.ts";

/** A best response with a proof that it is one. */
export interface ExactBestResponse {
  /** x `[m]`, in [0, 1]; among equally good outcomes one with the highest payment. */
  readonly outcome: Float64Array;
  /** p(x) = f(x) - f(0). */
  readonly payment: number;
  /** u(x) = <t, x> - p(x), never below 0. */
  readonly utility: number;
  /** No outcome in the box has a higher utility than this. */
  readonly bound: number;
  /** bound - utility, at least 0. */
  readonly gap: number;
  /** Whether there are equally good outcomes (to 1e-9) whose payments differ (by more than 1e-5). */
  readonly tied: boolean;
  /** The least payment of an equally good outcome. */
  readonly leastPayment: number;
  /** Seconds that it took. */
  readonly seconds: number;
  /** The optimum's basis, to start from for another type, or for a rule that is not far from this one. */
  readonly basis: HighsBasis;
}

/** How to solve. */
export interface ExactOptions {
  /** A basis to start from; else the zero outcome. The result is the same but for rounding. */
  readonly warm?: HighsBasis;
}

/** Exact best responses to one pricing rule. */
export interface ExactBestResponses {
  /**
   * The best response of a type `[m]`.
   *
   * @throws {InvalidInputError} unless the type is m finite numbers.
   * @throws {MachineError} where HiGHS ends without an optimum.
   */
  solve(type: ArrayLike<number>, options?: ExactOptions): ExactBestResponse;
  /** Frees its memory. */
  dispose(): void;
}
