/**
 * A participant's best response, equation (4): maximises u(x) = <t, x> - f(x) + f(0) over [0, 1]^m by cutting planes,
 * with a certificate.
 *
 * u is concave, so that its value and slope s = t - f'(y) at any point y give a cut, u(x) <= u(y) + <s, x - y> for all
 * x. Kelley's method (1960) maximises the least of the cuts, adds the cut at the maximum, and repeats; where u is
 * piecewise linear it ends at an optimum. The linear program over the cuts is solved through its dual
 *
 *   min  sum_k lambda_k b_k + sum_i r_i   with   r_i >= sum_k lambda_k s_ki,  r >= 0,  sum_k lambda_k = 1,  lambda >= 0
 *
 * where cut k is u(x) <= b_k + <s_k, x>, by the revised simplex method. This program has m + 1 rows, and a new cut is a
 * new column, so that one or two exchanges make the basis optimal again. Any lambda >= 0 bounds the maximum of u from
 * above, whatever it comes from and once it is divided by its sum:
 *
 *   u(x) <= sum_k lambda_k b_k + sum_i max(0, sum_k lambda_k s_ki).
 *
 * So the certified gap trusts no exchange: at the end the bound is made of the last lambda and its cuts anew. To it a
 * bound on all rounding is added, which whoever calls has from the network (networks/groupmax_price.ts). What the
 * certificate says, and why, is in docs/certificates.md.
 *
 * While the gap is large, new cuts are taken between the program's solution and the best point so far: Ben-Ameur and
 * Neto's in-out separation (Networks 49, 2007), which keeps Kelley's method from zigzagging as m grows. With K = 2,
 * G = 32, E = 4 a best response takes about 19 evaluations of f for m = 10 and 27 for m = 30.
 *
 * @module
 */
import type { HostFunction } from "../../networks/network.ts";
import { price as priceOf } from "../../networks/price.ts";

/** A participant's choice, and how good it is certified to be. */
export interface BestResponse {
  /** x `[m]`, in [0, 1]. */
  readonly outcome: Float64Array;
  /** p(x) = f(x) - f(0). */
  readonly payment: number;
  /** u(x) = <t, x> - p(x), never below 0. */
  readonly utility: number;
  /** The certified gap, with the bound on rounding: no outcome has a utility that is higher by more. */
  readonly gap: number;
  /** The number of evaluations of f. */
  readonly evaluations: number;
  /**
   * The cuts that the bound is made of, by lambda / sum lambda, and the points at which they were made. They are the linear
   * pieces of f that meet at the outcome, weighted so that no outcome is better: the gradient of the best utility in
   * parameters of f is minus that of these pieces at the outcome (the envelope theorem). Empty without a certificate.
   */
  readonly supports: readonly Support[];
}

/** A linear piece of u that is active at a point, and how much it counts. */
export interface Support {
  /** From 0 to 1. */
  readonly weight: number;
  /** `[m]`. */
  readonly point: Float64Array;
}

/** When the search for a best response stops. */
export interface BestResponseOptions {
  /**
   * The certified gap in utility at which it stops, at the prices (1 - TIE_BREAK) p by which ties are broken and without
   * rounding; where the bound on rounding is larger, it stops there.
   */
  readonly tolerance: number;
  /** The largest number of evaluations of f. Where it is reached, the gap may be above the tolerance. */
  readonly maxEvaluations: number;
  /** Whether many best responses come with {@linkcode BestResponse.supports}; false unless given. */
  readonly supports?: boolean;
}

/**
 * The default: best responses are exact but for rounding where prices are piecewise linear. The certified gap also has
 * what breaking ties may cost.
 */
export const defaultBestResponse: BestResponseOptions = { tolerance: 1e-10, maxEvaluations: 2000 };

/**
 * Breaks ties towards the higher payment. Participants choose at prices (1 - TIE_BREAK) p, and so give up at most
 * TIE_BREAK p of utility.
 */
export const TIE_BREAK = 1e-8;

/** Reduced costs from minus this on count as non-negative. */
export const EPSILON = 1e-11;
/**
 * Where a new cut is taken while the gap is large: this part of the way from the best point to the program's solution.
 */
export const IN_OUT = 0.5;
/** With a gap up to this, cuts are taken at the program's solution itself, so that the method ends at an optimum. */
export const CLOSE = 1e-2;
/** Numbers up to this are too small for pivots. */
export const LEAST_PIVOT = 1e-10;
/**
 * Ratios of the ratio test that differ by less than this are equal; the larger pivot then decides which column leaves.
 */
export const EQUAL_RATIOS = 1e-13;
/** The most exchanges for one linear program, as a multiple of its m + 1 rows. */
export const ROUNDS = 50;
/** The most exchanges for one best response, as a multiple of the most evaluations. A response needs one or two each. */
export const EXCHANGES = 8;

/**
 * The best response of a participant of type `type` `[m]`, equation (4).
 *
 * @param f The function f(x, t_-i) of the pricing rule, or the price itself.
 * @param rounding A bound on what rounding changes of utilities and cuts. Where it is infinite or NaN, f is not
 * evaluated: the response is to take nothing, without a certificate.
 */
export function bestResponse(
  f: HostFunction,
  type: ArrayLike<number>,
  options: BestResponseOptions = defaultBestResponse,
  rounding: number = 0,
): BestResponse {
  const m = type.length, rows = m + 1;
  if (!(rounding < Infinity)) {
    return { outcome: new Float64Array(m), payment: 0, utility: 0, gap: Infinity, evaluations: 0, supports: [] };
  }
  const price = priceOf(f, m), best = new Float64Array(m), priceSlope = new Float64Array(m);
  price(best, priceSlope); // `best` is the zero outcome, at which the price is 0
  let bestObjective = 0, bestPayment = 0, bestUtility = 0;
  let evaluations = 1;

  // Cuts as columns (s_k, 1) with cost b_k.
  const columns: Float64Array[] = [], costs: number[] = [], points: Float64Array[] = [];
  const addCut = (x: Float64Array, payment: number) => {
    const column = new Float64Array(rows);
    let worth = 0, cost = 0;
    for (let i = 0; i < m; i++) {
      const slope = type[i] - (1 - TIE_BREAK) * priceSlope[i];
      column[i] = slope;
      worth += type[i] * x[i];
      cost -= slope * x[i];
    }
    column[m] = 1;
    const objective = worth - (1 - TIE_BREAK) * payment;
    columns.push(column);
    points.push(x.slice());
    costs.push(cost + objective);
    if (objective > bestObjective) {
      bestObjective = objective, bestPayment = payment, bestUtility = worth - payment;
      best.set(x);
    }
  };
  addCut(best, 0);
  const credit = priceSlope.reduce((sum, slope) => sum + Math.max(0, -slope), 0);

  // Basis: ids >= 0 are cuts; -1 - 2i is r_i (column -e_i, cost 1); -2 - 2i is the slack of row i (column e_i, cost 0).
  const basis = new Int32Array(rows), inverse = new Float64Array(rows * rows), amounts = new Float64Array(rows);
  const first = columns[0];
  for (let i = 0; i < m; i++) {
    const sign = first[i] >= 0 ? 1 : -1;
    basis[i] = sign > 0 ? -1 - 2 * i : -2 - 2 * i;
    inverse[i * rows + i] = -sign;
    inverse[i * rows + m] = sign * first[i];
    amounts[i] = sign * first[i];
  }
  basis[m] = 0;
  inverse[m * rows + m] = 1;
  amounts[m] = 1;

  const x = new Float64Array(m), query = new Float64Array(m), direction = new Float64Array(rows);
  let bound = Infinity;
  const exchange = (id: number) => {
    for (let a = 0; a < rows; a++) {
      const row = a * rows;
      let sum = 0;
      if (id >= 0) { for (let b = 0; b < rows; b++) sum += inverse[row + b] * columns[id][b]; }
      else sum = id % 2 !== 0 ? -inverse[row + (-1 - id) / 2] : inverse[row + (-2 - id) / 2];
      direction[a] = sum;
    }
    let leaving = -1, ratio = Infinity;
    for (let a = 0; a < rows; a++) {
      if (direction[a] > LEAST_PIVOT) {
        const r = amounts[a] / direction[a];
        if (
          r < ratio - EQUAL_RATIOS || (r < ratio + EQUAL_RATIOS && (leaving < 0 || direction[a] > direction[leaving]))
        ) {
          if (r < ratio) ratio = r;
          leaving = a;
        }
      }
    }
    if (leaving < 0) return false;
    const pivot = 1 / direction[leaving], at = leaving * rows;
    for (let b = 0; b < rows; b++) inverse[at + b] *= pivot;
    amounts[leaving] *= pivot;
    for (let a = 0; a < rows; a++) {
      const factor = direction[a];
      if (a === leaving || factor === 0) continue;
      for (let b = 0; b < rows; b++) inverse[a * rows + b] -= factor * inverse[at + b];
      amounts[a] = Math.max(0, amounts[a] - factor * amounts[leaving]);
    }
    basis[leaving] = id;
    return true;
  };

  query.fill(0.5);
  let exchanges = 0, share = IN_OUT;
  const least = -Math.max(EPSILON, rounding / 4), enough = Math.max(options.tolerance, rounding);
  while (evaluations < options.maxEvaluations) {
    const payment = price(query, priceSlope), before = bestObjective, exchanged = exchanges;
    evaluations++;
    addCut(query, payment);
    // Exchange until no stored column improves the linear program over the cuts.
    let value = 0;
    for (let round = 0; round < ROUNDS * rows; round++) {
      value = 0;
      for (let i = 0; i < m; i++) x[i] = 0;
      for (let a = 0; a < rows; a++) {
        const id = basis[a], cost = id >= 0 ? costs[id] : id % 2 !== 0 ? 1 : 0;
        if (cost === 0) continue;
        for (let i = 0; i < m; i++) x[i] -= cost * inverse[a * rows + i];
        value += cost * inverse[a * rows + m];
      }
      let entering = 0, worst = -EPSILON, found = false;
      for (let i = 0; i < m; i++) {
        if (1 - x[i] < worst) worst = 1 - x[i], entering = -1 - 2 * i, found = true;
        if (x[i] < worst) worst = x[i], entering = -2 - 2 * i, found = true;
      }
      for (let k = columns.length - 1; k >= 0; k--) {
        let reduced = costs[k] - value;
        const column = columns[k];
        for (let i = 0; i < m; i++) reduced += column[i] * x[i];
        if (reduced < least && reduced < worst) worst = reduced, entering = k, found = true;
      }
      if (!found || !exchange(entering)) break;
      exchanges++;
    }
    bound = Math.min(bound, value);
    if (bound - bestObjective <= enough || exchanges > EXCHANGES * options.maxEvaluations) break;
    // Where nothing moved, the next query would be this one again: go all the way, or stop.
    const stuck = exchanges === exchanged && bestObjective === before;
    if (stuck && share === 1) break;
    share = !stuck && bound - bestObjective > CLOSE ? IN_OUT : 1;
    for (let i = 0; i < m; i++) query[i] = best[i] + share * (Math.min(1, Math.max(0, x[i])) - best[i]);
  }
  // The bound of the last lambda, made anew of its cuts.
  let total = 0, constant = 0;
  const slopes = new Float64Array(rows);
  for (let a = 0; a < rows; a++) {
    if (basis[a] < 0) continue;
    const column = columns[basis[a]], amount = amounts[a];
    total += amount, constant += amount * costs[basis[a]];
    for (let i = 0; i < m; i++) slopes[i] += amount * column[i];
  }
  for (let i = 0; i < m; i++) constant += Math.max(0, slopes[i]);
  // u = objective - TIE_BREAK p, and p >= -credit everywhere since p is convex, by its slope at the zero outcome.
  const gap = Math.max(0, constant / total - bestObjective) + TIE_BREAK * Math.max(0, bestPayment + credit) + rounding;
  return {
    outcome: best,
    payment: bestPayment,
    utility: Math.max(0, bestUtility),
    gap: Number.isNaN(gap) ? Infinity : gap,
    evaluations,
    supports: Array.from(basis).flatMap((id, a) => id < 0 ? [] : [{ weight: amounts[a] / total, point: points[id] }]),
  };
}
