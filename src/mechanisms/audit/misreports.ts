/**
 * A search for lies that pay: for each participant of each profile the misreport that gains the most, while the others
 * report the truth. The mechanism is a black box, so that any can be searched; many profiles are run at a time.
 *
 * Half of the budget goes to random misreports: all values 0, all values 1, near the truth, below it, and anywhere.
 * From the best two of each participant a pattern search climbs. In each round it tries steps both ways along some
 * directions, and one along the direction in which gains grew in the round before; it takes the best, and halves its
 * step where none is better. At the end the participants with the largest gains climb further.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { normals, uniforms } from "../../random/numbers.ts";
import type { Mechanism } from "../mechanism.ts";
import { nested, type Tally } from "./check.ts";

/** What to search. */
export interface MisreportSearch {
  /** Type profiles `[P, n, m]`. */
  readonly types: Float32Array;
  /** How many misreports of each participant are tried. */
  readonly misreports: number;
  /** The same key tries the same misreports. */
  readonly key: RandomKey;
  /** Whether time is over: the search ends with what it has. */
  readonly late?: () => boolean;
  /** Collects by how much gains are above certified gaps; left out where there are no certificates. */
  readonly beyond?: Tally;
}

/** A misreport of a participant that climbs. */
interface Climber {
  /** The row of the participant: profile n + participant. */
  readonly row: number;
  /** The misreport `[m]`, its gain in utility, and the length of its steps. */
  point: Float32Array;
  gain: number;
  step: number;
  /** The direction `[m]` in which gains grew in the round before. */
  uphill?: Float64Array;
}

/** The number of misreports of a participant that climb. */
const STARTS = 2;
/** The most directions of one round. */
const DIRECTIONS = 4;
/** The number of participants that climb further at the end. */
const FINALISTS = 32;
/** First and largest steps. */
const FIRST_STEP = 0.125, LARGEST_STEP = 0.5;

/** The number of profiles that a search runs, besides the true ones. */
export function searchCost(profiles: number, participants: number, misreports: number): number {
  const rows = profiles * participants;
  return misreports * (rows + Math.min(rows, FINALISTS));
}

/** Searches for misreports that pay, and tallies the largest gain of each participant of each profile. */
export async function searchMisreports(mechanism: Mechanism, search: MisreportSearch, found: Tally): Promise<void> {
  const { participants: n, goods: m } = mechanism,
    { types, misreports, key, late = () => false, beyond } = search,
    rows = types.length / m;
  const truth = await mechanism.run(types);
  const utility = (outcomes: Float64Array, at: number, row: number, payment: number) => {
    let sum = -payment;
    for (let j = 0; j < m; j++) sum += types[row * m + j] * outcomes[at * m + j];
    return sum;
  };
  const honest = Float64Array.from(
    { length: rows },
    (_, row) => utility(truth.outcomes, row, row, truth.payments[row]),
  );

  /** The gains `[N]` of misreports `[N, m]` by the participants of rows `who` `[N]`. */
  const gains = async (who: Int32Array, points: Float32Array): Promise<Float64Array> => {
    const profiles = new Float32Array(who.length * n * m);
    who.forEach((row, k) => {
      const first = row - row % n;
      profiles.set(types.subarray(first * m, (first + n) * m), k * n * m);
      profiles.set(points.subarray(k * m, (k + 1) * m), (k * n + row % n) * m);
    });
    const { outcomes, payments } = await mechanism.run(profiles);
    return Float64Array.from(who, (row, k) => {
      const at = k * n + row % n;
      return utility(outcomes, at, row, payments[at]) - honest[row];
    });
  };

  // Random misreports; the best few of each row are kept, the best first.
  const everyRow = Int32Array.from({ length: rows }, (_, row) => row), random = Math.ceil(misreports / 2);
  const best: Climber[][] = Array.from({ length: rows }, () => []);
  for (let k = 0; k < random && !(k > 0 && late()); k++) {
    const points = randomMisreports(types, k, deriveKey(key, 0, k)), gain = await gains(everyRow, points);
    for (let row = 0; row < rows; row++) {
      const kept = best[row];
      if (!(gain[row] > (kept.length < STARTS ? -Infinity : kept[STARTS - 1].gain))) continue;
      kept.push({ row, point: points.slice(row * m, (row + 1) * m), gain: gain[row], step: FIRST_STEP });
      kept.sort((a, b) => b.gain - a.gain).splice(STARTS);
    }
  }

  const climb = async (climbers: readonly Climber[], budget: number, stream: number) => {
    const directions = Math.min(m, DIRECTIONS), each = 2 * directions + 1;
    for (let round = 0; (round + 1) * each <= budget && climbers.length > 0 && !late(); round++) {
      const along = randomDirections(climbers.length * directions, m, deriveKey(key, stream, round));
      const who = new Int32Array(climbers.length * each), points = new Float32Array(who.length * m);
      climbers.forEach(({ row, point, step, uphill }, c) => {
        for (let k = 0; k < each; k++) {
          const at = c * each + k;
          who[at] = row;
          for (let j = 0; j < m; j++) {
            const move = k < 2 * directions
              ? (k % 2 === 0 ? step : -step) * along[(c * directions + (k >> 1)) * m + j]
              : 2 * step * (uphill?.[j] ?? 0);
            points[at * m + j] = Math.min(1, Math.max(0, point[j] + move));
          }
        }
      });
      const gain = await gains(who, points);
      climbers.forEach((climber, c) => {
        let chosen = -1;
        const ascent = new Float64Array(m);
        for (let k = 0; k < each; k++) {
          const at = c * each + k;
          if (gain[at] > (chosen < 0 ? climber.gain : gain[chosen])) chosen = at;
          if (k >= 2 * directions) continue;
          const difference = (k % 2 === 0 ? 1 : -1) * gain[at];
          for (let j = 0; j < m; j++) ascent[j] += difference * along[(c * directions + (k >> 1)) * m + j];
        }
        const length = Math.hypot(...ascent);
        climber.uphill = length > 0 ? ascent.map((value) => value / length) : undefined;
        if (chosen >= 0) {
          climber.point = points.slice(chosen * m, (chosen + 1) * m), climber.gain = gain[chosen];
          climber.step = Math.min(LARGEST_STEP, 1.5 * climber.step);
        } else climber.step /= 2;
      });
    }
  };
  await climb(best.flat(), Math.floor((misreports - random) / STARTS), 1);
  const winners = best.map((kept) =>
    kept.reduce<Climber | undefined>((a, b) => a && a.gain >= b.gain ? a : b, undefined)
  );
  const finalists = winners.filter((one) => one !== undefined).sort((a, b) => b.gain - a.gain).slice(0, FINALISTS);
  await climb(finalists, misreports, 2);

  for (const winner of winners) {
    if (!winner) continue; // all gains were NaN
    const { row, point, gain } = winner, first = row - row % n;
    const witness = () => ({
      profile: nested(types.subarray(first * m, (first + n) * m), m),
      participant: row - first,
      misreport: Array.from(point),
      outcomes: [Array.from(truth.outcomes.subarray(row * m, (row + 1) * m))],
      payments: [truth.payments[row]],
    });
    found.see(gain, witness);
    beyond?.see(gain - truth.gaps[row] - ownRounding(types, row, m, truth.payments[row]), witness);
  }
}

/** What rounding may do to a gain or a utility as audits compute them, at most. */
export function ownRounding(types: ArrayLike<number>, row: number, m: number, payment: number): number {
  let worth = Math.abs(payment);
  for (let j = row * m; j < (row + 1) * m; j++) worth += types[j];
  return 1e-15 * (m + 4) * worth;
}

/** The k-th random misreport of each row `[rows, m]`. */
function randomMisreports(types: Float32Array, k: number, key: RandomKey): Float32Array {
  if (k < 2) return new Float32Array(types.length).fill(k); // all values 0, all values 1
  const draw = uniforms(deriveKey(key, 0), types.length), near = normals(deriveKey(key, 1), types.length);
  const width = 0.3 * 0.5 ** (k % 7);
  return types.map((type, at) => {
    switch (k % 4) {
      case 0:
        return Math.min(1, Math.max(0, type + width * near[at]));
      case 1:
        return type * draw[at];
      case 2:
        return draw[at];
      default: // some values as they are, others 0 or 1
        return draw[at] < 0.5 ? type : draw[at] < 0.75 ? 0 : 1;
    }
  });
}

/** Unit vectors `[count, m]`: every second along an axis, the others anywhere. */
function randomDirections(count: number, m: number, key: RandomKey): Float64Array {
  const draw = uniforms(deriveKey(key, 0), count), normal = normals(deriveKey(key, 1), count * m);
  const out = new Float64Array(count * m);
  for (let k = 0; k < count; k++) {
    if (k % 2 === 0) out[k * m + Math.floor(draw[k] * m)] = 1;
    else {
      const vector = normal.subarray(k * m, (k + 1) * m), length = Math.hypot(...vector) || 1;
      for (let j = 0; j < m; j++) out[k * m + j] = vector[j] / length;
    }
  }
  return out;
}
