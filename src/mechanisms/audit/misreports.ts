/**
 * A search for lies that pay: for each participant of each profile the misreport that gains the most, while the others
 * report the truth. The mechanism is a black box, so that any can be searched; many profiles are run at a time.
 *
 * Half of the budget goes to random misreports: all values 0, all values 1, near the truth, below it, and anywhere.
 * From the best two of each participant a pattern search climbs, and at the end further for the participants with the
 * largest gains.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { normals, uniforms } from "../../random/numbers.ts";
import type { Mechanism } from "../mechanism.ts";
import type { Tally } from "./check.ts";
import { climb, climbedTo, type Climber, FIRST_STEP, gainsAt } from "./climb.ts";

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

/** The number of misreports of a participant that climb. */
const STARTS = 2;
/** The number of participants that climb further at the end. */
const FINALISTS = 32;

/** The number of profiles that a search runs, besides the true ones. */
export function searchCost(profiles: number, participants: number, misreports: number): number {
  const rows = profiles * participants;
  return misreports * (rows + Math.min(rows, FINALISTS));
}

/** Searches for misreports that pay, and tallies the largest gain of each participant of each profile. */
export async function searchMisreports(mechanism: Mechanism, search: MisreportSearch, found: Tally): Promise<void> {
  const { goods: m } = mechanism,
    { types, misreports, key, late = () => false, beyond } = search,
    rows = types.length / m;
  const truth = await mechanism.run(types);
  const gains = gainsAt(mechanism, types, truth);

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

  const further = (climbers: readonly Climber[], budget: number, stream: number) =>
    climb(climbers, m, gains, budget, deriveKey(key, stream), late);
  await further(best.flat(), Math.floor((misreports - random) / STARTS), 1);
  const winners = best.map((kept) =>
    kept.reduce<Climber | undefined>((a, b) => a && a.gain >= b.gain ? a : b, undefined)
  );
  const finalists = winners.filter((one) => one !== undefined).sort((a, b) => b.gain - a.gain).slice(0, FINALISTS);
  await further(finalists, misreports, 2);

  for (const winner of winners) {
    if (!winner) continue; // all gains were NaN
    const lie = climbedTo(winner, mechanism, types, truth);
    found.see(winner.gain, lie.witness);
    beyond?.see(lie.beyond, lie.witness);
  }
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
