/**
 * Polishing (polishing.ts) where many participants pay together for a few goods: a change of what one of them takes counts
 * what it is worth to the principal at the very type at which it happens, as outcome_changes.ts has it for one good.
 *
 * Types move along directions d_i. Where t + s d_i goes from x to another outcome x', prices that change move the type at
 * which it does, and what this brings is the worth of the change over <d_i, x' - x>, with
 *
 *   worth = <t_i - c^d, x' - x> - c^p sum_j (max(M_j, x'_j) - max(M_j, x_j))
 *
 * and M_j the most that another one takes of good j at the type that is indifferent between the two. So directions need not
 * be what goods are worth, and are t_i - c^d; but lotteries, which move little by little, want d_i itself to be what it is
 * to produce more of the goods.
 *
 * Shares of costs (joint_margins.ts) only say about what the worth is: U_{5,2}^{2,0} earns 0.1296 with it, and 0.1244 with
 * shares (800 iterations that all polish, from fees at 2e-3, 300,000 validation profiles).
 *
 * @module
 */
import type { BestResponses } from "../kernels/best_responses/reference.ts";
import { bestResponses } from "../kernels/best_responses/select.ts";
import type { HostHypernetworkOutput } from "../networks/hypernetwork_output.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { ReproducibleGoods } from "../problems/principal_utility.ts";
import { limitedRatio, SAME_OUTCOME, utilityAt } from "./outcome_changes.ts";

/** Directions along which changes are too small to be divided by. */
const LEAST_CHANGE = 1e-9;

/**
 * The directions along which types are spread `[B n, m]`, and the mean of u0 at the types.
 *
 * @param types `[B, n, m]`.
 */
export function changeDirections(
  { shape: { participants: n, goods: m }, network }: PricingRules,
  hypernetwork: HostHypernetworkOutput,
  types: Float32Array,
  u0: ReproducibleGoods,
): { readonly of: Float64Array; readonly revenue: number } {
  const found = bestResponses(network, hypernetwork, types, 1), { outcomes } = found;
  const of = Float64Array.from(types, (t) => t - u0.duplicationCost);
  for (let row = 0; row < types.length / m; row++) {
    const own = outcomes.subarray(row * m, (row + 1) * m);
    if (!own.some((x) => x > SAME_OUTCOME && x < 1 - SAME_OUTCOME)) continue;
    const others = mostOfOthers(outcomes, row, n, m);
    own.forEach((x, j) => of[row * m + j] -= x >= others[j] ? u0.productionCost : 0);
  }
  return { of, revenue: utilityAt(found, n, m, u0) };
}

/** What changes are of: some of all B n rows, and their best responses at better and worse types. */
export interface SpreadResponses {
  readonly found: BestResponses;
  /** The first of these rows. */
  readonly first: number;
  readonly count: number;
  /** e: types are better and worse by plus and minus e times the directions. */
  readonly spread: number;
}

/**
 * By how much what a change of outcomes is worth is more than it is along the direction `[count]`; 1 where nothing changes.
 *
 * @param hypernetworkOf The hypernetwork's output for reports `[B, n, m]`.
 * @param types `[B, n, m]`, of all rows.
 * @param directions `[B n, m]`, those of {@linkcode changeDirections}.
 */
export function ratiosOfChanges(
  { shape: { participants: n, goods: m }, network }: PricingRules,
  hypernetworkOf: (reports: Float32Array) => HostHypernetworkOutput,
  types: Float32Array,
  directions: Float64Array,
  { found, first, count, spread }: SpreadResponses,
  { productionCost, duplicationCost }: ReproducibleGoods,
): Float64Array {
  const ratios = new Float64Array(count).fill(1), each = n * m;
  const sidesOf = (k: number) =>
    [2 * k, 2 * k + 1].map((at) => found.outcomes.subarray(at * m, (at + 1) * m)) as [Float64Array, Float64Array];
  const changed = Array.from(ratios.keys()).filter((k) => {
    const [better, worse] = sidesOf(k);
    return better.some((x, j) => Math.abs(x - worse[j]) > SAME_OUTCOME);
  });
  if (changed.length === 0) return ratios;
  const reports = new Float32Array(changed.length * each);
  const along = changed.map((k, c) => {
    const row = first + k, profile = (row - row % n) * m, [better, worse] = sidesOf(k);
    let asked = found.payments[2 * k] - found.payments[2 * k + 1], along = 0;
    for (let j = 0; j < m; j++) {
      const change = better[j] - worse[j];
      asked -= change * types[row * m + j], along += change * directions[row * m + j];
    }
    reports.set(types.subarray(profile, profile + each), c * each);
    const s = along > LEAST_CHANGE ? Math.min(spread, Math.max(-spread, asked / along)) : 0;
    for (let at = row * m, to = c * each + at - profile; at < (row + 1) * m; at++, to++) {
      reports[to] = Math.min(1, Math.max(0, types[at] + s * directions[at]));
    }
    return along;
  });
  const { outcomes } = bestResponses(network, hypernetworkOf(reports), reports, 1);
  for (const [c, k] of changed.entries()) {
    const row = first + k, others = mostOfOthers(outcomes, c * n + row % n, n, m), [better, worse] = sidesOf(k);
    let worth = 0;
    for (let j = 0; j < m; j++) {
      worth += (better[j] - worse[j]) * (types[row * m + j] - duplicationCost) -
        productionCost * (Math.max(others[j], better[j]) - Math.max(others[j], worse[j]));
    }
    ratios[k] = along[c] > LEAST_CHANGE ? limitedRatio(worth / along[c]) : 0;
  }
  return ratios;
}

/** The most that another participant of a row's profile takes of each good `[m]`. */
function mostOfOthers(outcomes: Float64Array, row: number, n: number, m: number): Float64Array {
  const most = new Float64Array(m), first = row - row % n;
  for (let other = first; other < first + n; other++) {
    if (other === row) continue;
    for (let j = 0; j < m; j++) most[j] = Math.max(most[j], outcomes[other * m + j]);
  }
  return most;
}
