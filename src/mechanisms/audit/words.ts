/**
 * The checks of an audit in words.
 *
 * @module
 */
import type { AuditCheckName } from "./check.ts";

/** For each check its name and the meaning of its largest violation, in words. */
export const CHECK_WORDS: Readonly<Record<AuditCheckName, readonly [name: string, violation: string]>> = {
  incentiveCompatibility: ["truthful", "most that a lie gained"],
  individualRationality: ["nobody loses", "most that anybody lost who told the truth"],
  noBuyNoPay: ["no buy, no pay", "most paid for nothing"],
  feasibility: ["outcomes", "farthest from [0, 1], or more of a good than exists"],
  monotoneAllocations: ["monotone", "most that an allocation went against a change of type"],
  bestResponseGap: ["certified gap", "most that any lie could gain, by certificates"],
  certificates: ["certificates", "most by which anything that was found beat a certificate"],
  exactBestResponse: ["exact responses", "largest difference to linear programs, and their largest duality gap"],
  convexPrices: ["convex prices", "highest above a straight line between two outcomes"],
  backends: ["implementations", "largest difference in utility"],
};
