/**
 * Checkpoints in files: checked safetensors, of TEDI and of baselines alike.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import type { Checkpoint } from "../training/state.ts";
import { decodeChecked, encodeChecked } from "./safetensors.ts";

/**
 * The bytes of a checkpoint file, for what a training's `onCheckpoint` is given.
 *
 * @throws {InvalidInputError} where a tensor's data does not fit its shape, or a text is not well-formed.
 *
 * @example
 * ```ts
 * import { decodeCheckpoint, encodeCheckpoint, train } from "@tedi/toolkit";
 * import { assertEquals } from "@std/assert";
 *
 * const file = await Deno.makeTempFile(), settings = { iterations: 4, seed: 1 };
 * const whole = await train("U-1-2", settings, {
 *   checkpointEvery: 2,
 *   onCheckpoint: async (checkpoint, iteration) => {
 *     if (iteration === 2) await Deno.writeFile(file, await encodeCheckpoint(checkpoint));
 *   },
 * });
 * const resume = await decodeCheckpoint(await Deno.readFile(file), file);
 * const resumed = await train("U-1-2", settings, { resume }); // iterations 3 and 4
 * assertEquals(resumed.mechanism.parameters, whole.mechanism.parameters);
 * await Deno.remove(file);
 * ```
 */
export async function encodeCheckpoint({ tensors, metadata }: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  return await encodeChecked(tensors, metadata);
}

/**
 * The checkpoint in the bytes of a file, for a training's `resume`. Training checks whether it is one of its own.
 *
 * @param what Names the file in messages.
 * @throws {InvalidInputError} if the file is damaged, or holds a mechanism.
 */
export async function decodeCheckpoint(bytes: Uint8Array, what: string): Promise<Checkpoint> {
  const checkpoint = await decodeChecked(bytes, what);
  if (checkpoint.metadata.format === undefined) return checkpoint;
  throw new InvalidInputError(`Cannot read ${what}: it must be a checkpoint, got a mechanism`);
}
