/**
 * Exact best responses, equation (4), by linear programming: slower than the cutting planes of
 * {@linkcode "../kernels/best_responses/best_response.ts"}, and independent of them, so that each checks the other.
 *
 * HiGHS finds an optimum of the program in linear_program/program.ts. Nothing that it says is believed: the utility is
 * that of its outcome, computed anew, and linear_program/certificate.ts makes a bound on all utilities of its duals.
 * All of that, in linear_program/, loads when it is first used.
 *
 * @module
 */
import type { HighsBasis } from "../deps/highs.ts";
import type { PartialGroupMaxSize } from "../networks/groupmax_layout.ts";

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

/**
 * Prepares exact best responses, equation (4), to the pricing rule of a Partial GroupMax Network, of goods or of the sums of the largest
 * coordinates. The caller disposes of it.
 *
 * Ties are broken for the principal in a second stage. Payments are convex in x, but among outcomes of the same utility
 * u they are <t, x> - u, so that the highest payment is where <t, x> is largest: a linear program again, with the first
 * one's optimum, less 1e-9 at most, as one more row. A principal whose u0 has costs may prefer another outcome.
 *
 * @param weights Raw weights `[P]`.
 * @throws {InvalidInputError} unless the sizes are positive integers, with P finite weights.
 * @throws {MachineError} where HiGHS refuses them, as it does above 1e15.
 *
 * @example
 * ```ts
 * import { exactBestResponses, partialGroupMax, randomKey } from "@tedi/toolkit";
 * import { assert } from "@std/assert";
 *
 * const size = { goods: 2, layers: 2, groups: 8, groupSize: 4 };
 * const program = await exactBestResponses(size, partialGroupMax(size).initialWeights(randomKey(0)));
 * const { outcome, payment, utility } = program.solve([0.9, 0.2]);
 * assert(Math.abs(outcome[0] * 0.9 + outcome[1] * 0.2 - payment - utility) < 1e-9);
 * program.dispose();
 * ```
 */
export async function exactBestResponses(
  size: PartialGroupMaxSize,
  weights: Float32Array | Float64Array,
): Promise<ExactBestResponses> {
  const { prepareResponses } = await import("./linear_program/responses.ts");
  return await prepareResponses(size, weights);
}

/**
 * The exact best response of one type `[m]` to the pricing rule of a Partial GroupMax Network with raw weights `[P]`.
 * For many types of one rule take {@linkcode exactBestResponses}, which prepares the rule once.
 *
 * @throws {InvalidInputError} where sizes, weights or type do not fit together or are not finite.
 * @throws {MachineError} where HiGHS ends without an optimum.
 */
export async function solveBestResponse(
  size: PartialGroupMaxSize,
  weights: Float32Array | Float64Array,
  type: ArrayLike<number>,
  options: ExactOptions = {},
): Promise<ExactBestResponse> {
  const responses = await exactBestResponses(size, weights);
  try {
    return responses.solve(type, options);
  } finally {
    responses.dispose();
  }
}
