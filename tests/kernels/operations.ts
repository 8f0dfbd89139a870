/**
 * All operations of kernels on one case, which are compared with plain TensorFlow.js where kernels are validated.
 *
 * @module
 */
import { tf } from "../../src/deps/tfjs.ts";
import type { PriceKernels } from "../../src/kernels/kernels.ts";
import { reproducibleGoods } from "../../src/problems/principal_utility.ts";
import { trainingStep } from "../../src/training/training_step.ts";
import {
  caseChains,
  caseCoefficients,
  caseHypernetwork,
  caseInputs,
  caseKey,
  casePoints,
  type KernelCase,
} from "./cases.ts";

/** 12 rows with weights of their own; without a context below. */
export const CASE: KernelCase = {
  ...{ name: "validated", size: { goods: 3, layers: 2, groups: 8, groupSize: 3 }, rows: 12, hidden: 6, points: 5 },
  chains: 8,
  move: {
    ...{ beta: 20, steps: 2, lineMoveEvery: 1, boundary: "reflect", stepRule: "adapted" },
    ...{ stepScale: 0.25, largestStep: 0.1 },
  },
  seed: 77,
};

/** What kernels do in training. */
export type Operation = "value" | "slope" | "gradient" | "moveChains" | "trainingStep";

/** Runs operations of kernels, and gives how many tensors are left when what they made is disposed of. */
export async function runAll(
  kernels: PriceKernels,
  one: KernelCase,
  operations: readonly Operation[],
  trained: number = one.rows,
): Promise<number> {
  const before = tf.memory().numTensors, inputs = caseInputs(one);
  const hypernetwork = caseHypernetwork(one, inputs), points = casePoints(one, inputs), start = caseChains(one, inputs);
  const coefficients = caseCoefficients(one, inputs), key = caseKey(one);
  const utility = reproducibleGoods({ productionCost: 0.5, duplicationCost: 0.1 });
  const participants = one.hidden > 0 ? 2 : 1; // a single one has no context
  const objective = { utility, participants, trained, estimator: "coordinate" } as const;
  const run: Record<Operation, () => object> = {
    value: () => kernels.value(hypernetwork, points),
    slope: () => kernels.slope(hypernetwork, points),
    gradient: () => kernels.gradient(hypernetwork, points, coefficients),
    moveChains: () => kernels.moveChains(hypernetwork, inputs.types, start, one.move, key),
    trainingStep: () => trainingStep(kernels, hypernetwork, inputs.types, start, one.move, key, objective),
  };
  const made = operations.map((operation) => run[operation]());
  try {
    await kernels.settle?.();
  } finally {
    disposeAll([made, hypernetwork, points, start, coefficients]);
  }
  return tf.memory().numTensors - before;
}

/** All operations. */
export const ALL: readonly Operation[] = ["value", "slope", "gradient", "moveChains", "trainingStep"];

/** Disposes of all tensors in something that is made of them. */
export function disposeAll(made: object): void {
  if (made instanceof tf.Tensor) made.dispose();
  else Object.values(made).forEach((part) => part && disposeAll(part));
}
