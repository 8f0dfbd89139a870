/**
 * The interface of mechanisms: types in, outcomes and payments out.
 *
 * @module
 */
import { count } from "../display.ts";
import { InvalidInputError, show } from "../errors.ts";
import type { MechanismProblem } from "../problems/problem.ts";

/** The results of a mechanism for B type profiles, each array flat and row-major. */
export interface MechanismResult {
  /** B. */
  readonly profiles: number;
  /** Outcomes x `[B, n, m]`: x_ij is the probability that participant i gets good j. */
  readonly outcomes: Float64Array;
  /** Payments p `[B, n]`, from the participant to the principal, in the units of types. */
  readonly payments: Float64Array;
  /** Utilities <t_i, x_i> - p_i `[B, n]` of participants who report the truth. */
  readonly utilities: Float64Array;
  /** Certified gaps `[B, n]`: no outcome on the participant's menu has a utility higher by more than this. */
  readonly gaps: Float64Array;
  /**
   * What of the gaps is a bound on rounding `[B, n]`: infinite where products may overflow, NaN where none is known. Left
   * out by mechanisms whose gaps have none.
   */
  readonly roundings?: Float64Array;
}

/** The unit of a mechanism's types and payments. */
export interface MechanismUnits {
  /** The largest type that may be reported. */
  readonly largest: number;
  /** What is 1 to the network: types are divided by it, and prices multiplied. */
  readonly network: number;
  /** The unit's name, such as `EUR`. */
  readonly name?: string;
  /** The names of the goods `[m]`. */
  readonly goods?: readonly string[];
}

/** A direct mechanism (Definition 2.2), however it is represented. */
export interface Mechanism {
  /** n. */
  readonly participants: number;
  /** m. */
  readonly goods: number;
  /** The unit of types and payments; types are in [0, 1] where it is left out. */
  readonly units?: MechanismUnits;
  /**
   * Takes reported types to outcomes and payments.
   *
   * @param types `[B, n, m]`, as nested arrays or flat and row-major, each in [0, 1], or in [0, largest] of its units.
   * @throws {InvalidInputError} unless the shape is right and all types are in that range; names the first that is not.
   */
  run(types: TypeProfiles): Promise<MechanismResult>;
}

/**
 * Checks that a mechanism has as many participants and goods as a problem.
 *
 * @param action What cannot be done otherwise, for the message.
 * @throws {InvalidInputError} where n or m differ.
 */
export function requireMechanismFor(action: string, problem: MechanismProblem, mechanism: Mechanism): void {
  const { participants: n, goods: m } = problem;
  if (mechanism.participants === n && mechanism.goods === m) return;
  throw new InvalidInputError(
    `Cannot ${action}: the mechanism must be for ${count(n, "participant")} and ${
      count(m, "good")
    }, as ${problem.name} has, ` +
      `got one for ${mechanism.participants} and ${mechanism.goods}`,
  );
}

/** Type profiles `[B, n, m]`: flat and row-major, or nested. */
export type TypeProfiles = Float32Array | Float64Array | readonly (readonly (readonly number[])[])[];

/**
 * Copies type profiles to flat 32-bit floats `[B, n, m]`.
 *
 * @param largest The largest type, as far as 32-bit floats tell.
 * @throws {InvalidInputError} unless the shape is right and all types are in [0, largest]; names the first that is not.
 */
export function flatTypes(types: TypeProfiles, participants: number, goods: number, largest = 1): Float32Array {
  const n = participants, m = goods, size = n * m;
  const fail = (thing: string, rule: string, value: unknown): never => {
    throw new InvalidInputError(`Cannot run the mechanism: ${thing} must be ${rule}, got ${show(value)}`);
  };
  let flat: ArrayLike<number>;
  if (ArrayBuffer.isView(types)) flat = types as Float32Array;
  else {
    if (!Array.isArray(types)) fail("types", `a list of type profiles of shape [B, ${n}, ${m}]`, types);
    types.forEach((profile, b) => {
      if (!Array.isArray(profile) || profile.length !== n) {
        fail(`types[${b}]`, `a list of ${count(n, "participant")}`, profile);
      }
      profile.forEach((type: unknown, i: number) => {
        if (!Array.isArray(type) || type.length !== m) {
          fail(`types[${b}][${i}]`, `a list of ${count(m, "number")}`, type);
        }
      });
    });
    flat = types.flat(2);
  }
  if (flat.length === 0 || flat.length % size !== 0) {
    fail("the number of types", `a positive multiple of n m = ${size}`, flat.length);
  }
  const out = new Float32Array(flat.length), most = Math.max(largest, Math.fround(largest));
  for (let k = 0; k < flat.length; k++) {
    const value = flat[k];
    if (typeof value !== "number" || !(value >= 0 && value <= most)) {
      const b = Math.floor(k / size), i = Math.floor(k % size / m);
      fail(`types[${b}][${i}][${k % m}]`, `a number in [0, ${largest}]`, value);
    }
    out[k] = value;
  }
  return out;
}
