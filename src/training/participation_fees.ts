/**
 * Prices to begin training with where participants decide together whether a good is produced: a price for each good, and
 * a fee for taking part at all.
 *
 * Reproducible goods that cost something to produce are made where what the others report makes up for it, and prices that
 * differ a little from that are as bad as prices that know nothing of it. So training that begins with prices that do not
 * read the others' types stays far below what these simple ones earn. With the virtual values of
 *
 *   s_k = (1 - lambda) t_kj + lambda phi(t_kj) - c^d
 *
 * between values (lambda = 0, as in the VCG mechanism) and Myerson's (lambda = 1), participant i pays for good j the least
 * type v_ij with s_i > max(0, c^p - sum_{k != i} s_k^+), and once, for anything at all,
 *
 *   fee_i = max(0, a mean - b deviation)
 *
 * of what the participant gains by taking all goods that are worth their prices, given the others' types: the type for a good
 * is expected to be so many times the mean of theirs, and something that they say nothing of. All three depend on the others'
 * types only, so that f(x, t_-i) = <v_i, x> + fee_i max_j x_j is convex in x, and this a menu mechanism. Myerson, "Optimal
 * auction design", 1981, has lambda = 1; a fee that depends on what goods together are worth is that of Armstrong, "Price
 * discrimination by a many-product firm", Review of Economic Studies 66, 1999, for a buyer of many goods; and what correlated
 * types say of each other can be asked for, Cremer and McLean, "Full extraction of the surplus in Bayesian and dominant
 * strategy auctions", Econometrica 56, 1988. Ours is to take lambda, a and b that earn the most on training profiles.
 *
 * @module
 */
import { alikeValues, ofAlike } from "../problems/alike_values.ts";
import { ironedValue } from "../problems/ironed_value.ts";
import { closestLine, othersMeans, othersTell } from "../problems/others_types.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";

/** lambda, a and b. */
export interface FeeRule {
  readonly lambda: number;
  readonly ofMean: number;
  readonly ofDeviation: number;
}

/** What a participant pays given the others' types: v `[B n, m]` for goods, and the fee `[B n]`. */
export interface FeePrices {
  readonly goods: Float64Array;
  readonly fees: Float64Array;
}

/** Prices with fees, for type profiles `[B, n, m]`. */
export interface ParticipationFees {
  readonly rule: FeeRule;
  /** The principal's mean utility on the profiles that the rule was chosen on, before a fee of all that is told is lowered. */
  readonly revenue: number;
  prices(types: Float32Array): FeePrices;
}

/** Profiles from which marginal distributions are taken, and how many of them rules are compared on. */
const SAMPLES = 4096, COMPARED = 2000;
/** Points of [0, 1] at which functions of a type are known. */
const GRID = 512;
/** What others' types say nothing of is in [LOW, HIGH], as slopes are in [-1, 1]. */
const LOW = -1, HIGH = 2;
const LAMBDAS = [0, 0.1, 0.2, 0.3, 0.45, 0.7, 1], OF_MEAN = [0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
const OF_DEVIATION = [0, 0.25, 0.5, 1, 1.5];
/** Where the others' types tell what somebody gains, a fee of all of it would be too much for half of them after a fit. */
const MOST_OF_TOLD = 0.97;
/**
 * Rules are compared with nearly all of it, which polishing asks for in the end: for three who agree, Myerson's prices made up
 * for what fees left, and left out those of little worth.
 */
const COMPARED_OF_TOLD = 0.99;

/** Functions of one participant's type for one good, at k / GRID. */
interface GoodValues {
  readonly virtual: Float64Array;
  /** By how much the type rises with the mean of the others', on average. */
  readonly slope: number;
  /** E[(e - v)^+] and E[((e - v)^+)^2], of e = t - slope mean, at LOW + k / GRID. */
  readonly gain: Float64Array;
  readonly squareGain: Float64Array;
}

/**
 * The prices with fees that earn the most on training profiles.
 *
 * @param problem One of reproducible goods, with types in [0, 1].
 */
export function participationFees(problem: MechanismProblem, key: RandomKey): ParticipationFees {
  const { participants: n, goods: m, principalUtility: u0 } = problem;
  if (!isReproducibleGoods(u0)) throw new TypeError("participationFees wants reproducible goods");
  const { productionCost, duplicationCost } = u0;
  const sample = problem.distribution.sample(deriveKey(key, 0), SAMPLES, "training");
  const samples = alikeValues(problem, sample), means = alikeValues(problem, othersMeans(sample, n, m));
  const values = ofAlike(samples, (own) => {
    const others = means[samples.indexOf(own)], line = closestLine(own, others);
    const slope = problem.distribution.independent ? 0 : Math.min(1, Math.max(-1, line.slope));
    return valuesOf(own, own.map((type, k) => type - slope * others[k]), slope);
  });
  const priced = (types: Float32Array, lambda: number) =>
    goodPrices(types, n, m, scoresOf(values, lambda, duplicationCost), productionCost);

  const types = problem.distribution.sample(deriveKey(key, 1), COMPARED, "training");
  const others = othersMeans(types, n, m), told = othersTell(problem);
  let best: { rule: FeeRule; revenue: number } | undefined;
  for (const lambda of LAMBDAS) {
    const goods = priced(types, lambda), gains = gainsOf(goods, others, values, n, m);
    for (const ofMean of OF_MEAN.map((one) => told ? Math.min(one, COMPARED_OF_TOLD) : one)) {
      for (const ofDeviation of OF_DEVIATION) {
        const rule = { lambda, ofMean, ofDeviation }, prices = { goods, fees: feesOf(gains, rule) };
        const revenue = revenueOf(types, prices, n, m, productionCost, duplicationCost);
        if (!best || revenue > best.revenue) best = { rule, revenue };
      }
    }
  }
  const { rule: compared, revenue } = best!;
  const rule = told ? { ...compared, ofMean: Math.min(compared.ofMean, MOST_OF_TOLD) } : compared;
  return {
    ...{ rule, revenue },
    prices(types) {
      const goods = priced(types, rule.lambda);
      return { goods, fees: feesOf(gainsOf(goods, othersMeans(types, n, m), values, n, m), rule) };
    },
  };
}

/** Sorts both samples: of types, and of what the others' types say nothing of. */
function valuesOf(sample: Float64Array, rest: Float64Array, slope: number): GoodValues {
  const ironed = ironedValue(sample);
  const virtual = Float64Array.from({ length: GRID + 1 }, (_, k) => Math.max(ironed.of(k / GRID), -GRID));
  const length = (HIGH - LOW) * GRID + 1, gain = new Float64Array(length), squareGain = new Float64Array(length);
  rest.sort();
  let at = rest.length - 1, count = 0, sum = 0, squares = 0;
  for (let k = length - 1; k >= 0; k--) {
    const v = LOW + k / GRID;
    for (; at >= 0 && rest[at] > v; at--) count++, sum += rest[at], squares += rest[at] ** 2;
    gain[k] = (sum - count * v) / rest.length;
    squareGain[k] = (squares - 2 * v * sum + count * v * v) / rest.length;
  }
  return { virtual, slope, gain, squareGain };
}

/** Scores s at k / GRID, for each participant and good. */
function scoresOf(values: readonly GoodValues[], lambda: number, duplicationCost: number): Float64Array[] {
  return ofAlike(
    values,
    ({ virtual }) => virtual.map((phi, k) => (1 - lambda) * k / GRID + lambda * phi - duplicationCost),
  );
}

/** v `[B n, m]`. */
function goodPrices(
  types: Float32Array,
  n: number,
  m: number,
  scores: readonly Float64Array[],
  productionCost: number,
): Float64Array {
  const prices = new Float64Array(types.length), positive = new Float64Array(types.length);
  for (let at = 0; at < types.length; at++) positive[at] = Math.max(0, between(scores[at % (n * m)], types[at]));
  for (let at = 0; at < types.length; at++) {
    const profile = at - at % (n * m), j = at % m;
    let others = -positive[at];
    for (let k = 0; k < n; k++) others += positive[profile + k * m + j];
    prices[at] = leastAbove(scores[at % (n * m)], Math.max(0, productionCost - others));
  }
  return prices;
}

/** The mean and the deviation of what each participant gains at these prices, of which only the others' types are known. */
function gainsOf(
  goods: Float64Array,
  others: Float32Array,
  values: readonly GoodValues[],
  n: number,
  m: number,
) {
  const rows = goods.length / m, means = new Float64Array(rows), deviations = new Float64Array(rows);
  for (let at = 0, row = 0; row < rows; row++) {
    let mean = 0, variance = 0;
    for (let j = 0; j < m; j++, at++) {
      const { slope, gain, squareGain } = values[at % (n * m)], v = goods[at] - slope * others[at] - LOW;
      const expected = between(gain, v);
      mean += expected, variance += between(squareGain, v) - expected ** 2;
    }
    means[row] = mean, deviations[row] = Math.sqrt(Math.max(0, variance));
  }
  return { means, deviations };
}

function feesOf({ means, deviations }: ReturnType<typeof gainsOf>, { ofMean, ofDeviation }: FeeRule): Float64Array {
  return means.map((mean, row) => Math.max(0, ofMean * mean - ofDeviation * deviations[row]));
}

/** The principal's mean utility where everybody takes the best of what is offered. */
function revenueOf(
  types: Float32Array,
  { goods, fees }: FeePrices,
  n: number,
  m: number,
  productionCost: number,
  duplicationCost: number,
): number {
  const profiles = types.length / (n * m), produced = new Uint8Array(m);
  let sum = 0;
  for (let b = 0; b < profiles; b++) {
    produced.fill(0);
    for (let i = 0; i < n; i++) {
      const row = b * n + i;
      let utility = -fees[row];
      for (let j = 0, at = row * m; j < m; j++, at++) utility += Math.max(0, types[at] - goods[at]);
      if (utility < 0) continue;
      sum += fees[row];
      for (let j = 0, at = row * m; j < m; j++, at++) {
        if (types[at] > goods[at]) sum += goods[at] - duplicationCost, produced[j] = 1;
      }
    }
    for (const one of produced) sum -= one * productionCost;
  }
  return sum / profiles;
}

/** A function at `x`, from its values at k / GRID, with straight lines between. */
function between(values: Float64Array, x: number): number {
  const last = values.length - 1, at = Math.min(Math.max(x * GRID, 0), last), k = Math.min(Math.floor(at), last - 1);
  return values[k] + (at - k) * (values[k + 1] - values[k]);
}

/** The least x in [0, 1] with a score above `least`, of scores that do not fall; 1 where there is none. */
function leastAbove(scores: Float64Array, least: number): number {
  let low = 0, high = GRID;
  if (scores[GRID] <= least) return 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scores[middle] > least) high = middle;
    else low = middle + 1;
  }
  if (low === 0) return 0;
  const step = scores[low] - scores[low - 1];
  return (low - 1 + (least - scores[low - 1]) / step) / GRID;
}
