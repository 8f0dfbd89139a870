/**
 * Training of MD-GemNet.
 *
 * In training participant i takes option k with probability P_ik(t) = softmax_k(beta (<t_i, x_ik> - p_ik)),
 * independently of the others, and the objective is E[u0] over types and choices. Production costs couple the choices,
 * so that the mean of u0 over all (K + 1)^n combinations cannot be written down, and u0 of mean outcomes is something
 * else: the maximum of means is at most the mean of the maximum. What can be had without bias is the gradient. As E[u0]
 * is linear in each participant's choice probabilities, it is the sum over i of
 *
 *   grad_i E_{k_-i ~ P_-i}[ sum_k P_ik u0((x_ik, x_-i), (p_ik, p_-i); t) ],
 *
 * where grad_i differentiates what is participant i's only. One draw of the others' choices k_-i serves for each
 * profile, and participant i's own choice is summed over, which leaves little variance.
 *
 * @module
 */
import { type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { contexts, type ContextShape, contextSize } from "../networks/context.ts";
import type { Parameters } from "../networks/network.ts";
import { initialParameterizedAffine, lastHidden, rawWeights } from "../networks/parameterized_affine.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { tidy } from "../runtime/tensors.ts";
import { betaAt } from "../training/schedules.ts";
import { STREAMS } from "../training/state.ts";
import { alignedMenuDefaults, type MenuOptions, settleOptions } from "./baseline_options.ts";
import { type BaselineHooks, type BaselineResult, descend, descentGradient, problemOf } from "./baseline_training.ts";
import { type GemNet, gemNet, gemNetSize } from "./gem_net.ts";
import { initialMenu, meanTypes } from "./menu_net_training.ts";

/** Everything that decides the outcome of training MD-GemNet, besides the problem and the backend. */
export interface GemNetOptions extends MenuOptions {
  /** Widths of the hidden layers between the others' types and a menu. */
  readonly hidden: readonly number[];
}

/** The default options for a problem: those of TEDI; with more than 4 goods a larger menu, learned at a higher rate. */
export function defaultGemNet(problem: MechanismProblem): GemNetOptions {
  const options = { ...alignedMenuDefaults(problem, problem.goods <= 4 ? 64 : 256), hidden: [64] };
  return problem.goods <= 4 ? options : { ...options, learningRate: 0.01 };
}

/**
 * Trains MD-GemNet.
 *
 * @param problem A problem or the name of a setting. Its u0 is differentiated in outcomes, too; one that is not of
 * reproducible goods is evaluated at B n (K + 1) global outcomes in each iteration.
 * @param settings What differs from {@linkcode defaultGemNet}.
 * @throws {InvalidInputError} for an option out of its range, before any work.
 * @throws {MachineError} if the objective or a gradient is not finite.
 */
export async function trainGemNet(
  problem: MechanismProblem | string,
  settings: Partial<GemNetOptions> = {},
  hooks: BaselineHooks = {},
): Promise<BaselineResult<GemNet, GemNetOptions>> {
  const task = problemOf(problem), { participants, goods } = task;
  const options = settleOptions("train MD-GemNet", defaultGemNet(task), settings), key = randomKey(options.seed);
  const shape: ContextShape = { participants, goods, exchangeable: task.distribution.exchangeable };
  const initial = initialGemNet(task, shape, options, deriveKey(key, STREAMS.parameters));
  const { parameters, ...rest } = await descend("MD-GemNet", initial, options, hooks, async (now, iteration) => {
    const types = task.distribution.sample(
      deriveKey(key, STREAMS.profiles, iteration),
      options.profiles,
      "training",
    );
    const draws = uniforms(
      deriveKey(key, STREAMS.chains, iteration),
      options.profiles * participants * (options.menuSize + 1),
    );
    const { value, gradients } = tidy(() =>
      descentGradient(
        now,
        (parameters) => menusObjective(task, shape, parameters, types, draws, betaAt(iteration, options)),
      )
    );
    // The objective has the same value for each participant, but for chance.
    const softRevenue = (await value.data())[0] / participants;
    value.dispose();
    return { gradients, measured: { softRevenue } };
  });
  const { menuSize, hidden } = options;
  return { mechanism: gemNet({ problem: task.name, shape, menuSize, hidden, parameters }), options, ...rest };
}

/** Parameters to start from: the same menu whatever the others' types are, but for a small effect. */
function initialGemNet(
  problem: MechanismProblem,
  shape: ContextShape,
  { menuSize, hidden }: GemNetOptions,
  key: RandomKey,
): HostParameters {
  const { outcomes, prices } = initialMenu(menuSize, meanTypes(problem), deriveKey(key, 0));
  const bias = new Float32Array(outcomes.data.length + prices.data.length);
  bias.set(outcomes.data);
  bias.set(prices.data, outcomes.data.length);
  return initialParameterizedAffine(gemNetSize(shape, menuSize, hidden), bias, deriveKey(key, 1));
}

/**
 * The sum over participants i of the mean over profiles of sum_k P_ik u0, given draws of the others' choices: n times
 * E[u0], with the gradient of E[u0].
 *
 * @param types Type profiles `[B, n, m]`.
 * @param draws Numbers uniform on [0, 1) `[B, n, K + 1]`, from which choices are drawn.
 */
export function menusObjective(
  problem: MechanismProblem,
  shape: ContextShape,
  parameters: Parameters,
  types: Float32Array,
  draws: Float32Array,
  beta: number,
): Scalar {
  const { participants: n, goods: m } = shape, rows = types.length / m;
  const { outcomes, prices } = offeredMenus(shape, parameters, types); // [R, K + 1, m], [R, K + 1]
  const own = tf.reshape(tf.tensor(types, [types.length]), [rows, 1, m]);
  const utilities = tf.sub(tf.sum(tf.mul(outcomes, own), 2), prices) as Tensor2D;
  const logits = tf.mul(utilities, beta);
  // The largest of logits plus Gumbel noise is a draw from their softmax.
  const noise = tf.tensor2d(draws.map((u) => -Math.log(-Math.log(u + 2 ** -25))), logits.shape as [number, number]);
  const drawn = tf.oneHot(tf.argMax(tf.add(logits, noise), 1), logits.shape[1]!) as Tensor2D; // no gradient from here
  const picked = choicesOf(outcomes, prices, drawn);
  const values = valuesOfOptions(problem, tf.tensor3d(types, [rows / n, n, m]), outcomes, prices, {
    outcomes: tf.reshape(tf.slice(picked, [0, 0], [rows, m]), [rows / n, n, m]),
    payments: tf.reshape(tf.slice(picked, [0, m], [rows, 1]), [rows / n, n]),
  });
  return tf.div(tf.sum(tf.mul(tf.softmax(logits), values)), rows / n) as Scalar;
}

/**
 * Outcomes `[R, K + 1, m]` and prices `[R, K + 1]` on offer to each participant of each profile; the last is nothing.
 */
export function offeredMenus(
  shape: ContextShape,
  parameters: Parameters,
  types: Float32Array,
): { outcomes: Tensor3D; prices: Tensor2D } {
  const { goods: m } = shape, rows = types.length / m, size = contextSize(shape);
  const bias = parameters["output.bias"] as Tensor1D, K = bias.size / (m + 1);
  const hidden = size === 0
    ? undefined
    : lastHidden(parameters, tf.tensor2d(contexts(types, shape), [types.length / m, size]));
  const raw = rawWeights({ hidden, weight: parameters["output.weight"] as Tensor2D | undefined, bias });
  const first = tf.sigmoid(tf.reshape(tf.slice(raw, [0, 0], [-1, K * m]), [-1, K, m])), last = raw.shape[0];
  const outcomes = tf.concat([first, tf.zeros([last, 1, m])], 1) as Tensor3D;
  const prices = tf.concat([tf.slice(raw, [0, K * m], [-1, K]), tf.zeros([last, 1])], 1) as Tensor2D;
  // Without a context one menu is for all.
  return last === rows ? { outcomes, prices } : {
    outcomes: tf.tile(outcomes, [rows, 1, 1]),
    prices: tf.tile(prices, [rows, 1]),
  };
}

/** The drawn options' outcomes and prices `[R, m + 1]`, through which no gradient goes. */
function choicesOf(outcomes: Tensor3D, prices: Tensor2D, drawn: Tensor2D): Tensor2D {
  // deno-lint-ignore no-explicit-any -- tfjs types customGrad for one tensor only
  const frozen = tf.customGrad((x: any, p: any, save: any) => {
    save([x, p]);
    return {
      value: tf.concat([tf.sum(tf.mul(x, tf.expandDims(drawn, 2)), 1), tf.sum(tf.mul(p, drawn), 1, true)], 1),
      // deno-lint-ignore no-explicit-any
      gradFunc: (_: any, [x, p]: any) => [tf.zerosLike(x), tf.zerosLike(p)],
    };
  });
  return frozen(outcomes, prices) as Tensor2D;
}

/**
 * u0 `[R, K + 1]` for each option of each participant, where the others have chosen.
 *
 * @param types `[B, n, m]`.
 * @param outcomes Options `[B n, K + 1, m]`.
 * @param prices Their prices `[B n, K + 1]`.
 * @param choices Everybody's choices: outcomes `[B, n, m]` and payments `[B, n]`.
 */
function valuesOfOptions(
  { principalUtility }: MechanismProblem,
  types: Tensor3D,
  outcomes: Tensor3D,
  prices: Tensor2D,
  choices: { outcomes: Tensor3D; payments: Tensor2D },
): Tensor2D {
  const [B, n, m] = types.shape, options = prices.shape[1]!, rows = B * n;
  const self = tf.eye(n), others = tf.sub(1, self);
  if (isReproducibleGoods(principalUtility)) {
    // u0 is what all pay, less the costs of each good: c^p max(x_ij, max of the others' x_j) + c^d sum of all x_j.
    const { productionCost, duplicationCost } = principalUtility;
    const unit = tf.sub(choices.payments, tf.mul(duplicationCost, tf.sum(choices.outcomes, 2))); // [B, n]
    let values = tf.add(prices, tf.reshape(tf.sub(tf.sum(unit, 1, true), unit), [rows, 1]));
    if (duplicationCost !== 0) values = tf.sub(values, tf.mul(duplicationCost, tf.sum(outcomes, 2)));
    if (productionCost !== 0) {
      const masked = tf.mul(tf.reshape(choices.outcomes, [B, 1, n, m]), tf.reshape(others, [1, n, n, 1]));
      const most = tf.reshape(tf.max(masked, 2), [rows, 1, m]);
      const more = tf.sum(tf.relu(tf.sub(outcomes, most)), 2); // max(x, y) = y + relu(x - y)
      values = tf.sub(values, tf.mul(productionCost, tf.add(more, tf.sum(most, 2))));
    }
    return values as Tensor2D;
  }
  /** Everybody's choice `[B, n, ...]`, but for the row's participant, who takes each option `[R, K + 1, ...]`. */
  const combine = (offers: Tensor, chosen: Tensor, last: number) => {
    const mask = (matrix: Tensor) => tf.tile(tf.reshape(matrix, [1, n, n]), [B, 1, 1]);
    const mine = tf.mul(tf.reshape(offers, [rows, options, 1, last]), tf.reshape(mask(self), [rows, 1, n, 1]));
    const theirs = tf.mul(tf.reshape(chosen, [B, 1, n, last]), tf.reshape(mask(others), [B, n, n, 1]));
    return tf.reshape(tf.add(mine, tf.reshape(theirs, [rows, 1, n, last])), [rows * options, n, last]);
  };
  const values = principalUtility.evaluate(
    tf,
    combine(outcomes, choices.outcomes, m) as Tensor3D,
    tf.reshape(combine(prices, choices.payments, 1), [rows * options, n]),
    tf.reshape(tf.tile(tf.reshape(types, [B, 1, n, m]), [1, n * options, 1, 1]), [rows * options, n, m]),
  );
  return tf.reshape(values, [rows, options]);
}
