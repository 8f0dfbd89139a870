/**
 * The principal's utility of the paper's experiments: selling reproducible goods.
 *
 * @module
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensorflow } from "../deps/tfjs.ts";
import { requireNumber } from "../errors.ts";
import type { MechanismProblem, PrincipalUtility } from "./problem.ts";

/** What producing goods costs the principal, in units of a participant's largest possible value of a good. */
export interface GoodsCosts {
  /** c^p: paid once for a good that anybody receives. 0 if left out. */
  readonly productionCost?: number;
  /** c^d: paid for every unit handed out. 0 if left out. */
  readonly duplicationCost?: number;
}

/** The principal's utility of a reproducible goods auction, with its costs. */
export interface ReproducibleGoods extends PrincipalUtility {
  /** c^p. */
  readonly productionCost: number;
  /** c^d. */
  readonly duplicationCost: number;
}

/**
 * The principal's utility in a reproducible goods auction (section 4.1):
 *
 * u0(x, p; t) = sum_i p_i - sum_j (c^p max_i x_ij + c^d sum_i x_ij).
 *
 * It takes outcomes `[B, n, m]` and payments `[B, n]` to `[B]`, and ignores the types.
 *
 * @example
 * ```ts
 * import { reproducibleGoods } from "@tedi/toolkit";
 *
 * const u0 = reproducibleGoods({ productionCost: 1, duplicationCost: 0.5 });
 * ```
 *
 * @throws {InvalidInputError} unless both costs are finite and not negative.
 */
export function reproducibleGoods(costs: GoodsCosts = {}): ReproducibleGoods {
  const { productionCost = 0, duplicationCost = 0 } = costs;
  requireNumber("define the principal's utility", "productionCost", productionCost, 0);
  requireNumber("define the principal's utility", "duplicationCost", duplicationCost, 0);
  const utility: ReproducibleGoods = {
    name: `reproducible goods (production cost ${productionCost}, duplication cost ${duplicationCost})`,
    productionCost,
    duplicationCost,
    evaluate(tf: Tensorflow, outcomes: Tensor3D, payments: Tensor2D): Tensor1D {
      // With one participant both costs are paid on the same units.
      const single = outcomes.shape[1] === 1;
      const perGood = single ? 0 : productionCost;
      const perUnit = single ? productionCost + duplicationCost : duplicationCost;
      return tf.tidy(() => {
        let utility: Tensor = tf.sum(payments, 1);
        if (perGood !== 0) utility = tf.sub(utility, tf.mul(perGood, tf.sum(tf.max(outcomes, 1), 1)));
        if (perUnit !== 0) utility = tf.sub(utility, tf.mul(perUnit, tf.sum(outcomes, [1, 2])));
        return utility as Tensor1D;
      });
    },
  };
  made.add(utility);
  return utility;
}

/**
 * The principal's utility where each good exists once. Nothing is handed out twice: a good costs both costs, with the
 * probability that anybody gets it, sum_i x_ij.
 *
 * @throws {InvalidInputError} unless both costs are finite and not negative.
 */
export function unitGoods(costs: GoodsCosts = {}): ReproducibleGoods {
  const { productionCost, duplicationCost } = reproducibleGoods(costs);
  return reproducibleGoods({ duplicationCost: productionCost + duplicationCost });
}

/** What {@linkcode reproducibleGoods} made. */
const made = new WeakSet<PrincipalUtility>();

/** Whether a principal's utility is that of reproducible goods, for which kernels have short cuts. */
export function isReproducibleGoods(utility: PrincipalUtility): utility is ReproducibleGoods {
  return made.has(utility);
}

/** Whether several participants decide together whether goods are produced, which costs something. */
export function sharesProductionCosts(
  { participants, principalUtility: u0 }: Pick<MechanismProblem, "participants" | "principalUtility">,
): boolean {
  return participants > 1 && isReproducibleGoods(u0) && u0.productionCost > 0;
}
