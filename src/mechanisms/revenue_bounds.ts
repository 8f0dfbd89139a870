/**
 * Upper bounds on what any truthful and individually rational mechanism earns, to hold what was learned against.
 *
 * @module
 */
import { requireInteger } from "../errors.ts";
import { requireKnownNames } from "../known_names.ts";
import { distributionFamily } from "../problems/distributions/table.ts";
import type { Marginal } from "../problems/distributions/family.ts";
import { knownOptimum } from "../problems/known_values.ts";
import { isReproducibleGoods, type ReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { settingOf } from "../problems/settings.ts";
import { isUnitSupply } from "../problems/supply.ts";
import { type EvaluationOptions, requireTestPart, TEST_PROFILES, testTypes } from "./evaluate.ts";
import { meanOf } from "./mean.ts";
import { MOST_TYPES, optimalMenu } from "./optimal_menu.ts";

/** An upper bound on the principal's expected utility under truthful and individually rational mechanisms. */
export interface RevenueBound {
  /** What it is, such as `welfare`. */
  readonly name: string;
  /** The bound, in the unit of types; a mean over profiles where it has a standard error. */
  readonly value: number;
  /** Its standard error; 0 where nothing is drawn. */
  readonly standardError: number;
  /** Why nobody earns more, in a sentence. */
  readonly reason: string;
}

/** The options: those of an evaluation that say on which profiles it is. */
const OPTIONS = ["profiles", "seed", "part"] as const;

/**
 * Upper bounds on what any truthful and individually rational mechanism earns from reproducible goods, the least first:
 *
 * - the optimum, where it is known and proved;
 * - for data of one participant, with at most 500 different rows: the optimum on the very rows, by
 *   {@linkcode optimalMenu}. Where participants are independent, and goods cost nothing to produce, n times that;
 * - where all values are independent and their virtual values known: the dual bound of Cai, Devanur and Weinberg (STOC
 *   2016) with the flow of favourite goods. A participant's good of the largest value counts as its virtual value, ironed,
 *   the others as their values: E[sum_j (sum_i (Phi_ij - c^d)^+ - c^p)^+];
 * - welfare: nobody pays more than goods are worth. E[sum_j (sum_i (t_ij - c^d)^+ - c^p)^+].
 *
 * The last two are means over the profiles on which `evaluate` with the same options measures mechanisms, so that a bound
 * holds for the figure beside it but for the errors of both.
 *
 * @param problem A problem, or the name of a setting.
 * @returns In the unit of types. Empty for a principal's utility that is not that of reproducible goods.
 * @throws {InvalidInputError} for an option out of its range.
 *
 * @example
 * ```ts
 * import { revenueBounds } from "@tedi/toolkit";
 * import { assertEquals } from "@std/assert";
 *
 * const [least] = await revenueBounds("U-1-2", { profiles: 1000 });
 * assertEquals([least.name, least.value.toFixed(4)], ["known optimum", "0.5492"]);
 * ```
 */
export async function revenueBounds(
  problem: MechanismProblem | string,
  options: Pick<EvaluationOptions, "profiles" | "seed" | "part"> = {},
): Promise<RevenueBound[]> {
  const action = "bound the revenue", task = problemOf(problem);
  requireKnownNames(action, "an option", options, OPTIONS);
  const { profiles = TEST_PROFILES, seed = 0, part = "held-out" } = options;
  requireInteger(action, "profiles", profiles, 2);
  requireTestPart(action, part);
  const { principalUtility: u0 } = task;
  if (!isReproducibleGoods(u0)) return [];
  const bounds: RevenueBound[] = [];
  const optimum = knownOptimum(task);
  if (optimum?.proved) {
    bounds.push({ name: "known optimum", value: optimum.value, standardError: 0, reason: optimum.name });
  }
  const types = testTypes(task, { profiles, seed, part }), marginal = independentMarginal(task);
  const onRows = isUnitSupply(task) ? undefined : await optimumOnRows(task, u0, types);
  if (onRows) bounds.push(onRows);
  if (marginal) {
    bounds.push({
      name: "favourite goods",
      ...surplus(task, u0, types, (own) => {
        const favourite = own.indexOf(Math.max(...own));
        return (j) => j === favourite ? marginal.virtualValue(own[j]) : own[j];
      }),
      reason: "each participant's most valued good counts as its virtual value (Cai, Devanur and Weinberg 2016)",
    });
  }
  bounds.push({
    name: "welfare",
    ...surplus(task, u0, types, (own) => (j) => own[j]),
    reason: "nobody pays more than goods are worth",
  });
  return bounds.sort((a, b) => a.value - b.value);
}

/** The optimum on data of one participant, n times where the rows of n independent ones come from it. */
async function optimumOnRows(
  { participants: n, goods: m, distribution: { data } }: MechanismProblem,
  costs: ReproducibleGoods,
  types: Float32Array,
): Promise<RevenueBound | undefined> {
  if (!data || data.rowsEach !== n || (n > 1 && costs.productionCost > 0)) return undefined;
  const rows = Array.from({ length: types.length / m }, (_, r) => types.subarray(r * m, (r + 1) * m));
  const different = new Set(rows.map((row) => row.join())).size;
  if (different > MOST_TYPES) return undefined;
  const { bound } = await optimalMenu(rows, costs);
  return {
    name: "optimum on these rows",
    value: n * bound,
    standardError: 0,
    reason: `the best menu for ${different} different rows, by linear programming`,
  };
}

/** The distribution of each value, where all values of a setting are independent. */
function independentMarginal(problem: MechanismProblem): Marginal | undefined {
  const setting = settingOf(problem);
  if (!setting) return undefined;
  const { independent, independentGoods, marginal } = distributionFamily("bound the revenue", setting.distribution);
  return independent && independentGoods ? marginal : undefined;
}

/**
 * The mean over profiles of sum_j (sum_i (v_ij - c^d)^+ - c^p)^+, with its standard error; where goods exist once, with the
 * largest of the (v_ij - c^d)^+ in the place of their sum.
 *
 * @param types `[B, n, m]`.
 * @param worth Gives from participant i's types `[m]` the function from j to v_ij.
 */
function surplus(
  problem: MechanismProblem,
  { productionCost, duplicationCost }: ReproducibleGoods,
  types: Float32Array,
  worth: (own: Float32Array) => (good: number) => number,
): { value: number; standardError: number } {
  const { participants: n, goods: m } = problem, once = isUnitSupply(problem);
  const B = types.length / (n * m), surpluses = new Float64Array(B), ofGoods = new Float64Array(m);
  for (let b = 0; b < B; b++) {
    ofGoods.fill(0);
    for (let i = 0; i < n; i++) {
      const own = types.subarray((b * n + i) * m, (b * n + i + 1) * m);
      const valueOf = worth(own);
      for (let j = 0; j < m; j++) {
        const gain = Math.max(0, valueOf(j) - duplicationCost);
        ofGoods[j] = once ? Math.max(ofGoods[j], gain) : ofGoods[j] + gain;
      }
    }
    for (const ofGood of ofGoods) surpluses[b] += Math.max(0, ofGood - productionCost);
  }
  const { mean, standardError } = meanOf(surpluses);
  return { value: mean, standardError };
}
