/**
 * What formulas for every element are written with: see {@linkcode "./elementwise.ts"}.
 *
 * @module
 */

/** The operations of a formula. */
export interface Arithmetic<T> {
  /** A number as it stands. */
  constant(value: number): T;
  /** a + b. */
  add(a: T, b: T): T;
  /** a - b. */
  sub(a: T, b: T): T;
  /** a b. */
  mul(a: T, b: T): T;
  /** a / b. */
  div(a: T, b: T): T;
  /** The larger one. */
  max(a: T, b: T): T;
  /** The square root. */
  sqrt(a: T): T;
}

/** Results by name, from inputs by name; the same for every element. */
export type Formula<In extends string, Out extends string> = <T>(
  arithmetic: Arithmetic<T>,
  inputs: Readonly<Record<In, T>>,
) => Readonly<Record<Out, T>>;
