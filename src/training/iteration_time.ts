/**
 * How long an iteration of training takes on a device, measured.
 *
 * @module
 */
import type { MechanismProblem } from "../problems/problem.ts";
import type { Device } from "../runtime/device.ts";
import type { TrainingOptions } from "./options.ts";
import { polishedShare } from "./phase.ts";
import { type Checkpoint, train } from "./train.ts";

/** Iterations are timed for about so many milliseconds. */
const LONG_ENOUGH = 500;
/** The most iterations that are timed. */
const MOST_ITERATIONS = 64;

/**
 * The milliseconds of an iteration, the mean of those with chains and those that polish by their shares: the differences
 * between trainings of one iteration and of more. What comes before the first iteration, shaders that are compiled and a fit
 * to initial prices, does not count.
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
  const share = polishedShare(options);
  const timeOf = (polishing: boolean) => timed(shortTraining(problem, options, device, { polishing, resume }));
  const chains = share < 1 ? await timeOf(false) : 0, polishing = share > 0 ? await timeOf(true) : 0;
  return (1 - share) * chains + share * polishing;
}

/** The milliseconds of an iteration of what runs so many of them. */
async function timed(run: (iterations: number) => Promise<void>): Promise<number> {
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

/**
 * Runs so many iterations of a training, from its beginning, and nothing else that takes time: with chains, or iterations that
 * polish.
 */
export function shortTraining(
  problem: MechanismProblem,
  options: TrainingOptions,
  device: Device,
  { polishing = false, resume }: { readonly polishing?: boolean; readonly resume?: Checkpoint } = {},
): (iterations: number) => Promise<void> {
  const polishShare = polishing ? 1 : 0;
  const short: TrainingOptions = { ...options, initialPrices: "cheap", validateEvery: 0, patience: 0, polishShare };
  return async (iterations) => {
    await train(problem, { ...short, iterations }, { device, resume, checkpointEvery: iterations + 1 });
  };
}
