/**
 * Lines 8 to 14 of Algorithm 1: the chains follow the mechanism, and new profiles' chains begin.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { bestResponse } from "../mechanisms/best_response.ts";
import { hostFunctions } from "../networks/network.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { adaptedStepSize, langevin } from "../sampling/langevin.ts";
import { lineMove } from "../sampling/line_moves.ts";
import { freshProfiles, type TrainingOptions } from "./options.ts";
import { stepSizeAt } from "./schedules.ts";

/** Chains with the mean squared slopes of u that they saw lately, `[rows, m]`. */
export interface Chains {
  readonly chains: Tensor3D;
  readonly squareSlopes: Tensor2D;
}

/** The chains without the oldest, and those of the newest profiles behind them, which start at best responses. */
export async function refreshChains(
  rules: PricingRules,
  options: TrainingOptions,
  weights: Tensor2D,
  types: Float32Array,
  old: Chains,
  beta: number,
  key: RandomKey,
): Promise<Chains> {
  const { participants: n, goods: m } = rules.shape;
  const count = freshProfiles(options) * n, first = types.length / m - count;
  if (count === 0) return old;
  const own = weights.shape[0] === 1 ? weights.clone() : tf.slice(weights, [first, 0], [count, weights.shape[1]]);
  const start = await startAtBestResponses(rules, own, types.subarray(first * m), options.chains, beta, key);
  const next = tf.tidy(() => ({
    chains: tf.concat([old.chains.slice([count]), start.chains], 0) as Tensor3D,
    squareSlopes: tf.concat([old.squareSlopes.slice([count]), start.squareSlopes], 0) as Tensor2D,
  }));
  tf.dispose([own, start.chains, start.squareSlopes]);
  return next;
}

/**
 * Langevin steps of chains `[rows, C, m]`, whose weights are `[rows, P]`, or `[1, P]` for all, with a move along a line
 * after every few steps.
 */
export function moveChains(
  rules: PricingRules,
  options: TrainingOptions,
  weights: Tensor2D,
  types: Float32Array,
  start: Chains,
  beta: number,
  key: RandomKey,
): Chains {
  return tf.tidy(() => {
    const [rows, C, m] = start.chains.shape, shared = weights.shape[0];
    const shaped = (tensor: Tensor) => tf.reshape(tensor, [shared, tensor.size / shared / m, m]) as Tensor3D;
    const gradient = rules.network.gradient(weights);
    const tiled = (count: number) => tf.tensor(tileTypes(types, m, count), [rows, count, m]) as Tensor3D;
    const ofChains = shaped(tiled(C)), { steps, lineMoveEvery } = options;
    // A line move takes the chains in two groups, which differ in size where C is odd.
    const sizes = lineMoveEvery > 0 ? new Set([Math.floor(C / 2), Math.ceil(C / 2)]) : [];
    const ofGroup = new Map(Array.from(sizes, (size) => [size, tiled(size)]));
    const logDensity = (points: Tensor3D): Tensor3D => {
      const worth = tf.sum(tf.mul(points, ofGroup.get(points.shape[1])!), 2);
      const f = tf.reshape(rules.network.value(weights, shaped(points)), worth.shape);
      return tf.reshape(tf.mul(tf.sub(worth, f), beta), [rows, points.shape[1], 1]);
    };
    let { chains, squareSlopes } = start;
    for (let done = 0; done < steps;) {
      const block = lineMoveEvery > 0 ? Math.min(lineMoveEvery, steps - done) : steps;
      [chains, squareSlopes] = tf.tidy(() => {
        const stepSize = options.stepRule === "constant" ? stepSizeAt(beta, options) : shaped(tf.tile(
          tf.reshape(adaptedStepSize(squareSlopes, options.stepScale, beta), [rows, 1, m]),
          [1, C, 1],
        ));
        const sampling = { beta, stepSize, steps: block, wall: options.wall };
        const moved = langevin(gradient, ofChains, shaped(chains), sampling, deriveKey(key, done));
        const now = tf.reshape(moved.chains, [rows, C, m]) as Tensor3D;
        const seen = tf.mean(tf.reshape(moved.squareSlopes, [rows, C, m]), 1);
        return [
          lineMoveEvery > 0 ? lineMove(logDensity, now, deriveKey(key, done, 1)) : now,
          // Half of the memory is from before, so that the step sizes do not follow single chains.
          tf.mul(tf.add(squareSlopes, seen), 0.5) as Tensor2D,
        ];
      });
      done += block;
    }
    return { chains, squareSlopes };
  });
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
async function startAtBestResponses(
  rules: PricingRules,
  weights: Tensor2D,
  types: Float32Array,
  C: number,
  beta: number,
  key: RandomKey,
): Promise<Chains> {
  const m = rules.shape.goods, rows = types.length / m;
  const functions = hostFunctions(rules.network, await weights.data() as Float32Array);
  const near = uniforms(deriveKey(key, 0), rows * C * m), far = uniforms(deriveKey(key, 1), rows * STARTS * m);
  const start = new Float32Array(rows * C * m), squareSlopes = new Float32Array(rows * m);
  const point = new Float64Array(m), gradient = new Float64Array(m), perturbed = new Float64Array(m);
  for (let row = 0; row < rows; row++) {
    const f = functions(row);
    const type = types.subarray(row * m, (row + 1) * m);
    for (let s = 0; s < Math.min(STARTS, C); s++) {
      for (let j = 0; j < m; j++) {
        const u = far[(row * STARTS + s) * m + j] + 2 ** -25; // in (0, 1)
        perturbed[j] = type[j] + START_NOISE * Math.log(u / (1 - u)) / beta;
      }
      const { outcome } = bestResponse(f, perturbed);
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

/** Types `[rows, m]` repeated for every chain, `[rows, C, m]`. */
export function tileTypes(types: Float32Array, m: number, C: number): Float32Array {
  const out = new Float32Array(types.length * C);
  for (let row = 0; row * m < types.length; row++) {
    const type = types.subarray(row * m, (row + 1) * m);
    for (let c = 0; c < C; c++) out.set(type, (row * C + c) * m);
  }
  return out;
}
