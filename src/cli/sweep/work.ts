/**
 * A worker of a sweep: does the cells of a task that nobody else does.
 *
 * @module
 */
import { InvalidInputError } from "../../errors.ts";
import { cellPath, readCell } from "../../experiments/cells.ts";
import { removeCheckpoints } from "../../experiments/cell_checkpoints.ts";
import { runCell } from "../../experiments/run_cells.ts";
import { attempt, unlessMissing, writeFileAtomic } from "../../io/atomic.ts";
import { type FolderLock, lockFolder } from "../../io/lock.ts";
import type { Device } from "../../runtime/device.ts";
import type { Output } from "../output.ts";
import type { SweepCell } from "./cells.ts";
import { cellWords, errorPath } from "./plan.ts";

/** What a worker that was told to stop ends with, its cell in a checkpoint: EX_TEMPFAIL of sysexits.h. */
export const STOPPED = 75;

/** Milliseconds between looks at a cell that another process is doing. */
const LOOK = 2000;

/** How a worker goes about. */
export interface WorkOptions {
  readonly device: Device;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Wait for cells that another process is doing, and do those that it leaves. */
  readonly wait: boolean;
}

/**
 * Does cells one after the other; one that fails leaves the reason in a file, and the next one begins.
 *
 * @returns How many failed.
 */
export async function workOn(
  folder: string,
  cells: readonly SweepCell[],
  { device, output, signal, wait }: WorkOptions,
): Promise<number> {
  let failed = 0;
  for (const cell of cells) {
    signal.throwIfAborted();
    using lock = await lockCell(folder, cell, wait, signal);
    if (!lock) continue;
    if (await readCell(folder, cell.key)) {
      await removeCheckpoints(folder, cell.key); // of a process that was killed before it could
      continue;
    }
    const words = cellWords(cell), progress = output.progress(words), error = errorPath(folder, cell);
    output.log(words);
    try {
      const { revenue, standardError, seconds } = await runCell({ ...cell, folder }, device, {
        onProgress: (done, all, figure) => progress.update(done, all, figure),
      }, signal);
      progress.end();
      await unlessMissing(`remove ${error}`, Deno.remove(error));
      output.log(`${words}: ${revenue.toFixed(4)} +- ${standardError.toFixed(4)}, ${seconds.toFixed(0)} s`);
    } catch (reason) {
      progress.end();
      if (signal.aborted) throw reason;
      failed++;
      const message = reason instanceof Error ? reason.message : String(reason);
      output.warn(`${words} failed: ${message}`);
      await attempt(`write ${error}`, () => writeFileAtomic(error, `${message}\n`));
      device.check(); // where the device is gone, so are all cells
    }
  }
  return failed;
}

/** The cell's lock; undefined where another process has it, and it is not waited for. */
async function lockCell(
  folder: string,
  { key }: SweepCell,
  wait: boolean,
  signal: AbortSignal,
): Promise<FolderLock & Disposable | undefined> {
  const path = `${folder}/.locks/${cellPath("", key).slice(1, -".json".length)}`;
  await attempt(`make ${path}`, () => Deno.mkdir(path, { recursive: true }));
  for (;;) {
    signal.throwIfAborted();
    try {
      const lock = lockFolder(path, () => {});
      return { ...lock, [Symbol.dispose]: () => lock.release() };
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      if (!wait) return undefined;
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }
}
