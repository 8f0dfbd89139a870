/**
 * Lines 5 to 14 of Algorithm 1: the chains follow the mechanism, and the gradient of the loss is taken from them.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { HypernetworkGradient, MovedChains, PriceKernels } from "../kernels/kernels.ts";
import { type HypernetworkOutput, sliceRows } from "../networks/hypernetwork_output.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { PrincipalUtility } from "../problems/problem.ts";
import type { RandomKey } from "../random/key.ts";
import { tidy } from "../runtime/tensors.ts";
import { type Chains, type MoveOptions, tileTypes } from "../sampling/move_chains.ts";
import { type Estimator, gradientCoefficients } from "./estimator.ts";

/** What is maximised, and from which rows. */
export interface Objective {
  /** u0. */
  readonly utility: PrincipalUtility;
  /** n. */
  readonly participants: number;
  /** The first rows, of whole profiles, that the gradient is taken from; the others' chains only move. */
  readonly trained: number;
  /** How the covariance is estimated. */
  readonly estimator: Estimator;
}

/** The gradient of -E[u0], estimated from chains (equations 10 to 12). */
export interface LossGradient {
  /** u0 of each profile that is trained on, and chain: `[trained / n, C]`. */
  readonly utilities: Tensor2D;
  /** The gradient in the hypernetwork's rows that are trained on. */
  readonly gradient: HypernetworkGradient;
}

/** What a training step makes. */
export interface TrainingStep extends LossGradient {
  /** The chains of all rows after their moves. */
  readonly moved: MovedChains;
}

/** The loss' gradient by kernels that do its parts, for any u0. */
export function lossGradient(
  kernels: PriceKernels,
  hypernetwork: HypernetworkOutput,
  types: Float32Array,
  moved: Pick<MovedChains, "chains" | "values">,
  beta: number,
  { utility, participants, trained: rows, estimator }: Objective,
): LossGradient {
  const [, C, m] = moved.chains.shape;
  return tidy(() => {
    const chains = moved.chains.slice([0], [rows]), f = moved.values.slice([0], [rows]);
    const payments = tf.sub(tf.slice(f, [0, 0], [rows, C]), tf.slice(f, [0, C], [rows, 1])) as Tensor2D;
    const own = tf.tensor3d(tileTypes(types.subarray(0, rows * m), m, C), [rows, C, m]);
    const { coefficients, utilities } = gradientCoefficients(
      utility,
      participants,
      chains,
      payments,
      own,
      beta,
      estimator,
    );
    // The zero outcome is one more point of each row: p = f(x) - f(0) has f(0) in every chain's price.
    const points = tf.concat([chains, tf.zeros([rows, 1, m])], 1) as Tensor3D;
    const weightOfF = tf.neg(tf.concat([coefficients, tf.neg(tf.sum(coefficients, 1, true))], 1)) as Tensor2D;
    return { utilities, gradient: kernels.gradient(sliceRows(hypernetwork, 0, rows), points, weightOfF) };
  });
}

/**
 * A training step: by kernels that fuse it for the utility of reproducible goods, where they do, else put together from
 * its parts. Parameters are those of {@linkcode PriceKernels.moveChains}, and the objective.
 */
export function trainingStep(
  kernels: PriceKernels,
  hypernetwork: HypernetworkOutput,
  types: Float32Array,
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
  types: Float32Array,
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
