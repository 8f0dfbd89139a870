/**
 * The chains of continuous sampling, section 3.3.5: their lag behind the mechanism, and how new ones start.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { bestResponse } from "../mechanisms/best_response.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";

/** Exact, so that rounding does not choose between rough answers: two backends then start the same chains. */
const EXACT = { tolerance: 1e-9, maxEvaluations: 300 };

/** Rows of raw weights on the host; the single row of a problem without context serves every row. */
async function weightRows(weights: Tensor2D, rows: readonly number[]): Promise<(index: number) => Float32Array> {
  const P = weights.shape[1];
  if (weights.shape[0] === 1) {
    const row = await weights.data() as Float32Array;
    return () => row;
  }
  const first = rows[0], last = rows[rows.length - 1];
  const consecutive = last - first === rows.length - 1;
  const picked = consecutive
    ? tf.slice(weights, [first, 0], [rows.length, P])
    : tf.tidy(() => tf.concat(rows.map((row) => tf.slice(weights, [row, 0], [1, P])), 0));
  const data = await picked.data() as Float32Array;
  picked.dispose();
  return (index) => data.subarray(index * P, (index + 1) * P);
}

/**
 * The chains' lag: the mean difference between the best utility and the utility of the chains, over some rows.
 *
 * For a density proportional to exp(beta u) with u concave on a convex set in R^m, E[max u - u] <= m / beta. The lag
 * is given in units of m / beta: above 1 the chains are certainly behind.
 *
 * @param rows Which rows (profile * n + participant) to measure, ascending.
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
  const rowWeights = await weightRows(weights, rows);
  const picked = tf.tidy(() => tf.concat(rows.map((row) => tf.slice(chains, [row, 0, 0], [1, C, m])), 0));
  const points = await picked.data();
  picked.dispose();
  const point = new Float64Array(m), gradient = new Float64Array(m);
  let sum = 0;
  rows.forEach((row, index) => {
    const type = types.subarray(row * m, (row + 1) * m);
    const f = rules.network.bindOnHost(rowWeights(index));
    const best = bestResponse(f, type, EXACT).utility;
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

/** Best responses taken for each new row; chains share them. */
const STARTS = 4;
/**
 * Scale of the noise in units of 1 / beta. On a mechanism for U_{1,10}^{0,0} with bundles at beta = 150 chains started with 1.5
 * have the variance of payments of chains that ran 100 times as long within 10%; with 1 it is 15% short, with 0 25%.
 */
const START_NOISE = 1.5;

/**
 * Where new chains start: at best responses of the participant to types that are perturbed by logistic noise of scale
 * 1.5 / beta, so that a participant who is almost indifferent starts on all sides (perturb and maximise, Papandreou and
 * Yuille, ICCV 2011), and within 1 / beta of them, since they lie on kinks of u, where a slope says nothing.
 *
 * @param types Types of the new rows `[rows, m]`.
 * @returns Chains `[rows, C, m]` and their mean squared slopes of u `[rows, m]`.
 */
export async function startAtBestResponses(
  rules: PricingRules,
  weights: Tensor2D,
  types: Float32Array,
  C: number,
  beta: number,
  key: RandomKey,
): Promise<{ chains: Tensor3D; squareSlopes: Tensor2D }> {
  const m = rules.shape.goods, rows = types.length / m, P = weights.shape[1];
  const data = await weights.data() as Float32Array;
  const shared = weights.shape[0] === 1 ? rules.network.bindOnHost(data) : undefined;
  const near = uniforms(deriveKey(key, 0), rows * C * m), far = uniforms(deriveKey(key, 1), rows * STARTS * m);
  const start = new Float32Array(rows * C * m), squareSlopes = new Float32Array(rows * m);
  const point = new Float64Array(m), gradient = new Float64Array(m), perturbed = new Float64Array(m);
  for (let row = 0; row < rows; row++) {
    const f = shared ?? rules.network.bindOnHost(data.subarray(row * P, (row + 1) * P));
    const type = types.subarray(row * m, (row + 1) * m);
    for (let s = 0; s < STARTS; s++) {
      for (let j = 0; j < m; j++) {
        const u = far[(row * STARTS + s) * m + j] + 2 ** -25; // in (0, 1)
        perturbed[j] = type[j] + START_NOISE * Math.log(u / (1 - u)) / beta;
      }
      const { outcome } = bestResponse(f, perturbed, EXACT);
      for (let c = s; c < C; c += STARTS) {
        const at = (row * C + c) * m;
        for (let j = 0; j < m; j++) {
          const x = Math.abs(outcome[j] + (2 * near[at + j] - 1) / beta);
          start[at + j] = point[j] = x > 1 ? Math.max(0, 2 - x) : x;
        }
        f(point, gradient);
        for (let j = 0; j < m; j++) squareSlopes[row * m + j] += (type[j] - gradient[j]) ** 2 / C;
      }
    }
  }
  return { chains: tf.tensor(start, [rows, C, m]), squareSlopes: tf.tensor(squareSlopes, [rows, m]) };
}
