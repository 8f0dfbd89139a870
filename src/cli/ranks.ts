/**
 * A training that `mpirun` or `srun` started on several ranks: rank 0 has the run folder, and the others do as it says.
 *
 * @module
 */
import { decodeCheckpoint, encodeCheckpoint } from "../io/checkpoint_file.ts";
import { decodeMechanism, encodeMechanism } from "../io/mechanism_file.ts";
import type { MenuMechanism } from "../mechanisms/menu_mechanism.ts";
import { loadProblem } from "../problems/load.ts";
import type { MechanismProblem, ProblemSource } from "../problems/problem.ts";
import { openDevice } from "../runtime/device.ts";
import { joinRanks, type Ranks } from "../runtime/mpi.ts";
import type { TrainingOptions } from "../training/options.ts";
import { type Checkpoint, train } from "../training/train.ts";
import type { Option, Values } from "./command.ts";
import { type deviceOptions, requestedDevice } from "./device_options.ts";
import { INTERRUPTED, listenToInterrupts } from "./interrupt.ts";

/** Shards unless the command line says otherwise: what 1, 2 and 4 ranks can divide. */
const SHARDS = 4;

/** The options. */
export const rankOptions = [
  {
    name: "mpi",
    kind: "flag",
    help: "Divide the type profiles among the processes that mpirun or srun started together: mpirun -n 4 tedi train " +
      "--mpi; needs MPICH",
  },
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

type RankValues = Values<typeof rankOptions[number] | typeof deviceOptions[number]>;

/** What rank 0 tells the others. */
interface Orders {
  readonly source: ProblemSource;
  readonly training: TrainingOptions;
  readonly checkpointEvery?: number;
}

/** The ranks that the command line asks for. Where this one ends before its work is done, so do all. */
export function chosenRanks(values: RankValues): Ranks | undefined {
  if (!values.mpi) return undefined;
  const ranks = joinRanks();
  globalThis.addEventListener("unload", () => ranks.abort(Deno.exitCode || 1));
  return ranks;
}

/** How a training is divided. */
export function sharding(ranks: Ranks | undefined, values: RankValues) {
  return ranks && { sharding: { ranks, shards: values.shards ?? SHARDS } };
}

/** Threads of a rank: those asked for, else a fair share of this machine's cores. */
export function rankThreads(values: RankValues): number | undefined {
  if (values.threads !== undefined || !values.mpi) return values.threads;
  const here = Number(Deno.env.get("MPI_LOCALNRANKS")) || 1; // MPICH's mpirun says so
  return Math.max(1, Math.floor(navigator.hardwareConcurrency / here));
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

/** Trains as rank 0 says; gives the exit code. */
export async function follow(ranks: Ranks, values: RankValues, chosen: MechanismProblem | undefined): Promise<number> {
  const orders: Orders = JSON.parse(new TextDecoder().decode(ranks.broadcast(new Uint8Array())));
  const bytes = ranks.broadcast(new Uint8Array()), start = ranks.broadcast(new Uint8Array());
  const from = start.length > 0 ? await decodeMechanism(start, "the mechanism of rank 0") as MenuMechanism : undefined;
  const resume = bytes.length > 0 ? await decodeCheckpoint(bytes, "the checkpoint of rank 0") : undefined;
  const problem = chosen ?? await loadProblem(orders.source), { training, checkpointEvery } = orders;
  const device = await openDevice({ ...requestedDevice(values), threads: rankThreads(values) });
  const interrupt = listenToInterrupts(() => {});
  try {
    const { done } = await train(problem, training, {
      ...{ device, resume, from, checkpointEvery, signal: interrupt.signal },
      ...sharding(ranks, values),
    });
    ranks.finish();
    return done ? 0 : INTERRUPTED;
  } finally {
    interrupt.end();
    device.close();
  }
}
