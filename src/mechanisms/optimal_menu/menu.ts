/**
 * What goes into the linear program of an optimal menu, and what comes out.
 *
 * @module
 */

/** The best menu for finitely many types of one participant, and an upper bound on what any other earns. */
export interface OptimalMenu {
  /**
   * No truthful and individually rational mechanism earns more in expectation over the types, lotteries included. It is
   * a bound in exact arithmetic: whatever the solver did, and however its numbers were rounded.
   */
  readonly bound: number;
  /** What the menu below earns, at most `bound`: participants who are indifferent within 1e-8 take what pays more. */
  readonly revenue: number;
  /** The outcomes on offer `[K, m]`, flat, each in [0, 1]; nothing for nothing is on offer besides. */
  readonly outcomes: Float64Array;
  /** Their prices `[K]`. */
  readonly prices: Float64Array;
}

/** Different types, and how likely each is. */
export interface WeightedTypes {
  /** `[R, m]`, flat. */
  readonly types: Float64Array;
  /** `[R]`, above 0; they add up to 1. */
  readonly weights: Float64Array;
}
