/**
 * How far the chains of continuous sampling (section 3.3.5) are from the best responses to the mechanism as it is now.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import type { MovedChains } from "../kernels/kernels.ts";
import type { IterationMetrics } from "./metrics.ts";
import type { TrainingOptions } from "./options.ts";

/** Rows measured in each iteration, about. */
const MEASURED_ROWS = 16;

/** The rows that are measured: all participants of a few profiles, at equal distances among those that are trained on. */
export function measuredRows({ profiles: M }: Pick<TrainingOptions, "profiles">, n: number): number[] {
  const count = Math.max(1, Math.min(M, Math.floor(MEASURED_ROWS / n)));
  return Array.from({ length: count * n }, (_, at) => Math.floor((Math.floor(at / n) + 0.5) * M / count) * n + at % n);
}

/**
 * The suboptimality of chains: the mean difference between the best utility and the utility of the chains, over some rows.
 *
 * For a density proportional to exp(beta u) with u concave on a convex set in R^m, E[max u - u] <= m / beta. So in units of
 * m / beta chains above 1 are certainly not stationary.
 *
 * @param types Types of all rows `[R, m]`.
 * @param moved The chains `[R, C, m]`, and f at them.
 * @param rows Which rows to measure.
 * @param best The utility of a best response for each of them.
 * @returns The suboptimality in utility, and in units of m / beta.
 */
export async function chainSuboptimality(
  types: Float32Array,
  moved: Pick<MovedChains, "chains" | "values">,
  rows: readonly number[],
  best: ArrayLike<number>,
  beta: number,
): Promise<Pick<IterationMetrics, "chainSuboptimality" | "relativeChainSuboptimality">> {
  const [, C, m] = moved.chains.shape;
  const [points, values] = await Promise.all([pick(moved.chains, rows), pick(moved.values, rows)]);
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

/** Rows of a tensor on the host. */
async function pick(tensor: Tensor, rows: readonly number[]): Promise<Float32Array> {
  const picked = tf.tidy(() => tf.gather(tensor, tf.tensor1d(rows as number[], "int32")));
  const data = await picked.data() as Float32Array;
  picked.dispose();
  return data;
}
