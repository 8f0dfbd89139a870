/**
 * Reading files whose names, or places, come from somebody else.
 *
 * @module
 */

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
