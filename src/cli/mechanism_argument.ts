/**
 * The argument `RUN_FOLDER|FILE`, which names a mechanism: finds its file.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { attempt } from "../io/atomic.ts";
import type { Positional } from "./command.ts";

/** The argument. */
export const mechanismArgument: Positional = {
  name: "RUN_FOLDER|FILE",
  help: "The folder of a training run that is done, or a mechanism file (.safetensors)",
};

/** Where a mechanism is. */
export interface MechanismPlace {
  /** Its file. */
  readonly file: string;
  /** The run folder, where one was given. */
  readonly folder?: string;
}

/**
 * Finds the mechanism that an argument names.
 *
 * @throws {InvalidInputError} where there is no such file, or the folder has no mechanism.
 */
export async function findMechanism(argument: string): Promise<MechanismPlace> {
  const found = await stat(argument);
  if (!found) {
    throw new InvalidInputError(
      `Cannot read a mechanism: the run folder or file must exist, got ${show(argument)}`,
    );
  }
  if (!found.isDirectory) return { file: argument };
  const folder = argument.replace(/(?<=.)[/\\]+$/, ""), file = `${folder}/mechanism.safetensors`;
  if (await stat(file)) return { file, folder };
  const hint = await stat(`${folder}/config.json`)
    ? `; finish its training with tedi train --resume --out ${folder}`
    : "";
  throw new InvalidInputError(
    `Cannot read a mechanism: the folder must have a mechanism.safetensors, got ${show(argument)}${hint}`,
  );
}

async function stat(path: string): Promise<Deno.FileInfo | undefined> {
  return await attempt(`look at ${path}`, async () => {
    try {
      return await Deno.stat(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
      throw error;
    }
  });
}
