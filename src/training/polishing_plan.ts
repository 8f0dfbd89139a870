/**
 * What an iteration that polishes takes, on the host or on a device.
 *
 * @module
 */
import type { KernelMemory, PriceKernels } from "../kernels/kernels.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { climbingSteps } from "./annealed_points.ts";
import { CHAINS, CLIMBED_BETA, devicePolishingMemory, FUNCTIONS, polishesOnDevice } from "./device_polishing.ts";
import type { TrainingOptions } from "./options.ts";
import { hostPolishingMemory, mostPolishedPoints } from "./polishing.ts";
import { staysOnDevice } from "./resident.ts";

/** Memory and work of an iteration that polishes. */
export interface PolishingPlan extends KernelMemory {
  /**
   * Floating-point operations. What linear programs take does not count: neither best responses of the host, whose number of
   * evaluations of f is not known before, nor the ones of a device, which are a small part.
   */
  readonly flop: number;
}

/** Floating-point operations of the parts of a pricing rule. */
export interface RowWork {
  /** Raw weights from a context; as much again for each of the two factors of their gradient. */
  readonly hypernetwork: number;
  /** f at a point. */
  readonly forward: number;
  /** Its slope, from there on. */
  readonly winners: number;
}

/**
 * Memory and work of an iteration that polishes. On a device all of its tensors count, but for hidden layers that read contexts:
 * what is recorded before a submission keeps its memory until then.
 */
export function polishingPlan(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  kernelMemory: (rows: number, chains: number) => KernelMemory,
  { hypernetwork, forward, winners }: RowWork,
): PolishingPlan {
  const { participants: n } = rules.shape, rows = options.polishProfiles * n;
  const gradientOf = (points: number) => 3 * hypernetwork + points * (forward + 2 * winners);
  if (!staysOnDevice(kernels, options) || !polishesOnDevice(kernels, problem)) {
    const points = mostPolishedPoints(problem, options);
    const own = hostPolishingMemory(problem, rules, options), ofKernels = kernelMemory(rows, points);
    return { ...together(own, ofKernels), flop: rows * gradientOf(points + 1) };
  }
  const own = devicePolishingMemory(rules, options), ofKernels = kernelMemory(own.rows, CHAINS);
  const climbing = CHAINS * climbingSteps(CLIMBED_BETA) * (forward + winners);
  const tangents = FUNCTIONS * (2 * forward + winners);
  return { ...together(own, ofKernels), flop: rows * (climbing + tangents + gradientOf(2 * FUNCTIONS + 1)) };
}

function together(a: KernelMemory, b: KernelMemory): KernelMemory {
  return { total: a.total + b.total, largest: Math.max(a.largest, b.largest) };
}
