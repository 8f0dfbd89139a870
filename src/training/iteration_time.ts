/**
 * How long an iteration of training takes on a device, measured.
 *
 * @module
 */
import type { MechanismProblem } from "../problems/problem.ts";
import type { Device } from "../runtime/device.ts";
import type { TrainingOptions } from "./options.ts";
import { type Checkpoint, train } from "./train.ts";

/** Iterations are timed for about so many milliseconds. */
const LONG_ENOUGH = 500;
/** The most iterations that are timed. */
const MOST_ITERATIONS = 64;

/**
 * The milliseconds of an iteration: the difference between trainings of one iteration and of more. What comes before the
 * first iteration, shaders that are compiled and a fit to initial prices, does not count; nor do iterations that polish, which
 * are the last ones.
 *
 * @param device An open device, whose tensors are in use: the last that was opened.
 * @param resume What training begins with, before its first iteration; what it begins with by itself unless given.
 */
export async function iterationTime(
  problem: MechanismProblem,
  options: TrainingOptions,
  device: Device,
  resume?: Checkpoint,
): Promise<number> {
  const run = shortTraining(problem, options, device, resume);
  const time = async (iterations: number): Promise<number> => {
    const begin = performance.now();
    await run(iterations);
    return performance.now() - begin;
  };
  await time(2);
  const one = await time(1);
  for (let more = 1;; more *= 4) {
    const taken = await time(1 + more) - one;
    if (taken >= LONG_ENOUGH || more >= MOST_ITERATIONS) return Math.max(0, taken) / more;
  }
}

/** Runs so many iterations of a training, from its beginning, with chains, and nothing else that takes time. */
export function shortTraining(
  problem: MechanismProblem,
  options: TrainingOptions,
  device: Device,
  resume?: Checkpoint,
): (iterations: number) => Promise<void> {
  const short: TrainingOptions = { ...options, initialPrices: "cheap", validateEvery: 0, patience: 0, polishShare: 0 };
  return async (iterations) => {
    await train(problem, { ...short, iterations }, { device, resume, checkpointEvery: iterations + 1 });
  };
}
