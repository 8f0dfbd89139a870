/**
 * Mechanisms in files: safetensors with the problem and sizes as metadata.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import type { MenuMechanismData } from "../mechanisms/menu_mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { attempt, writeFileAtomic } from "./atomic.ts";
import { decodeKinds, encodeKind } from "./mechanism_kind.ts";
import { kindOf, type LearnedMechanism, mechanismKinds } from "./mechanism_kinds.ts";
import { readRegularFile } from "./read.ts";

/**
 * The bytes of a mechanism file.
 *
 * @throws {InvalidInputError} for a mechanism that was not learned: files hold parameters.
 */
export async function encodeMechanism(mechanism: MenuMechanismData | LearnedMechanism): Promise<Uint8Array> {
  const kind = kindOf(mechanism);
  if (!kind) {
    const methods = mechanismKinds.flatMap(({ method }) => method ?? []).join(", ");
    throw new InvalidInputError(
      `Cannot save a mechanism: it must be a menu mechanism, or one of ${methods}, got one of another kind`,
    );
  }
  return await encodeKind(kind, mechanism);
}

/**
 * The mechanism in the bytes of a file.
 *
 * @param what Names the file in messages.
 * @param problem If given, a problem or the name of a setting: the mechanism must be one for it.
 * @throws {InvalidInputError} if the file is damaged, not a mechanism, or one for another problem.
 */
export async function decodeMechanism(
  bytes: Uint8Array,
  what: string,
  problem?: MechanismProblem | string,
): Promise<LearnedMechanism> {
  return await decodeKinds(mechanismKinds, bytes, what, problem === undefined ? undefined : problemOf(problem));
}

/**
 * Writes a mechanism file, replacing the one that is there as a whole.
 *
 * @param mechanism A menu mechanism, or one of a baseline that was trained.
 * @throws {InvalidInputError} for a mechanism that was not learned.
 * @throws {MachineError} naming the path and the cause, where the system refuses.
 */
export async function saveMechanism(path: string, mechanism: MenuMechanismData | LearnedMechanism): Promise<void> {
  await writeFileAtomic(path, await encodeMechanism(mechanism));
}

/**
 * Reads a mechanism file, or the one in the folder of a run. What it gives does the same as the mechanism that was saved, to the bit. Only menu mechanisms
 * have no `method`.
 *
 * @param path The file, or a run's folder.
 * @param problem If given, a problem or the name of a setting: the mechanism must be one for it.
 * @throws {InvalidInputError} if the file is damaged, not a mechanism, or one for another problem.
 * @throws {MachineError} if it cannot be read.
 *
 * @example
 * ```ts
 * import { loadMechanism, saveMechanism, settingProblem, train } from "@tedi/toolkit";
 * import { assertEquals } from "@std/assert";
 *
 * const problem = settingProblem("U-1-2"), { mechanism } = await train(problem, { iterations: 5 });
 * const path = await Deno.makeTempFile({ suffix: ".safetensors" });
 * await saveMechanism(path, mechanism);
 * const again = await loadMechanism(path, problem), types = [[[0.9, 0.8]]];
 * assertEquals(await again.run(types), await mechanism.run(types));
 * await Deno.remove(path);
 * ```
 */
export async function loadMechanism(path: string, problem?: MechanismProblem | string): Promise<LearnedMechanism> {
  const file = await attempt(`read mechanism ${path}`, async () => {
    const { isDirectory } = await Deno.stat(path);
    return isDirectory ? `${path.replace(/(?<=.)[/\\]+$/, "")}/mechanism.safetensors` : path;
  });
  const bytes = await attempt(`read mechanism ${file}`, () => readRegularFile(file));
  return await decodeMechanism(bytes, file, problem);
}
