/**
 * Lines 5 to 7 of Algorithm 1: the gradient of the loss in the parameters, from the chains.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { Parameters } from "../networks/network.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { tileTypes } from "./chains.ts";
import { type Estimator, gradientCoefficients } from "./estimator.ts";

/**
 * The gradient of -E[u0] in the parameters, estimated from chains (equations 10 to 12).
 *
 * @param types Types `[M n, m]`.
 * @param carried Chains `[M' n, C, m]`, of which the first M n are used.
 * @returns The gradient, and u0 of every profile and chain `[M, C]`.
 */
export function lossGradient(
  problem: MechanismProblem,
  rules: PricingRules,
  parameters: Parameters,
  types: Float32Array,
  carried: Tensor3D,
  beta: number,
  estimator: Estimator,
): { gradients: Parameters; utilities: Tensor2D } {
  const [, C, m] = carried.shape, rows = types.length / m;
  const names = Object.keys(parameters);
  const out = tf.tidy(() => {
    const chains = carried.slice([0], [rows]);
    // The zero outcome is one more point of each row: p = f(x) - f(0) has f(0) in every chain's price.
    const points = tf.concat([chains, tf.zeros([rows, 1, m])], 1) as Tensor3D;
    const value = (weights: Tensor2D) => {
      const shared = weights.shape[0];
      const shaped = tf.reshape(points, [shared, rows / shared * (C + 1), m]) as Tensor3D;
      return tf.reshape(rules.network.value(weights, shaped), [rows, C + 1]) as Tensor2D;
    };
    const f = value(rules.weights(parameters, types));
    const atZero = tf.slice(f, [0, C], [rows, 1]);
    const payments = tf.sub(tf.slice(f, [0, 0], [rows, C]), atZero) as Tensor2D;
    const { coefficients, utilities } = gradientCoefficients(
      problem.principalUtility,
      problem.participants,
      chains,
      payments,
      tf.tensor(tileTypes(types, m, C), [rows, C, m]),
      beta,
      estimator,
    );
    const weightOfF = tf.neg(tf.concat([coefficients, tf.neg(tf.sum(coefficients, 1, true))], 1));
    const gradients = tf.grads((...tensors: Tensor[]) => {
      const now = Object.fromEntries(names.map((name, k) => [name, tensors[k]]));
      return tf.sum(tf.mul(weightOfF, value(rules.weights(now, types))));
    })(names.map((name) => parameters[name]));
    return { ...Object.fromEntries(names.map((name, k) => [name, gradients[k]])), "": utilities };
  });
  const { "": utilities, ...gradients } = out;
  return { gradients, utilities: utilities as Tensor2D };
}
