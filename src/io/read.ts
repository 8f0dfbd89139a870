/**
 * Reads files that somebody else may have made or named.
 *
 * @module
 */
import { unlessMissing } from "./atomic.ts";

/**
 * The bytes of a file. Devices and pipes, which may never end, are refused: a folder from elsewhere can hold a link to
 * one.
 *
 * @throws {Error} of the system, or naming what it is instead of a file.
 */
export async function readRegularFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { isFile, isDirectory } = await Deno.stat(path);
  if (!isFile && !isDirectory) throw new Error("It is a device or a pipe, and no file");
  return await Deno.readFile(path); // of a folder the system says so itself
}

/**
 * The same; `undefined` where there is no such file.
 *
 * @throws {MachineError} if it cannot be read.
 */
export async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return await unlessMissing(`read ${path}`, readRegularFile(path));
}

/** The text of a file, as UTF-8; `undefined` where there is no such file. Throws as {@linkcode readIfThere} does. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  const bytes = await readIfThere(path);
  return bytes && new TextDecoder().decode(bytes);
}
