/**
 * Which iterations have chains, and which polish (polishing.ts).
 *
 * @module
 */
import type { TrainingOptions } from "./options.ts";

/** What decides it. */
type PhaseOptions = Pick<TrainingOptions, "iterations" | "polishShare">;

/** How far training is. */
interface Moment {
  /** How many iterations are done. */
  readonly iteration: number;
  /** What the last of them was part of. */
  readonly phase: Phase;
}

/** How many iterations have chains: those before polishing. */
export function chainIterations({ iterations, polishShare }: PhaseOptions): number {
  return iterations - Math.round(polishShare * iterations);
}

/** The share of the iterations that polishes. */
export function polishedShare(options: PhaseOptions): number {
  return (options.iterations - chainIterations(options)) / options.iterations;
}

/** Whether an iteration, counted from 0, polishes. */
export function isPolishing(iteration: number, options: PhaseOptions): boolean {
  return iteration >= chainIterations(options);
}

/** Iterations of one kind, which go on or are over: with chains, or polishing. */
export interface Phase {
  readonly polishing: boolean;
  /** The first of them, counted from 0. */
  readonly from: number;
}

/** The phase of the next iteration of a state: the one of the last, or one that begins with it. */
export function nextPhase({ iteration, phase }: Moment, options: PhaseOptions): Phase {
  const polishing = isPolishing(iteration, options);
  return phase.polishing === polishing ? phase : { polishing, from: iteration };
}

/**
 * Whether chains come back after polishing, as they do where a run is made longer that polished already. They stood still
 * while prices changed, so that all of them begin anew.
 */
export function chainsReturn({ iteration, phase }: Moment, options: PhaseOptions): boolean {
  return phase.polishing && !isPolishing(iteration, options);
}
