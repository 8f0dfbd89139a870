/** The ranks of a process that is alone, for tests. */
import type { Ranks } from "../../src/runtime/mpi.ts";

/** The ranks of a process that is alone. */
export const ONE_RANK: Ranks = {
  rank: 0,
  size: 1,
  allgather: (bytes) => bytes.slice(),
  broadcast: (bytes) => bytes.slice(),
  finish() {},
  abort() {},
};
