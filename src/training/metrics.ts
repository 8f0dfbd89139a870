/**
 * What training reports of each iteration.
 *
 * @module
 */

/** What an iteration reports. */
export interface IterationMetrics {
  /** Which iteration, from 1. */
  readonly iteration: number;
  /** Mean u0 over profiles and chains: of softened choices, so it may exceed what the mechanism earns. */
  readonly softRevenue: number;
  /** Mean utility the chains are short of the best responses, on some of the profiles. */
  readonly chainSuboptimality: number;
  /** The same in units of m / beta; stationary chains are below 1. */
  readonly relativeChainSuboptimality: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** beta of this iteration. */
  readonly beta: number;
  /** The learning rate of this iteration. */
  readonly learningRate: number;
}
