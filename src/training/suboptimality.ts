/**
 * How far the chains of continuous sampling (section 3.3.5) are from the best responses to the mechanism as it is now.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import type { MovedChains } from "../kernels/kernels.ts";
import { readTogether } from "../runtime/command_recorder.ts";
import { tidy } from "../runtime/tensors.ts";
import type { Suboptimality } from "./metrics.ts";
import type { TrainingOptions } from "./options.ts";

/** Rows measured in each iteration, about. */
const MEASURED_ROWS = 16;

/** The rows that are measured: all participants of a few profiles, at equal distances among those that are trained on. */
export function measuredRows({ profiles: M }: Pick<TrainingOptions, "profiles">, n: number): number[] {
  const count = Math.max(1, Math.min(M, Math.floor(MEASURED_ROWS / n)));
  return Array.from({ length: count * n }, (_, at) => Math.floor((Math.floor(at / n) + 0.5) * M / count) * n + at % n);
}

/** Chains of the measured rows `[rows, C, m]`, and f at them and at the zero outcome `[rows, C + 1]`. */
export interface MeasuredChains {
  readonly chains: Tensor;
  readonly values: Tensor;
}

/** The measured rows of chains. The caller disposes of them. */
export function pickMeasured({ chains, values }: MeasuredChains, rows: readonly number[]): MeasuredChains {
  return tidy(() => {
    const picked = tf.tensor1d(rows as number[], "int32");
    return { chains: tf.gather(chains, picked), values: tf.gather(values, picked) };
  });
}

/**
 * The suboptimality of chains: the mean difference between the best utility and the utility of the chains, over some rows.
 *
 * For a density proportional to exp(beta u) with u concave on a convex set in R^m, E[max u - u] <= m / beta. So in units of
 * m / beta chains above 1 are certainly not stationary.
 *
 * @param types Types of all rows `[R, m]`.
 * @param rows Which rows are measured.
 * @param points Their chains, flat `[rows, C, m]`.
 * @param values f at them and at the zero outcome, flat `[rows, C + 1]`.
 * @param best The utility of a best response for each of them.
 * @returns The suboptimality in utility, and in units of m / beta.
 */
export function suboptimalityOf(
  types: Float32Array,
  rows: readonly number[],
  points: Float32Array,
  values: Float32Array,
  best: ArrayLike<number>,
  beta: number,
): Suboptimality {
  const C = values.length / rows.length - 1, m = points.length / (rows.length * C);
  let sum = 0;
  rows.forEach((row, index) => {
    for (let c = 0; c < C; c++) {
      let utility = values[index * (C + 1) + C] - values[index * (C + 1) + c];
      for (let j = 0; j < m; j++) utility += types[row * m + j] * points[(index * C + c) * m + j];
      sum += best[index] - utility;
    }
  });
  const chainSuboptimality = sum / (rows.length * C);
  return { chainSuboptimality, relativeChainSuboptimality: chainSuboptimality * beta / m };
}

/**
 * As {@linkcode suboptimalityOf}, of chains on the device.
 *
 * @param moved The chains `[R, C, m]`, and f at them.
 */
export async function chainSuboptimality(
  types: Float32Array,
  moved: Pick<MovedChains, "chains" | "values">,
  rows: readonly number[],
  best: ArrayLike<number>,
  beta: number,
): Promise<Suboptimality> {
  const picked = pickMeasured(moved, rows), read = readTogether([picked.chains, picked.values]);
  tf.dispose([picked.chains, picked.values]);
  const [points, values] = await read;
  return suboptimalityOf(types, rows, points, values, best, beta);
}
