/**
 * Chains follow the mechanism, and the gradient of the loss is taken from them: lines 8 to 14 of Algorithm 1, then 5 to 6.
 *
 * @module
 */
import type { MovedChains, PriceKernels } from "../kernels/kernels.ts";
import type { HypernetworkOutput } from "../networks/hypernetwork_output.ts";
import type { RowTypes } from "../networks/row_types.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { RandomKey } from "../random/key.ts";
import { tidy } from "../runtime/tensors.ts";
import type { Chains, MoveOptions } from "../sampling/move_chains.ts";
import { type LossGradient, lossGradient, type Objective } from "./loss.ts";

/** What a training step makes. */
export interface TrainingStep extends LossGradient {
  /** The chains of all rows after their moves. */
  readonly moved: MovedChains;
}

/**
 * A training step: by kernels that fuse it for the utility of reproducible goods, where they do, else put together from
 * its parts. Parameters are those of {@linkcode PriceKernels.moveChains}, and the objective.
 */
export function trainingStep(
  kernels: PriceKernels,
  hypernetwork: HypernetworkOutput,
  types: RowTypes,
  start: Chains,
  options: MoveOptions,
  key: RandomKey,
  objective: Objective,
): TrainingStep {
  const { utility, participants, trained, estimator } = objective;
  const fused = !isReproducibleGoods(utility) ? undefined : kernels.goodsStep?.(
    hypernetwork,
    types,
    start,
    options,
    key,
    {
      ...{ participants, trained, paired: estimator === "paired" },
      ...{ productionCost: utility.productionCost, duplicationCost: utility.duplicationCost },
    },
  );
  if (!fused) return composedStep(kernels, hypernetwork, types, start, options, key, objective);
  const { moved, utilities, gradient } = fused;
  // Here and there chains part by rounding, so the gradient is compared on the same ones.
  kernels.validate?.(
    "trainingStep",
    { utilities, gradient },
    (plain) => lossGradient(plain, hypernetwork, types, moved, options.beta, objective),
  );
  return fused;
}

/** A training step by kernels that do its parts, for any u0. */
export function composedStep(
  kernels: PriceKernels,
  hypernetwork: HypernetworkOutput,
  types: RowTypes,
  start: Chains,
  options: MoveOptions,
  key: RandomKey,
  objective: Objective,
): TrainingStep {
  return tidy(() => {
    const moved = kernels.moveChains(hypernetwork, types, start, options, key);
    return { moved, ...lossGradient(kernels, hypernetwork, types, moved, options.beta, objective) };
  });
}
