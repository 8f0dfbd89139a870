/**
 * The folder of one training run: `config.json`, `metrics.jsonl`, `checkpoint.safetensors` with the one before it as
 * `checkpoint.previous.safetensors`, `mechanism.safetensors`, and `result.json` once it is evaluated.
 *
 * Every file but the metrics is replaced as a whole, so a run that is killed at any moment can be resumed.
 *
 * @module
 */

import { dirname } from "node:path";
import { InvalidInputError, machineError, requireInteger, show } from "../errors.ts";
import type { Checkpoint } from "../training/state.ts";
import { attempt, removeTempFiles, syncFolder, unlessMissing, writeFileAtomic } from "./atomic.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint_file.ts";
import { parseObject } from "./json.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { readIfThere, readTextIfThere } from "./read.ts";

const CONFIG = "config.json";
const METRICS = "metrics.jsonl";
const MECHANISM = "mechanism.safetensors";
const RESULT = "result.json";
const CHECKPOINT = "checkpoint.safetensors";
const PREVIOUS = "checkpoint.previous.safetensors";
const PROBE = "probe";

/** The config last: while any file is left, the folder still counts as holding a run. */
const RUN_FILES = [RESULT, METRICS, MECHANISM, PREVIOUS, CHECKPOINT, CONFIG];

/** How {@link openRunFolder} treats what the folder holds. */
export interface RunFolderOptions {
  /** Go on with the run that is there (`true`), or start a new one in a folder that has none (`false`). */
  readonly resume: boolean;
  /** When starting: delete the files of the run that is there, instead of refusing. */
  readonly force?: boolean;
  /** Told when something damaged was passed over; `console.warn` unless given. */
  readonly warn?: (message: string) => void;
}

/** One line of `metrics.jsonl`: the iteration it belongs to, and any values that JSON can hold. */
export interface MetricsRecord {
  /** Iterations done when it was recorded; a non-negative integer. */
  readonly iteration: number;
  /** NaN and infinities are stored as `null`, which is all that JSON has for them. */
  readonly [key: string]: unknown;
}

/**
 * An open run folder. Reading fails with {@link InvalidInputError} where a file's content is unusable; everything
 * fails with `MachineError`, naming the path and the cause, where the system refuses.
 */
export interface RunFolder {
  /** The folder. */
  readonly path: string;
  /** Replaces `config.json`. */
  writeConfig(config: Readonly<Record<string, unknown>>): Promise<void>;
  /** The object in `config.json`. */
  readConfig(): Promise<Record<string, unknown>>;
  /** Appends one line to `metrics.jsonl`: at once, in call order, but not yet flushed to the disk. */
  appendMetrics(record: MetricsRecord): void;
  /** Flushes `metrics.jsonl` to the disk; {@link RunFolder.writeCheckpoint} does it too. */
  syncMetrics(): Promise<void>;
  /**
   * Keeps only the metrics with `iteration <= afterIteration`, as a run resumed from there records the others again; -1
   * keeps none. Removes a last line that a crash cut, and other unreadable lines with a warning.
   */
  truncateMetrics(afterIteration: number): Promise<void>;
  /** Makes this the newest checkpoint, and the newest so far the previous; one of them is whole at every moment. */
  writeCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /**
   * The newest checkpoint; the previous one, with a warning, if the newest is missing or damaged; `undefined` if there
   * is neither. Throws {@link InvalidInputError} if all that are there are damaged.
   */
  readCheckpoint(): Promise<Checkpoint | undefined>;
  /** Replaces `mechanism.safetensors`. */
  writeMechanism(bytes: Uint8Array): Promise<void>;
  /** Replaces `result.json`. */
  writeResult(result: Readonly<Record<string, unknown>>): Promise<void>;
  /** Removes `result.json`, where training goes on. */
  removeResult(): Promise<void>;
  /** Removes the files of the run; closing then removes the folder, if nothing else is in it. */
  discard(): Promise<void>;
  /** Closes the metrics file, and lets other processes in. Harmless when repeated. */
  close(): void;
}

/**
 * Opens the folder of a run, and finds out before any work is done whether it can be written to.
 *
 * To start, the folder is made as needed and must not hold a run. To resume, it must have a `config.json`; without a
 * checkpoint beside it, {@link RunFolder.readCheckpoint} gives `undefined` and the run starts again. Temporary files of
 * a crashed run are removed. The folder is locked until it is closed: two processes cannot have the same one open.
 *
 * @throws {InvalidInputError} if there is a run where none was expected, or none where one was, or another process has
 * it open.
 * @throws {MachineError} if the folder cannot be made, read or written, naming it and the cause.
 */
export async function openRunFolder(path: string, options: RunFolderOptions): Promise<RunFolder> {
  const { resume, force = false, warn = console.warn } = options;
  if (typeof path !== "string" || path === "") {
    throw new InvalidInputError(`Cannot open run folder: path must be a non-empty text, got ${show(path)}`);
  }
  if (resume && force) {
    throw new InvalidInputError("Cannot open run folder: force must be false where resume is true, got true");
  }
  const at = (name: string): string => `${path}/${name}`;

  await findRun(path, options);
  const above = dirname(path), aboveIsNew = await isMissing(above);
  await attempt(`make run folder ${path}`, () => Deno.mkdir(path, { recursive: true }));
  const lock = lockFolder(path, warn);
  try {
    const found = await findRun(path, options); // again: another process may have made one before the lock
    await probe(path);
    await removeTempFiles(path, [...RUN_FILES, PROBE]);
    if (force) {
      for (const name of found) await unlessMissing(`remove ${at(name)}`, Deno.remove(at(name)));
    }
    const folder = lockedFolder(path, warn, lock, aboveIsNew ? [path, above] : [path]);
    // A crash may have cut the last line, which the next append must not prolong.
    if (resume) await folder.truncateMetrics(Number.MAX_SAFE_INTEGER);
    return folder;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Whether there is no folder; one that may not be looked at is taken to be there. */
async function isMissing(folder: string): Promise<boolean> {
  return await Deno.stat(folder).then(() => false, (error) => error instanceof Deno.errors.NotFound);
}

/** The files of a run that a folder holds, if it holds what the options expect. */
async function findRun(path: string, { resume, force = false }: RunFolderOptions): Promise<string[]> {
  const found: string[] = [];
  for (const name of RUN_FILES) {
    if (await unlessMissing(`open run folder ${path}`, Deno.stat(`${path}/${name}`))) found.push(name);
  }
  if (resume && !found.includes(CONFIG)) {
    throw new InvalidInputError(`Cannot resume a run: folder must be one with a ${CONFIG}, got ${show(path)}`);
  }
  if (!resume && !force && found.length > 0) {
    throw new InvalidInputError(
      `Cannot start a run: folder must be without a run, got ${show(path)}, which has ${found.at(-1)}; ` +
        "pass --resume to go on with it, --force to delete it, or choose another folder",
    );
  }
  return found;
}

/** The folder that is ours; those that were made for it go with a run that is discarded. */
function lockedFolder(
  path: string,
  warn: (message: string) => void,
  lock: FolderLock,
  made: readonly string[],
): RunFolder {
  const at = (name: string): string => `${path}/${name}`;
  let metrics: Deno.FsFile | undefined;
  /** Whether the newest checkpoint is whole; unknown until it is read or written. */
  let newestIsWhole: boolean | undefined;
  let discarded = false;
  const closeMetrics = (): void => {
    metrics?.close();
    metrics = undefined;
  };

  const folder: RunFolder = {
    path,
    async writeConfig(config) {
      await writeFileAtomic(at(CONFIG), `${JSON.stringify(config, null, 2)}\n`);
    },
    async readConfig() {
      const text = await readTextIfThere(at(CONFIG));
      const config = text === undefined ? undefined : parseObject(text);
      if (config === undefined) {
        throw new InvalidInputError(
          `Cannot read ${at(CONFIG)}: file must be a JSON object, got ${
            text === undefined ? "no file" : "something else"
          }`,
        );
      }
      return config;
    },
    appendMetrics(record) {
      requireInteger("record metrics", "iteration", record.iteration, 0);
      const line = new TextEncoder().encode(`${JSON.stringify(record)}\n`);
      try {
        metrics ??= Deno.openSync(at(METRICS), { append: true, create: true });
        for (let written = 0; written < line.length;) written += metrics.writeSync(line.subarray(written));
      } catch (error) {
        throw machineError(`write ${at(METRICS)}`, error);
      }
    },
    async syncMetrics() {
      await attempt(`write ${at(METRICS)}`, () => metrics?.sync());
    },
    async truncateMetrics(afterIteration) {
      requireInteger("truncate metrics", "afterIteration", afterIteration, -1);
      closeMetrics(); // The open file would go on under a name that is gone.
      const text = await readTextIfThere(at(METRICS));
      if (text === undefined) return;
      const { kept, unreadable } = keepMetrics(text, afterIteration);
      if (unreadable > 0) warn(`Dropped ${unreadable} unreadable lines of ${at(METRICS)}`);
      if (kept !== text) await writeFileAtomic(at(METRICS), kept);
    },
    async writeCheckpoint(checkpoint) {
      const bytes = await encodeCheckpoint(checkpoint);
      await folder.syncMetrics();
      newestIsWhole ??= !((await tryCheckpoint(at(CHECKPOINT))) instanceof InvalidInputError);
      // A damaged one is overwritten: as the previous one it would replace the only whole one.
      if (newestIsWhole) {
        await unlessMissing(`rename ${at(CHECKPOINT)}`, Deno.rename(at(CHECKPOINT), at(PREVIOUS)));
        await syncFolder(path);
      }
      await writeFileAtomic(at(CHECKPOINT), bytes);
      newestIsWhole = true;
    },
    async readCheckpoint() {
      const newest = await tryCheckpoint(at(CHECKPOINT));
      newestIsWhole = !(newest instanceof InvalidInputError);
      if (newest !== undefined && !(newest instanceof InvalidInputError)) return newest;

      const previous = await tryCheckpoint(at(PREVIOUS));
      if (previous === undefined) {
        if (newest === undefined) return undefined;
        throw newest;
      }
      const problem = newest?.message ?? `Cannot read ${at(CHECKPOINT)}: no such file`;
      if (previous instanceof InvalidInputError) throw new InvalidInputError(`${problem}\n${previous.message}`);
      warn(`${problem}\nGoing on from ${at(PREVIOUS)}`);
      return previous;
    },
    async writeMechanism(bytes) {
      await writeFileAtomic(at(MECHANISM), bytes);
    },
    async writeResult(result) {
      await writeFileAtomic(at(RESULT), `${JSON.stringify(result, null, 2)}\n`);
    },
    async removeResult() {
      await unlessMissing(`remove ${at(RESULT)}`, Deno.remove(at(RESULT)));
    },
    async discard() {
      closeMetrics();
      for (const name of RUN_FILES) await unlessMissing(`remove ${at(name)}`, Deno.remove(at(name)));
      discarded = true;
    },
    close() {
      closeMetrics();
      lock.release();
      if (!discarded) return;
      try {
        for (const folder of made) Deno.removeSync(folder);
      } catch {
        // It holds something else.
      }
    },
  };
  return folder;
}

/** The lines with `iteration <= last`, and how many lines other than a cut last one cannot be read. */
function keepMetrics(text: string, last: number): { kept: string; unreadable: number } {
  const lines = text.split("\n");
  lines.pop(); // Empty after the final line break, or a line that a crash cut.
  let kept = "";
  let unreadable = 0;
  for (const line of lines) {
    const iteration = parseObject(line)?.iteration;
    if (typeof iteration !== "number") unreadable++;
    else if (iteration <= last) kept += `${line}\n`;
  }
  return { kept, unreadable };
}

/** The checkpoint at `path`, `undefined` if there is none, or what is wrong with it. */
async function tryCheckpoint(path: string): Promise<Checkpoint | InvalidInputError | undefined> {
  const bytes = await readIfThere(path);
  try {
    return bytes && await decodeCheckpoint(bytes, path);
  } catch (error) {
    if (error instanceof InvalidInputError) return error;
    throw error;
  }
}

/** Writes a file as the run will write its own, and removes it. */
async function probe(path: string): Promise<void> {
  await attempt(`write in run folder ${path}`, async () => {
    const file = `${path}/.${PROBE}.${crypto.randomUUID()}.tmp`; // If we are killed here, it goes as a leftover.
    try {
      await Deno.writeFile(file, new Uint8Array([0]), { createNew: true });
    } finally {
      await Deno.remove(file).catch(() => {});
    }
  });
}
