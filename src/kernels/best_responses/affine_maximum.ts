/**
 * The outcome of an affine maximizer: maximises A(x) = <l, x> - sum_k f_k(y_k) by cutting planes, with a certificate,
 * over x >= 0 with at most 1, or some other capacity, in each group of coordinates. Where a group is a good, that is unit supply; where every
 * coordinate is a group of its own, it is the box.
 *
 * Each f_k is convex in sums y_k of coordinates of x, and has cuts of its own, f_k(y) >= c + <s, y>: so few cuts say
 * much where f is a sum. The linear program over the cuts is solved through its dual,
 *
 *   min  sum_g mu_g - sum lambda_kq c_kq   with   mu_g(c) >= l_c - sum_kq lambda_kq s_kqc,   mu >= 0,
 *   sum_q lambda_kq = 1 for each k,   lambda >= 0,
 *
 * by the revised simplex method, in which a new cut is a new column (best_response.ts does the same for one function on
 * the box). Any lambda >= 0, divided by its sums, bounds A from above:
 *
 *   A(x) <= sum_g max(0, max_{c in g} (l_c - sum lambda s_c)) - sum lambda c.
 *
 * So the certified gap trusts no exchange: at the end it is made anew of the last lambda and its cuts, and a bound on
 * rounding is added. Cuts do not depend on l: the problems of a type profile share them, and each goes on from the basis
 * of the one before, by the dual simplex method.
 *
 * @module
 */
import { type BoundTerm, termInputs } from "../../networks/boost.ts";
import { LARGEST_MAGNITUDE, UNIT_ROUNDOFF } from "../../networks/groupmax_price.ts";
import { CLOSE, EPSILON, EQUAL_RATIOS, IN_OUT, LEAST_PIVOT } from "./best_response.ts";

/** Which coordinates share a unit. */
export interface FeasibleSet {
  /** The group of each coordinate `[N]`. */
  readonly groupOf: Int32Array;
  /** How many groups there are. */
  readonly groups: number;
  /** How much there is of each group `[groups]`, at least 0; 1 unless given. */
  readonly capacity?: Float64Array;
}

/** Outcomes `[n, m]` with sum_i x_ij <= 1 for each good j. */
export function unitSupply(participants: number, goods: number): FeasibleSet {
  return { groupOf: Int32Array.from({ length: participants * goods }, (_, c) => c % goods), groups: goods };
}

/** A maximum, and how good it is certified to be. */
export interface AffineMaximum {
  /** x `[N]`, at least 0, with at most 1 in each group but for rounding. */
  readonly outcome: Float64Array;
  /** A(x). */
  readonly value: number;
  /** sum_k f_k at x. */
  readonly boost: number;
  /** The certified gap, with the bound on rounding: no feasible x has a larger A by more. */
  readonly gap: number;
  /** What of it is a bound on rounding; infinite where products may overflow. */
  readonly rounding: number;
  /** The number of points at which the f_k were evaluated. */
  readonly evaluations: number;
}

/** A cut f_k(y) >= constant + <slope, y>. */
interface Cut {
  readonly term: number;
  /** Where f_k was evaluated. */
  readonly inputs: Float64Array;
  readonly constant: number;
  readonly slope: Float64Array;
}

/** The most points at which f is evaluated for one maximum. Where it is reached, the gap may be larger than rounding. */
const MOST_EVALUATIONS = 2000;
/** The most exchanges between two evaluations, as a multiple of the rows. */
const ROUNDS = 50;
/** Coordinates that are closer to 0 or 1 than this are meant to be that. */
const ROUNDED = 1e-12;
/** The tolerance unless given: maxima are exact but for rounding. */
const TOLERANCE = 1e-11;

/**
 * A cut that holds a maximum up, with its multiplier: those of a term add up to 1. At a maximiser where f_k has a kink a
 * change of f_k changes the maximum by minus the mean, by multipliers, of how it changes the affine functions that meet
 * there, and not as that of any one of them.
 */
export interface Support {
  /** k. */
  readonly term: number;
  /** Inputs at which f_k is the affine function of the cut. */
  readonly inputs: Float64Array;
  /** The multiplier, divided by the sum of its term's. */
  readonly weight: number;
}

/** The maximiser for some f_k: a function of l `[N]`. Cuts that it found stay for the next call, until `forget`. */
export interface AffineMaximizer {
  /** Maximises for l `[N]`. */
  maximize(linear: ArrayLike<number>): AffineMaximum;
  /** What holds the last maximum up. */
  supports(): readonly Support[];
  /** Drops all cuts but those at 0: what follows does not depend on what was before. */
  forget(): void;
}

/** When the search for a maximum stops. */
export interface AffineMaximumOptions {
  /** The certified gap at which it stops, without rounding; where the bound on rounding is larger, it stops there. */
  readonly tolerance: number;
}

/** Makes the maximiser of some terms. */
export function affineMaximizer(
  terms: readonly BoundTerm[],
  { groupOf, groups, capacity = new Float64Array(groups).fill(1) }: FeasibleSet,
  { tolerance }: AffineMaximumOptions = { tolerance: TOLERANCE },
): AffineMaximizer {
  const N = groupOf.length, T = terms.length, rows = N + T;
  const inputs = terms.map((term) => new Float64Array(term.inputs));
  const slopes = terms.map((term) => new Float64Array(term.inputs));
  const values = new Float64Array(T);
  /** Coordinates of each term, and what they add to. */
  const coordinates = terms.map(({ inputOf }) => Int32Array.from([...inputOf.keys()].filter((c) => inputOf[c] >= 0)));
  let cuts: Cut[] = [];
  /** Evaluates all terms at x, which gives the sum of their values. */
  const evaluate = (x: Float64Array): number => {
    let sum = 0;
    for (let k = 0; k < T; k++) {
      termInputs(x, terms[k].inputOf, inputs[k]);
      sum += values[k] = terms[k].price(inputs[k], slopes[k]);
    }
    return sum;
  };
  /** Adds the cuts of the last evaluation that are above a model of the terms; all without one. */
  const addCuts = (model?: Float64Array): void => {
    for (let k = 0; k < T; k++) {
      let constant = values[k], there = 0;
      for (let j = 0; j < inputs[k].length; j++) {
        constant -= slopes[k][j] * inputs[k][j];
        if (model) there += slopes[k][j] * modelInputs[k][j];
      }
      if (model && constant + there <= model[k] + EPSILON) continue;
      cuts.push({ term: k, inputs: inputs[k].slice(), constant, slope: slopes[k].slice() });
    }
  };
  const modelInputs = terms.map((term) => new Float64Array(term.inputs));
  const zero = new Float64Array(N);
  const atZero = evaluate(zero);
  addCuts();
  const first = cuts.slice();
  /** What may be missing of rounding in sums of n coordinates, and in A. */
  let magnitude = 0, relative = 0, absolute = 0;
  for (const term of terms) {
    magnitude += term.magnitude;
    relative += term.magnitude * (term.factors.relative + 8 * (N + 8) * UNIT_ROUNDOFF);
    absolute = Math.max(absolute, term.factors.absolute + 8 * (N + T + 8) * UNIT_ROUNDOFF);
  }

  // Basis: ids >= 0 are cuts; -1 - 2g is mu_g (-1 in the rows of group g, cost 1); -2 - 2c is the slack of row c.
  const basis = new Int32Array(rows), inverse = new Float64Array(rows * rows), amounts = new Float64Array(rows);
  const prices = new Float64Array(rows), direction = new Float64Array(rows), x = new Float64Array(N);
  const pivotRow = new Float64Array(rows), places = new Int32Array(rows);
  const query = new Float64Array(N), best = new Float64Array(N), used = new Float64Array(groups);

  const startBasis = (linear: ArrayLike<number>): void => {
    inverse.fill(0);
    const slopeAt = (k: number, c: number) => terms[k].inputOf[c] < 0 ? 0 : first[k].slope[terms[k].inputOf[c]];
    const gains = Float64Array.from({ length: N }, (_, c) => {
      let gain = linear[c];
      for (let k = 0; k < T; k++) gain -= slopeAt(k, c);
      return gain;
    });
    const leader = new Int32Array(groups).fill(-1);
    for (let c = 0; c < N; c++) {
      const g = groupOf[c];
      if (gains[c] > 0 && (leader[g] < 0 || gains[c] > gains[leader[g]])) leader[g] = c;
    }
    for (let c = 0; c < N; c++) {
      const lead = leader[groupOf[c]], row = c * rows;
      if (lead === c) {
        basis[c] = -1 - 2 * groupOf[c];
        inverse[row + c] = -1;
        for (let k = 0; k < T; k++) inverse[row + N + k] = -slopeAt(k, c);
        amounts[c] = gains[c];
      } else {
        basis[c] = -2 - 2 * c;
        inverse[row + c] = 1;
        if (lead >= 0) inverse[row + lead] -= 1;
        for (let k = 0; k < T; k++) inverse[row + N + k] = slopeAt(k, c) - (lead >= 0 ? slopeAt(k, lead) : 0);
        amounts[c] = (lead >= 0 ? gains[lead] : 0) - gains[c];
      }
    }
    for (let k = 0; k < T; k++) {
      basis[N + k] = k; // the cuts at 0 are the first T
      inverse[(N + k) * rows + N + k] = 1;
      amounts[N + k] = 1;
    }
  };
  const costOf = (id: number): number => id >= 0 ? -cuts[id].constant : id % 2 !== 0 ? capacity[(-1 - id) / 2] : 0;
  /** Prices of all rows, anew. */
  const startPrices = (): void => {
    prices.fill(0);
    for (let a = 0; a < rows; a++) {
      const cost = costOf(basis[a]);
      if (cost === 0) continue;
      for (let b = 0; b < rows; b++) prices[b] += cost * inverse[a * rows + b];
    }
  };
  /** Writes a column in terms of the basis to `direction`. */
  const columnOf = (id: number): void => {
    if (id >= 0) {
      const { term, slope } = cuts[id], { inputOf } = terms[term], own = coordinates[term];
      for (let a = 0; a < rows; a++) {
        const row = a * rows;
        let sum = inverse[row + N + term];
        for (let at = 0; at < own.length; at++) sum -= inverse[row + own[at]] * slope[inputOf[own[at]]];
        direction[a] = sum;
      }
    } else if (id % 2 !== 0) {
      const g = (-1 - id) / 2;
      for (let a = 0; a < rows; a++) {
        let sum = 0;
        for (let c = 0; c < N; c++) if (groupOf[c] === g) sum -= inverse[a * rows + c];
        direction[a] = sum;
      }
    } else {
      const c = (-2 - id) / 2;
      for (let a = 0; a < rows; a++) direction[a] = inverse[a * rows + c];
    }
  };
  /** Brings the column in `direction`, with some reduced cost, into the basis in the place of row `leaving`. */
  const pivotOn = (leaving: number, id: number, reduced: number): void => {
    const pivot = 1 / direction[leaving], at = leaving * rows;
    let count = 0; // of what is not 0 in the row: most is, as terms know few coordinates
    for (let b = 0; b < rows; b++) {
      if (inverse[at + b] === 0) continue;
      pivotRow[count] = inverse[at + b] *= pivot;
      places[count++] = b;
    }
    amounts[leaving] *= pivot;
    for (let a = 0; a < rows; a++) {
      const factor = direction[a], row = a * rows;
      if (a === leaving || factor === 0) continue;
      for (let k = 0; k < count; k++) inverse[row + places[k]] -= factor * pivotRow[k];
      amounts[a] -= factor * amounts[leaving];
    }
    for (let k = 0; k < count; k++) prices[places[k]] += reduced * pivotRow[k];
    basis[leaving] = id;
  };
  /** Brings a column with some reduced cost into the basis; false where the program has no end that way. */
  const exchange = (id: number, reduced: number): boolean => {
    columnOf(id);
    let leaving = -1, ratio = Infinity;
    for (let a = 0; a < rows; a++) {
      if (direction[a] <= LEAST_PIVOT) continue;
      const r = amounts[a] / direction[a];
      if (r < ratio - EQUAL_RATIOS || (r < ratio + EQUAL_RATIOS && direction[a] > direction[leaving])) {
        if (r < ratio) ratio = r;
        leaving = a;
      }
    }
    if (leaving < 0) return false;
    pivotOn(leaving, id, reduced);
    for (let a = 0; a < rows; a++) if (amounts[a] < 0) amounts[a] = 0;
    return true;
  };
  /** The id of the column at a place: first the slacks, then mu, then cuts. */
  const idAt = (at: number): number => at < N ? -2 - 2 * at : at < N + groups ? -1 - 2 * (at - N) : at - N - groups;
  /** Writes the products of a row of prices' kind with all columns. */
  const columnProducts = (of: ArrayLike<number>, from: number, products: Float64Array): void => {
    used.fill(0);
    for (let c = 0; c < N; c++) used[groupOf[c]] += products[c] = of[from + c];
    for (let g = 0; g < groups; g++) products[N + g] = -used[g];
    for (let k = 0; k < T; k++) {
      const y = modelInputs[k].fill(0), { inputOf } = terms[k];
      for (let c = 0; c < N; c++) if (inputOf[c] >= 0) y[inputOf[c]] += of[from + c];
    }
    for (let q = 0, at = N + groups; q < cuts.length; q++, at++) {
      const { term, slope } = cuts[q], y = modelInputs[term];
      let product = of[from + N + term];
      for (let j = 0; j < slope.length; j++) product -= slope[j] * y[j];
      products[at] = product;
    }
  };
  /**
   * Goes on from the basis of the maximum before: amounts for another l, and exchanges by the dual simplex method until
   * none is negative. False where that does not end.
   */
  const adaptBasis = (linear: ArrayLike<number>): boolean => {
    for (let a = 0; a < rows; a++) {
      let sum = 0;
      for (let c = 0; c < N; c++) sum -= inverse[a * rows + c] * linear[c];
      for (let k = 0; k < T; k++) sum += inverse[a * rows + N + k];
      amounts[a] = sum;
    }
    startPrices();
    for (let round = 0; round < 2 * rows; round++) {
      let leaving = 0;
      for (let a = 1; a < rows; a++) if (amounts[a] < amounts[leaving]) leaving = a;
      if (amounts[leaving] >= -EPSILON) {
        for (let a = 0; a < rows; a++) if (amounts[a] < 0) amounts[a] = 0;
        return true;
      }
      const columns = N + groups + cuts.length;
      if (reducedCosts.length < columns) {
        reducedCosts = new Float64Array(2 * columns), rowProducts = new Float64Array(2 * columns);
      }
      columnProducts(prices, 0, reducedCosts);
      columnProducts(inverse, leaving * rows, rowProducts);
      let entering = 0, least = 0, ratio = Infinity, reduced = 0;
      for (let at = 0; at < columns; at++) {
        const product = rowProducts[at];
        if (product >= -LEAST_PIVOT) continue;
        const own = Math.max(0, costOf(idAt(at)) - reducedCosts[at]), r = own / -product;
        if (r < ratio - EQUAL_RATIOS || (r < ratio + EQUAL_RATIOS && product < least)) {
          ratio = Math.min(ratio, r), entering = idAt(at), least = product, reduced = own;
        }
      }
      if (ratio === Infinity) return false;
      columnOf(entering);
      if (!(direction[leaving] < -LEAST_PIVOT)) return false;
      pivotOn(leaving, entering, reduced);
    }
    return false;
  };
  /** Products of all columns with the prices, and with the row that leaves. */
  let reducedCosts = new Float64Array(256), rowProducts = new Float64Array(256), warm = false;

  const maximize = (linear: ArrayLike<number>): AffineMaximum => {
    const adapted = warm && adaptBasis(linear), found = search(linear, adapted);
    // Rounding adds up from exchange to exchange, and once in some thousand times a basis is no good any more.
    warm = found.gap <= 2 * Math.max(tolerance, found.rounding);
    return warm || !adapted ? found : (warm = true, search(linear, false));
  };
  /** Maximises from the basis that is there, or from that of the cuts at 0. */
  const search = (linear: ArrayLike<number>, adapted: boolean): AffineMaximum => {
    let worth = 0;
    for (let c = 0; c < N; c++) worth += Math.abs(linear[c]);
    const rounding = magnitude < LARGEST_MAGNITUDE ? relative + absolute * worth : Infinity;
    best.fill(0);
    let bestValue = -atZero, bestBoost = atZero, evaluations = 0;
    if (!(rounding < Infinity)) {
      return { outcome: best.slice(), value: bestValue, boost: bestBoost, gap: Infinity, rounding, evaluations };
    }
    if (!adapted) startBasis(linear);
    const enough = Math.max(tolerance, rounding), model = new Float64Array(T);
    let share = 1, exchanges = 0;
    while (evaluations < MOST_EVALUATIONS) {
      // Exchange until no column improves the linear program over the cuts.
      const before = exchanges;
      startPrices();
      for (let round = 0; round < ROUNDS * rows; round++) {
        for (let c = 0; c < N; c++) x[c] = -prices[c];
        used.fill(0);
        let entering = 0, worst = -EPSILON, found = false;
        for (let c = 0; c < N; c++) {
          used[groupOf[c]] += x[c];
          if (x[c] < worst) worst = x[c], entering = -2 - 2 * c, found = true;
        }
        for (let g = 0; g < groups; g++) {
          if (capacity[g] - used[g] < worst) worst = capacity[g] - used[g], entering = -1 - 2 * g, found = true;
        }
        for (let k = 0; k < T; k++) {
          termInputs(x, terms[k].inputOf, modelInputs[k]);
          model[k] = -prices[N + k];
        }
        for (let q = 0; q < cuts.length; q++) {
          const { term, constant, slope } = cuts[q], y = modelInputs[term];
          let reduced = model[term] - constant;
          for (let j = 0; j < slope.length; j++) reduced -= slope[j] * y[j];
          if (reduced < worst) worst = reduced, entering = q, found = true;
        }
        if (!found || !exchange(entering, worst)) break;
        exchanges++;
      }
      let bound = 0;
      for (let c = 0; c < N; c++) bound += linear[c] * x[c];
      for (let k = 0; k < T; k++) bound -= model[k];
      if (bound - bestValue <= enough) break;
      // Where nothing moved, the next query would be this one again: go all the way, or stop.
      const stuck = evaluations > 0 && exchanges === before;
      if (stuck && share === 1) break;
      share = !stuck && evaluations > 0 && bound - bestValue > CLOSE ? IN_OUT : 1;
      used.fill(0);
      for (let c = 0; c < N; c++) {
        query[c] = Math.max(0, best[c] + share * (Math.max(0, x[c]) - best[c]));
        used[groupOf[c]] += query[c];
      }
      for (let c = 0; c < N; c++) {
        if (used[groupOf[c]] > capacity[groupOf[c]]) query[c] *= capacity[groupOf[c]] / used[groupOf[c]];
        if (query[c] < ROUNDED) query[c] = 0;
        else if (query[c] > 1 - ROUNDED) query[c] = 1;
      }
      const boost = evaluate(query);
      evaluations++;
      let value = -boost;
      for (let c = 0; c < N; c++) value += linear[c] * query[c];
      addCuts(model);
      if (value > bestValue) bestValue = value, bestBoost = boost, best.set(query);
    }
    return {
      outcome: best.slice(),
      value: bestValue,
      boost: bestBoost,
      gap: Math.max(0, certifiedBound(linear) - bestValue) + rounding,
      rounding,
      evaluations,
    };
  };

  /** Calls `use` for the cuts in the basis, with their multipliers; false where a term has none. */
  const eachSupport = (use: (cut: Cut, weight: number) => void): boolean => {
    const total = new Float64Array(T);
    for (let a = 0; a < rows; a++) if (basis[a] >= 0) total[cuts[basis[a]].term] += amounts[a];
    for (let a = 0; a < rows; a++) {
      if (basis[a] >= 0 && amounts[a] > 0) use(cuts[basis[a]], amounts[a] / total[cuts[basis[a]].term]);
    }
    return total.every((sum) => sum > 0);
  };
  /** An upper bound on A, made anew of the last multipliers and their cuts. */
  const certifiedBound = (linear: ArrayLike<number>): number => {
    const left = Float64Array.from(linear);
    let bound = 0;
    const complete = eachSupport(({ term, constant, slope }, lambda) => {
      bound -= lambda * constant;
      for (const c of coordinates[term]) left[c] -= lambda * slope[terms[term].inputOf[c]];
    });
    const most = new Float64Array(groups);
    for (let c = 0; c < N; c++) most[groupOf[c]] = Math.max(most[groupOf[c]], left[c]);
    for (let g = 0; g < groups; g++) bound += capacity[g] * most[g];
    return complete && !Number.isNaN(bound) ? bound : Infinity;
  };

  return {
    maximize,
    supports: () => {
      const found: Support[] = [];
      eachSupport(({ term, inputs }, weight) => found.push({ term, inputs, weight }));
      return found;
    },
    forget: () => {
      cuts = first.slice(), warm = false;
    },
  };
}
