/** With how many goods a mechanism is still small. */
import type { MechanismProblem } from "../problems/problem.ts";

/**
 * Up to so many goods networks and menus are small and best responses are not dear, so that there is more of both. With
 * more, goods share weights, and where they cost something to produce training begins with participation fees.
 */
const FEW_GOODS = 4;

/** Whether a problem has few goods. */
export function hasFewGoods({ goods }: Pick<MechanismProblem, "goods">): boolean {
  return goods <= FEW_GOODS;
}
