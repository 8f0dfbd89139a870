/**
 * What the playground shows of a mechanism, as numbers: what a type profile leads to, and the choice that one
 * participant has. Nothing here knows of a page.
 *
 * @module
 */
import { bestResponses } from "../kernels/best_responses/select.ts";
import type { MenuMechanism } from "../mechanisms/menu_mechanism.ts";
import { hostPrices, hostRows } from "../networks/hypernetwork_output.ts";
import { type PriceListEntry, takenOutcomes } from "../mechanisms/price_list.ts";
import { distributionOf } from "../problems/distributions/table.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { contextTypes, networkTypes, PLAIN_UNITS } from "../mechanisms/units.ts";
import { parseEmpiricalName } from "../problems/empirical_name.ts";
import type { GoodsCosts } from "../problems/principal_utility.ts";
import { parseSetting, type Setting } from "../problems/settings.ts";

/** What becomes of a type profile. */
export interface Outcome {
  /** x `[n, m]`. */
  readonly outcomes: Float64Array;
  /** p `[n]`. */
  readonly payments: Float64Array;
  /** `[n]`, of truthful participants. */
  readonly utilities: Float64Array;
  /** What anybody could still gain by a lie, at most: `[n]`. */
  readonly gaps: Float64Array;
}

/** The setting that a mechanism was trained for, where its problem is one of the paper's form; else undefined. */
export function settingOfMechanism({ problem, participants, goods }: MenuMechanism): Setting | undefined {
  try {
    const setting = parseSetting(problem);
    return setting.participants === participants && setting.goods === goods ? setting : undefined;
  } catch {
    return undefined; // a problem with a name of its own
  }
}

/** What goods cost the principal, in the unit of types. */
export type Costs = Required<GoodsCosts>;

/** The costs in the problem that a mechanism was trained for, where its name tells them. */
export function costsOfMechanism(mechanism: MenuMechanism): Costs | undefined {
  return settingOfMechanism(mechanism) ?? parseEmpiricalName(mechanism.problem);
}

/** What the principal pays to make and hand out goods: sum_j (c^p max_i x_ij + c^d sum_i x_ij), x being `[n, m]`. */
export function costOf({ productionCost, duplicationCost }: Costs, outcomes: Float64Array, m: number): number {
  const n = outcomes.length / m;
  let cost = 0;
  for (let j = 0; j < m; j++) {
    let most = 0;
    for (let i = 0; i < n; i++) {
      most = Math.max(most, outcomes[i * m + j]);
      cost += duplicationCost * outcomes[i * m + j];
    }
    cost += productionCost * most;
  }
  return cost;
}

/** What one participant may choose while the others' types stay as they are. */
export interface Choice {
  /** The price of an outcome `[m]`. */
  price(outcome: Float64Array): number;
  /**
   * What the participant gets and pays for each of T reported types `[T, m]`, and the utility that leaves it with,
   * valued by its true type.
   */
  report(types: Float32Array): { outcomes: Float64Array; payments: Float64Array; utilities: Float64Array };
}

/**
 * The choice of a participant of a type profile.
 *
 * @param types `[n, m]`.
 */
export function choiceOf(mechanism: MenuMechanism, types: Float32Array, participant: number): Choice {
  const { participants: n, goods: m, rules, parameters } = mechanism;
  const { units = PLAIN_UNITS } = mechanism, { network } = units;
  const hypernetwork = hostRows(
    rules.hostHypernetwork(parameters, contextTypes(networkTypes(types, units))),
    n,
    participant,
    1,
  );
  const own = types.slice(participant * m, (participant + 1) * m);
  const price = hostPrices(rules.network, hypernetwork)(0), slope = new Float64Array(m);
  return {
    price: (outcome) => network * price(outcome, slope),
    report(reported) {
      const count = reported.length / m;
      const found = bestResponses(rules.network, hypernetwork, networkTypes(reported, units), count);
      const { outcomes } = found, payments = found.payments.map((payment) => network * payment);
      const utilities = payments.map((payment, k) => {
        let utility = -payment;
        for (let j = 0; j < m; j++) utility += own[j] * outcomes[k * m + j];
        return utility;
      });
      return { outcomes, payments, utilities };
    },
  };
}

/** What happens to a participant who reports another type for one good. */
export interface Sweep {
  /** The reports for the good, from 0 to the largest; the true type is one of them. */
  readonly reports: Float64Array;
  /** Which report is the true type. */
  readonly truth: number;
  /** What it gets of the good, for each report. */
  readonly received: Float64Array;
  /** What it gets of the other goods, on average; undefined where there are none. */
  readonly others?: Float64Array;
  /** What it pays. */
  readonly payments: Float64Array;
  /** Its utility, by its true type. */
  readonly utilities: Float64Array;
}

/** Reports in a sweep, beside the true type. */
const REPORTS = 101;

/** Lets a participant report every type for a good, and the true types for all others. */
export function sweepReports(choice: Choice, own: Float32Array, good: number, largest = 1): Sweep {
  const m = own.length, true_ = own[good];
  const grid = Array.from({ length: REPORTS }, (_, k) => Math.fround(largest * k / (REPORTS - 1)));
  const reports = Float64Array.from(new Set([...grid, true_])).sort();
  const types = new Float32Array(reports.length * m);
  reports.forEach((report, k) => {
    types.set(own, k * m);
    types[k * m + good] = report;
  });
  const { outcomes, payments, utilities } = choice.report(types);
  const received = reports.map((_, k) => outcomes[k * m + good]);
  const others = reports.map((_, k) => {
    let sum = 0;
    for (let j = 0; j < m; j++) if (j !== good) sum += outcomes[k * m + j];
    return sum / (m - 1);
  });
  return { reports, truth: reports.indexOf(true_), received, ...m > 1 && { others }, payments, utilities };
}

/**
 * Prices, and what a participant keeps, on a grid of outcomes of two goods: `[size, size]`, the first good along rows.
 */
export interface Surface {
  readonly size: number;
  readonly prices: Float64Array;
  readonly utilities: Float64Array;
}

/** Prices and utilities where two goods vary, and the participant gets of all others what it chooses anyway. */
export function surfaceOf(
  choice: Choice,
  own: Float32Array,
  chosen: Float64Array,
  [first, second]: readonly [number, number],
  size: number,
): Surface {
  const prices = new Float64Array(size * size), utilities = new Float64Array(size * size), x = chosen.slice();
  for (let k = 0; k < size * size; k++) {
    x[first] = k % size / (size - 1);
    x[second] = Math.floor(k / size) / (size - 1);
    prices[k] = choice.price(x);
    utilities[k] = x.reduce((sum, part, j) => sum + own[j] * part, -prices[k]);
  }
  return { size, prices, utilities };
}

/** Prices and utilities along the outcomes of the one good that there is, from 0 to 1. */
export function curveOf(choice: Choice, own: number, size: number): Omit<Surface, "size"> & { outcomes: Float64Array } {
  const outcomes = Float64Array.from({ length: size }, (_, k) => k / (size - 1));
  const prices = outcomes.map((x) => choice.price(Float64Array.of(x)));
  return { outcomes, prices, utilities: outcomes.map((x, k) => own * x - prices[k]) };
}

/** An entry of a participant's price list. */
export interface ListedOutcome extends PriceListEntry {
  /** The share of types that take it, where their distribution is known. */
  readonly share?: number;
}

/** What a price list shows, at most. */
const LISTED = 12;
/** Types that are tried to find out what is taken. */
const TRIED = 1000;
/** The stream of these types. */
const STREAM = 0x9a1c;
/** What is taken is listed as by `tedi menu`: such probabilities are 1, outcomes so near to each other are one entry. */
const MERGED = { round: 0.99, tolerance: 0.02 };

/** What a participant would take for which price, whatever its type: cheap entries first. */
export function priceListOf(mechanism: MenuMechanism, choice: Choice, participant: number): readonly ListedOutcome[] {
  const { goods: m, units } = mechanism, setting = settingOfMechanism(mechanism);
  const types = setting ? drawnTypes(setting, participant) : spreadTypes(m, units?.largest ?? 1);
  const { outcomes, payments } = choice.report(types);
  const { entries, takers } = takenOutcomes(outcomes, payments, m, MERGED);
  return entries.slice(0, LISTED)
    .map((entry, e): ListedOutcome => setting ? { ...entry, share: takers[e] / payments.length } : entry)
    .sort((a, b) => a.price - b.price);
}

/** Types `[T, m]` of one participant of a setting. */
function drawnTypes({ distribution, participants: n, goods: m }: Setting, i: number): Float32Array {
  const all = distributionOf(distribution, n, m).sample(deriveKey(randomKey(0), STREAM), TRIED, "held-out");
  return all.filter((_, k) => Math.floor(k / m) % n === i);
}

/** Types `[T, m]` of all sizes up to the largest, a third of them without any use for a good. */
function spreadTypes(m: number, largest: number): Float32Array {
  const key = deriveKey(randomKey(0), STREAM), sizes = uniforms(key, TRIED);
  return uniforms(deriveKey(key, 1), TRIED * m).map((u, k) => {
    return largest * sizes[Math.floor(k / m)] * Math.max(0, 1.5 * u - 0.5);
  });
}
