/**
 * Exact best responses, equation (4): best responses with a proof, and the interface of what finds them.
 *
 * @module
 */
import type { HighsBasis } from "../deps/highs.ts";

/** Outcomes count as equally good where their utilities differ by at most this. */
export const EQUAL_UTILITY = 1e-9;

export type { HighsBasis as ProgramBasis } from "../deps/highs.ts";

/** A best response, with a proof that no outcome is better. */
export interface ExactBestResponse {
  /** x `[m]`, in [0, 1]. Of several equally good outcomes it is one with the highest payment. */
  readonly outcome: Float64Array;
  /** p(x) = f(x) - f(0). */
  readonly payment: number;
  /** u(x) = <t, x> - p(x), never below 0. */
  readonly utility: number;
  /** An upper bound on the utility of all outcomes. */
  readonly bound: number;
  /** bound - utility, at least 0. */
  readonly gap: number;
  /** Whether payments of equally good outcomes (to 1e-9 in utility) differ (by more than 1e-5). */
  readonly tied: boolean;
  /** The least payment of an equally good outcome. */
  readonly leastPayment: number;
  /** The time that it took, in seconds. */
  readonly seconds: number;
  /** The basis of the optimum, a start for other types and for similar pricing rules. */
  readonly basis: HighsBasis;
}

/** Options of an exact best response. */
export interface ExactOptions {
  /** The basis to start from; that of the zero outcome unless given. It changes the result by rounding only. */
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
