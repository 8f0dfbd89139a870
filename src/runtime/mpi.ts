/**
 * Processes that work together by MPI: the library of MPICH or Open MPI, called in this process and from its one thread.
 * It is loaded only when it is asked for.
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

/** The numbers of MPI that both libraries share. */
const THREAD_FUNNELED = 1, SUCCESS = 0;
/** Milliseconds between a last message and the end of all ranks. */
const ABORT_DELAY = 200;
/** Counts are 32-bit. */
const MOST_BYTES = 2 ** 31 - 1;

/** The functions that are called, in a library whose communicators and types are of one kind. */
const functions = <Handle extends "i32" | "pointer">(handle: Handle) => ({
  MPI_Init_thread: { parameters: ["pointer", "pointer", "i32", "buffer"], result: "i32" },
  MPI_Comm_rank: { parameters: [handle, "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: [handle, "buffer"], result: "i32" },
  MPI_Allgather: { parameters: ["buffer", "i32", handle, "buffer", "i32", handle, handle], result: "i32" },
  MPI_Bcast: { parameters: ["buffer", "i32", handle, "i32", handle], result: "i32" },
  MPI_Finalize: { parameters: [], result: "i32" },
  MPI_Abort: { parameters: [handle, "i32"], result: "i32" },
} as const);

/** A library that was loaded. */
interface Library {
  init(given: Int32Array<ArrayBuffer>): number;
  rank(into: Int32Array<ArrayBuffer>): number;
  size(into: Int32Array<ArrayBuffer>): number;
  allgather(own: Uint8Array<ArrayBuffer>, all: Uint8Array<ArrayBuffer>): number;
  broadcast(bytes: Uint8Array<ArrayBuffer>): number;
  finalize(): number;
  abort(code: number): number;
}

/** The functions of a library, with its handle of all processes and of bytes. */
function bound<Handle>(
  call: {
    MPI_Init_thread(argc: null, argv: null, wanted: number, given: Int32Array<ArrayBuffer>): number;
    MPI_Comm_rank(world: Handle, into: Int32Array<ArrayBuffer>): number;
    MPI_Comm_size(world: Handle, into: Int32Array<ArrayBuffer>): number;
    MPI_Allgather(
      ...own: [
        ...[part: Uint8Array<ArrayBuffer>, count: number, type: Handle],
        ...[all: Uint8Array<ArrayBuffer>, count: number, type: Handle, world: Handle],
      ]
    ): number;
    MPI_Bcast(bytes: Uint8Array<ArrayBuffer>, count: number, type: Handle, root: number, world: Handle): number;
    MPI_Finalize(): number;
    MPI_Abort(world: Handle, code: number): number;
  },
  world: Handle,
  byte: Handle,
): Library {
  return {
    init: (given) => call.MPI_Init_thread(null, null, THREAD_FUNNELED, given),
    rank: (into) => call.MPI_Comm_rank(world, into),
    size: (into) => call.MPI_Comm_size(world, into),
    allgather: (own, all) => call.MPI_Allgather(own, own.length, byte, all, own.length, byte, world),
    broadcast: (bytes) => call.MPI_Bcast(bytes, bytes.length, byte, 0, world),
    finalize: () => call.MPI_Finalize(),
    abort: (code) => call.MPI_Abort(world, code),
  };
}

/** A way to call MPI. */
interface Binding {
  readonly name: string;
  /** The packages of Debian that have the library, and `mpirun`. */
  readonly packages: readonly string[];
  /** Names of the library: Debian's, and those of others. */
  readonly files: readonly string[];
  open(file: string): Library;
}

/** Whose communicators and types are the numbers of its mpi.h, which Intel MPI and Cray MPICH share. */
const MPICH: Binding = {
  name: "MPICH",
  packages: ["libmpich12", "mpich"],
  files: ["libmpich.so.12", "libmpi.so.12", "libmpich.so"],
  open: (file) => bound(Deno.dlopen(file, functions("i32")).symbols, 0x44000000, 0x4c00010d),
};

/** Whose communicators and types are the addresses of variables. */
const OPEN_MPI: Binding = {
  name: "Open MPI",
  packages: ["libopenmpi3", "openmpi-bin"],
  files: ["libmpi.so.40"],
  open(file) {
    const handles = { ompi_mpi_comm_world: { type: "pointer" }, ompi_mpi_byte: { type: "pointer" } } as const;
    const { symbols } = Deno.dlopen(file, { ...functions("pointer"), ...handles });
    return bound(symbols, symbols.ompi_mpi_comm_world, symbols.ompi_mpi_byte);
  },
};

/** Variables by which programs that start processes tell them how many there are; the first that is there counts. */
const SIZES = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];

/** The libraries in the order in which they are tried: first that of the `mpirun` or `srun` which started this. */
function bindings(): readonly Binding[] {
  const open = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK"].some((name) => Deno.env.get(name) !== undefined);
  return open ? [OPEN_MPI, MPICH] : [MPICH, OPEN_MPI];
}

function load(choice: readonly Binding[]): { library: Library; name: string } {
  const reasons: string[] = [];
  for (const { name, files, open } of choice) {
    for (const file of files) {
      try {
        return { library: open(file), name };
      } catch (error) {
        reasons.push((error as Error).message);
      }
    }
  }
  const wanted = choice.map(({ name, files, packages: [library, mpirun] }) =>
    `${name}'s ${files[0]} (Debian's package ${library}, with mpirun in ${mpirun})`
  );
  throw new MachineError(`Cannot use MPI: it needs the library ${wanted.join(", or ")}, got: ${reasons[0]}`);
}

/**
 * Joins the processes that `mpirun` or `srun` started together; one that was started by itself is alone. Once a process.
 *
 * @throws {MachineError} without MPICH and Open MPI, naming their packages, if one fails, or if it is not that of the
 * program which started the processes, so that each would be alone.
 */
export function joinRanks(): Ranks {
  return joinRanksBy(bindings());
}

/** As {@linkcode joinRanks}, by the first library of a choice that is there. */
export function joinRanksBy(choice: readonly Binding[]): Ranks {
  const { library, name } = load(choice);
  const check = (call: string, code: number): void => {
    if (code !== SUCCESS) throw new MachineError(`Cannot use MPI: ${call} of ${name} failed with error ${code}`);
  };
  const number = (ask: (into: Int32Array<ArrayBuffer>) => number, call: string): number => {
    const into = new Int32Array(1);
    check(call, ask(into));
    return into[0];
  };
  const given = number(library.init, "MPI_Init_thread");
  if (given < THREAD_FUNNELED) {
    throw new MachineError(`Cannot use MPI: ${name} must allow processes with threads, got one that does not`);
  }
  const rank = number(library.rank, "MPI_Comm_rank"), size = number(library.size, "MPI_Comm_size");
  const started = SIZES.map((name) => Deno.env.get(name)).find((value) => value !== undefined);
  if (size === 1 && Number(started) > 1) {
    throw new MachineError(
      `Cannot use MPI: the ${started} processes that were started together must be of ${name}, which was loaded, got ` +
        "processes that do not see each other; start them by its own mpirun, or by srun --mpi=pmi2 for MPICH and " +
        "--mpi=pmix for Open MPI",
    );
  }
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
      const all = new Uint8Array(part.length * size);
      check("MPI_Allgather", library.allgather(new Uint8Array(part), all));
      return all;
    },
    broadcast(bytes) {
      const length = Float64Array.of(bytes.length);
      check("MPI_Bcast", library.broadcast(new Uint8Array(length.buffer)));
      const all = rank === 0 ? new Uint8Array(bytes) : new Uint8Array(length[0]);
      for (let at = 0; at < all.length; at += MOST_BYTES) {
        check("MPI_Bcast", library.broadcast(all.subarray(at, at + MOST_BYTES)));
      }
      return all;
    },
    finish() {
      if (finished) return;
      finished = true;
      check("MPI_Finalize", library.finalize());
    },
    abort(code) {
      if (finished) return;
      // mpirun hands on what a process says, but drops what it has not yet read when told to abort.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ABORT_DELAY);
      library.abort(code);
    },
  };
}
