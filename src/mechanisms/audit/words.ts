/**
 * The checks of an audit in words.
 *
 * @module
 */
import type { AuditCheck, AuditCheckName } from "./check.ts";

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

/**
 * At which share of type profiles there may be violations that checks which passed have not seen, with 99% confidence:
 * N independent profiles miss what shows at a share p of them with probability (1 - p)^N. Undefined where no check says
 * how many it saw.
 */
export function unseenInWords(checks: readonly AuditCheck[]): readonly [value: string, remark: string] | undefined {
  const below = (name: AuditCheckName) => {
    const check = checks.find((one) => one.name === name);
    if (!check?.passed || !check.independent) return undefined;
    return `${Number((100 * (1 - 0.01 ** (1 / check.independent))).toPrecision(2))}%`;
  };
  const lies = below("incentiveCompatibility"), losses = below("individualRationality");
  if (lies === undefined) {
    return losses === undefined ? undefined : [`below ${losses}`, "of type profiles have a loss, at 99% confidence"];
  }
  const loss = losses === undefined || losses === lies ? "or a loss" : `and below ${losses} a loss`;
  return [
    `below ${lies}`,
    `of type profiles have a lie that was tried and pays, ${losses === undefined ? "" : `${loss}, `}at 99% confidence`,
  ];
}
