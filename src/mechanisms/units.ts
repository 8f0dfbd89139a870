/**
 * Units of mechanisms: their types and payments may be in euros, while what was learned works in [0, 1] or close to it.
 *
 * @module
 */
import type { MechanismProblem } from "../problems/problem.ts";
import {
  flatTypes,
  type Mechanism,
  type MechanismResult,
  type MechanismUnits,
  type TypeProfiles,
} from "./mechanism.ts";

export type { MechanismUnits } from "./mechanism.ts";

/** Types in [0, 1], which the network takes as they are. */
export const PLAIN_UNITS: MechanismUnits = { largest: 1, network: 1 };

/** What the numbers of a mechanism for a problem mean, as a field; none where types are in [0, 1], without names. */
export function unitsOf(
  { scale: largest = 1, unit: name, goodNames: goods }: MechanismProblem,
  network: number,
): { readonly units?: MechanismUnits } {
  if (largest === 1 && network === 1 && name === undefined && goods === undefined) return {};
  return { units: { largest, network, ...name !== undefined && { name }, ...goods !== undefined && { goods } } };
}

/** What a good is called, counted from 0: by its name, or `good 1`. */
export function goodName({ goods }: Pick<MechanismUnits, "goods">, good: number): string {
  return goods?.[good] ?? `good ${good + 1}`;
}

/** Types in a network's unit. */
export type NetworkTypes = Float32Array | Float64Array;

/**
 * Types `[..]` in the unit of a mechanism as its network takes them: in 64-bit floats where they are divided, so that
 * certificates of best responses are for the types that were reported.
 */
export function networkTypes(types: Float32Array, { largest, network }: MechanismUnits): NetworkTypes {
  if (network === 1) return types;
  const most = largest / network;
  return Float64Array.from(types, (type) => Math.min(most, type / network));
}

/** Types as contexts are made from them: in 32-bit floats. */
export function contextTypes(types: NetworkTypes): Float32Array {
  return types instanceof Float32Array ? types : Float32Array.from(types);
}

/** Results with `change` made to each of their amounts; outcomes stay. */
export function withAmounts(result: MechanismResult, change: (amount: number) => number): MechanismResult {
  const { payments, utilities, gaps, roundings } = result;
  return {
    ...result,
    ...{ payments: payments.map(change), utilities: utilities.map(change), gaps: gaps.map(change) },
    ...roundings && { roundings: roundings.map(change) },
  };
}

/** The results for types in network units, in the mechanism's unit. */
export function inUnit(result: MechanismResult, { network }: MechanismUnits): MechanismResult {
  return network === 1 ? result : withAmounts(result, (amount) => amount * network);
}

/**
 * A mechanism whose types are in [0, largest], from one for types in units of `network`, such as a baseline's. Everything
 * else that it has stays as it is.
 */
export function withUnits<Made extends Mechanism>(mechanism: Made, units: MechanismUnits | undefined): Made {
  if (units === undefined) return mechanism;
  const { run, participants, goods } = mechanism;
  return {
    ...mechanism,
    units,
    run: async (types: TypeProfiles) =>
      inUnit(await run(networkTypes(flatTypes(types, participants, goods, units.largest), units)), units),
  };
}
