/**
 * Measures how long ranks take to exchange gradients, against their number and the size of a message: on each of some
 * ranks, `mpirun -n 2 deno run -A bench/allgather.ts`. Rank 0 prints a line of JSON for each size: bytes that a rank
 * sends, and the least and the median of seconds over the calls. Other work on the machine only makes a call longer.
 */
import { joinRanks } from "../src/runtime/mpi.ts";

/** Bytes of a rank's message. */
const SIZES = [1024, 16_384, 262_144, 1_048_576, 4_194_304, 16_777_216];
/** How often a size is measured: small ones more often. */
const callsOf = (bytes: number) => bytes < 1_000_000 ? 501 : 101;

const ranks = joinRanks();
for (const bytes of SIZES) {
  const part = new Uint8Array(bytes).fill(ranks.rank);
  ranks.allgather(part);
  const calls = callsOf(bytes),
    times = Array.from({ length: calls }, () => {
      ranks.allgather(new Uint8Array(8)); // all begin together
      const begin = performance.now();
      ranks.allgather(part);
      return (performance.now() - begin) / 1000;
    }).sort((a, b) => a - b);
  const median = times[(calls - 1) / 2];
  if (ranks.rank === 0) console.log(JSON.stringify({ ranks: ranks.size, bytes, least: times[0], median }));
}
ranks.finish();
