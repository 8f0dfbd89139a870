/**
 * Mechanisms that run on the host, one type profile after the other.
 *
 * @module
 */
import { flatTypes, type Mechanism, type MechanismResult, type TypeProfiles } from "../mechanisms/mechanism.ts";
import { letEventsIn } from "../runtime/event_loop.ts";

/** A result for type profiles `[B, n, m]` that gives nothing to everybody, for nothing. */
export function emptyResult(types: Float32Array, participants: number, goods: number): MechanismResult {
  const rows = types.length / goods;
  return {
    profiles: rows / participants,
    outcomes: new Float64Array(types.length),
    payments: new Float64Array(rows),
    utilities: new Float64Array(rows),
    gaps: new Float64Array(rows),
  };
}

/**
 * The mechanism that `runOne` is on each profile.
 *
 * @param chunk Profiles computed between two turns of the event loop.
 * @param largest The largest type; 1 unless given.
 * @param runOne Writes what profile `b` of types `[B, n, m]` leads to into the result, which holds zeros before.
 */
export function profileByProfile(
  participants: number,
  goods: number,
  chunk: number,
  runOne: (types: Float32Array, b: number, result: MechanismResult) => void,
  largest?: number,
): Mechanism {
  return {
    participants,
    goods,
    async run(reported: TypeProfiles): Promise<MechanismResult> {
      const types = flatTypes(reported, participants, goods, largest), result = emptyResult(types, participants, goods);
      for (let b = 0; b < result.profiles; b++) {
        if (b > 0 && b % chunk === 0) await letEventsIn();
        runOne(types, b, result);
      }
      return result;
    },
  };
}
