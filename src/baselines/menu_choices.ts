/**
 * The training objective of baselines in which each participant is offered a menu of its own.
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
 * profile, and participant i's own choice is summed over, which leaves little variance, and none for one participant.
 *
 * @module
 */
import { type Scalar, type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { Parameters } from "../networks/network.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { tidy } from "../runtime/tensors.ts";
import { betaAt } from "../training/schedules.ts";
import { STREAMS } from "../training/state.ts";
import type { MenuOptions } from "./baseline_options.ts";
import { descentGradient } from "./baseline_training.ts";

/** Options on offer to each participant of each profile; the last is nothing for nothing. */
export interface OfferedMenus {
  /** `[R, K + 1, m]`. */
  readonly outcomes: Tensor3D;
  /** `[R, K + 1]`. */
  readonly prices: Tensor2D;
}

/** Menus for `rows` participants: where there is only one, as without a context, it is repeated for all. */
export function forRows({ outcomes, prices }: OfferedMenus, rows: number): OfferedMenus {
  if (outcomes.shape[0] === rows) return { outcomes, prices };
  return { outcomes: tf.tile(outcomes, [rows, 1, 1]), prices: tf.tile(prices, [rows, 1]) };
}

/**
 * Makes the `measure` of `descend`: it draws profiles and random numbers, and gives the objective's gradient on them.
 */
export function menuStep(
  problem: MechanismProblem,
  options: MenuOptions,
  objective: (parameters: Parameters, types: Float32Array, draws: Float32Array, beta: number) => Scalar,
) {
  const key = randomKey(options.seed), { participants, distribution } = problem;
  return async (now: Parameters, iteration: number) => {
    const { profiles, menuSize } = options, beta = betaAt(iteration, options);
    const types = distribution.sample(deriveKey(key, STREAMS.profiles, iteration), profiles, "training");
    const draws = uniforms(deriveKey(key, STREAMS.chains, iteration), profiles * participants * (menuSize + 1));
    const { value, gradients } = tidy(() =>
      descentGradient(now, (parameters) => objective(parameters, types, draws, beta))
    );
    // The objective is a sum over participants, and each term is E[u0] but for chance.
    const softRevenue = (await value.data())[0] / participants;
    value.dispose();
    return { gradients, measured: { softRevenue } };
  };
}

/**
 * The sum over participants i of the mean over profiles of sum_k P_ik u0, given draws of the others' choices: n times
 * E[u0] in the mean, with the gradient of E[u0].
 *
 * @param menus Menus of the R = B n participants.
 * @param types Type profiles `[B, n, m]`.
 * @param draws Numbers uniform on [0, 1) `[B, n, K + 1]`, from which choices are drawn.
 */
export function choiceObjective(
  problem: MechanismProblem,
  { outcomes, prices }: OfferedMenus,
  types: Float32Array,
  draws: Float32Array,
  beta: number,
): Scalar {
  const { participants: n, goods: m } = problem, rows = types.length / m;
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
