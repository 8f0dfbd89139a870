/**
 * A search for rare lies: those that pay at few types only, in a corner, at a tie, or at a boundary between outcomes.
 * Each participant of each profile has few reports, which are chosen for this, at many profiles. Every report is a type
 * that somebody could have, and so all are compared with all: whoever has the one could have reported the other.
 *
 * Reports are those of `reports.ts`, and points that halve a segment again and again, until the floats next to each other
 * are left between which outcomes or payments change. Values of such points are tried for other participants, too.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import type { Mechanism, MechanismResult } from "../mechanism.ts";
import { nested, ownRounding, type Tally } from "./check.ts";
import { climb, climbedTo, type Climber, FIRST_STEP, gainsAt } from "./climb.ts";
import {
  ALL_LOW,
  AXIS_HIGH,
  AXIS_LOW,
  changeProfile,
  CORNER,
  type Draws,
  FIRST_DRAWN,
  FROM_DISTRIBUTION,
  REPORTS,
  reportsOf,
} from "./reports.ts";
import type { SharedMenu } from "./shared_menu.ts";

/** What to search. */
export interface DirectedSearch {
  /** Draws type profiles `[count, n, m]`, in [0, 1]. */
  readonly sample: (key: RandomKey, count: number) => Float32Array;
  /** How many profiles are drawn. A third as many more are changed to have ties and the like. */
  readonly profiles: number;
  /** Misreports of those with the largest gains that are tried further. */
  readonly further: number;
  readonly key: RandomKey;
  /** Whether time is over: the search ends with what it has. */
  readonly late: () => boolean;
  /** Collects by how much gains are above certified gaps; left out where there are no certificates. */
  readonly beyond?: Tally;
  /** Where there is one participant, the menu that all profiles share. */
  readonly menu?: SharedMenu;
}

/** Every so many profiles one is changed. */
const CHANGED = 4;
/** Times that a segment is halved: to neighbouring 32-bit floats, unless these are close to 0. */
const HALVINGS = 28;
/** All points of a participant. */
const POINTS = REPORTS + HALVINGS;
/** About how many reports are run at a time. */
const AT_A_TIME = 16_384;
/** The number of participants that climb further at the end. */
const FINALISTS = 16;
/** The number of values of a good that are kept as kinks. */
const KINKS = 64;

/** About how many profiles are run for each that is drawn. */
export function directedCost(participants: number): number {
  return (1 + 1 / (CHANGED - 1)) * participants * POINTS;
}

/** A lie that pays. */
interface Lie {
  /** The true types `[n, m]`, the participant, what it reports, and what that gains. */
  readonly profile: Float32Array;
  readonly participant: number;
  readonly report: Float32Array;
  readonly gain: number;
}

/**
 * Searches for rare lies, and raises a tally to the largest gain.
 *
 * @returns The number of independent profiles that were searched.
 */
export async function searchDirected(mechanism: Mechanism, search: DirectedSearch, found: Tally): Promise<number> {
  const { participants: n, goods: m } = mechanism, { sample, profiles, key, late, beyond, menu } = search, size = n * m;
  const chunk = Math.max(CHANGED, CHANGED * Math.floor(AT_A_TIME / (CHANGED * n * REPORTS)));
  const all = profiles + Math.floor(profiles / (CHANGED - 1)), kinks: number[][] = Array.from({ length: m }, () => []);
  const lies: Lie[] = [];
  let independent = 0;

  for (let from = 0, turn = 0; from < all && !(from > 0 && late()); from += chunk) {
    const count = Math.min(chunk, all - from), rows = count * n, part = deriveKey(key, from);
    const next = draws(deriveKey(part, 2)), types = sample(deriveKey(part, 0), count);
    for (let k = CHANGED - 1; k < count; k += CHANGED) {
      changeProfile(types.subarray(k * size, (k + 1) * size), m, (from + k - CHANGED + 1) / CHANGED, kinks, next);
    }
    const drawn = sample(deriveKey(part, 1), count * FROM_DISTRIBUTION), own = new Float32Array(FROM_DISTRIBUTION * m);
    const points = new Float32Array(rows * POINTS * m), outcomes = new Float64Array(rows * POINTS * m);
    const payments = new Float64Array(rows * POINTS), gaps = new Float64Array(rows * POINTS);
    const profileOf = (row: number) => types.subarray((row - row % n) * m, (row - row % n + n) * m);
    for (let row = 0; row < rows; row++, turn++) {
      const profile = Math.floor(row / n), i = row % n;
      for (let k = 0; k < FROM_DISTRIBUTION; k++) {
        const at = ((profile * FROM_DISTRIBUTION + k) * n + i) * m;
        own.set(drawn.subarray(at, at + m), k * m);
      }
      const out = points.subarray(row * POINTS * m, (row * POINTS + REPORTS) * m);
      reportsOf({ profile: profileOf(row), participant: i, goods: m, turn, drawn: own, kinks, next }, out);
    }

    /** Runs points `first` to `last` of every row. */
    const run = async (first: number, last: number) => {
      const each = last - first, reported = new Float32Array(rows * each * size);
      for (let row = 0; row < rows; row++) {
        const base = (row - row % n) * m;
        for (let k = 0; k < each; k++) {
          const at = (row * each + k) * size, own = at + row % n * m, point = (row * POINTS + first + k) * m;
          for (let c = 0; c < size; c++) reported[at + c] = types[base + c];
          for (let j = 0; j < m; j++) reported[own + j] = points[point + j];
        }
      }
      const result = await mechanism.run(reported);
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < each; k++) {
          const at = (row * each + k) * n + row % n, point = row * POINTS + first + k;
          for (let j = 0; j < m; j++) outcomes[point * m + j] = result.outcomes[at * m + j];
          payments[point] = result.payments[at], gaps[point] = result.gaps[at];
        }
      }
    };
    await run(0, REPORTS);

    // Each row halves a segment between two of its points.
    const ends = Array.from({ length: rows }, (_, row) => segmentOf(row, next).map((k) => row * POINTS + k));
    const distance = (a: number, b: number) => {
      let sum = Math.abs(payments[a] - payments[b]);
      for (let j = 0; j < m; j++) sum += Math.abs(outcomes[a * m + j] - outcomes[b * m + j]);
      return sum;
    };
    let last = REPORTS;
    for (; last < POINTS && !late(); last++) {
      ends.forEach(([low, high], row) => {
        const at = row * POINTS + last;
        for (let j = 0; j < m; j++) points[at * m + j] = (points[low * m + j] + points[high * m + j]) / 2;
      });
      await run(last, last + 1);
      ends.forEach((pair, row) => {
        const [low, high] = pair, middle = row * POINTS + last;
        const below = distance(low, middle), above = distance(middle, high), way = Math.floor(row / WAYS) % 3;
        // The larger change, the change next to the one end, or that next to the other.
        const down = way === 0 ? below > above : way === 1 ? below > 0 : !(above > 0);
        pair[down ? 1 : 0] = middle;
      });
    }
    ends.forEach(([low, high]) => {
      for (const end of distance(low, high) > 0 ? [low, high] : []) {
        for (let j = 0; j < m; j++) {
          if (points[low * m + j] === points[high * m + j]) continue;
          if (kinks[j].length < KINKS) kinks[j].push(points[end * m + j]);
          else kinks[j][Math.floor(next() * KINKS)] = points[end * m + j];
        }
      }
    });

    for (let row = 0; row < rows; row++) {
      const first = row * POINTS, best = bestPair(points, outcomes, payments, first, first + last, m);
      for (let at = first; menu && at < first + REPORTS; at++) menu.see(points, outcomes, payments, at);
      if (!best) continue;
      const [truth, lie, gain] = best, profile = profileOf(row).slice(), participant = row % n;
      profile.set(points.subarray(truth * m, (truth + 1) * m), participant * m);
      const report = points.slice(lie * m, (lie + 1) * m), rounding = ownRounding(points, truth, m, payments[truth]);
      const witness = () => ({
        ...{ profile: nested(profile, m), participant, misreport: Array.from(report) },
        outcomes: [truth, lie].map((at) => Array.from(outcomes.subarray(at * m, (at + 1) * m))),
        payments: [payments[truth], payments[lie]],
      });
      found.raise(gain, witness);
      beyond?.raise(gain - gaps[truth] - rounding, witness);
      if (gain > rounding) lies.push({ profile, participant, report, gain });
    }
    lies.sort((a, b) => b.gain - a.gain).splice(FINALISTS);
    independent += count - Math.floor(count / CHANGED);
  }
  await climbFurther(mechanism, lies, search, found);
  return independent;
}

/** The ways in which segments are chosen. */
const WAYS = 4;

/** Two points of a row between which a segment is halved. */
function segmentOf(row: number, next: Draws): [number, number] {
  switch (row % WAYS) {
    case 0: // along one value
      return [AXIS_LOW, AXIS_HIGH];
    case 1: // from all values 0 to the truth, or to one drawn
      return [ALL_LOW, Math.floor(row / WAYS) % 2 === 0 ? 0 : FIRST_DRAWN];
    case 2:
      return [CORNER, 0];
    default:
      return [Math.floor(next() * REPORTS), Math.floor(next() * REPORTS)];
  }
}

/** The lie that gains the most among points `from` to `to`: the truth, the report and the gain; undefined without one. */
function bestPair(
  points: Float32Array,
  outcomes: Float64Array,
  payments: Float64Array,
  from: number,
  to: number,
  m: number,
): readonly [truth: number, lie: number, gain: number] | undefined {
  let truth = -1, lie = -1, most = 0;
  for (let a = from; a < to; a++) {
    let honest = -payments[a];
    for (let j = 0; j < m; j++) honest += points[a * m + j] * outcomes[a * m + j];
    for (let b = from; b < to; b++) {
      let gain = -payments[b] - honest;
      for (let j = 0; j < m; j++) gain += points[a * m + j] * outcomes[b * m + j];
      if (gain > most) truth = a, lie = b, most = gain;
    }
  }
  return truth < 0 ? undefined : [truth, lie, most];
}

/** Climbs from the lies with the largest gains, and raises the tally where that finds larger ones. */
async function climbFurther(
  mechanism: Mechanism,
  lies: readonly Lie[],
  { further, key, late, beyond }: DirectedSearch,
  found: Tally,
): Promise<void> {
  if (lies.length === 0 || late()) return;
  const { participants: n, goods: m } = mechanism, types = new Float32Array(lies.length * n * m);
  lies.forEach(({ profile }, k) => types.set(profile, k * n * m));
  const climbers = lies.map(({ participant, report, gain }, k): Climber => ({
    ...{ row: k * n + participant, point: report, gain, step: FIRST_STEP },
  }));
  const truth: MechanismResult = await mechanism.run(types);
  await climb(climbers, m, gainsAt(mechanism, types, truth), further, deriveKey(key, 0xc), late);
  for (const climber of climbers) {
    const lie = climbedTo(climber, mechanism, types, truth);
    found.raise(climber.gain, lie.witness);
    beyond?.raise(lie.beyond, lie.witness);
  }
}

/** Uniform numbers, one after the other. */
function draws(key: RandomKey): Draws {
  const BLOCK = 4096;
  let block: Float32Array = new Float32Array(0), at = 0, blocks = 0;
  return () => {
    if (at === block.length) block = uniforms(deriveKey(key, blocks++), BLOCK), at = 0;
    return block[at++];
  };
}
