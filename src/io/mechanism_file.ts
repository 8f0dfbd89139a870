/**
 * Mechanisms in files: safetensors with the problem and the network's size as metadata.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { contextName } from "../former_names.ts";
import { type MenuMechanism, menuMechanism, type MenuMechanismData } from "../mechanisms/menu_mechanism.ts";
import { NETWORK_KINDS, type NetworkKind } from "../networks/kinds.ts";
import { type ContextKind, contextKinds } from "../networks/context.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { attempt, writeFileAtomic } from "./atomic.ts";
import { readRegularFile } from "./read.ts";
import { decodeChecked, encodeChecked } from "./safetensors.ts";

const FORMAT = "tedi-mechanism-1";

/** The bytes of a mechanism file. */
export function encodeMechanism(mechanism: MenuMechanismData): Promise<Uint8Array> {
  const { problem, shape, network, parameters } = mechanism;
  return encodeChecked(parameters, {
    format: FORMAT,
    problem,
    shape: JSON.stringify(shape),
    network: JSON.stringify(network),
  });
}

/**
 * The mechanism in the bytes of a file.
 *
 * @param what Names the file in messages.
 * @param problem If given, the mechanism must be one for this problem.
 * @throws {InvalidInputError} if the file is damaged, not a mechanism, or one for another problem.
 */
export async function decodeMechanism(
  bytes: Uint8Array,
  what: string,
  problem?: MechanismProblem,
): Promise<MenuMechanism> {
  const { tensors, metadata } = await decodeChecked(bytes, what);
  const fail = (thing: string, rule: string, value: unknown): never => {
    throw new InvalidInputError(`Cannot read ${what}: ${thing} must be ${rule}, got ${show(value)}`);
  };
  if (metadata.format !== FORMAT) fail("its format", FORMAT, metadata.format);
  const json = (name: string): Record<string, unknown> => {
    try {
      const value = JSON.parse(metadata[name]);
      if (value && typeof value === "object") return value;
    } catch { /* said below */ }
    return fail(`metadata ${name}`, "a JSON object", metadata[name]);
  };
  const { participants, goods, exchangeable } = json("shape");
  const { kind, layers, groups, groupSize, hidden, context: written } = json("network");
  const context = contextName(written);
  for (const [name, value] of Object.entries({ participants, goods, layers, groups, groupSize })) {
    if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > LARGEST) {
      fail(name, `an integer from 1 to ${LARGEST}`, value);
    }
  }
  if (kind !== undefined && !NETWORK_KINDS.includes(kind as NetworkKind)) {
    fail("the network's kind", `one of ${NETWORK_KINDS.join(", ")}`, kind);
  }
  if (typeof exchangeable !== "boolean") fail("exchangeable", "true or false", exchangeable);
  if (!Array.isArray(hidden) || hidden.some((width) => !Number.isSafeInteger(width) || width < 1 || width > LARGEST)) {
    fail("hidden", `a list of integers from 1 to ${LARGEST}`, hidden);
  }
  if (context !== undefined && !contextKinds.includes(context as ContextKind)) {
    fail("context", `one of ${contextKinds.join(", ")}`, context);
  }
  if (problem) {
    const { participants: n, goods: m } = problem;
    if (metadata.problem !== problem.name || participants !== n || goods !== m) {
      throw new InvalidInputError(
        `Cannot use ${what}: its problem must be ${problem.name} (n = ${n}, m = ${m}), ` +
          `got ${metadata.problem} (n = ${participants}, m = ${goods})`,
      );
    }
  }
  return menuMechanism({
    problem: metadata.problem ?? "",
    shape: { participants: participants as number, goods: goods as number, exchangeable: exchangeable as boolean },
    network: {
      layers: layers as number,
      groups: groups as number,
      groupSize: groupSize as number,
      hidden: hidden as number[],
      ...kind !== undefined && { kind: kind as NetworkKind },
      ...(context === undefined ? {} : { context: context as ContextKind }),
    },
    parameters: tensors,
  });
}

/** No dimension of a mechanism that fits in memory is larger. */
const LARGEST = 1_000_000;

/**
 * Writes a mechanism file, replacing the one that is there as a whole.
 *
 * @throws {MachineError} naming the path and the cause, where the system refuses.
 */
export async function saveMechanism(path: string, mechanism: MenuMechanismData): Promise<void> {
  await writeFileAtomic(path, await encodeMechanism(mechanism));
}

/**
 * Reads a mechanism file.
 *
 * @param problem If given, the mechanism must be one for this problem.
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
export async function loadMechanism(path: string, problem?: MechanismProblem): Promise<MenuMechanism> {
  const bytes = await attempt(`read mechanism ${path}`, () => readRegularFile(path));
  return await decodeMechanism(bytes, path, problem);
}
