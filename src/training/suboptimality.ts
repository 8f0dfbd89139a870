/**
 * How far the chains of continuous sampling (section 3.3.5) are behind the mechanism.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import { bestResponses } from "../kernels/best_responses/select.ts";
import type { MovedChains } from "../kernels/kernels.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { HostTensors } from "../runtime/host_tensor.ts";

/**
 * The suboptimality of chains: the mean difference between the best utility and the utility of the chains, over some profiles.
 *
 * For a density proportional to exp(beta u) with u concave on a convex set in R^m, E[max u - u] <= m / beta. The suboptimality
 * is given in units of m / beta: above 1 the chains are certainly behind.
 *
 * @param parameters The parameters on the host; called where they are needed.
 * @param types Types of all profiles `[M, n, m]`.
 * @param moved The chains `[M n, C, m]`, and f at them.
 * @param profiles Which profiles to measure.
 * @returns The suboptimality in utility, and in units of m / beta.
 */
export async function chainSuboptimality(
  rules: PricingRules,
  parameters: () => HostTensors,
  types: Float32Array,
  moved: MovedChains,
  profiles: readonly number[],
  beta: number,
): Promise<{ suboptimality: number; relative: number }> {
  const { participants: n, goods: m } = rules.shape, C = moved.chains.shape[1];
  const rows = profiles.flatMap((profile) => Array.from({ length: n }, (_, i) => profile * n + i));
  const own = new Float32Array(rows.length * m);
  rows.forEach((row, index) => own.set(types.subarray(row * m, (row + 1) * m), index * m));
  const [points, values] = await Promise.all([pick(moved.chains, rows), pick(moved.values, rows)]);
  const { utilities } = bestResponses(
    rules.network,
    rules.hostHypernetwork(parameters(), own),
    Float64Array.from(own),
    1,
  );
  let sum = 0;
  rows.forEach((_, index) => {
    for (let c = 0; c < C; c++) {
      let utility = values[index * (C + 1) + C] - values[index * (C + 1) + c];
      for (let j = 0; j < m; j++) utility += own[index * m + j] * points[(index * C + c) * m + j];
      sum += utilities[index] - utility;
    }
  });
  const suboptimality = sum / (rows.length * C);
  return { suboptimality, relative: suboptimality * beta / m };
}

/** Rows of a tensor on the host. */
async function pick(tensor: Tensor, rows: readonly number[]): Promise<Float32Array> {
  const picked = tf.tidy(() => tf.gather(tensor, tf.tensor1d(rows as number[], "int32")));
  const data = await picked.data() as Float32Array;
  picked.dispose();
  return data;
}
