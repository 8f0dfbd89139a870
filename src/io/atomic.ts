/**
 * Files that are replaced as a whole: a crash at any moment leaves the old content or the new, never a part.
 *
 * @module
 */

import { MachineError, machineError } from "../errors.ts";

/**
 * Replaces the file at `path`, or creates it, in one step.
 *
 * The content goes to a temporary file in the same folder (`.<name>.<uuid>.tmp`), is flushed to the disk, and takes the
 * name `path` in a single rename. On failure the temporary file is removed and what was at `path` is as before; only
 * a killed process leaves it behind, for {@link removeTempFiles}.
 *
 * @param path of a file in a folder that exists.
 * @param content bytes, or text to be stored as UTF-8.
 * @throws {MachineError} naming `path` and the cause: no space, no permission, no such folder.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const { folder, name } = splitPath(path);
  const temp = `${folder}.${name}.${crypto.randomUUID()}.tmp`;
  try {
    await writeAndFlush(temp, typeof content === "string" ? new TextEncoder().encode(content) : content);
    await Deno.rename(temp, path);
  } catch (error) {
    await Deno.remove(temp).catch(() => {}); // Never created, or beyond help: the first error is the one to report.
    throw machineError(`write ${path}`, error);
  }
  await syncFolder(folder || ".");
}

/**
 * As {@link writeFileAtomic}; folders on the way are made as needed.
 *
 * @throws {MachineError} naming what cannot be made or written, and the cause.
 */
export async function writeInto(path: string, content: Uint8Array | string): Promise<void> {
  const { folder } = splitPath(path);
  if (folder !== "") await attempt(`make ${folder}`, () => Deno.mkdir(folder, { recursive: true }));
  await writeFileAtomic(path, content);
}

/**
 * Flushes a folder's entries (new names, renames) to the disk where the system can; elsewhere does nothing.
 *
 * @throws nothing.
 */
export async function syncFolder(path: string): Promise<void> {
  try {
    using folder = await Deno.open(path);
    await folder.sync();
  } catch {
    // Windows cannot open a folder, and some file systems cannot flush one. The rename itself is atomic all the same.
  }
}

/**
 * Removes the temporary files that a killed {@link writeFileAtomic} left in `folder`, for files called one of `names`.
 * Must not run while another process is writing them.
 *
 * @throws {MachineError} naming the folder and the cause.
 */
export async function removeTempFiles(folder: string, names: readonly string[]): Promise<void> {
  await attempt(`clean ${folder}`, async () => {
    for await (const entry of Deno.readDir(folder)) {
      const [, name] = /^\.(.+)\.[0-9a-f-]{36}\.tmp$/s.exec(entry.name) ?? [];
      if (entry.isFile && names.includes(name)) await Deno.remove(`${folder}/${entry.name}`);
    }
  });
}

/**
 * The result of `work`. What it throws becomes the cause of a {@link machineError}, unless it is a MachineError
 * already.
 *
 * @param action what `work` does, with its path: `write runs/a/config.json`.
 * @throws {MachineError} `Cannot <action>: <reason>`.
 */
export async function attempt<T>(action: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof MachineError ? error : machineError(action, error);
  }
}

/** `undefined` where the file or folder is not there. */
export async function unlessMissing<T>(action: string, result: Promise<T>): Promise<T | undefined> {
  return await attempt(action, async () => {
    try {
      return await result;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  });
}

/** `folder` ends in its separator, or is empty for the working folder. */
function splitPath(path: string): { folder: string; name: string } {
  const separators = Deno.build.os === "windows" ? ["/", "\\"] : ["/"];
  const at = Math.max(...separators.map((separator) => path.lastIndexOf(separator))) + 1;
  return { folder: path.slice(0, at), name: path.slice(at) };
}

async function writeAndFlush(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
  await file.sync();
}
