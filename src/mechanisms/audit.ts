/**
 * Audits: checks of what a mechanism promises, for any mechanism from types to outcomes and payments, however it was
 * made.
 *
 * @module
 */
import { type Row, short, showing, type Summary } from "../display.ts";
import { requireInteger, requireNumber } from "../errors.ts";
import { requireKnownNames } from "../known_names.ts";
import { amount, plainAmount } from "../problems/amounts.ts";
import { isAffineMaximizer } from "./affine_maximizer.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { dividedProblem, scaleOf } from "../problems/scaled.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { allocationsCost, checkAllocations } from "./audit/allocations.ts";
import { budget } from "./audit/budget.ts";
import { AUDIT_CHECKS, type AuditCheck, type AuditCheckName, type Tally, tally } from "./audit/check.ts";
import { directedCost, searchDirected } from "./audit/directed.ts";
import { searchCost, searchMisreports } from "./audit/misreports.ts";
import { observed } from "./audit/observed.ts";
import { checkInUnit, dividedMechanism } from "./audit/in_units.ts";
import { checkPrices, type PricedMechanism } from "./audit/prices.ts";
import { checkBackends, checkExact } from "./audit/responses.ts";
import { type SharedMenu, sharedMenu } from "./audit/shared_menu.ts";
import { CHECK_WORDS, unseenInWords } from "./audit/words.ts";
import { gapInWords } from "./certificate.ts";
import { evaluate, revenueName } from "./evaluate.ts";
import { flatTypes, type Mechanism, requireMechanismFor } from "./mechanism.ts";
import type { MenuMechanism } from "./menu_mechanism.ts";

/** The largest violation that passes, by check. */
export type AuditBounds = Readonly<Record<AuditCheckName, number>>;

/**
 * The bounds of an audit unless others are given: 1e-6 of the largest value of a good, for all checks but certificates,
 * which nothing may beat.
 */
export const defaultBounds: AuditBounds = Object.fromEntries(
  AUDIT_CHECKS.map((name) => [name, name === "certificates" ? 0 : 1e-6]),
) as unknown as AuditBounds;

/** The options of an audit. */
export interface AuditOptions {
  /** Type profiles at which misreports are searched for, and prices and responses checked; 300 unless given. */
  readonly profiles?: number;
  /** Misreports that are tried for each participant of each profile; 300 unless given. */
  readonly misreports?: number;
  /** Best responses that are compared with linear programs; 100 unless given. */
  readonly exact?: number;
  /** Fresh profiles for the revenue, on which feasibility and the like are checked, too; 20,000 unless given. */
  readonly revenueProfiles?: number;
  /** The seed of profiles and misreports; 0 unless given. */
  readonly seed?: number;
  /**
   * Seconds that the audit may take, about; 60 unless given. A mechanism that is too slow for the sizes is checked on
   * fewer profiles, with fewer misreports, and what was left out is in the report.
   */
  readonly timeLimit?: number;
  /** Largest violations that pass, in the units of types; {@linkcode defaultBounds} where not given. */
  readonly bounds?: Partial<AuditBounds>;
  /** Called with the number of profiles run so far, and about that of all. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Stops the audit with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The sizes of an audit of some seconds, for a mechanism of a few goods. */
export const defaultAudit: Required<Omit<AuditOptions, "bounds" | "onProgress" | "signal">> = {
  ...{ profiles: 300, misreports: 300, exact: 100, revenueProfiles: 20_000, seed: 0, timeLimit: 60 },
};

/** What an audit found. */
export interface AuditReport {
  /** Whether all checks passed. */
  readonly passed: boolean;
  /** The checks that apply to the mechanism. */
  readonly checks: readonly AuditCheck[];
  /** The checks that do not, and why. */
  readonly skipped: readonly { readonly name: AuditCheckName; readonly reason: string }[];
  /** What the time limit, or what else, left out of the checks; empty where all was checked. */
  readonly leftOut: readonly string[];
  /** The principal's expected utility on fresh profiles. */
  readonly revenue: AuditedRevenue;
  /** The sizes and the seed of this audit. */
  readonly options: typeof defaultAudit;
}

/** The principal's expected utility, with a confidence interval. */
export interface AuditedRevenue {
  /** The mean. */
  readonly mean: number;
  /** Its standard error. */
  readonly standardError: number;
  /** The 95% confidence interval of the expected value. */
  readonly interval: readonly [number, number];
  /** The number of profiles. */
  readonly profiles: number;
  /** On data: the number of held-out rows that they are made of, each counted as often as any other. */
  readonly rows?: number;
}

/** Streams of random numbers, other than those of training and evaluation. */
const AUDIT_STREAM = 0xa0d17, PROFILES = 0, MISREPORTS = 1, ALLOCATIONS = 2, PRICES = 3, DIRECTED = 4;
/** What dividing types may do to a utility, for each good, where types are 1 at most. */
const DIVIDED_TYPES = 2 ** -21;
/** As many misreports of each participant are tried before fewer profiles are, where time is short. */
const LEAST_MISREPORTS = 30;
/** As many times more profiles are searched for rare lies, each with fewer misreports. */
const RARE = 3;
/** The number of profiles with extreme types: all types 0, all types 1, then 0 and 1 at random. */
const EXTREMES = 8;

/**
 * Audits a mechanism: checks whether it is truthful and individually rational (Definition 2.3), whether payments
 * without a purchase, outcomes outside of [0, 1] and allocations that fall as values rise occur, and estimates the
 * revenue on fresh profiles. For a menu mechanism it also compares best responses with linear programs and with other
 * implementations, and checks that prices are convex.
 *
 * What lies gain is searched for, which finds a lower bound: larger gains may exist. For a menu mechanism
 * `bestResponseGap` is an upper bound, since a lie only chooses another outcome from the same menu.
 *
 * @example
 * ```ts
 * import { audit, type Mechanism, settingProblem } from "@tedi/toolkit";
 * import { assertEquals } from "@std/assert";
 *
 * // Whoever bids above 0 gets the good, and pays the bid: a lie pays.
 * const payYourBid: Mechanism = {
 *   participants: 1,
 *   goods: 1,
 *   run: (types) => {
 *     const payments = Float64Array.from(types as Float32Array), nothing = payments.map(() => 0);
 *     const outcomes = payments.map((bid) => bid > 0 ? 1 : 0);
 *     return Promise.resolve({ profiles: payments.length, outcomes, payments, utilities: nothing, gaps: nothing });
 *   },
 * };
 * const sizes = { profiles: 20, misreports: 50, revenueProfiles: 100 };
 * const { passed, checks } = await audit(settingProblem("U-1-1"), payYourBid, sizes);
 * assertEquals([passed, checks[0].name, checks[0].passed], [false, "incentiveCompatibility", false]);
 * ```
 *
 * @param problem A problem, or the name of a setting.
 * @param mechanism Any mechanism. One with `prices`, or with all of a menu mechanism, is checked in more ways.
 * @throws {InvalidInputError} where n or m of the mechanism and the problem differ, where the mechanism returns arrays
 * of wrong lengths, and where an option is out of range.
 */
export async function audit(
  problem: MechanismProblem | string,
  mechanism: Mechanism,
  options: AuditOptions = {},
): Promise<AuditReport> {
  requireKnownNames("audit", "an option", options, [...Object.keys(defaultAudit), "bounds", "onProgress", "signal"]);
  const bounds = completeBounds(options.bounds), sizes = completeSizes(options), { signal, onProgress } = options;
  const { profiles: wanted, exact, seed, timeLimit } = sizes, asked = problemOf(problem), start = performance.now();
  requireMechanismFor("audit", asked, mechanism);
  const scale = scaleOf(asked);
  if (scale !== 1) {
    // Types are 32-bit floats, and are divided and multiplied again.
    const certificates = DIVIDED_TYPES * asked.goods * scale;
    const inScale = Object.fromEntries(
      Object.entries({ certificates, ...options.bounds }).map((
        [name, bound],
      ) => [name, name === "feasibility" ? bound : bound / scale]),
    );
    const found = await audit(dividedProblem(asked, scale), dividedMechanism(mechanism, scale), {
      ...options,
      bounds: inScale,
    });
    const report = {
      ...found,
      checks: found.checks.map((check) => checkInUnit(check, scale)),
      revenue: revenueInUnit(found.revenue, scale),
    };
    return showing(report, () => summaryOf(asked, report));
  }
  const task = asked, { participants: n, goods: m } = task;
  const menu = isMenu(mechanism) ? mechanism : undefined;
  const tallies = Object.fromEntries(AUDIT_CHECKS.map((name) => [name, tally(name, bounds[name])])) as Record<
    AuditCheckName,
    Tally
  >;
  const key = deriveKey(randomKey(seed), AUDIT_STREAM);
  const drawn = task.distribution.sample(deriveKey(key, PROFILES), wanted, "held-out");
  const limit = budget(timeLimit, await secondsOf(mechanism, drawn, n * m, signal), start);
  // A mechanism that is slow: fewer misreports first, then fewer profiles.
  const least = Math.min(sizes.misreports, LEAST_MISREPORTS);
  const profiles = limit.afford("search", wanted, least, "profiles");
  const misreports = limit.afford("search", sizes.misreports, profiles * n, "misreports of each participant");
  const types = drawn.subarray(0, profiles * n * m), some = (count: number) => types.subarray(0, count * n * m);
  const revenueProfiles = sizes.revenueProfiles;

  const all = EXTREMES + RARE * profiles * directedCost(n) + profiles + searchCost(profiles, n, misreports) +
    allocationsCost(profiles, n) +
    revenueProfiles + (menu ? profiles + Math.ceil(exact / n) : 0);
  let done = 0;
  const watched = observed(
    mechanism,
    { ...tallies, bestResponseGap: menu || isAffineMaximizer(mechanism) ? tallies.bestResponseGap : undefined },
    (count) => onProgress?.(Math.min(all, done += count), all),
    signal,
    task.supply === "unit",
  );

  await watched.run(extremeProfiles(n * m, deriveKey(key, PROFILES, 1)));
  const beyond = menu && tallies.certificates, late = () => limit.late("search");
  await searchMisreports(
    watched,
    { types, misreports, key: deriveKey(key, MISREPORTS), late, beyond },
    tallies.incentiveCompatibility,
  );
  const rare = limit.afford("directed", RARE * profiles, directedCost(n), "profiles of the search for rare lies");
  const shared = n === 1 ? sharedMenu(m, tallies.incentiveCompatibility) : undefined;
  const { sample } = task.distribution;
  const searched = await searchDirected(watched, {
    sample: (key, count) => sample(key, count, "held-out"),
    ...{ profiles: rare, further: misreports, key: deriveKey(key, DIRECTED), late: () => limit.late("directed") },
    ...{ beyond, menu: shared },
  }, tallies.incentiveCompatibility);
  const lines = some(limit.afford("allocations", profiles, 5 * n, "profiles of the check of monotone allocations"));
  await checkAllocations(watched, lines, deriveKey(key, ALLOCATIONS), tallies.monotoneAllocations);
  if (hasPrices(mechanism)) {
    const priced = some(limit.afford("prices", profiles, 4, "profiles of the check of prices"));
    // The menu that an affine maximizer amounts to may charge for nothing, where its boost pays for handing out.
    const { convexPrices, noBuyNoPay } = tallies, once = isAffineMaximizer(mechanism);
    const ofPrices = once ? { convexPrices } : { convexPrices, noBuyNoPay };
    await checkPrices(mechanism, priced, deriveKey(key, PRICES), ofPrices, signal);
  }
  const remarks: Partial<Record<AuditCheckName, string>> = {};
  if (menu) {
    const solved = some(Math.min(profiles, Math.ceil(exact / n)));
    if (exact > 0) {
      const { exactBestResponse, certificates } = tallies;
      remarks.exactBestResponse = await checkExact(
        ...[menu, watched, solved, exactBestResponse, certificates, limit, signal] as const,
      );
    }
    const compared = some(limit.afford("backends", profiles, 16, "profiles of the comparison of implementations"));
    remarks.backends = await checkBackends(menu, watched, compared, tallies.backends);
    if (!tallies.certificates.check().passed) remarks.certificates = "a certificate is wrong: report this";
    const { worst, passed } = tallies.bestResponseGap.check();
    if (!passed) remarks.bestResponseGap = gapInWords(worst, watched.worstRounding(), 1)[1];
  }

  const { distribution } = task;
  const fresh: MechanismProblem = {
    ...task,
    supply: undefined, // what is sold too often is a finding here, and no reason to stop
    distribution: {
      ...distribution,
      sample: (key, count, part) => distribution.sample(deriveKey(key, AUDIT_STREAM), count, part),
    },
  };
  const few = Math.max(2, limit.afford("revenue", revenueProfiles, 1, "profiles for the revenue"));
  const { revenue, standardError, interval, profiles: evaluated, rows } = await evaluate(
    fresh,
    shared ? seenBy(shared, watched) : watched,
    {
      profiles: few,
      seed,
      signal,
    },
  );
  onProgress?.(all, all);

  const unusual = watched.unusual();
  if (unusual !== undefined) remarks.feasibility = unusual;
  // Rows of data are not drawn independently for the revenue: each counts once.
  const honest = profiles + searched + (distribution.data ? 0 : evaluated);
  const independent: Partial<Record<AuditCheckName, number>> = {
    incentiveCompatibility: profiles + searched + (shared && !distribution.data ? evaluated : 0),
    ...{ individualRationality: honest, noBuyNoPay: honest, feasibility: honest },
  };
  const found = AUDIT_CHECKS.map((name) => tallies[name].check(remarks[name], independent[name]));
  const checks = found.filter(({ cases }) => cases > 0);
  const report: AuditReport = {
    passed: checks.every(({ passed }) => passed),
    checks,
    skipped: found.filter((one) => !checks.includes(one)).map(({ name }) => ({ name, reason: REASONS[name] ?? "" })),
    revenue: {
      mean: revenue,
      standardError,
      interval,
      profiles: evaluated,
      ...rows !== undefined && { rows },
    },
    leftOut: limit.leftOut,
    options: sizes,
  };
  return showing(report, () => summaryOf(task, report));
}

/** A mechanism whose results a shared menu sees. */
function seenBy(shared: SharedMenu, mechanism: Mechanism): Mechanism {
  const { goods: m } = mechanism;
  return {
    ...mechanism,
    async run(reported) {
      const result = await mechanism.run(reported), types = flatTypes(reported, 1, m);
      result.payments.forEach((_, row, payments) => shared.see(types, result.outcomes, payments, row));
      return result;
    },
  };
}

/** A revenue in a unit that is `by` times as small. */
function revenueInUnit({ mean, standardError, interval, ...rest }: AuditedRevenue, by: number): AuditedRevenue {
  const [low, high] = interval;
  return { ...rest, mean: mean * by, standardError: standardError * by, interval: [low * by, high * by] };
}

/** A report in words. */
function summaryOf(problem: MechanismProblem, { passed, checks, skipped, leftOut, revenue }: AuditReport): Summary {
  const failed = checks.filter((check) => !check.passed).length, [low, high] = revenue.interval;
  const unseen = unseenInWords(checks);
  const plain = (value: number) => plainAmount(problem, value);
  return {
    title: `${problem.name}: ${
      passed ? `all ${checks.length} checks passed` : `${failed} of ${checks.length} checks failed`
    }`,
    rows: [
      ...checks.map(({ name, passed, worst, bound, cases, remark }): Row => {
        const [title, violation] = CHECK_WORDS[name],
          most = bound > 0 && bound < 1e-3 ? bound.toExponential() : short(bound);
        const amount = `${worst === 0 ? 0 : worst.toExponential(1)} of ${most}`;
        const what = [violation, `${cases} cases`, ...remark === undefined ? [] : [remark]].join("; ");
        return [title, `${passed ? "passed" : "FAILED"}, ${amount}`, what];
      }),
      ...skipped.map(({ name, reason }): Row => [CHECK_WORDS[name][0], "not checked", reason]),
      ...leftOut.map((what): Row => ["not checked", "", what]),
      ...unseen ? [["rare violations", ...unseen] satisfies Row] : [],
      [revenueName(problem), plain(revenue.mean), `95% confidence: ${plain(low)} to ${amount(problem, high)}`],
    ],
  };
}

/** Why a check may have no cases. */
const REASONS: Partial<Record<AuditCheckName, string>> = {
  bestResponseGap: "the mechanism has no certificates",
  certificates: "the mechanism has no certificates of best responses",
  exactBestResponse: "the mechanism has no menu that is a linear program, or no programs were to be solved",
  convexPrices: "the mechanism tells no prices",
  backends: "the mechanism has no menu of convex prices",
  incentiveCompatibility: "no misreport led to an outcome and a payment that are numbers",
};

/** About how long a profile takes to run, in seconds: the least of a few runs of 1 or 16 profiles. */
async function secondsOf(
  mechanism: Mechanism,
  types: Float32Array,
  size: number,
  signal?: AbortSignal,
): Promise<number> {
  const run = async (from: number, to: number) => {
    signal?.throwIfAborted();
    const start = performance.now(), part = types.subarray(from * size, to * size);
    if (part.length > 0) await mechanism.run(part);
    return (performance.now() - start) / 1000 / Math.max(1, part.length / size);
  };
  let least = await run(0, 1); // with what is made once
  // The least of a few, as other work on the machine may get in between.
  for (let k = 1, start = performance.now(); k < 5 && performance.now() - start < 1000 && least < 5; k++) {
    const some = least > 0.03 ? 1 : 16, from = k % Math.floor(types.length / size);
    least = Math.min(least, await run(from, from + some));
  }
  return least;
}

function isMenu(mechanism: Mechanism): mechanism is MenuMechanism {
  return hasPrices(mechanism) && "rules" in mechanism && "parameters" in mechanism;
}

function hasPrices(mechanism: Mechanism): mechanism is PricedMechanism {
  return "prices" in mechanism && typeof mechanism.prices === "function";
}

function completeSizes(given: AuditOptions): typeof defaultAudit {
  const {
    profiles = defaultAudit.profiles,
    misreports = defaultAudit.misreports,
    exact = defaultAudit.exact,
    revenueProfiles = defaultAudit.revenueProfiles,
    seed = defaultAudit.seed,
    timeLimit = defaultAudit.timeLimit,
  } = given;
  requireInteger("audit", "profiles", profiles, 1);
  requireInteger("audit", "misreports", misreports, 1);
  requireInteger("audit", "exact", exact, 0);
  requireInteger("audit", "revenueProfiles", revenueProfiles, 2);
  requireNumber("audit", "timeLimit", timeLimit, 1);
  return { profiles, misreports, exact, revenueProfiles, seed, timeLimit };
}

function completeBounds(given: Partial<AuditBounds> = {}): AuditBounds {
  requireKnownNames("audit", "a name in bounds", given, AUDIT_CHECKS);
  for (const [name, value] of Object.entries(given)) {
    requireNumber("audit", `bounds.${name}`, value, 0);
  }
  return { ...defaultBounds, ...given };
}

/** Profiles `[EXTREMES, n, m]` with types of 0 and 1 only. */
function extremeProfiles(size: number, key: ReturnType<typeof randomKey>): Float32Array {
  const types = uniforms(key, EXTREMES * size).map(Math.round) as Float32Array;
  return types.fill(0, 0, size).fill(1, size, 2 * size);
}
