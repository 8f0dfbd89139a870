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
import type { PartialGroupMaxSize } from "../networks/groupmax_layout.ts";
import type { ExactBestResponse, ExactBestResponses, ExactOptions } from "./exact_best_response.ts";

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
 * import { exactBestResponses, partialGroupMax, randomKey } from "@tedi/toolkit/kernels";
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
