/**
 * The most that any truthful mechanism earns from one participant whose type is one of finitely many: a linear program.
 *
 * @module
 */
import { InvalidInputError, requireNumber, show } from "../errors.ts";
import type { OptimalMenu, WeightedTypes } from "./optimal_menu/menu.ts";
import { type GoodsCosts, reproducibleGoods } from "../problems/principal_utility.ts";

export type { OptimalMenu } from "./optimal_menu/menu.ts";

/** The costs of goods, and how likely the types are. */
export interface OptimalMenuOptions extends GoodsCosts {
  /** Weights `[R]` of the types, at least 0 and not all 0; all the same unless given. They are scaled to add up to 1. */
  readonly weights?: ArrayLike<number>;
}

/** More different types than this are refused: the program would take longer than minutes. */
export const MOST_TYPES = 500;

/**
 * The optimal menu for one participant with types `[R][m]`.
 *
 * A mechanism is an outcome x_r and a utility u_r for each type t_r. It is truthful and individually rational if and only if
 * u_r >= u_s + <t_r - t_s, x_s> for all r and s, and u_r >= 0, so that the best one solves the linear program
 *
 *   max  sum_r w_r (<t_r - c, x_r> - u_r)   with these inequalities and 0 <= x_r <= 1,
 *
 * with c the costs of a unit (Vohra, Mechanism Design: A Linear Programming Approach, 2011). Inequalities come in as they
 * are violated. HiGHS, which solves it, is not trusted: `bound` is the Lagrangian dual function at its dual values, which
 * bounds the program from above whatever these are, plus a bound on the rounding of its sums.
 *
 * @param types Types `[R][m]`, each at least 0; equal ones count together.
 * @throws {InvalidInputError} naming the type that is not a list of m numbers from 0 to 1e6, or the option.
 * @throws {MachineError} where HiGHS ends without an optimum.
 *
 * @example
 * ```ts
 * import { optimalMenu } from "@tedi/toolkit/kernels";
 * import { assert } from "@std/assert";
 *
 * // Two goods, valued at 1 and 2 either way round: both together for 3 take everything.
 * const { bound, revenue } = await optimalMenu([[1, 2], [2, 1]]);
 * assert(Math.abs(bound - 3) < 1e-6 && Math.abs(revenue - 3) < 1e-6);
 * ```
 */
export async function optimalMenu(
  types: readonly ArrayLike<number>[],
  options: OptimalMenuOptions = {},
): Promise<OptimalMenu> {
  const action = "find the optimal menu";
  const { productionCost, duplicationCost } = reproducibleGoods(options);
  if (!Array.isArray(types) || types.length === 0) {
    throw new InvalidInputError(`Cannot ${action}: types must be a list of one type or more, got ${show(types)}`);
  }
  const m = types[0].length, { weights } = options;
  types.forEach((type, r) => {
    if (type.length !== m || m === 0) {
      throw new InvalidInputError(
        `Cannot ${action}: types[${r}] must be a list of numbers, as many as types[0] has, got ${show(type)}`,
      );
    }
    for (let j = 0; j < m; j++) requireNumber(action, `types[${r}][${j}]`, type[j], 0, 1e6);
  });
  if (weights !== undefined) {
    if (weights.length !== types.length) {
      throw new InvalidInputError(
        `Cannot ${action}: weights must be as many as types, ${types.length}, got ${weights.length}`,
      );
    }
    for (let r = 0; r < types.length; r++) requireNumber(action, `weights[${r}]`, weights[r], 0, 1e300);
  }
  const distinct = together(types, weights);
  if (distinct.weights.length === 0) {
    throw new InvalidInputError(`Cannot ${action}: weights must not all be 0, got ${types.length} that are`);
  }
  if (distinct.weights.length > MOST_TYPES) {
    throw new InvalidInputError(
      `Cannot ${action}: there must be at most ${MOST_TYPES} different types, got ${distinct.weights.length}`,
    );
  }
  const { solveMenu } = await import("./optimal_menu/solve.ts");
  return await solveMenu(distinct, m, productionCost + duplicationCost);
}

/** Types that are the same taken together; those of weight 0 are left out. */
function together(types: readonly ArrayLike<number>[], weights?: ArrayLike<number>): WeightedTypes {
  const sums = new Map<string, number>();
  types.forEach((type, r) => {
    const name = Array.from(type, (value) => value + 0).join(), weight = weights?.[r] ?? 1;
    if (weight > 0) sums.set(name, (sums.get(name) ?? 0) + weight);
  });
  const total = [...sums.values()].reduce((a, b) => a + b, 0);
  return {
    types: Float64Array.from([...sums.keys()].flatMap((name) => name.split(",").map(Number))),
    weights: Float64Array.from(sums.values(), (weight) => weight / total),
  };
}
