/**
 * Evaluation: the principal's expected utility under a mechanism, on type profiles that training has not seen.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import { count, type Row, showing, type Summary } from "../display.ts";
import { InvalidInputError, requireInteger, show } from "../errors.ts";
import { requireKnownNames } from "../known_names.ts";
import { amount, plainAmount, type Unit } from "../problems/amounts.ts";
import type { DataRows, MechanismProblem, SamplePart } from "../problems/problem.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import { problemOf } from "../problems/problem_of.ts";
import { optimumInWords, referenceMechanisms, shareInWords } from "../problems/reference_mechanisms.ts";
import { scaleOf } from "../problems/scaled.ts";
import { deriveKey, deriveTextKey, type RandomKey, randomKey } from "../random/key.ts";
import { ensureDevice } from "../runtime/device.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import { gapInWords, largerRounding } from "./certificate.ts";
import { type MeanEstimate, meanOf, meanOfRows } from "./mean.ts";
import { type Mechanism, requireMechanismFor } from "./mechanism.ts";
import { requireSupply } from "./supply.ts";
import { unusualResults } from "./unusual_results.ts";

/** The number of test profiles of an evaluation unless given. */
export const TEST_PROFILES = 100_000;

/** The options of an evaluation. */
export interface EvaluationOptions {
  /** The number of profiles; {@linkcode TEST_PROFILES} unless given. On data every row counts, whatever this says. */
  readonly profiles?: number;
  /** The seed of the profiles; they differ from the training profiles of every seed. 0 unless given. */
  readonly seed?: number;
  /**
   * What the profiles are for: `validation`, to choose by, or `held-out`, to report. The two share no random numbers.
   * Whatever is chosen, settings, a start or a time to stop, choose it on validation profiles: the best of several on
   * held-out profiles earns less on others. `held-out` unless given.
   */
  readonly part?: Exclude<SamplePart, "training">;
  /** Called with the number of profiles done, and that of all. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Stops the evaluation with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The names of the options. */
const OPTIONS: readonly (keyof EvaluationOptions)[] = ["profiles", "seed", "part", "onProgress", "signal"];

/** What an evaluation found. */
export interface Evaluation {
  /** Mean u0 over the profiles: the principal's expected utility. */
  readonly revenue: number;
  /** Standard error of the mean. On data it is that over rows. */
  readonly standardError: number;
  /** A 95% confidence interval of the expected value. */
  readonly interval: readonly [number, number];
  /** The number of profiles. */
  readonly profiles: number;
  /** On data: the number of rows that are counted. They, and not the profiles, are what was not seen before. */
  readonly rows?: number;
  /** On data: the number of rows that were learned from. */
  readonly trainingRows?: number;
  /** On data: mean u0 on the rows that were learned from. What it is above the revenue does not generalise. */
  readonly trainingRevenue?: number;
  /** Mean over profiles of the sum of all participants' utilities. */
  readonly participantsUtility: number;
  /** Share of (participant, good) pairs allocated, in expectation. */
  readonly allocated: number;
  /**
   * Largest certified gap of a best response: nobody gains more by lying. Infinite where there is no certificate. Of
   * mechanisms that are not truthful by construction, such as MD-RegretNet, only a loose bound on what lies gain.
   */
  readonly worstGap: number;
  /** Means of the terms of u0 that a problem names. */
  readonly terms?: Readonly<Record<string, number>>;
  /**
   * What of certified gaps is a bound on rounding, at most: infinite where products may overflow, NaN where none is
   * known; undefined where the mechanism tells nothing of rounding.
   */
  readonly worstRounding?: number;
  /** Outcomes and payments that are infinite, no numbers, or subnormal, in words; left out where there are none. */
  readonly unusual?: string;
}

/** The streams of profiles, other than those of training. */
const STREAMS = { "validation": 0x7a11d, "held-out": 0x7e57 } as const;
/** Profiles that are run at a time. */
const CHUNK = 4096;

/** Profiles of training rows on which the gap to held-out rows is measured, at most about this many. */
const TRAINING_PROFILES = 10_000;
/** Profiles for each held-out row, where rows can be grouped to profiles in many ways. */
const GROUPINGS = 50;

/** Profiles of the rows of a data set, those that are tested and those that were learned from. */
function rowSets(data: DataRows, key: RandomKey, part: SamplePart, most: number) {
  const rows = data.rows(part), trainingRows = data.rows("training");
  const tested = data.profiles(key, part, Math.min(most, GROUPINGS * rows));
  const training = data.profiles(deriveKey(key, 0), "training", Math.min(TRAINING_PROFILES, most));
  return { rows, trainingRows, tested, training, draws: rows / data.rowsEach };
}

/**
 * The key of profiles: that of a seed, a stream, and the problem's name and shape, so that profiles of different problems
 * have different random numbers, and their means deviate independently.
 */
function profilesKey({ name, participants, goods }: MechanismProblem, seed: number, stream: number): RandomKey {
  return deriveTextKey(deriveKey(randomKey(seed), stream, participants, goods), name);
}

/** Fails unless `part` is one that mechanisms are measured on. */
export function requireTestPart(action: string, part: string): void {
  if (Object.hasOwn(STREAMS, part)) return;
  const parts = Object.keys(STREAMS).join(" or ");
  throw new InvalidInputError(`Cannot ${action}: part must be ${parts}, got ${show(part)}`);
}

/** All types `[B, n, m]` on which {@linkcode evaluate} measures mechanisms with some options. */
export function testTypes(
  problem: MechanismProblem,
  { profiles, seed, part }: Required<Pick<EvaluationOptions, "profiles" | "seed" | "part">>,
): Float32Array {
  const key = profilesKey(problem, seed, STREAMS[part]), { distribution: { sample, data } } = problem;
  if (data) return rowSets(data, key, part, profiles).tested;
  const { participants: n, goods: m } = problem, types = new Float32Array(profiles * n * m);
  for (let from = 0, chunk = 0; from < profiles; from += CHUNK, chunk++) {
    types.set(sample(deriveKey(key, chunk), Math.min(CHUNK, profiles - from), part), from * n * m);
  }
  return types;
}

/**
 * Estimates the principal's expected utility, the objective of equation (1), on fresh type profiles from F, and reports
 * the largest certified gap of the best responses. Opens a device where none is open, for the principal's utility.
 *
 * Where F is a data set, every held-out row counts once, and the standard error is over rows: with rows that are types of
 * one participant, n of them make a profile, in many random ways, and the error is that of rows / n profiles, which is no
 * less than it can be (Hoeffding, "A class of statistics with asymptotically normal distribution", 1948).
 *
 * @param problem A problem, or the name of a setting.
 * @throws {InvalidInputError} where n or m of the mechanism and the problem differ, or `profiles` is not an integer of
 * at least 2, or `part` is another.
 *
 * @example
 * ```ts
 * import { evaluate, separable, settingProblem } from "@tedi/toolkit";
 * import { assert } from "@std/assert";
 *
 * const problem = settingProblem("U-1-2");
 * const { revenue, standardError } = await evaluate(problem, separable(problem), { profiles: 10_000 });
 * assert(Math.abs(revenue - 0.5) < 5 * standardError); // each good at 1/2
 * ```
 */
export async function evaluate(
  problem: MechanismProblem | string,
  mechanism: Mechanism,
  options: EvaluationOptions = {},
): Promise<Evaluation> {
  return (await evaluateEach(problem, mechanism, options)).evaluation;
}

/** What was measured, and u0 of each profile. */
export interface EachUtility {
  readonly evaluation: Evaluation;
  readonly utilities: Float64Array;
  /** On data: how many independent draws the profiles count for, and u0 of each profile of training rows. */
  readonly ofRows?: { readonly draws: number; readonly seen: Float64Array };
}

/**
 * How much more the principal earns by one mechanism than by another, measured on the same profiles or held-out rows of a
 * problem: a mean of differences, of which chance leaves open far less than of either mean.
 */
export function differenceOf(own: EachUtility, other: EachUtility): MeanEstimate {
  const less = (a: Float64Array, b: Float64Array) => a.map((utility, k) => utility - b[k]);
  const differences = less(own.utilities, other.utilities);
  if (!own.ofRows || !other.ofRows) return meanOf(differences);
  return meanOfRows(differences, own.ofRows.draws, less(own.ofRows.seen, other.ofRows.seen));
}

/** Evaluates as {@linkcode evaluate} does, and gives u0 of each profile, too. */
export async function evaluateEach(
  problem: MechanismProblem | string,
  mechanism: Mechanism,
  options: EvaluationOptions = {},
): Promise<EachUtility> {
  const { profiles = TEST_PROFILES, seed = 0, part = "held-out", onProgress, signal } = options;
  requireKnownNames("evaluate", "an option", options, OPTIONS);
  requireInteger("evaluate", "profiles", profiles, 2);
  requireTestPart("evaluate", part);
  const task = problemOf(problem), { participants: n, goods: m } = task;
  requireMechanismFor("evaluate", task, mechanism);
  await ensureDevice();
  const key = profilesKey(task, seed, STREAMS[part]), { distribution: { sample, data } } = task;
  const sets = data ? rowSets(data, key, part, profiles) : undefined;
  const all = sets ? (sets.tested.length + sets.training.length) / (n * m) : profiles;
  const unusual = unusualResults();
  let done = 0;
  /** u0 of some profiles, and sums over them. */
  const measure = async (count: number, typesOf: (chunk: number, from: number, some: number) => Float32Array) => {
    const terms: Record<string, number> = {},
      utilities = new Float64Array(count),
      sums = { utility: 0, allocated: 0, worstGap: 0, worstRounding: undefined as number | undefined };
    for (let from = 0, chunk = 0; from < count; from += CHUNK, chunk++) {
      signal?.throwIfAborted();
      const some = Math.min(CHUNK, count - from), types = typesOf(chunk, from, some);
      const result = await mechanism.run(types);
      if (task.supply === "unit") requireSupply(task, result);
      unusual.see(result);
      const { values, means } = tf.tidy(() => {
        const outcomes = tf.tensor3d(Float32Array.from(result.outcomes), [some, n, m]);
        const payments = tf.tensor2d(Float32Array.from(result.payments), [some, n]);
        const own = tf.tensor3d(types, [some, n, m]), { principalUtility } = task;
        return {
          values: principalUtility.evaluate(tf, outcomes, payments, own),
          means: principalUtility.terms?.(tf, outcomes, payments, own) ?? {},
        };
      });
      utilities.set(await values.data(), from);
      for (const [name, term] of Object.entries(means)) {
        for (const value of await term.data()) terms[name] = (terms[name] ?? 0) + value / count;
      }
      tf.dispose([values, ...Object.values(means)]);
      for (const value of result.utilities) sums.utility += value;
      for (const value of result.outcomes) sums.allocated += value;
      for (const value of result.gaps) sums.worstGap = Math.max(sums.worstGap, value);
      for (const value of result.roundings ?? []) sums.worstRounding = largerRounding(sums.worstRounding, value);
      onProgress?.(done += some, all);
      await letEventsIn();
    }
    return { utilities, terms, ...sums };
  };
  const rowsOf = (types: Float32Array) =>
    measure(types.length / (n * m), (_, from, some) => types.subarray(from * n * m, (from + some) * n * m));

  const tested = sets
    ? await rowsOf(sets.tested)
    : await measure(profiles, (chunk, _, some) => sample(deriveKey(key, chunk), some, part));
  const seen = sets && await rowsOf(sets.training);
  const { mean, standardError, interval } = sets
    ? meanOfRows(tested.utilities, sets.draws, seen!.utilities)
    : meanOf(tested.utilities);
  const count = tested.utilities.length;
  const evaluation: Evaluation = {
    revenue: mean,
    standardError,
    interval,
    profiles: count,
    ...sets && {
      rows: sets.rows,
      trainingRows: sets.trainingRows,
      trainingRevenue: meanOf(seen!.utilities).mean,
    },
    participantsUtility: tested.utility / count,
    allocated: tested.allocated / (count * n * m),
    // A certificate of utilities that are no numbers is none.
    worstGap: unusual.notFinite ? Infinity : tested.worstGap,
    ...tested.worstRounding !== undefined && { worstRounding: tested.worstRounding },
    ...Object.keys(tested.terms).length > 0 && { terms: tested.terms },
    ...unusual.inWords() !== undefined && { unusual: unusual.inWords() },
  };
  return {
    evaluation: showing(evaluation, () => summaryOf(task, evaluation)),
    utilities: tested.utilities,
    ...sets && { ofRows: { draws: sets.draws, seen: seen!.utilities } },
  };
}

/** What the principal's utility is called: revenue where goods are sold, whatever they cost. */
export function revenueName({ principalUtility }: MechanismProblem): string {
  return isReproducibleGoods(principalUtility) ? "revenue" : "principal's utility";
}

/** The terms that a problem names, each with its mean. */
export function termRows(unit: Unit, { terms = {} }: Evaluation): Row[] {
  return Object.entries(terms).map(([name, mean]) => [name, plainAmount(unit, mean), "mean"]);
}

/** What an evaluation was made on: `120 held-out rows` of data, else `100000 profiles`. */
export function sampleInWords({ profiles, rows }: Pick<Evaluation, "profiles" | "rows">, kind = ""): string {
  return rows === undefined ? `${profiles} ${kind}profiles` : `${count(rows, "held-out row")}`;
}

/** What is to be said on data besides: how much chance leaves open, and what does not generalise. */
export function dataRows(
  unit: Unit,
  { revenue, rows, interval: [low, high], trainingRevenue, trainingRows }: Evaluation,
): Row[] {
  const plain = (value: number) => plainAmount(unit, value);
  if (rows === undefined || trainingRevenue === undefined) return [];
  const gap = trainingRevenue - revenue, moreOrLess = `${plain(Math.abs(gap))} ${gap < 0 ? "less" : "more"}`;
  return [
    ["95% interval", `${plain(low)} to ${plain(high)}`, "of the expected revenue, by the held-out rows"],
    ["training rows", plain(trainingRevenue), `${moreOrLess} on the ${trainingRows} rows for training`],
  ];
}

/** An evaluation in words, with the known optimum and the like for comparison. */
function summaryOf(problem: MechanismProblem, evaluation: Evaluation): Summary {
  const { revenue, standardError, participantsUtility, allocated, worstGap, worstRounding } = evaluation;
  const { optimum, separable, paperTedi } = referenceMechanisms(problem);
  const known = {
    ...optimum && { [optimumInWords(optimum)]: optimum.value },
    "item-wise optimum": separable,
    "TEDI in the paper": paperTedi,
  };
  return {
    title: problem.name,
    rows: [
      [
        revenueName(problem),
        `${plainAmount(problem, revenue)} \u00b1 ${amount(problem, standardError)}`,
        `mean and standard error, ${sampleInWords(evaluation)}`,
      ],
      ...termRows(problem, evaluation),
      ...dataRows(problem, evaluation),
      ...Object.entries(known).flatMap(([name, value]): Row[] =>
        value === undefined ? [] : [[name, plainAmount(problem, value), shareInWords(value, revenue)]]
      ),
      ["participants' utility", amount(problem, participantsUtility), "of all together, mean"],
      ["allocated", `${(allocated * 100).toFixed(1)}%`, "of what all participants could get, mean"],
      ["largest gap", ...gapInWords(worstGap, worstRounding, scaleOf(problem))],
      ...evaluation.unusual === undefined ? [] : [["results", "", evaluation.unusual] satisfies Row],
    ],
  };
}
