/**
 * How far the chains of continuous sampling (section 3.3.5) are behind the mechanism.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { bestResponse } from "../mechanisms/best_response.ts";
import { hostFunctions } from "../networks/network.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";

/**
 * The chains' lag: the mean difference between the best utility and the utility of the chains, over some rows.
 *
 * For a density proportional to exp(beta u) with u concave on a convex set in R^m, E[max u - u] <= m / beta. The lag
 * is given in units of m / beta: above 1 the chains are certainly behind.
 *
 * @param rows Which rows (profile * n + participant) to measure.
 * @param types Types of all rows `[M n, m]`.
 * @param chains `[M n, C, m]`.
 * @returns The lag in utility, and in units of m / beta.
 */
export async function chainLag(
  rules: PricingRules,
  weights: Tensor2D,
  types: Float32Array,
  chains: Tensor3D,
  rows: readonly number[],
  beta: number,
): Promise<{ lag: number; relative: number }> {
  const [, C, m] = chains.shape;
  const functions = hostFunctions(rules.network, await pick(weights, weights.shape[0] === 1 ? [0] : rows));
  const points = await pick(chains, rows);
  const point = new Float64Array(m), gradient = new Float64Array(m);
  let sum = 0;
  rows.forEach((row, index) => {
    const type = types.subarray(row * m, (row + 1) * m);
    const f = functions(index);
    const best = bestResponse(f, type).utility;
    const atZero = f(point.fill(0), gradient);
    for (let c = 0; c < C; c++) {
      for (let i = 0; i < m; i++) point[i] = points[(index * C + c) * m + i];
      let utility = atZero - f(point, gradient);
      for (let i = 0; i < m; i++) utility += type[i] * point[i];
      sum += best - utility;
    }
  });
  const lag = sum / (rows.length * C);
  return { lag, relative: lag * beta / m };
}

/** Rows of a tensor on the host. */
async function pick(tensor: Tensor, rows: readonly number[]): Promise<Float32Array> {
  const picked = tf.tidy(() => tf.gather(tensor, tf.tensor1d(rows as number[], "int32")));
  const data = await picked.data() as Float32Array;
  picked.dispose();
  return data;
}
