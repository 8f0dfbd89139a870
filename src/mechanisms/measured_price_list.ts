/**
 * The price list that a mechanism is to one participant, measured on types of its problem.
 *
 * @module
 */
import { amount } from "../problems/amounts.ts";
import { isReproducibleGoods, sharesProductionCosts } from "../problems/principal_utility.ts";
import type { MechanismProblem, SamplePart } from "../problems/problem.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import type { Mechanism } from "./mechanism.ts";
import { type PriceListEntry, shortList, takenOutcomes, useOfList } from "./price_list.ts";

/** What list is wanted. */
export interface PriceListOptions {
  /** Whose list it is, from 0 on; 0 unless given. */
  readonly participant?: number;
  /** The types `[n - 1][m]` of the others. */
  readonly others?: readonly (readonly number[])[];
  /** Entries at most, with new prices; all that are taken, at the mechanism's, unless given. */
  readonly bundles?: number;
  /** Probabilities from here on count as 1, those of at most 1 - round as 0; 0.99 unless given. */
  readonly round?: number;
  /** Outcomes that differ by at most this in each good are one entry; 0.02 unless given. */
  readonly tolerance?: number;
  /** Training types on which entries and new prices are chosen; {@linkcode CHOOSING} unless given. */
  readonly choosing?: number;
  /** Held-out types on which the list is measured; of data each row counts once. */
  readonly profiles?: number;
  readonly seed?: number;
}

/** A list, and what became of it on held-out types. */
export interface MeasuredPriceList {
  /** Cheap entries first, each with the share of types that take it. */
  readonly entries: readonly (PriceListEntry & { readonly share: number })[];
  /** The share of types that take nothing. */
  readonly nothing: number;
  /** Mean payment less the cost of units, from a type, in the problem's unit. */
  readonly profit: number;
  /** Its standard error. */
  readonly standardError: number;
  /** The mechanism's profit on the same types. */
  readonly mechanismProfit: number;
  /** What a unit costs the principal. */
  readonly unitCost: number;
  /** How many held-out types there were. */
  readonly tested: number;
  /** True where these are rows of data, each of which counts once. */
  readonly rows: boolean;
  /** Rarer outcomes that are not on the list. */
  readonly leftOut: number;
}

/** Types on which a list is chosen. */
export const CHOOSING = 10_000;
/** Held-out types on which it is measured. */
export const MEASURING = 20_000;
/** The stream of these types. */
const STREAM = 0x3e9c;

/**
 * Lists what a participant takes. The list is a mechanism of its own (Definition 2.5): truthful, whatever is on it.
 *
 * @param mechanism A mechanism for the problem.
 */
export async function measuredPriceList(
  problem: MechanismProblem,
  mechanism: Mechanism,
  options: PriceListOptions = {},
): Promise<MeasuredPriceList> {
  const { participant = 0, others = [], bundles, round = 0.99, tolerance = 0.02, seed = 0 } = options;
  const { choosing = CHOOSING, profiles = MEASURING } = options;
  const { participants: n, goods: m } = problem, unitCost = costOfUnit(problem);
  const draw = (count: number, part: SamplePart, chunk: number) =>
    ownTypes(problem, participant, deriveKey(randomKey(seed), STREAM, chunk), count, part);
  const rowsOf = (part: SamplePart) => rowTypes(problem, participant, deriveKey(randomKey(seed), STREAM), part);
  const chosenOn = rowsOf("training") ?? draw(choosing, "training", 0);
  const testing = rowsOf("held-out") ?? draw(profiles, "held-out", 1);
  const run = async (own: Float32Array) => {
    const all = await mechanism.run(withOthers(own, others, participant, n, m));
    const rows = Array.from({ length: all.profiles }, (_, b) => b * n + participant);
    return {
      outcomes: Float64Array.from(rows.flatMap((row) => [...all.outcomes.subarray(row * m, (row + 1) * m)])),
      payments: Float64Array.from(rows, (row) => all.payments[row]),
    };
  };
  const taken = await run(chosenOn);
  const { entries, leftOut } = takenOutcomes(taken.outcomes, taken.payments, m, { round, tolerance });
  const list = bundles === undefined ? entries : shortList(entries, bundles, chosenOn, m, unitCost);
  const { shares, profit, standardError } = useOfList(list, testing, m, unitCost), whole = await run(testing);
  const tested = testing.length / m, mean = (values: Float64Array) => values.reduce((sum, x) => sum + x, 0) / tested;
  return {
    entries: list.map((entry, e) => ({ ...entry, share: shares[e] })).sort((a, b) => a.price - b.price),
    nothing: Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0)),
    ...{ profit, standardError, unitCost, tested, leftOut },
    mechanismProfit: mean(whole.payments) - unitCost * mean(whole.outcomes),
    rows: problem.distribution.data !== undefined,
  };
}

/** Which costs are taken off a list's profit, and which are not: `, less 0.5 EUR a unit`. */
export function costsInWords(problem: MechanismProblem, { unitCost }: MeasuredPriceList): string {
  const before = !isReproducibleGoods(problem.principalUtility)
    ? ", before all costs"
    : sharesProductionCosts(problem)
    ? ", before the cost of production"
    : "";
  return (unitCost > 0 ? `, less ${amount(problem, unitCost)} a unit` : "") + before;
}

/** What a unit costs the principal, as far as one participant causes it. */
function costOfUnit({ participants, principalUtility }: MechanismProblem): number {
  if (!isReproducibleGoods(principalUtility)) return 0;
  const { productionCost, duplicationCost } = principalUtility;
  return duplicationCost + (participants === 1 ? productionCost : 0);
}

/**
 * Types `[B, m]` of one participant in the rows of data, each of which counts once; where rows have to be put together to
 * profiles, those that are left over do not count. Undefined where there are no data.
 */
function rowTypes(
  { distribution: { data }, participants: n, goods: m }: MechanismProblem,
  i: number,
  key: ReturnType<typeof randomKey>,
  part: SamplePart,
): Float32Array | undefined {
  const all = data?.profiles(key, part, 1);
  if (!all || n === 1 || data!.rowsEach > 1) return all;
  return ownColumns(all, i, n, m);
}

/** Types `[B, m]` of one participant, as they are in profiles of the problem. */
function ownTypes(
  { distribution, participants: n, goods: m }: MechanismProblem,
  i: number,
  key: ReturnType<typeof randomKey>,
  count: number,
  part: SamplePart,
): Float32Array {
  return ownColumns(distribution.sample(key, count, part), i, n, m);
}

/** The types `[B, m]` of one participant in profiles `[B, n, m]`. */
function ownColumns(profiles: Float32Array, i: number, n: number, m: number): Float32Array {
  const count = profiles.length / (n * m), own = new Float32Array(count * m);
  for (let b = 0; b < count; b++) own.set(profiles.subarray((b * n + i) * m, (b * n + i + 1) * m), b * m);
  return own;
}

/** Profiles `[B, n, m]` of a participant's types `[B, m]` and the others', which are the same in all. */
function withOthers(
  own: Float32Array,
  others: readonly (readonly number[])[],
  i: number,
  n: number,
  m: number,
): Float32Array {
  const B = own.length / m, types = new Float32Array(B * n * m);
  for (let b = 0; b < B; b++) {
    for (let k = 0; k < n; k++) {
      types.set(k === i ? own.subarray(b * m, (b + 1) * m) : others[k < i ? k : k - 1], (b * n + k) * m);
    }
  }
  return types;
}
