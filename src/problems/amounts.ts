/**
 * Amounts in the unit of a problem, for people.
 *
 * @module
 */
import type { MechanismProblem } from "./problem.ts";

/** What says how amounts are written: the largest value of a good, and the unit's name. */
export type Unit = Pick<MechanismProblem, "scale" | "unit">;

/** Places behind the decimal point: four where values are up to 1, and as exact where they are larger or smaller. */
export function decimalPlaces({ scale = 1 }: Pick<Unit, "scale">): number {
  return Math.min(12, Math.max(0, 4 - Math.floor(Math.log10(scale))));
}

/** An amount as a number, such as `0.5495`, or `1016.2` where values are up to 1600. */
export function plainAmount(unit: Unit, value: number): string {
  return value.toFixed(decimalPlaces(unit));
}

/** An amount with the name of its unit, if that has one: `1016.2 EUR`. */
export function amount(unit: Unit, value: number): string {
  return plainAmount(unit, value) + inUnitWords(unit);
}

/** ` EUR`, or nothing where the unit has no name. */
export function inUnitWords({ unit }: Unit): string {
  return unit === undefined ? "" : ` ${unit}`;
}
