/**
 * The data of a report: the metrics of training runs, and what their mechanisms do.
 *
 * @module
 */
import type { Comparison } from "../baselines/compared_with_best.ts";
import type { ReferenceUtility } from "../baselines/reference_utilities.ts";
import { underPresentNames } from "../former_names.ts";
import { InvalidInputError, show } from "../errors.ts";
import { parseObject } from "../io/json.ts";
import { readTextIfThere } from "../io/read.ts";
import type { AuditReport } from "../mechanisms/audit.ts";
import type { Evaluation } from "../mechanisms/evaluate.ts";
import { type MeasuredPriceList, measuredPriceList } from "../mechanisms/measured_price_list.ts";
import type { MechanismResult } from "../mechanisms/mechanism.ts";
import type { PricedMechanism } from "../mechanisms/audit/prices.ts";
import { goodName, PLAIN_UNITS } from "../mechanisms/units.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, randomKey } from "../random/key.ts";

/** The metrics of one iteration that a report shows, where they were recorded. */
export interface Metrics {
  readonly iteration: number;
  readonly softRevenue?: number;
  readonly relativeChainSuboptimality?: number;
  readonly beta?: number;
  readonly gradientNorm?: number;
  readonly milliseconds?: number;
  readonly validationRevenue?: number;
  readonly trainingRevenue?: number;
  /** After which iteration the mechanism was that would be kept now. */
  readonly keptIteration?: number;
}

/** A training run, which may be under way. */
export interface StartedRun {
  /** What it is called; no two runs of a report share it. */
  readonly name: string;
  readonly problem: MechanismProblem;
  /** The version of the package that began it. */
  readonly version: string;
  /** The command line that does it again. */
  readonly command: string;
  /** Where it was trained. */
  readonly device: string;
  /** Everything that training depends on, by name. */
  readonly options: Readonly<Record<string, string>>;
  /** The metrics of all iterations so far, in order. */
  readonly metrics: readonly Metrics[];
  /** Seconds of training, where recorded. */
  readonly seconds?: number;
}

/** A training run that is done, as a report shows it. */
export interface ReportedRun extends StartedRun {
  readonly evaluation: Evaluation;
  readonly mechanism: MechanismView;
  /** What simple mechanisms earn on the same test profiles. */
  readonly references?: readonly ReferenceUtility[];
  /** How it compares with the best of them. */
  readonly comparison?: Comparison;
  /** What is not as one expects, as sentences without their full stops. */
  readonly remarks?: readonly string[];
  readonly audit?: AuditReport;
}

/** A function of two numbers in [0, largest] on a grid: `values[row * size + column]`, columns along x. */
export interface Grid {
  readonly size: number;
  /** 1 for outcomes, and the largest type for types. */
  readonly largest: number;
  readonly values: Float64Array;
}

/** What a mechanism asks for and hands out while the others' types stay as they are. */
export interface ContextView {
  /** The value of every good to all others; undefined where there are none. */
  readonly others?: number;
  /** The value of every good but the first two: {@linkcode LEVEL} of the largest. */
  readonly level: number;
  /** The names of the first two goods, such as `good 1`. */
  readonly goods: readonly string[];
  /** The price of outcomes: of (x_1, x_2) and nothing else, or of x_1 where there is one good (a single row). */
  readonly prices: Grid;
  /** The probability of the first good by the type (t_1, t_2), with {@linkcode LEVEL} for every further good. */
  readonly firstGood: Grid;
  /** The probability of the second good; undefined where there is one good. */
  readonly secondGood?: Grid;
  /** The payment. */
  readonly payments: Grid;
}

/** A kind of outcome that is taken: how much of the first and of the second half of the goods, for how much. */
export interface OutcomePoint {
  readonly x: number;
  readonly y: number;
  /** The mean payment. */
  readonly price: number;
  /** The share of participants who take it. */
  readonly share: number;
}

/** What a report shows of a mechanism. */
export interface MechanismView {
  readonly contexts: readonly (ContextView & { readonly priceList: MeasuredPriceList })[];
  /** How many held-out profiles all that follows is about: on data all of its held-out rows, and none twice. */
  readonly profiles: number;
  /** Of every good: the share of profiles in which somebody gets it with a probability of 1/2 or more. */
  readonly sold: readonly number[];
  /** Of every good: the mean probability that a participant gets it. */
  readonly received: readonly number[];
  /** The payment of every participant of every profile. */
  readonly payments: Float64Array;
  /** The utility of every participant of every profile. */
  readonly utilities: Float64Array;
  /** The outcomes that are taken, where there are three goods or more. */
  readonly outcomes: readonly OutcomePoint[];
}

/** The value of goods that a view holds fixed, as a share of the largest. */
export const LEVEL = 0.5;
/** The values of all goods to the others, as shares of the largest, for which the mechanism of several participants is shown. */
const CONTEXTS = [0.2, 0.5, 0.8];
/** The side of grids. */
const SIDE = 31;
/** Held-out profiles for distributions, at most. */
const PROFILES = 4096;
/** The stream of these profiles, apart from those of training, evaluation and audits. */
const REPORT_STREAM = 0x4e907;

/** A number of `metrics.jsonl`, or undefined where it is not recorded. NaN and infinities are null in JSON. */
function recorded(record: Record<string, unknown>, name: string, where: string): number | undefined {
  const value = record[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new InvalidInputError(`Cannot read ${where}: ${name} must be a finite number or null, got ${show(value)}`);
  }
  return value;
}

/**
 * The metrics in the text of a `metrics.jsonl`. A last line without a line break is one that is still being written, or
 * one that a crash cut, and does not count.
 *
 * @param path Names the file in messages.
 * @param profiles How many profiles an iteration trains on, for the time that it took.
 * @throws {InvalidInputError} naming the first line that is not one that training writes.
 */
export function parseMetrics(text: string, path: string, profiles: number): { metrics: Metrics[]; seconds?: number } {
  const metrics: Metrics[] = [];
  let seconds: number | undefined;
  text.split("\n").slice(0, -1).forEach((line, k) => {
    const where = `${path}, line ${k + 1}`, record = parseObject(line);
    if (!record) throw new InvalidInputError(`Cannot read ${where}: it must be a JSON object, got ${show(line)}`);
    const fields = underPresentNames(record), { iteration } = fields;
    if (!Number.isSafeInteger(iteration) || (iteration as number) < 0) {
      throw new InvalidInputError(
        `Cannot read ${where}: iteration must be a non-negative integer, got ${show(iteration)}`,
      );
    }
    const number = (name: string) => recorded(fields, name, where), perSecond = number("profilesPerSecond");
    seconds = number("seconds") ?? seconds;
    metrics.push({
      iteration: iteration as number,
      softRevenue: number("softRevenue"),
      relativeChainSuboptimality: number("relativeChainSuboptimality"),
      beta: number("beta"),
      gradientNorm: number("gradientNorm"),
      validationRevenue: number("validationRevenue"),
      trainingRevenue: number("trainingRevenue"),
      keptIteration: number("keptIteration"),
      milliseconds: perSecond === undefined || perSecond <= 0 ? undefined : profiles / perSecond * 1000,
    });
  });
  return { metrics, seconds };
}

/**
 * Reads `metrics.jsonl` of a run folder; a folder without one has no metrics.
 *
 * @throws {InvalidInputError} as {@linkcode parseMetrics} does.
 * @throws {MachineError} if it cannot be read.
 */
export async function readMetrics(
  folder: string,
  profiles: number,
): Promise<{ metrics: Metrics[]; seconds?: number }> {
  const path = `${folder}/metrics.jsonl`;
  return parseMetrics(await readTextIfThere(path) ?? "", path, profiles);
}

/**
 * Looks at a mechanism: slices of prices and allocations, and what happens on held-out profiles.
 *
 * @param seed The seed of these profiles.
 */
export async function viewMechanism(
  problem: MechanismProblem,
  mechanism: PricedMechanism,
  options: { readonly seed: number; readonly profiles: number },
): Promise<MechanismView> {
  const { participants: n, goods: m, distribution } = problem, most = Math.min(PROFILES, options.profiles);
  const contexts: MechanismView["contexts"][number][] = [], { seed } = options;
  const { largest } = mechanism.units ?? PLAIN_UNITS;
  for (const share of n > 1 ? CONTEXTS : [undefined]) {
    const value = share === undefined ? undefined : share * largest, count = Math.ceil(most / n);
    const others = value === undefined ? [] : new Array(n - 1).fill(new Array(m).fill(value));
    const priceList = await measuredPriceList(problem, mechanism, { others, choosing: count, profiles: count, seed });
    contexts.push({ ...await viewContext(mechanism, value), priceList });
  }

  const key = deriveKey(randomKey(options.seed), REPORT_STREAM);
  const types = distribution.data?.profiles(key, "held-out", most) ?? distribution.sample(key, most, "held-out");
  const result = await mechanism.run(types), profiles = types.length / (n * m);
  const sold = new Array<number>(m).fill(0), received = new Array<number>(m).fill(0);
  for (let b = 0; b < profiles; b++) {
    for (let j = 0; j < m; j++) {
      let most = 0;
      for (let i = 0; i < n; i++) {
        const x = result.outcomes[(b * n + i) * m + j];
        most = Math.max(most, x);
        received[j] += x / (profiles * n);
      }
      if (most >= 0.5) sold[j] += 1 / profiles;
    }
  }
  const { payments, utilities } = result;
  return { contexts, profiles, sold, received, payments, utilities, outcomes: outcomePoints(result, m) };
}

/** Prices, allocations and payments of the first participant, where all others value every good at `others`. */
export async function viewContext(mechanism: PricedMechanism, others?: number): Promise<ContextView> {
  const { participants: n, goods: m, units = PLAIN_UNITS } = mechanism, { largest } = units;
  const rows = m > 1 ? SIDE : 1, count = rows * SIDE, level = LEVEL * largest;
  const at = (k: number) => [k % SIDE / (SIDE - 1), Math.floor(k / SIDE) / (SIDE - 1)];
  const grid = (most: number, values: (k: number) => number): Grid => ({
    size: SIDE,
    largest: most,
    values: Float64Array.from({ length: count }, (_, k) => values(k)),
  });

  const profile = new Float32Array(n * m).fill(others ?? level), outcomes = new Float64Array(n * count * m);
  const types = new Float32Array(count * n * m).fill(others ?? level);
  for (let k = 0; k < count; k++) {
    types.fill(level, k * n * m, k * n * m + m);
    at(k).slice(0, m).forEach((value, j) => {
      outcomes[k * m + j] = value; // of the first participant; the others are asked for the price of nothing
      types[k * n * m + j] = value * largest;
    });
  }
  const prices = await mechanism.prices(profile, outcomes), result = await mechanism.run(types);
  return {
    others,
    level,
    goods: [0, 1].slice(0, m).map((j) => goodName(units, j)),
    prices: grid(1, (k) => prices[k]),
    firstGood: grid(largest, (k) => result.outcomes[k * n * m]),
    ...m > 1 && { secondGood: grid(largest, (k) => result.outcomes[k * n * m + 1]) },
    payments: grid(largest, (k) => result.payments[k * n]),
  };
}

/** The outcomes that participants take, rounded to 50ths. */
function outcomePoints({ outcomes, payments }: MechanismResult, m: number): OutcomePoint[] {
  if (m < 3) return [];
  const first = Math.ceil(m / 2), seen = new Map<string, { x: number; y: number; paid: number; count: number }>();
  const round = (value: number) => Math.round(value * 50) / 50;
  payments.forEach((payment, row) => {
    let x = 0, y = 0;
    for (let j = 0; j < m; j++) {
      const part = outcomes[row * m + j];
      if (j < first) x += part / first;
      else y += part / (m - first);
    }
    x = round(x), y = round(y);
    const key = `${x} ${y}`, point = seen.get(key) ?? { x, y, paid: 0, count: 0 };
    seen.set(key, { x, y, paid: point.paid + payment, count: point.count + 1 });
  });
  return Array.from(seen.values(), ({ x, y, paid, count }) => (
    { x, y, price: paid / count, share: count / payments.length }
  ));
}
