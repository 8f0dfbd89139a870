/**
 * Polishing (polishing.ts) where one good is produced for several participants: a participant's change of outcome counts what
 * it is worth to the principal at the very type at which it happens.
 *
 * With production costs this depends on what the others take, and they read the participant's type: where two of them pay
 * together for a good, both change at the same types. How the others choose at a type that is only near then says the opposite
 * of what is so half of the time, as if they chose at random, and prices are bent to make up for it. So the others choose at
 * the type that is indifferent between the two outcomes. On U_{3,1}^{1,0}, seed 1, 200 iterations that polish bring 99.3% of
 * the optimum with it, and 97.4% without.
 *
 * Of the types that are drawn, about one in fifty is so near to where its outcome changes that it says anything of prices.
 * Prices do not read a participant's own type, though. So where types are independent the prices that others' types make are
 * met with the types that the participant has in several profiles, which costs best responses only: with 16 instead of one
 * the gradient's variance is a seventh. Four times as many profiles would bring as much, in four times the time.
 *
 * @module
 */
import { defaultBestResponse } from "../kernels/best_responses/best_response.ts";
import type { BestResponses } from "../kernels/best_responses/reference.ts";
import { bestResponses } from "../kernels/best_responses/select.ts";
import { type HostHypernetworkOutput, hostRows } from "../networks/hypernetwork_output.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import { type ReproducibleGoods, sharesProductionCosts } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { hasFewGoods } from "./few_goods.ts";
import { movesTogether } from "./moved_types.ts";
import { piecesAt, slopeAt, type WeightedPieces } from "./pieces.ts";

/** Types that the same prices are met with, where types are independent. */
const OWN_TYPES = 16;
/** Outcomes that differ by less are the same. */
export const SAME_OUTCOME = 1e-6;
/** A change counts at most so many times: those at types of nearly 0 are rare. */
const LARGEST_RATIO = 20;
/** Rows whose best responses are known, and changes that are followed, at a time. */
export const AT_A_TIME = 4096;

/** With up to so many participants who pay together for several goods the others choose at types that are near. */
export const FEW_PARTICIPANTS = 3;

/**
 * Whether changes of outcomes are followed: where what they are worth depends on what the others take; but where types move
 * together those who change share what it costs (joint_margins.ts). With more than one good it takes best responses of all for
 * every change, so that there are to be few goods, and with few participants it did harm: U_{3,2}^{1,0} earned 0.2740 with it,
 * and 0.2787 without (the defaults, 300,000 validation profiles, seed 0). There the mean over nearby types, which is not the
 * gradient, leads on where the gradient only brings prices of participants together. Several goods: bundle_changes.ts.
 */
export function followsChanges(problem: MechanismProblem): boolean {
  if (!sharesProductionCosts(problem) || movesTogether(problem)) return false;
  return problem.goods === 1 || hasFewGoods(problem) && problem.participants > FEW_PARTICIPANTS;
}

/** Up to so many outcomes, besides none, count for each type: two linear pieces at either of those that it is spread to. */
export const OUTCOMES_OF_TYPE = 4;

/** How many types the prices that others' types make are met with: several only where best responses are cheap. */
export function ownTypes({ goods, distribution: { independent = false } }: MechanismProblem): number {
  return goods === 1 && independent ? OWN_TYPES : 1;
}

/** What is polished where changes are followed. */
export interface Followed {
  /** The hypernetwork's output for reports `[B, n, 1]`. */
  readonly hypernetworkOf: (reports: Float32Array) => HostHypernetworkOutput;
  /** Type profiles `[B, n, 1]`. */
  readonly reports: Float32Array;
  /** e: each type is spread by plus and minus e times its margin, what the good is worth to participant and principal. */
  readonly spread: number;
  /** K, the types that the same prices are met with, or all B profiles' where there are fewer. */
  readonly draws: number;
  readonly principalUtility: ReproducibleGoods;
}

/** The gradient of the loss as weights of f at points, and the mean of u0 at the types themselves. */
export function followedPieces(rules: PricingRules, followed: Followed): WeightedPieces {
  const { hypernetworkOf, reports, spread: e, draws, principalUtility: u0 } = followed;
  const { shape: { participants: n }, network } = rules, rows = reports.length, profiles = rows / n;
  const K = Math.min(draws, profiles), hypernetwork = hypernetworkOf(reports);
  const counted: Map<number, number>[] = []; // of each row, how much f counts at an outcome
  for (let first = 0; first < rows; first += AT_A_TIME) {
    const count = Math.min(AT_A_TIME, rows - first), drawn = drawnTypes(reports, n, first, count, K);
    const margins = drawn.map((type) => type - u0.duplicationCost), spread = new Float64Array(2 * drawn.length);
    for (let at = 0; at < drawn.length; at++) {
      spread[2 * at] = drawn[at] + e * margins[at];
      spread[2 * at + 1] = drawn[at] - e * margins[at];
    }
    const own = hostRows(hypernetwork, rows, first, count);
    const found = bestResponses(network, own, spread, 2 * K, { ...defaultBestResponse, supports: true });
    const { changes, of } = outcomeChanges(found, drawn, first, K);
    const costs = costsOfChanges(rules, hypernetworkOf, reports, changes, u0.productionCost);
    for (let k = 0; k < count; k++) {
      const counts = new Map<number, number>([[0, 0]]),
        add = (x: number, by: number) => counts.set(x, (counts.get(x) ?? 0) + by);
      for (let at = k * K; at < (k + 1) * K; at++) {
        const ratio = of[at] < 0 ? 1 : ratioOf(margins[at], costs[of[at]]);
        for (const side of [0, 1]) {
          const slope = slopeAt(side === 0 ? 1 : -1, e, profiles * K, ratio);
          add(0, slope); // p(x) = f(x) - f(0)
          for (const { weight, point: [x] } of piecesAt(found, 2 * at + side, 1, 2)) add(x, -slope * weight);
        }
      }
      counted.push(counts);
    }
  }
  const revenue = utilityAt(bestResponses(network, hypernetwork, reports, 1), n, 1, u0);
  return { ...asArrays(counted), revenue };
}

/** Outcomes and how much each counts, the same number of them in each row, and the last zero. */
function asArrays(counted: readonly Map<number, number>[]): Pick<WeightedPieces, "points" | "coefficients"> {
  const most = counted.reduce((most, { size }) => Math.max(most, size), 0);
  const points = new Float32Array(counted.length * most), coefficients = new Float32Array(counted.length * most);
  for (const [row, counts] of counted.entries()) {
    let at = (row + 1) * most;
    for (const [x, count] of counts) points[--at] = x, coefficients[at] = count; // 0 was the first
  }
  return { points, coefficients };
}

/** The types `[count, K]` that rows are met with: their own, and those that the same participants have in other profiles. */
function drawnTypes(reports: Float32Array, n: number, first: number, count: number, K: number): Float64Array {
  const profiles = reports.length / n, drawn = new Float64Array(count * K);
  for (let at = 0; at < drawn.length; at++) {
    const row = first + Math.floor(at / K), ahead = Math.floor((at % K) * profiles / K);
    drawn[at] = reports[(row + ahead * n) % reports.length];
  }
  return drawn;
}

/** By how much a margin is larger with the cost of a change than without. */
function ratioOf(margin: number, cost: number): number {
  // The better type gains by the change, by monotonicity of best responses, but for rounding.
  return margin > 0 ? limitedRatio(1 - cost / margin) : 0;
}

/** A ratio, or the largest that counts. */
export function limitedRatio(ratio: number): number {
  return Math.min(LARGEST_RATIO, Math.max(-LARGEST_RATIO, ratio));
}

/** A participant's change of outcome; a lottery, whose share moves with the prices, changes by very little. */
export interface OutcomeChange {
  /** The row, of all B n, whose prices make it. */
  readonly row: number;
  /** The type that is indifferent between the outcomes. */
  readonly type: number;
  readonly worse: number;
  readonly better: number;
}

/**
 * What changes between better and worse types `[count, K, 2]`, each change of a row once.
 *
 * @param first The first row.
 * @returns The changes, and for each type `[count, K]` which of them is its, or -1.
 */
export function outcomeChanges(
  { outcomes, payments }: Pick<BestResponses, "outcomes" | "payments">,
  types: Float64Array,
  first: number,
  K: number,
): { readonly changes: OutcomeChange[]; readonly of: Int32Array } {
  const changes: OutcomeChange[] = [], of = new Int32Array(types.length).fill(-1);
  for (let at = 0, ofRow = 0; at < types.length; at++) {
    if (at % K === 0) ofRow = changes.length;
    const row = first + Math.floor(at / K), better = outcomes[2 * at], worse = outcomes[2 * at + 1];
    const differs = better - worse;
    if (Math.abs(differs) <= SAME_OUTCOME) {
      if (better <= SAME_OUTCOME || better >= 1 - SAME_OUTCOME) continue;
      of[at] = changes.push({ row, type: types[at], worse: better - SAME_OUTCOME, better }) - 1;
      continue;
    }
    const same = (change: OutcomeChange) =>
      Math.abs(change.worse - worse) <= SAME_OUTCOME && Math.abs(change.better - better) <= SAME_OUTCOME;
    const known = changes.slice(ofRow).findIndex(same);
    if (known >= 0) of[at] = ofRow + known;
    else {
      const type = (payments[2 * at] - payments[2 * at + 1]) / differs;
      of[at] = changes.push({ row, type, worse, better }) - 1;
    }
  }
  return { changes, of };
}

/** What each change adds to the cost of production, given what the others take at its type, over by how much it changes. */
export function costsOfChanges(
  { shape: { participants: n }, network }: PricingRules,
  hypernetworkOf: (reports: Float32Array) => HostHypernetworkOutput,
  reports: Float32Array,
  changes: readonly OutcomeChange[],
  productionCost: number,
): Float64Array {
  const costs = new Float64Array(changes.length);
  for (let first = 0; first < changes.length; first += AT_A_TIME) {
    const some = changes.slice(first, first + AT_A_TIME), read = new Float32Array(some.length * n);
    some.forEach(({ row, type }, c) => {
      read.set(reports.subarray(row - row % n, row - row % n + n), c * n);
      read[c * n + row % n] = Math.min(1, Math.max(0, type));
    });
    const { outcomes } = bestResponses(network, hypernetworkOf(read), read, 1);
    some.forEach(({ row, worse, better }, c) => {
      let others = 0;
      for (let k = 0; k < n; k++) if (k !== row % n) others = Math.max(others, outcomes[c * n + k]);
      costs[first + c] = productionCost * (Math.max(others, better) - Math.max(others, worse)) / (better - worse);
    });
  }
  return costs;
}

/** The mean of u0 at best responses of all rows `[B n, 1]`. */
export function utilityAt(
  { outcomes, payments }: Pick<BestResponses, "outcomes" | "payments">,
  n: number,
  m: number,
  { productionCost, duplicationCost }: ReproducibleGoods,
): number {
  let sum = 0;
  for (let b = 0; b < payments.length; b += n) {
    for (let row = b; row < b + n; row++) sum += payments[row];
    for (let j = 0; j < m; j++) {
      let largest = 0;
      for (let row = b; row < b + n; row++) {
        const x = outcomes[row * m + j];
        sum -= duplicationCost * x;
        largest = Math.max(largest, x);
      }
      sum -= productionCost * largest;
    }
  }
  return sum * n / payments.length;
}
