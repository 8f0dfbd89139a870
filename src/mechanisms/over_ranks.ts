/**
 * A mechanism that several ranks run together: rank 0 has all type profiles, and each rank runs a part of them.
 *
 * Profiles do not depend on one another, so that results are the same bits on any number of ranks.
 *
 * @module
 */
import type { Ranks } from "../runtime/mpi.ts";
import { flatTypes, type Mechanism, type MechanismResult, type TypeProfiles } from "./mechanism.ts";

/** Numbers of a result with lengths for some rows; roundings have a place even where there are none. */
const FIELDS = ["outcomes", "payments", "utilities", "gaps", "roundings"] as const;

/** Where a part of the results begins and ends, and that of each field in it. */
function layout(size: number, profiles: number, participants: number) {
  const rows = profiles * participants, lengths = [profiles * size, rows, rows, rows, rows];
  return { lengths, numbers: lengths.reduce((sum, length) => sum + length, 0) };
}

/** Profiles of a rank, the same for all ranks; the last ones may have fewer, or none. */
const share = (profiles: number, ranks: Ranks) => Math.ceil(profiles / ranks.size);

/** Runs the part of a rank, and gives all parts: numbers of a rank follow those of the one before. */
async function runPart(ranks: Ranks, mechanism: Mechanism, types: Float32Array) {
  const { participants: n, goods: m } = mechanism, size = n * m, each = share(types.length / size, ranks);
  const { lengths, numbers } = layout(size, each, n), own = new Float64Array(numbers);
  const part = types.subarray(ranks.rank * each * size, (ranks.rank + 1) * each * size);
  const result = part.length > 0 ? await mechanism.run(part) : undefined;
  let at = 0;
  for (const [k, name] of FIELDS.entries()) {
    own.set(result?.[name] ?? [], at);
    at += lengths[k];
  }
  const all = ranks.allgather(new Uint8Array(own.buffer));
  return { all: new Float64Array(all.buffer), rounded: result?.roundings !== undefined };
}

/** A mechanism as rank 0 has it, whose `run` all ranks take part in. */
export type DividedMechanism<Made extends Mechanism> = Made & {
  /** Lets the other ranks go. Harmless when repeated. */
  close(): void;
};

/** The mechanism for rank 0; the others must be in {@linkcode serve} with the same one until `close`. */
export function divided<Made extends Mechanism>(ranks: Ranks, mechanism: Made): DividedMechanism<Made> {
  const { participants: n, goods: m, units } = mechanism;
  let closed = false;
  return {
    ...mechanism,
    async run(reported: TypeProfiles): Promise<MechanismResult> {
      const types = flatTypes(reported, n, m, units?.largest), profiles = types.length / (n * m);
      ranks.broadcast(new Uint8Array(types.buffer, types.byteOffset, types.byteLength));
      const { all, rounded } = await runPart(ranks, mechanism, types), each = share(profiles, ranks);
      const { lengths, numbers } = layout(n * m, each, n);
      const field = (k: number): Float64Array => {
        const per = lengths[k] / each, out = new Float64Array(profiles * per);
        const before = lengths.slice(0, k).reduce((sum, length) => sum + length, 0);
        for (let rank = 0; rank * each < profiles; rank++) {
          const from = rank * numbers + before, some = Math.min(each, profiles - rank * each);
          out.set(all.subarray(from, from + some * per), rank * each * per);
        }
        return out;
      };
      const [outcomes, payments, utilities, gaps, roundings] = FIELDS.map((_, k) => field(k));
      return { profiles, outcomes, payments, utilities, gaps, ...rounded && { roundings } };
    },
    close() {
      if (!closed) ranks.broadcast(new Uint8Array());
      closed = true;
    },
  };
}

/** Runs parts of profiles as rank 0 asks for it, until it asks for nothing more. */
export async function serve(ranks: Ranks, mechanism: Mechanism): Promise<void> {
  for (;;) {
    const bytes = ranks.broadcast(new Uint8Array());
    if (bytes.length === 0) return;
    await runPart(ranks, mechanism, new Float32Array(bytes.buffer));
  }
}
