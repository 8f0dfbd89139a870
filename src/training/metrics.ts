/**
 * What training reports of each iteration.
 *
 * @module
 */
import { MachineError } from "../errors.ts";

/** What an iteration reports, in the unit of the problem. */
export interface IterationMetrics {
  /** Which iteration, from 1. */
  readonly iteration: number;
  /** Mean u0 over profiles and chains: of softened choices, so it may exceed what the mechanism earns. */
  readonly softRevenue: number;
  /**
   * Mean utility the chains are short of the best responses, on some of the profiles. Where training stays on a GPU it is
   * measured every 10 iterations, and those between have that of the last one measured.
   */
  readonly chainSuboptimality: number;
  /** The same in units of m / beta; stationary chains are below 1. */
  readonly relativeChainSuboptimality: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** beta of this iteration. */
  readonly beta: number;
  /** The learning rate of this iteration. */
  readonly learningRate: number;
  /** Where a measurement followed: mean u0 on validation profiles under the mechanism so far, with best responses. */
  readonly validationRevenue?: number;
  /** Its standard error; on data over rows. Measurements share their profiles, so that they differ by less than this says. */
  readonly validationStandardError?: number;
  /** On data: the mean on the rows that are learned from. What it exceeds `validationRevenue` by does not generalise. */
  readonly trainingRevenue?: number;
  /** With a patience: after which iteration the mechanism was that is the best so far, of the measurements that count. */
  readonly keptIteration?: number;
}

/** How far chains are from best responses. */
export type Suboptimality = Pick<IterationMetrics, "chainSuboptimality" | "relativeChainSuboptimality">;

/**
 * Fails where an iteration's soft revenue or gradient is not finite.
 *
 * @param what What goes on, for the message, such as `training MD-GemNet`.
 * @param advice What may help.
 * @throws {MachineError} naming the quantity, the iteration and the value.
 */
export function requireFinite(
  what: string,
  { iteration, softRevenue, gradientNorm }: Pick<IterationMetrics, "iteration" | "softRevenue" | "gradientNorm">,
  advice: string,
): void {
  for (const [thing, value] of Object.entries({ softRevenue, gradientNorm })) {
    if (Number.isFinite(value)) continue;
    const rule = `${thing} of iteration ${iteration} must be finite, got ${value}`;
    throw new MachineError(`Cannot go on ${what}: ${rule}; ${advice}`);
  }
}
