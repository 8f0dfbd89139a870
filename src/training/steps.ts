/**
 * The parts of a training's loop that depend on where it runs: in one process, in shards, or on a device that the host does
 * not wait for.
 *
 * @module
 */
import type { HostTensors } from "../runtime/host_tensor.ts";
import type { IterationMetrics } from "./metrics.ts";
import type { Checkpoint, TrainingState } from "./state.ts";

/** A state, and what became known on the way to it. */
export interface Progress {
  readonly state: TrainingState;
  /** The metrics of iterations, in order, each iteration once. Those of the last ones may come later. */
  readonly metrics: readonly IterationMetrics[];
}

/** The parts of a training's loop that depend on how it is divided, and where it runs. */
export interface TrainingSteps {
  /** The state of a checkpoint, or that of the beginning, with parameters to begin with if they are given. */
  begin(saved: Checkpoint | undefined, start: HostTensors | undefined): TrainingState;
  /** One iteration. The state that went in stays whole; the caller disposes of it. */
  iterate(state: TrainingState): Promise<Progress>;
  /** Waits for the metrics of all iterations up to a state, the last one's. It has the same tensors. */
  settle(state: TrainingState): Promise<Progress>;
  /** The state as a checkpoint of all shards, after {@linkcode TrainingSteps.settle}. */
  save(state: TrainingState): Promise<Checkpoint>;
  /** What some work gives, the same on all ranks: that of the first, which alone does it. It has to be plain data. */
  agree<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Whether training is to stop: on all ranks after the same iteration. */
  stopped(): boolean;
  /** Lets go of what is still held. */
  end(): void;
}
