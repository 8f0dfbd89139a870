/**
 * Problems that a researcher writes in a few lines, in a script or in a module of their own.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensorflow } from "../deps/tfjs.ts";
import { InvalidInputError, requireInteger, show } from "../errors.ts";
import { requireKnownNames } from "../known_names.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { normals, uniforms } from "../random/numbers.ts";
import { type GoodsCosts, reproducibleGoods, unitGoods } from "./principal_utility.ts";
import type { MechanismProblem, PrincipalUtility, SamplePart, TypeDistribution } from "./problem.ts";
import { distributionFamily, type DistributionLetter } from "./distributions/table.ts";
import { typesOfFamily } from "./distributions/family.ts";
import { requireScale } from "./scaled.ts";

/** Random numbers for one batch of profiles. Each call goes on where the one before stopped. */
export interface RandomStream {
  /** `count` numbers uniform on [0, 1). */
  uniform(count: number): Float32Array;
  /** `count` standard normal numbers. */
  normal(count: number): Float32Array;
}

/**
 * A problem in the words of its author. Types come either from `sampleTypes` or from `distribution`;
 * the principal's utility either from `principalUtility` or from the two costs.
 */
export interface ProblemDefinition extends GoodsCosts {
  /** A name for reports. */
  readonly name?: string;
  /** n, the number of participants. */
  readonly participants: number;
  /** m, the number of goods. */
  readonly goods: number;
  /**
   * The largest value that a type may have, in the unit of types, costs and payments; 1 unless given. Types of a
   * `distribution` with a letter are in [0, scale], too.
   */
  readonly scale?: number;
  /** The name of that unit, for reports, such as `EUR`. */
  readonly unit?: string;
  /** The names of the goods `[m]`, for reports. */
  readonly goodNames?: readonly string[];
  /**
   * `unit` where each good exists once: sum_i x_ij <= 1. Both costs are then paid for what is handed out. Goods are
   * reproducible unless given.
   */
  readonly supply?: "unlimited" | "unit";
  /** The letter of a type distribution, such as `U` for uniform types; `tedi settings` lists them. */
  readonly distribution?: DistributionLetter;
  /**
   * Draws `profiles` type profiles, each type in [0, scale].
   *
   * @param random The only source of chance to use: then the same seed gives the same types.
   * @param profiles How many, B.
   * @param part Where the types come from a finite data set, the part to draw from: `training`, `validation`, or
   * `held-out` for those that are reported. Where the data have no part for validation, take it from that of training.
   * @returns Types as nested lists `[B][n][m]`, or flat and row-major.
   */
  sampleTypes?(random: RandomStream, profiles: number, part: SamplePart): Float32Array | number[] | number[][][];
  /**
   * True where exchanging participants changes neither the distribution nor the principal's utility. Left out, it
   * is true only for a type distribution with a letter and the paper's principal's utility.
   */
  readonly exchangeable?: boolean;
  /**
   * True where the types of different participants are independent. Left out, it is true only for a type distribution with
   * a letter of which it is true. Where participants are exchangeable and goods cost nothing to produce, training then
   * learns one pricing rule that does not read the others' types; where one good is produced for several, it learns from
   * several types of each participant with the same prices.
   */
  readonly independent?: boolean;
  /**
   * True where exchanging goods changes neither the distribution nor the principal's utility. Left out, it is as for
   * participants.
   */
  readonly exchangeableGoods?: boolean;
  /**
   * True where types take single values with positive probability. Left out, it is what the distribution says; with
   * `sampleTypes`, whether most positive types of a sample are values that at least one in twenty has.
   */
  readonly atoms?: boolean;
  /**
   * The principal's utility u0(x, p; t), for a batch.
   *
   * @param tf TensorFlow.js.
   * @param outcomes x `[B, n, m]`, each in [0, 1].
   * @param payments p `[B, n]`. The result has to be differentiable in these.
   * @param types t `[B, n, m]`.
   * @returns u0 `[B]`.
   */
  principalUtility?(tf: Tensorflow, outcomes: Tensor3D, payments: Tensor2D, types: Tensor3D): Tensor;
  /**
   * Terms of the principal's utility, or other amounts, by name: `[B]` each, such as welfare, payments and cost. Evaluations
   * tell their means. They do not affect training.
   */
  terms?(tf: Tensorflow, outcomes: Tensor3D, payments: Tensor2D, types: Tensor3D): Readonly<Record<string, Tensor>>;
}

/**
 * Makes a mechanism design problem MD = (n, m, u0, F) of section 2 from an author's definition.
 *
 * @example
 * ```ts
 * import { defineProblem } from "@tedi/toolkit";
 *
 * const problem = defineProblem({
 *   participants: 2,
 *   goods: 3,
 *   sampleTypes: (random, profiles) => random.uniform(profiles * 2 * 3).map((t) => t * t),
 *   principalUtility: (tf, _outcomes, payments) => tf.sum(payments, 1),
 * });
 * ```
 *
 * @throws {InvalidInputError} where the definition is incomplete or contradicts itself; and later, when the problem is
 * used, where `sampleTypes` returns the wrong number of types or one outside [0, scale], or `principalUtility` returns
 * anything but a tensor of shape `[B]`.
 */
export function defineProblem(definition: ProblemDefinition): MechanismProblem {
  const action = "define a problem";
  if (typeof definition !== "object" || definition === null) {
    throw new InvalidInputError(`Cannot ${action}: the definition must be an object, got ${show(definition)}`);
  }
  requireKnownNames(action, "a field of the definition", definition, FIELDS);
  const { name = "custom", participants, goods, exchangeable, independent, exchangeableGoods, atoms } = definition;
  const { scale = 1, unit, goodNames, supply = "unlimited" } = definition;
  requireInteger(action, "participants", participants, 1);
  requireInteger(action, "goods", goods, 1);
  const optional = [
    ["name", "string"],
    ["unit", "string"],
    ["exchangeable", "boolean"],
    ["independent", "boolean"],
    ["exchangeableGoods", "boolean"],
    ["atoms", "boolean"],
    ["sampleTypes", "function"],
    ["principalUtility", "function"],
    ["terms", "function"],
  ] as const;
  for (const [field, type] of optional) {
    const value = definition[field];
    if (value !== undefined && typeof value !== type) {
      throw new InvalidInputError(`Cannot ${action}: ${field} must be a ${type}, got ${show(value)}`);
    }
  }
  requireScale(action, scale);
  if (!["unlimited", "unit"].includes(supply)) {
    throw new InvalidInputError(`Cannot ${action}: supply must be one of unlimited, unit, got ${show(supply)}`);
  }
  requireGoodNames(action, goodNames, goods);
  const standard = definition.distribution !== undefined && definition.principalUtility === undefined;
  const types = definedTypes(action, definition, scale);
  return {
    name,
    participants,
    goods,
    distribution: {
      ...types,
      exchangeable: exchangeable ?? (standard && types.exchangeable),
      exchangeableGoods: exchangeableGoods ?? (standard && types.exchangeableGoods),
      independent: independent ?? types.independent,
      ...atoms !== undefined && { atoms },
    },
    principalUtility: definedUtility(action, definition),
    source: { kind: "custom" },
    ...scale !== 1 && { scale },
    ...unit !== undefined && { unit },
    ...goodNames !== undefined && { goodNames },
    ...supply !== "unlimited" && { supply },
  };
}

/** Fails unless names are one text for each good. */
export function requireGoodNames(action: string, names: unknown, goods: number): void {
  if (names === undefined) return;
  if (Array.isArray(names) && names.length === goods && names.every((name) => typeof name === "string")) return;
  throw new InvalidInputError(
    `Cannot ${action}: goodNames must be ${goods} texts, one for each good, got ${show(names)}`,
  );
}

/** The fields of a definition. */
const FIELDS: readonly (keyof ProblemDefinition)[] = [
  "name",
  "participants",
  "goods",
  "scale",
  "unit",
  "goodNames",
  "distribution",
  "sampleTypes",
  "exchangeable",
  "exchangeableGoods",
  "independent",
  "atoms",
  "principalUtility",
  "terms",
  "productionCost",
  "duplicationCost",
  "supply",
];

/** F of a definition. */
function definedTypes(action: string, definition: ProblemDefinition, scale: number): TypeDistribution {
  const { participants, goods, distribution } = definition;
  if ((distribution === undefined) === (definition.sampleTypes === undefined)) {
    throw new InvalidInputError(`Cannot ${action}: exactly one of sampleTypes and distribution must be given`);
  }
  if (distribution !== undefined) {
    const types = typesOfFamily(distributionFamily(action, distribution), participants, goods);
    if (scale === 1) return types;
    return { ...types, sample: (key, profiles, part) => types.sample(key, profiles, part).map((type) => type * scale) };
  }
  return {
    name: "custom",
    exchangeable: false,
    sample(key: RandomKey, profiles: number, part: SamplePart): Float32Array {
      requireInteger("draw type profiles", "profiles", profiles, 0);
      const drawn = byAuthor("sampleTypes", () => definition.sampleTypes!(randomStream(key), profiles, part));
      return checkedTypes(drawn, profiles, participants, goods, scale);
    },
  };
}

/**
 * What a function of the author's gives.
 *
 * @throws {InvalidInputError} naming the function where it throws, and where in which file that was, if it says so.
 */
function byAuthor<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw cause;
    const { message = String(cause), stack = "" } = cause instanceof Error ? cause : {};
    // Of TensorFlow.js, or of this module, that would be no help.
    const frames = stack.match(/\w+:\/\/[^\s)]+:\d+:\d+/g) ?? [],
      where = frames.find((frame) => !frame.includes("/npm/"));
    const told = where === undefined || where.startsWith(import.meta.url) ? "" : ` (${where})`;
    throw new InvalidInputError(
      `Cannot use ${name}: it must give a value, got an error: ${message}${told}`,
      { cause },
    );
  }
}

/** Random numbers of a key: the j-th call draws from the key's j-th stream. */
function randomStream(key: RandomKey): RandomStream {
  let calls = 0;
  const next = (count: number): RandomKey => {
    requireInteger("draw random numbers", "count", count, 0);
    return deriveKey(key, calls++);
  };
  return {
    uniform: (count: number): Float32Array => uniforms(next(count), count),
    normal: (count: number): Float32Array => normals(next(count), count),
  };
}

/** The types that an author's `sampleTypes` returned, flat, if they are what they should be. */
function checkedTypes(
  drawn: unknown,
  profiles: number,
  participants: number,
  goods: number,
  scale: number,
): Float32Array {
  const action = "use the types that sampleTypes returned";
  if (!Array.isArray(drawn) && !(ArrayBuffer.isView(drawn) && "length" in drawn)) {
    throw new InvalidInputError(`Cannot ${action}: they must be a Float32Array or nested lists, got ${show(drawn)}`);
  }
  const flat = Array.isArray(drawn) ? drawn.flat(2) as unknown[] : drawn as unknown as ArrayLike<number>;
  const count = profiles * participants * goods, most = Math.max(scale, Math.fround(scale));
  const shape = `[${profiles}, ${participants}, ${goods}]`;
  if (flat.length !== count) {
    throw new InvalidInputError(`Cannot ${action}: shape ${shape} must have ${count} numbers, got ${flat.length}`);
  }
  for (let at = 0; at < count; at++) {
    const value = flat[at];
    if (typeof value === "number" && value >= 0 && value <= most) continue;
    const b = Math.floor(at / (participants * goods)), i = Math.floor(at / goods) % participants, j = at % goods;
    throw new InvalidInputError(
      `Cannot ${action}: types[${b}][${i}][${j}] must be a number in [0, ${scale}], got ${show(value)}` +
        (typeof value === "number" && value > scale ? "; scale is the largest value that a type may have" : ""),
    );
  }
  return drawn instanceof Float32Array ? drawn : Float32Array.from(flat as ArrayLike<number>);
}

/** u0 of a definition. */
function definedUtility(action: string, definition: ProblemDefinition): PrincipalUtility {
  if (definition.principalUtility === undefined) {
    if (definition.terms === undefined) {
      return definition.supply === "unit" ? unitGoods(definition) : reproducibleGoods(definition);
    }
    throw new InvalidInputError(`Cannot ${action}: terms must come with principalUtility, which is missing`);
  }
  for (const cost of ["productionCost", "duplicationCost"] as const) {
    if (definition[cost] !== undefined) {
      throw new InvalidInputError(
        `Cannot ${action}: ${cost} must be left out where principalUtility is given, got ${show(definition[cost])}`,
      );
    }
  }
  return {
    name: "custom",
    evaluate(tf: Tensorflow, outcomes: Tensor3D, payments: Tensor2D, types: Tensor3D): Tensor1D {
      const utility: unknown = byAuthor(
        "principalUtility",
        () => definition.principalUtility!(tf, outcomes, payments, types),
      );
      return perProfile(tf, "principalUtility: what it returns", utility, outcomes.shape[0]);
    },
    ...definition.terms && {
      terms(tf: Tensorflow, outcomes: Tensor3D, payments: Tensor2D, types: Tensor3D) {
        const terms: unknown = byAuthor("terms", () => definition.terms!(tf, outcomes, payments, types));
        if (typeof terms !== "object" || terms === null || terms instanceof tf.Tensor) {
          throw new InvalidInputError(
            `Cannot use terms: it must return an object of tensors by name, got ${show(terms)}`,
          );
        }
        return Object.fromEntries(
          Object.entries(terms).map((
            [name, term],
          ) => [name, perProfile(tf, `terms: ${name}`, term, outcomes.shape[0])]),
        );
      },
    },
  };
}

/** A tensor that an author's function returned, if it has a number for each profile. */
function perProfile(tf: Tensorflow, thing: string, value: unknown, batch: number): Tensor1D {
  const isTensor = value instanceof tf.Tensor;
  if (isTensor && value.rank === 1 && value.shape[0] === batch) return value as Tensor1D;
  const got = isTensor ? `a tensor of shape [${value.shape.join(", ")}]` : show(value);
  throw new InvalidInputError(
    `Cannot use ${thing} must be a tensor of shape [${batch}], one utility for each type profile, got ${got}`,
  );
}

/**
 * Loads a problem from a module whose default export is a {@linkcode ProblemDefinition} or what
 * {@linkcode defineProblem} made of one.
 *
 * @param specifier A URL, or a path relative to the current directory. The module runs with this program's permissions.
 * @throws {InvalidInputError} where the module cannot be loaded or its default export is not a problem.
 */
export async function moduleProblem(specifier: string): Promise<MechanismProblem> {
  const action = `load the problem module ${show(specifier)}`;
  // A single letter before the colon is a drive of Windows.
  const url = /^[a-z][a-z0-9+.-]+:/i.test(specifier) ? specifier : pathToFileURL(resolve(specifier)).href;
  let loaded: { default?: unknown };
  try {
    loaded = await import(url);
  } catch (cause) {
    throw new InvalidInputError(`Cannot ${action}: ${(cause as Error).message}`, { cause });
  }
  const given = loaded.default;
  if (typeof given !== "object" || given === null) {
    throw new InvalidInputError(
      `Cannot ${action}: its default export must be a problem definition, ` +
        `such as { participants: 2, goods: 3, distribution: "U" }, got ${show(given)}`,
    );
  }
  try {
    const problem = isProblem(given) ? given : defineProblem(given as ProblemDefinition);
    const sha256 = await hashOf(url);
    return { ...problem, source: { kind: "module", module: specifier, ...sha256 !== undefined && { sha256 } } };
  } catch (cause) {
    throw new InvalidInputError(`${(cause as Error).message} (in ${show(specifier)})`, { cause });
  }
}

/** SHA-256 of a module's file in hexadecimal; undefined where it is no file, or may not be read. */
async function hashOf(url: string): Promise<string | undefined> {
  if (!url.startsWith("file:")) return undefined;
  const bytes = await Deno.readFile(new URL(url)).catch(() => undefined);
  return bytes && new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Whether a default export has been through `defineProblem` already. */
function isProblem(given: object): given is MechanismProblem {
  return "source" in given && "distribution" in given && typeof given.distribution === "object";
}
