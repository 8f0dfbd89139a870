/**
 * `--from`: the mechanism whose prices a training begins with.
 *
 * @module
 */
import { dirname, relative, resolve } from "node:path";
import { InvalidInputError, show } from "../errors.ts";
import { attempt } from "../io/atomic.ts";
import { decodeMechanism } from "../io/mechanism_file.ts";
import { requireMenuMechanism } from "../io/mechanism_kinds.ts";
import { readRegularFile } from "../io/read.ts";
import type { MenuMechanism } from "../mechanisms/menu_mechanism.ts";
import type { Option } from "./command.ts";
import { findMechanism, type MechanismPlace } from "./mechanism_argument.ts";
import type { RunConfig } from "./run_config.ts";

/** The option. */
export const warmStartOption = {
  name: "from",
  kind: "text",
  placeholder: "RUN_FOLDER|FILE",
  help:
    "Begin with the prices of a mechanism that was learned before, of as many participants and goods and with its " +
    "network; the problem is that of the run unless given",
} as const satisfies Option;

/** A mechanism to begin with, and where it is. */
export interface WarmStart extends MechanismPlace {
  readonly mechanism: MenuMechanism;
  /** SHA-256 of its file, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Reads the mechanism that `--from` names.
 *
 * @throws {InvalidInputError} where there is none, or one of a baseline.
 */
export async function readWarmStart(argument: string): Promise<WarmStart> {
  const place = await findMechanism(argument), { file } = place;
  const bytes = await attempt(`read mechanism ${file}`, () => readRegularFile(file));
  const mechanism = await decodeMechanism(bytes, file);
  requireMenuMechanism(`train from ${argument}`, mechanism);
  return { ...place, mechanism, sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex() };
}

/** What the configuration of a run in a folder says of the mechanism that it began with. */
export function recordedStart(folder: string, { file, sha256 }: WarmStart): NonNullable<RunConfig["from"]> {
  return { mechanism: relative(folder, resolve(file)).replaceAll("\\", "/"), sha256 };
}

/** Where the mechanism is now that the run in a folder began with. */
export function startPath(folder: string, { mechanism }: NonNullable<RunConfig["from"]>): string {
  return relative(".", resolve(folder, mechanism));
}

/**
 * The mechanism that a run which goes on begins with again, as it has no checkpoint yet; undefined where it needs none.
 *
 * @param given What `--from` says.
 * @param needed Whether there is no checkpoint.
 * @throws {InvalidInputError} where it is not there any more, or another one.
 */
export async function startAgain(
  { from }: RunConfig,
  where: string,
  given: string | undefined,
  needed: boolean,
): Promise<WarmStart | undefined> {
  if (from === undefined && given !== undefined) {
    throw new InvalidInputError(`Cannot resume: --from must be left out, as in ${where}, got ${show(given)}`);
  }
  if (from === undefined || (given === undefined && !needed)) return undefined;
  const path = given ?? startPath(dirname(where), from), start = await readWarmStart(path);
  if (start.sha256 === from.sha256) return start;
  throw new InvalidInputError(
    `Cannot resume: --from must be the mechanism that the run in ${dirname(where)} began with, got another one at ` +
      `${show(path)}`,
  );
}
