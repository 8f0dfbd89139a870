/**
 * The best truthful auction of one good with the correlated types `C` of section 4.1.
 *
 * Source: Myerson's virtual values, given the others' types; they bound what any auction earns that is truthful and
 * individually rational whatever the others report (compare Roughgarden and Talgam-Cohen, "Optimal and robust mechanism
 * design with interdependent values", ACM TEAC 4, 2016).
 *
 * @module
 */
import type { GoodRule } from "./auction.ts";

/** Half the width of a type's distribution around its centre. */
const R = 0.25;
/** Bisections of an interval of length 1 at most, down to rounding. */
const BISECTIONS = 52;

/** What others' types say about a good's centre t_j: it is uniform on [a, b]. */
export interface Centre {
  /** a. */
  readonly a: number;
  /** b. */
  readonly b: number;
}

/**
 * The distribution of the centre t_j ~ U[1/4, 3/4], given the least and the largest of others' types
 * t_kj ~ U[t_j - 1/4, t_j + 1/4].
 *
 * Every centre that all of them allow is as likely as every other: uniform on [a, b] with
 * a = max(1/4, largest - 1/4) and b = min(3/4, least + 1/4). Reports that cannot occur together allow no centre; then
 * it is taken to be (a + b) / 2.
 */
export function centreGiven(least: number, largest: number): Centre {
  const a = Math.max(R, largest - R), b = Math.min(1 - R, least + R);
  return a <= b ? { a, b } : { a: (a + b) / 2, b: (a + b) / 2 };
}

/**
 * The virtual value phi(t) = t - (1 - F(t)) / f(t) of a type whose centre is uniform on [a, b].
 *
 * With w = b - a the density is a trapezium: 2 (t - a + 1/4) / w up to b - 1/4, then 2 up to a + 1/4, then
 * 2 (b + 1/4 - t) / w. So, with u = t - a + 1/4,
 *
 * - phi = t - (w / u - u) / 2 on the first part, minus infinity before it,
 * - phi = 2 t - (a + b) / 2 - 1/4 on the second,
 * - phi = (3 t - b - 1/4) / 2 on the third, and t after it.
 *
 * The density is log-concave, so phi rises everywhere.
 */
export function virtualValue(type: number, { a, b }: Centre): number {
  const u = type - a + R;
  if (u <= 0) return -Infinity;
  if (type < b - R) return type - ((b - a) / u - u) / 2;
  if (type < a + R) return 2 * type - (a + b) / 2 - R;
  return Math.min(type, (3 * type - b - R) / 2);
}

/** The least type with a virtual value of `virtual` or more. */
export function typeOfVirtualValue(virtual: number, { a, b }: Centre): number {
  if (virtual >= b + R) return virtual;
  if (virtual >= 1.5 * a - 0.5 * b + R) return (2 * virtual + b + R) / 3;
  if (virtual >= 1.5 * b - 0.5 * a - 3 * R) return (virtual + (a + b) / 2 + R) / 2;
  // 3 u^2 - 2 (virtual - a + 1/4) u - w = 0.
  const half = virtual - a + R;
  return a - R + (half + Math.sqrt(half * half + 3 * (b - a))) / 3;
}

/**
 * Sells one good with correlated types.
 *
 * Given the others' types, participant i's type has a distribution of its own, with virtual value
 * phi_i = phi(t_i; t_{-i}) (see {@linkcode virtualValue}). Whatever truthful auction is used, the principal's expected
 * utility is E[sum_i (phi_i - c^d) x_i - c^p max_i x_i]: at most E[(S - c^p)^+] with S = sum_i (phi_i - c^d)^+.
 *
 * - c^p = 0: each participant gets the price phi^{-1}(c^d; t_{-i}), which reaches that bound: it is optimal.
 * - c^p > 0: the bound would be reached by producing where S > c^p, for those with phi_i > c^d. But a higher t_i lowers
 *   the virtual values of the others, whom it makes expect higher types, so that S can fall as t_i rises. To be
 *   truthful, i's price is the largest type of i at which S <= c^p, if that is above phi^{-1}(c^d; t_{-i}): i buys
 *   where S > c^p for its own and every higher type. With 3 participants and c^p = 1 no profile was found at which
 *   this is less than the bound, so it is optimal there, as far as that shows; with 5 participants it earns 0.12% less.
 */
export function sellCorrelatedGood(participants: number, productionCost: number, duplicationCost: number): GoodRule {
  const n = participants, changed = new Float64Array(n);
  return (types, prices) => {
    const extremes = extremesOf(types);
    // A short cut for types that can occur together: where S <= c^p, nobody's type is above its price.
    const possible = extremes.largest - extremes.least <= 2 * R;
    const unpaid = possible && productionCost > 0 && surplus(types, duplicationCost) <= productionCost;
    for (let i = 0; i < n; i++) {
      prices[i] = Infinity;
      if (unpaid) continue;
      const reserve = typeOfVirtualValue(duplicationCost, centreWithout(extremes, types[i]));
      if (types[i] <= reserve) continue;
      changed.set(types);
      const price = productionCost === 0 ? reserve : threshold(changed, i, reserve, productionCost, duplicationCost);
      if (types[i] > price) prices[i] = price;
    }
  };
}

/** The two least and the two largest of some types. */
interface Extremes {
  least: number;
  second: number;
  largest: number;
  secondLargest: number;
}

function extremesOf(types: Float64Array): Extremes {
  // Centres are between 1/4 and 3/4 without any type: 1 and 0 say nothing.
  const found = { least: 1, second: 1, largest: 0, secondLargest: 0 };
  for (const type of types) {
    if (type < found.least) found.second = found.least, found.least = type;
    else if (type < found.second) found.second = type;
    if (type > found.largest) found.secondLargest = found.largest, found.largest = type;
    else if (type > found.secondLargest) found.secondLargest = type;
  }
  return found;
}

/** The centre's distribution given all types but one. */
function centreWithout({ least, second, largest, secondLargest }: Extremes, type: number): Centre {
  return centreGiven(type === least ? second : least, type === largest ? secondLargest : largest);
}

/** S = sum_i (phi_i - c^d)^+. */
function surplus(types: Float64Array, duplicationCost: number): number {
  const extremes = extremesOf(types);
  let sum = 0;
  for (const type of types) sum += Math.max(0, virtualValue(type, centreWithout(extremes, type)) - duplicationCost);
  return sum;
}

/** Where a function that is at most 0 at `low` and above 0 at `high` crosses 0, from above. */
function crossing(low: number, high: number, value: (at: number) => number): number {
  for (let k = 0; k < BISECTIONS && high - low > Number.EPSILON; k++) {
    const middle = (low + high) / 2;
    if (value(middle) > 0) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * The largest type of participant i, from `reserve` on, at which S <= c^p: infinity if that is the largest type that
 * the others' types allow, `reserve` if there is none.
 *
 * As a function of t_i, S is concave between the others' types, 1/2, and the points where a virtual value of another
 * sinks below c^d: there all of its terms are linear or of the form -1 / u. So where S > c^p at both ends of such a
 * piece, it is so in between, and where it is at the upper end only, it crosses c^p once.
 *
 * @param types `[n]`. It is written to.
 */
function threshold(
  types: Float64Array,
  i: number,
  reserve: number,
  productionCost: number,
  duplicationCost: number,
): number {
  const others = types.filter((_, k) => k !== i), n = types.length;
  const at = (type: number) => {
    types[i] = type;
    return surplus(types, duplicationCost) - productionCost;
  };
  const excess = (type: number, k: number) => {
    types[i] = type;
    return virtualValue(types[k], centreWithout(extremesOf(types), types[k])) - duplicationCost;
  };
  const most = centreGiven(Math.min(1, ...others), Math.max(0, ...others)).b + R;
  const ends = [reserve, most, 0.5, ...others];
  for (let k = 0; k < n; k++) {
    if (k === i || !(excess(reserve, k) > 0 && excess(most, k) <= 0)) continue;
    ends.push(crossing(reserve, most, (type) => -excess(type, k))); // the virtual value falls
  }
  const pieces = ends.filter((end) => end >= reserve && end <= most).sort((x, y) => y - x);
  for (let e = 0; e < pieces.length; e++) {
    if (at(pieces[e]) > 0) continue;
    return e === 0 ? Infinity : crossing(pieces[e], pieces[e - 1], at);
  }
  return reserve;
}
