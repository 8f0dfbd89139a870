/**
 * A pattern search for the misreport that gains the most. In each round it tries steps both ways along some directions,
 * and one along the direction in which gains grew in the round before; it takes the best, and halves its step where none
 * is better.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { normals, uniforms } from "../../random/numbers.ts";
import type { Mechanism, MechanismResult } from "../mechanism.ts";
import { type AuditWitness, nested, ownRounding } from "./check.ts";

/** A misreport of a participant that climbs. */
export interface Climber {
  /** The row of the participant: profile n + participant. */
  readonly row: number;
  /** The misreport `[m]`, its gain in utility, and the length of its steps. */
  point: Float32Array;
  gain: number;
  step: number;
  /** The direction `[m]` in which gains grew in the round before. */
  uphill?: Float64Array;
}

/** A misreport as audits show it, and by how much its gain is above what the certificate allows. */
export function climbedTo(
  { row, point, gain }: Climber,
  { participants: n, goods: m }: Mechanism,
  types: Float32Array,
  truth: MechanismResult,
): { readonly witness: () => AuditWitness; readonly beyond: number } {
  const first = row - row % n;
  return {
    witness: () => ({
      profile: nested(types.subarray(first * m, (first + n) * m), m),
      participant: row - first,
      misreport: Array.from(point),
      outcomes: [Array.from(truth.outcomes.subarray(row * m, (row + 1) * m))],
      payments: [truth.payments[row]],
    }),
    beyond: gain - truth.gaps[row] - ownRounding(types, row, m, truth.payments[row]),
  };
}

/** The first step of a climber. */
export const FIRST_STEP = 0.125;
/** The largest. */
const LARGEST_STEP = 0.5;
/** The most directions of one round. */
const DIRECTIONS = 4;

/** The gains `[N]` of misreports `[N, m]` by the participants of rows `who` `[N]`. */
export type Gains = (who: Int32Array, points: Float32Array) => Promise<Float64Array>;

/** Gains at type profiles `[P, n, m]`, given the mechanism's result for them. */
export function gainsAt(mechanism: Mechanism, types: Float32Array, truth: MechanismResult): Gains {
  const { participants: n, goods: m } = mechanism;
  const utility = (outcomes: Float64Array, at: number, row: number, payment: number) => {
    let sum = -payment;
    for (let j = 0; j < m; j++) sum += types[row * m + j] * outcomes[at * m + j];
    return sum;
  };
  const honest = Float64Array.from(truth.payments, (payment, row) => utility(truth.outcomes, row, row, payment));
  return async (who, points) => {
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
}

/**
 * Climbs from all climbers at a time, as far as `budget` misreports of each, and changes them.
 *
 * @param m The number of goods.
 * @param late Whether time is over.
 */
export async function climb(
  climbers: readonly Climber[],
  m: number,
  gains: Gains,
  budget: number,
  key: RandomKey,
  late: () => boolean,
): Promise<void> {
  const directions = Math.min(m, DIRECTIONS), each = 2 * directions + 1;
  for (let round = 0; (round + 1) * each <= budget && climbers.length > 0 && !late(); round++) {
    const along = randomDirections(climbers.length * directions, m, deriveKey(key, round));
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
      // Infinite where a gain is, and no number where gains are none.
      climber.uphill = length > 0 && length < Infinity ? ascent.map((value) => value / length) : undefined;
      if (chosen >= 0) {
        climber.point = points.slice(chosen * m, (chosen + 1) * m), climber.gain = gain[chosen];
        climber.step = Math.min(LARGEST_STEP, 1.5 * climber.step);
      } else climber.step /= 2;
    });
  }
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
