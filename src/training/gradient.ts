/**
 * Lines 5 to 7 of Algorithm 1: the gradient of the loss in the parameters, from the chains.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { MovedChains, PriceKernels } from "../kernels/kernels.ts";
import type { Parameters } from "../networks/network.ts";
import { sliceSource, type WeightSource } from "../networks/parameterized_affine.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { tileTypes } from "../sampling/move_chains.ts";
import { type Estimator, gradientCoefficients } from "./estimator.ts";

/**
 * The gradient of -E[u0] in the parameters, estimated from chains (equations 10 to 12).
 *
 * @param source What the rows' weights are made from, by these parameters.
 * @param types Types `[M n, m]` of the rows to train on, which are the first of the chains'.
 * @param moved Chains `[M' n, C, m]`, and f at them and at the zero outcome.
 * @returns The gradient, and u0 of every profile and chain `[M, C]`.
 */
export function lossGradient(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  parameters: Parameters,
  source: WeightSource,
  types: Float32Array,
  moved: Pick<MovedChains, "chains" | "values">,
  beta: number,
  estimator: Estimator,
): { gradients: Parameters; utilities: Tensor2D } {
  const [, C, m] = moved.chains.shape, rows = types.length / m;
  const out = tf.tidy(() => {
    const chains = moved.chains.slice([0], [rows]), f = moved.values.slice([0], [rows]);
    const payments = tf.sub(tf.slice(f, [0, 0], [rows, C]), tf.slice(f, [0, C], [rows, 1])) as Tensor2D;
    const { coefficients, utilities } = gradientCoefficients(
      problem.principalUtility,
      problem.participants,
      chains,
      payments,
      tf.tensor(tileTypes(types, m, C), [rows, C, m]),
      beta,
      estimator,
    );
    // The zero outcome is one more point of each row: p = f(x) - f(0) has f(0) in every chain's price.
    const points = tf.concat([chains, tf.zeros([rows, 1, m])], 1) as Tensor3D;
    const weightOfF = tf.neg(tf.concat([coefficients, tf.neg(tf.sum(coefficients, 1, true))], 1)) as Tensor2D;
    const inSource = kernels.gradient(sliceSource(source, 0, rows), points, weightOfF);
    return { ...inParameters(rules, parameters, types, inSource), "": utilities };
  });
  const { "": utilities, ...gradients } = out;
  return { gradients, utilities: utilities as Tensor2D };
}

/** From the gradient in the source, back through the hidden layers. */
function inParameters(
  rules: PricingRules,
  parameters: Parameters,
  types: Float32Array,
  { hidden, weight, bias }: ReturnType<PriceKernels["gradient"]>,
): Record<string, Tensor> {
  if (!hidden) return { "output.bias": bias };
  const names = Object.keys(parameters).filter((name) => name.startsWith("hidden."));
  const gradients = names.length === 0 ? [] : tf.grads((...tensors: Tensor[]) => {
    const now = Object.fromEntries(names.map((name, k) => [name, tensors[k]]));
    return tf.sum(tf.mul(hidden, rules.source({ ...parameters, ...now }, types).hidden!));
  })(names.map((name) => parameters[name]));
  return {
    ...Object.fromEntries(names.map((name, k) => [name, gradients[k]])),
    "output.weight": weight!,
    "output.bias": bias,
  };
}
