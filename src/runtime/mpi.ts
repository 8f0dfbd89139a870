/**
 * Processes that work together by MPI: MPICH's library, called in this process and from its one thread.
 *
 * The library is loaded only when it is asked for. Its communicators and types are numbers, which are those of MPICH's
 * mpi.h; Open MPI has other ones, and plugins that Deno's way of loading libraries does not serve.
 *
 * @module
 */
import { MachineError } from "../errors.ts";

/** Processes of one training, each with a rank. */
export interface Ranks {
  /** Which of them this is, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /**
   * The parts of all ranks, in their order, which every rank is given; all ranks must call it with as many bytes.
   * Nothing is summed in it, so that whoever sums has an order of his own.
   */
  allgather(part: Uint8Array): Uint8Array<ArrayBuffer>;
  /** The bytes of rank 0, which every rank is given; what others pass is passed over. All ranks must call it. */
  broadcast(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Ends working together; the process goes on. Harmless when repeated. */
  finish(): void;
  /** Ends all processes at once, unless {@linkcode Ranks.finish} came before. */
  abort(code: number): void;
}

/** Names of MPICH's library: Debian's, and those of others. */
const LIBRARIES = ["libmpich.so.12", "libmpi.so.12", "libmpich.so"];

/** Numbers of MPICH's mpi.h. */
const COMM_WORLD = 0x44000000, BYTE = 0x4c00010d, THREAD_FUNNELED = 1, SUCCESS = 0;
/** Counts are 32-bit. */
const MOST_BYTES = 2 ** 31 - 1;

const SYMBOLS = {
  MPI_Init_thread: { parameters: ["pointer", "pointer", "i32", "buffer"], result: "i32" },
  MPI_Comm_rank: { parameters: ["i32", "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: ["i32", "buffer"], result: "i32" },
  MPI_Allgather: { parameters: ["buffer", "i32", "i32", "buffer", "i32", "i32", "i32"], result: "i32" },
  MPI_Bcast: { parameters: ["buffer", "i32", "i32", "i32", "i32"], result: "i32" },
  MPI_Finalize: { parameters: [], result: "i32" },
  MPI_Abort: { parameters: ["i32", "i32"], result: "i32" },
} as const;

function load(libraries: readonly string[]): Deno.DynamicLibrary<typeof SYMBOLS> {
  const reasons: string[] = [];
  for (const name of libraries) {
    try {
      return Deno.dlopen(name, SYMBOLS);
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new MachineError(
    `Cannot use MPI: it needs MPICH's library, ${
      LIBRARIES[0]
    }, which Debian has in the package libmpich12, with mpirun ` +
      `in mpich (${reasons[0]})`,
  );
}

/**
 * Joins the processes that `mpirun` or `srun` started together; one that was started by itself is alone. Once a process.
 *
 * @param libraries Names of MPICH's library, of which the first that is there is taken.
 * @throws {MachineError} without MPICH, naming its package, or if it fails.
 */
export function joinRanks(libraries: readonly string[] = LIBRARIES): Ranks {
  const { symbols } = load(libraries);
  const check = (name: string, code: number): void => {
    if (code !== SUCCESS) throw new MachineError(`Cannot use MPI: ${name} failed with error ${code}`);
  };
  const number = (ask: (into: Int32Array<ArrayBuffer>) => number, name: string): number => {
    const into = new Int32Array(1);
    check(name, ask(into));
    return into[0];
  };
  const given = number((into) => symbols.MPI_Init_thread(null, null, THREAD_FUNNELED, into), "MPI_Init_thread");
  if (given < THREAD_FUNNELED) {
    throw new MachineError("Cannot use MPI: its library must allow processes with threads, got one that does not");
  }
  const rank = number((into) => symbols.MPI_Comm_rank(COMM_WORLD, into), "MPI_Comm_rank");
  const size = number((into) => symbols.MPI_Comm_size(COMM_WORLD, into), "MPI_Comm_size");
  let finished = false;
  return {
    rank,
    size,
    allgather(part) {
      if (part.length * size > MOST_BYTES) {
        throw new MachineError(
          `Cannot use MPI: a message must have at most ${MOST_BYTES} bytes, got ${part.length * size}`,
        );
      }
      const all = new Uint8Array(part.length * size), own = new Uint8Array(part);
      check(
        "MPI_Allgather",
        symbols.MPI_Allgather(own, own.length, BYTE, all, own.length, BYTE, COMM_WORLD),
      );
      return all;
    },
    broadcast(bytes) {
      const length = Float64Array.of(bytes.length), own = new Uint8Array(length.buffer);
      check("MPI_Bcast", symbols.MPI_Bcast(own, own.length, BYTE, 0, COMM_WORLD));
      const all = rank === 0 ? new Uint8Array(bytes) : new Uint8Array(length[0]);
      for (let at = 0; at < all.length; at += MOST_BYTES) {
        const some = all.subarray(at, at + MOST_BYTES);
        check("MPI_Bcast", symbols.MPI_Bcast(some, some.length, BYTE, 0, COMM_WORLD));
      }
      return all;
    },
    finish() {
      if (finished) return;
      finished = true;
      check("MPI_Finalize", symbols.MPI_Finalize());
    },
    abort(code) {
      if (!finished) symbols.MPI_Abort(COMM_WORLD, code);
    },
  };
}
