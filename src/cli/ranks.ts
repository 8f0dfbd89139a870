/**
 * Commands that `mpirun` or `srun` started on several ranks: rank 0 has the files and stdout, and the others do as it
 * says.
 *
 * @module
 */
import { decodeCheckpoint, encodeCheckpoint } from "../io/checkpoint_file.ts";
import { decodeMechanism, encodeMechanism } from "../io/mechanism_file.ts";
import { divided, serve } from "../mechanisms/over_ranks.ts";
import type { LearnedMechanism } from "../io/mechanism_kinds.ts";
import type { MenuMechanism } from "../mechanisms/menu_mechanism.ts";
import { loadProblem } from "../problems/load.ts";
import type { ProblemSource } from "../problems/problem.ts";
import { openDevice } from "../runtime/device.ts";
import { joinRanks, type Ranks } from "../runtime/mpi.ts";
import type { TrainingOptions } from "../training/options.ts";
import { type Checkpoint, train } from "../training/train.ts";
import type { Option, Values } from "./command.ts";
import { type deviceOptions, requestedDevice } from "./device_options.ts";
import { INTERRUPTED, listenToInterrupts } from "./interrupt.ts";

/** Shards unless the command line says otherwise: what 1, 2 and 4 ranks can divide. */
const SHARDS = 4;

/** The option of commands that run a mechanism. */
export const mpiOption = {
  name: "mpi",
  kind: "flag",
  help: "Divide the type profiles among the processes that mpirun or srun started together, as in mpirun -n 4 tedi; " +
    "needs MPICH or Open MPI",
} as const satisfies Option;

/** The options of training. */
export const rankOptions = [
  mpiOption,
  {
    name: "shards",
    kind: "integer",
    least: 1,
    placeholder: "N",
    help:
      "With --mpi: parts of the profiles, a multiple of the processes; results depend on it, and not on the processes",
    default: String(SHARDS),
  },
] as const satisfies readonly Option[];

type MpiValues = Values<typeof mpiOption | typeof deviceOptions[number]>;
type RankValues = Values<typeof rankOptions[number] | typeof deviceOptions[number]>;

/** Variables in which programs that start processes say how many of them are on this machine. */
const ON_THIS_MACHINE = ["MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE", "SLURM_STEP_TASKS_PER_NODE"];

/** What rank 0 tells the others. */
interface Orders {
  readonly source: ProblemSource;
  readonly training: TrainingOptions;
  readonly checkpointEvery?: number;
}

/** The ranks that the command line asks for. Where this one ends before its work is done, so do all. */
export function chosenRanks(values: MpiValues): Ranks | undefined {
  if (!values.mpi) return undefined;
  const ranks = joinRanks();
  globalThis.addEventListener("unload", () => ranks.abort(Deno.exitCode || 1));
  return ranks;
}

/** How a training is divided. */
export function sharding(ranks: Ranks | undefined, values: RankValues) {
  return ranks && { sharding: { ranks, shards: values.shards ?? SHARDS } };
}

/** Threads of a rank: those asked for, else what Slurm gives it, else a fair share of this machine's cores. */
export function rankThreads(values: MpiValues): number | undefined {
  if (values.threads !== undefined || !values.mpi) return values.threads;
  const given = Number.parseInt(Deno.env.get("SLURM_CPUS_PER_TASK") ?? "");
  if (given > 0) return given;
  // Slurm writes 2(x3) for two on each of three machines.
  const here = ON_THIS_MACHINE.map((name) => Number.parseInt(Deno.env.get(name) ?? "")).find((count) => count > 0);
  return Math.max(1, Math.floor(navigator.hardwareConcurrency / (here ?? 1)));
}

/** A mechanism as rank 0 has it: run by all ranks until `close`, where there are several. */
export async function shared<Made extends LearnedMechanism>(
  ranks: Ranks | undefined,
  mechanism: Made,
): Promise<{ mechanism: Made; close(): void }> {
  if (!ranks) return { mechanism, close: () => {} };
  ranks.broadcast(await encodeMechanism(mechanism));
  const { close, ...all } = divided(ranks, mechanism);
  return {
    mechanism: all as unknown as Made,
    close() {
      close();
      ranks.finish();
    },
  };
}

/** Runs parts of profiles of the mechanism that rank 0 shares; gives the exit code. */
export async function assist(ranks: Ranks, values: MpiValues): Promise<number> {
  const mechanism = await decodeMechanism(ranks.broadcast(new Uint8Array()), "the mechanism of rank 0");
  const device = await openDevice({ ...requestedDevice(values), threads: rankThreads(values) });
  try {
    await serve(ranks, mechanism);
    ranks.finish();
    return 0;
  } finally {
    device.close();
  }
}

/** Tells the other ranks what is trained, and where it goes on. */
export async function lead(
  ranks: Ranks | undefined,
  orders: Orders,
  checkpoint: Checkpoint | undefined,
  from: MenuMechanism | undefined,
): Promise<void> {
  if (!ranks) return;
  ranks.broadcast(new TextEncoder().encode(JSON.stringify(orders)));
  ranks.broadcast(checkpoint ? await encodeCheckpoint(checkpoint) : new Uint8Array());
  ranks.broadcast(from ? await encodeMechanism(from) : new Uint8Array());
}

/** Trains as rank 0 says, and helps it to evaluate; gives the exit code. */
export async function follow(ranks: Ranks, values: RankValues): Promise<number> {
  const orders: Orders = JSON.parse(new TextDecoder().decode(ranks.broadcast(new Uint8Array())));
  const bytes = ranks.broadcast(new Uint8Array()), start = ranks.broadcast(new Uint8Array());
  const from = start.length > 0 ? await decodeMechanism(start, "the mechanism of rank 0") as MenuMechanism : undefined;
  const resume = bytes.length > 0 ? await decodeCheckpoint(bytes, "the checkpoint of rank 0") : undefined;
  const problem = await loadProblem(orders.source), { training, checkpointEvery } = orders;
  const device = await openDevice({ ...requestedDevice(values), threads: rankThreads(values) });
  const interrupt = listenToInterrupts(() => {});
  try {
    const { done, mechanism } = await train(problem, training, {
      ...{ device, resume, from, checkpointEvery, signal: interrupt.signal },
      ...sharding(ranks, values),
    });
    interrupt.end(); // From here on signals end the process, which waits for rank 0 and hears none.
    if (done) await serve(ranks, mechanism); // rank 0 evaluates it
    ranks.finish();
    return done ? 0 : INTERRUPTED;
  } finally {
    interrupt.end();
    device.close();
  }
}
