/**
 * Exact best responses, equation (4), by linear programming. They are slower than the cutting planes of
 * {@linkcode "../kernels/best_responses/best_response.ts"} and independent of them, so that each checks the other.
 *
 * HiGHS finds an optimum of the program in linear_program/program.ts. HiGHS is not trusted: the utility is computed
 * anew from its outcome, and linear_program/certificate.ts makes an upper bound on all utilities from its dual values.
 * What is in linear_program/ loads when it is first used.
 *
 * @module
 */
import type { PartialGroupMaxSize } from "../networks/groupmax_layout.ts";
import type { ExactBestResponse, ExactBestResponses, ExactOptions } from "./exact_best_response.ts";

/**
 * Prepares exact best responses, equation (4), to the pricing rule of a Partial GroupMax Network of x or of the sums of
 * the largest coordinates. The caller disposes of it.
 *
 * A second stage breaks ties towards the highest payment. Among outcomes of equal utility u payments are <t, x> - u, so
 * that the highest payment is where <t, x> is largest: a linear program again, with one more row that keeps the utility
 * within 1e-9 of the optimum. A principal whose utility has costs may prefer another of the outcomes.
 *
 * @param weights Raw weights `[P]`.
 * @throws {InvalidInputError} unless sizes are positive integers, and weights are P finite numbers.
 * @throws {MachineError} where HiGHS refuses the program, as it does for numbers above 1e15.
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
 * For many types use {@linkcode exactBestResponses}, which prepares the pricing rule once.
 *
 * @throws {InvalidInputError} where lengths of weights or type do not go with the size, or numbers are not finite.
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
