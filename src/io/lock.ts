/**
 * One process at a time in a folder: a lock that the system takes back when its process ends, however it ends.
 *
 * @module
 */
import { InvalidInputError, machineError, show } from "../errors.ts";

/** The file whose lock is the folder's. It holds the number of the process, for messages. */
export const LOCK_FILE = ".lock";

/** A folder that no other process may use. */
export interface FolderLock {
  /** Lets others in. Harmless when repeated. */
  release(): void;
}

/**
 * Locks a folder against other processes, and against another opening in this one.
 *
 * The lock is the operating system's: that of a killed process is gone with it, whatever file it left behind.
 *
 * @param warn Told where the file system has no locks, and the folder is not locked.
 * @throws {InvalidInputError} if somebody else has locked it.
 * @throws {MachineError} if the folder cannot be written to.
 */
export function lockFolder(folder: string, warn: (message: string) => void): FolderLock {
  const path = `${folder}/${LOCK_FILE}`;
  for (;;) {
    const file = openLockFile(folder, path);
    const locked = tryLock(file, folder, warn);
    if (locked === false) {
      file.close();
      throw new InvalidInputError(
        `Cannot open run folder: it must be in use by no other process, got ${show(folder)}, ` +
          `which ${ownerOf(path)} is using; wait until it is done, or choose another folder`,
      );
    }
    // Who had the lock before may have removed the file after it was opened here; others lock the new one.
    if (isAt(file, path)) return heldLock(file, path);
    file.close();
  }
}

/** Whether somebody has locked a folder. Nothing is written. */
export function isLocked(folder: string): boolean {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(`${folder}/${LOCK_FILE}`, { read: true });
  } catch {
    return false; // there is none, or it is not for us to know
  }
  try {
    return file.tryLockSync(false) === false;
  } catch {
    return false; // there are no locks here
  } finally {
    file.close();
  }
}

function openLockFile(folder: string, path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true, write: true, create: true });
  } catch (error) {
    throw machineError(`write in run folder ${folder}`, error);
  }
}

/** Whether the lock was free; undefined where there are no locks. */
function tryLock(file: Deno.FsFile, folder: string, warn: (message: string) => void): boolean | undefined {
  try {
    return file.tryLockSync(true);
  } catch (error) {
    warn(`${folder} cannot be locked: no other process may use it (${(error as Error).message})`);
    return undefined;
  }
}

function isAt(file: Deno.FsFile, path: string): boolean {
  try {
    return file.statSync().ino === Deno.statSync(path).ino; // null on both sides where files have no numbers
  } catch {
    return false;
  }
}

function heldLock(file: Deno.FsFile, path: string): FolderLock {
  try {
    file.truncateSync(0);
    file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch { /* the lock holds without a name: the disk may be full */ }
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      try {
        Deno.removeSync(path); // before it is unlocked: afterwards it may be somebody else's
      } catch { /* it may stay: what counts is the lock */ }
      file.close();
    },
  };
}

function ownerOf(path: string): string {
  try {
    const text = Deno.readTextFileSync(path).trim();
    return /^\d+$/.test(text) ? `process ${text}` : "another process";
  } catch {
    return "another process";
  }
}
