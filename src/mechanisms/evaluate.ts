/**
 * Evaluation: the principal's expected utility under a mechanism, on type profiles that training has not seen.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import { type Row, showing, type Summary } from "../display.ts";
import { InvalidInputError, requireInteger, show } from "../errors.ts";
import { requireKnownNames } from "../known_names.ts";
import type { MechanismProblem, SamplePart } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { optimumInWords, referenceMechanisms, shareInWords } from "../problems/reference_mechanisms.ts";
import { deriveKey, deriveTextKey, type RandomKey, randomKey } from "../random/key.ts";
import { ensureDevice } from "../runtime/device.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import { gapInWords, largerRounding } from "./certificate.ts";
import { type Mechanism, requireMechanismFor } from "./mechanism.ts";

/** The number of test profiles of an evaluation unless given. */
export const TEST_PROFILES = 100_000;

/** The options of an evaluation. */
export interface EvaluationOptions {
  /** The number of profiles; {@linkcode TEST_PROFILES} unless given. */
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
  /** Standard error of the mean. */
  readonly standardError: number;
  /** The number of profiles. */
  readonly profiles: number;
  /** Mean over profiles of the sum of all participants' utilities. */
  readonly participantsUtility: number;
  /** Share of (participant, good) pairs allocated, in expectation. */
  readonly allocated: number;
  /** Largest certified gap of a best response: nobody gains more by lying. Infinite where there is no certificate. */
  readonly worstGap: number;
  /**
   * What of certified gaps is a bound on rounding, at most: infinite where products may overflow, NaN where none is
   * known; undefined where the mechanism tells nothing of rounding.
   */
  readonly worstRounding?: number;
}

/** The streams of profiles, other than those of training. */
const STREAMS = { "validation": 0x7a11d, "held-out": 0x7e57 } as const;
/** Profiles that are run at a time. */
const CHUNK = 4096;

/**
 * The key of profiles: that of a seed, a stream, and the problem's name and shape, so that profiles of different problems
 * have different random numbers, and their means deviate independently.
 */
function profilesKey({ name, participants, goods }: MechanismProblem, seed: number, stream: number): RandomKey {
  return deriveTextKey(deriveKey(randomKey(seed), stream, participants, goods), name);
}

/**
 * Estimates the principal's expected utility, the objective of equation (1), on fresh type profiles from F, and reports
 * the largest certified gap of the best responses. Opens a device where none is open, for the principal's utility.
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
  const { profiles = TEST_PROFILES, seed = 0, part = "held-out", onProgress, signal } = options;
  requireKnownNames("evaluate", "an option", options, OPTIONS);
  requireInteger("evaluate", "profiles", profiles, 2);
  if (!Object.hasOwn(STREAMS, part)) {
    const parts = Object.keys(STREAMS).join(" or ");
    throw new InvalidInputError(`Cannot evaluate: part must be ${parts}, got ${show(part)}`);
  }
  const task = problemOf(problem), { participants: n, goods: m } = task;
  requireMechanismFor("evaluate", task, mechanism);
  await ensureDevice();
  const key = profilesKey(task, seed, STREAMS[part]);
  let sum = 0, squares = 0, utility = 0, allocated = 0, worstGap = 0, worstRounding: number | undefined;
  for (let done = 0, chunk = 0; done < profiles; chunk++) {
    signal?.throwIfAborted();
    const count = Math.min(CHUNK, profiles - done);
    const types = task.distribution.sample(deriveKey(key, chunk), count, part);
    const result = await mechanism.run(types);
    const values = tf.tidy(() =>
      task.principalUtility.evaluate(
        tf,
        tf.tensor3d(Float32Array.from(result.outcomes), [count, n, m]),
        tf.tensor2d(Float32Array.from(result.payments), [count, n]),
        tf.tensor3d(types, [count, n, m]),
      )
    );
    for (const value of await values.data()) sum += value, squares += value * value;
    values.dispose();
    for (const value of result.utilities) utility += value;
    for (const value of result.outcomes) allocated += value;
    for (const value of result.gaps) worstGap = Math.max(worstGap, value);
    for (const value of result.roundings ?? []) worstRounding = largerRounding(worstRounding, value);
    done += count;
    onProgress?.(done, profiles);
    await letEventsIn();
  }
  const revenue = sum / profiles;
  const variance = Math.max(0, squares / profiles - revenue ** 2) * profiles / (profiles - 1);
  const evaluation: Evaluation = {
    revenue,
    standardError: Math.sqrt(variance / profiles),
    profiles,
    participantsUtility: utility / profiles,
    allocated: allocated / (profiles * n * m),
    worstGap,
    ...worstRounding !== undefined && { worstRounding },
  };
  return showing(evaluation, () => summaryOf(task, evaluation));
}

/** An evaluation in words, with the known optimum and the like for comparison. */
function summaryOf(problem: MechanismProblem, evaluation: Evaluation): Summary {
  const { revenue, standardError, profiles, participantsUtility, allocated, worstGap, worstRounding } = evaluation;
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
        "revenue",
        `${revenue.toFixed(4)} \u00b1 ${standardError.toFixed(4)}`,
        `mean and standard error, ${profiles} profiles`,
      ],
      ...Object.entries(known).flatMap(([name, value]): Row[] =>
        value === undefined ? [] : [[name, value.toFixed(4), shareInWords(value, revenue)]]
      ),
      ["participants' utility", participantsUtility.toFixed(4), "of all together, mean"],
      ["allocated", `${(allocated * 100).toFixed(1)}%`, "of what all participants could get, mean"],
      ["largest gap", ...gapInWords(worstGap, worstRounding)],
    ],
  };
}
