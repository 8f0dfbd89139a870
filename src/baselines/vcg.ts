/**
 * The VCG auction of reproducible goods.
 *
 * Sources: Vickrey, "Counterspeculation, auctions, and competitive sealed tenders", Journal of Finance 16, 1961;
 * Clarke, "Multipart pricing of public goods", Public Choice 11, 1971; Groves, "Incentives in teams", Econometrica 41,
 * 1973.
 *
 * @module
 */
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { isUnitSupply } from "../problems/supply.ts";
import { goodByGood, goodsAuction, sellByScore } from "./auction.ts";
import { auctionInWords } from "./in_words.ts";
import { sellOnce, VALUE } from "./unit_supply.ts";

/**
 * The efficient outcome with Clarke's payments, the row "VCG" of Table 1.
 *
 * Welfare is that of everybody, the principal included: W(x; t) = sum_i <t_i, x_i> - c_0(x). It is a sum over goods,
 * and good j is best produced where sum_i (t_ij - c^d)^+ > c^p, for those with t_ij > c^d. Participant i pays what it
 * costs the others and the principal that i takes part, max_x W_{-i}(x) - W_{-i}(x*) with W_{-i} = W - <t_i, x_i>.
 * For a good that i receives, with S_{-i} = sum_{k != i} (t_kj - c^d)^+,
 *
 * (S_{-i} - c^p)^+ - (S_{-i} - c^p - c^d) = c^d + (c^p - S_{-i})^+,
 *
 * the least type with which i still receives it; for other goods i pays nothing. So a good handed out K times brings
 * K c^d + sum_i (c^p - S_{-i})^+ and costs K c^d + c^p.
 *
 * - c^p = 0: the principal's utility is 0.
 * - c^p > 0: it is never positive. Let S = s_1 + ... + s_K > c^p be the sum of the winners' s_i = t_ij - c^d, and A the
 *   winners with S - s_i < c^p. They pay |A| (c^p - S) + sum_A s_i for production, which is at most c^p where A is not
 *   empty, and 0 where it is. With one participant it is c^p, so the principal's utility is 0; with more it is negative
 *   wherever a good is produced, unless it is handed out once only.
 *
 * Where each good exists once, it goes to whoever values it most, for what the next one would have given: Vickrey's
 * auction of each good.
 *
 * @param problem A problem, or the name of a setting.
 * @throws {InvalidInputError} where the principal's utility is not that of reproducible goods.
 *
 * @example
 * ```ts
 * import { settingProblem, vcg } from "@tedi/toolkit";
 * import { assertEquals } from "@std/assert";
 *
 * // One good that costs 1, if anybody gets it: they pay what the others leave of the cost.
 * const { outcomes, payments } = await vcg(settingProblem("U_{2,1}^{1,0}")).run([[[0.75], [0.5]]]);
 * assertEquals([...outcomes, ...payments], [1, 1, 0.5, 0.25]);
 * ```
 */
export function vcg(problem: MechanismProblem | string): Mechanism {
  const task = problemOf(problem);
  const { participants, goods, productionCost, duplicationCost } = goodsAuction(
    "make the VCG auction",
    task,
    true,
  );
  if (isUnitSupply(task)) {
    const rule = sellOnce(Array(participants).fill(VALUE), productionCost + duplicationCost);
    return auctionInWords("VCG", task, goodByGood(participants, goods, rule, task.scale));
  }
  const score = {
    of: (type: number): number => type - duplicationCost,
    type: (score: number): number => duplicationCost + score,
  };
  return auctionInWords("VCG", task, goodByGood(participants, goods, sellByScore(score, productionCost), task.scale));
}
