/**
 * Checkpoints of a cell that is under way, so that a cell that is stopped goes on where it was.
 *
 * A method may train several times in a cell: each training has a file of its own. Finishing the cell removes them.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import { attempt, unlessMissing, writeFileAtomic } from "../io/atomic.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../io/checkpoint_file.ts";
import { readIfThere } from "../io/read.ts";
import type { Checkpoint } from "../training/state.ts";
import { VERSION } from "../version.ts";
import { type CellKey, cellPath } from "./cells.ts";

/** Hooks of a training that goes on from where it was, and keeps where it is. */
export interface CheckpointHooks {
  /** The checkpoint to go on from; undefined where the training has not begun. */
  readonly resume: Checkpoint | undefined;
  /** Keeps a checkpoint. */
  readonly onCheckpoint: (checkpoint: Checkpoint) => Promise<void>;
}

/** The checkpoints of a cell. */
export interface CellCheckpoints {
  /** Seconds that were spent before the last checkpoint; 0 where there is none. */
  readonly seconds: number;
  /** The hooks of one of the cell's trainings, which are counted from 0. */
  hooks(training: number): CheckpointHooks;
}

/**
 * The checkpoints of a cell in a folder. Those of another version of the package are passed over: what is computed from
 * them might be neither version's.
 *
 * @param seconds Seconds since the cell began, or went on.
 * @throws {InvalidInputError} for a file that is damaged, or not of this cell.
 */
export async function cellCheckpoints(folder: string, key: CellKey, seconds: () => number): Promise<CellCheckpoints> {
  const cell = JSON.stringify(key), found: Checkpoint[] = [];
  let before = 0;
  for (;;) {
    const file = checkpointPath(folder, key, found.length), bytes = await readIfThere(file);
    if (!bytes) break;
    const checkpoint = await readCheckpoint(bytes, file, cell);
    if (checkpoint.metadata.version !== VERSION) break;
    before = Math.max(before, Number(checkpoint.metadata.seconds) || 0);
    found.push(checkpoint);
  }
  return {
    seconds: before,
    hooks: (training) => ({
      resume: found[training],
      async onCheckpoint({ tensors, metadata }) {
        const more = { cell, version: VERSION, seconds: String(before + seconds()) },
          file = checkpointPath(folder, key, training);
        const bytes = await encodeCheckpoint({ tensors, metadata: { ...metadata, ...more } });
        await attempt(`write ${file}`, () => writeFileAtomic(file, bytes));
      },
    }),
  };
}

/** Removes the checkpoints of a cell. */
export async function removeCheckpoints(folder: string, key: CellKey): Promise<void> {
  for (let training = 0;; training++) {
    const file = checkpointPath(folder, key, training);
    const there = await unlessMissing(`look at ${file}`, Deno.stat(file));
    if (!there) return;
    await unlessMissing(`remove ${file}`, Deno.remove(file));
  }
}

/** The file of the checkpoint of a training, from 0, of a cell. */
function checkpointPath(folder: string, key: CellKey, training: number): string {
  return cellPath(folder, key).replace(/json$/, `checkpoint${training}.safetensors`);
}

async function readCheckpoint(bytes: Uint8Array, file: string, cell: string): Promise<Checkpoint> {
  let checkpoint: Checkpoint | undefined;
  try {
    checkpoint = await decodeCheckpoint(bytes, file);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(`${error.message}; delete it to begin the cell anew`);
  }
  if (checkpoint.metadata.cell === cell) return checkpoint;
  throw new InvalidInputError(
    `Cannot go on with the table: ${file} must be a checkpoint of ${cell}, got one of ` +
      `${checkpoint.metadata.cell?.slice(0, 200)}; delete it to begin the cell anew`,
  );
}
