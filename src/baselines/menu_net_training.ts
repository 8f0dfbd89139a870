/**
 * Trains MD-MenuNet, for one participant.
 *
 * With choice probabilities P_k(t) = softmax_k(beta (<t, x_k> - p_k)) over the K options and nothing, the objective is
 * E_t[sum_k P_k(t) u0(x_k, p_k; t)]: the expectation over choices is exact. beta grows during training.
 *
 * @module
 */
import { type Scalar, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { InvalidInputError } from "../errors.ts";
import type { Parameters } from "../networks/network.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { normals } from "../random/numbers.ts";
import { tidy } from "../runtime/tensors.ts";
import { hasFewGoods } from "../training/few_goods.ts";
import { betaAt } from "../training/schedules.ts";
import { STREAMS } from "../training/state.ts";
import { alignedMenuDefaults, type MenuOptions, settleOptions } from "./baseline_options.ts";
import { type BaselineHooks, type BaselineResult, descend, descentGradient } from "./baseline_training.ts";
import { learnedInUnits, trainingInWords } from "./in_words.ts";
import { inScale } from "./in_scale.ts";
import { type MenuNet, menuNet, sigmoid } from "./menu_net.ts";

/** Everything that decides the outcome of training MD-MenuNet, besides the problem and the backend. */
export type MenuNetOptions = MenuOptions;

/** The spread of initial raw outcomes: wide, so that options differ from each other. */
const INITIAL_SPREAD = 2;

/** The initial price of an option, as a share of its mean value. */
const INITIAL_PRICE = 0.8;

/** Type profiles that mean types are taken from. */
const MEAN_PROFILES = 4096;

/** Their stream of random numbers. */
const MEAN_STREAM = 0x3ea9;

/** The default options for a problem: those of TEDI, with a higher learning rate, and a larger menu for more goods. */
export function defaultMenuNet(problem: MechanismProblem): MenuNetOptions {
  return { ...alignedMenuDefaults(problem, hasFewGoods(problem) ? 128 : 1024), learningRate: 0.02 };
}

/**
 * Trains MD-MenuNet.
 *
 * @param problem A problem with one participant, or the name of such a setting.
 * @param settings What differs from {@linkcode defaultMenuNet}.
 * @throws {InvalidInputError} for more than one participant or an option out of its range, before any work.
 * @throws {MachineError} if the objective or a gradient is not finite.
 *
 * @example
 * ```ts
 * import { evaluate, settingProblem, trainMenuNet } from "@tedi/toolkit";
 * import { assert } from "@std/assert";
 *
 * const problem = settingProblem("U-1-2"), { mechanism } = await trainMenuNet(problem, { iterations: 60 });
 * const { revenue } = await evaluate(problem, mechanism, { profiles: 10_000 });
 * assert(revenue > 0.45);
 * ```
 */
export async function trainMenuNet(
  problem: MechanismProblem | string,
  settings: Partial<MenuNetOptions> = {},
  hooks: BaselineHooks = {},
): Promise<BaselineResult<MenuNet, MenuNetOptions>> {
  const { task, unit, units } = inScale(problem), action = "train MD-MenuNet", { goods } = task;
  if (task.participants !== 1) {
    throw new InvalidInputError(`Cannot ${action}: participants must be 1, got ${task.participants}`);
  }
  const options = settleOptions(action, defaultMenuNet(task), settings), key = randomKey(options.seed);
  const initial = initialMenu(options.menuSize, meanTypes(task), deriveKey(key, STREAMS.parameters));
  const descent = { method: "MD-MenuNet", problem: task.name, unit, initial };
  const { parameters, ...rest } = await descend(descent, options, hooks, async (now, iteration) => {
    const drawn = task.distribution.sample(
      deriveKey(key, STREAMS.profiles, iteration),
      options.profiles,
      "training",
    );
    const { value, gradients } = tidy(() => {
      const types = tf.tensor2d(drawn, [options.profiles, goods]), beta = betaAt(iteration, options);
      return descentGradient(now, (parameters) => menuObjective(task, parameters, types, beta));
    });
    const softRevenue = (await value.data())[0];
    value.dispose();
    return { gradients, measured: { softRevenue } };
  });
  const mechanism = learnedInUnits(
    menuNet({ problem: task.name, goods, menuSize: options.menuSize, parameters }),
    units,
  );
  return trainingInWords({ mechanism, options, ...rest });
}

/** E[u0] over types `[B, m]` and softened choices, a scalar; differentiable in the parameters. */
export function menuObjective(
  problem: MechanismProblem,
  { outcomes: raw, prices }: Parameters,
  types: Tensor2D,
  beta: number,
): Scalar {
  const [B, m] = types.shape, K = prices.size;
  const outcomes = tf.concat([tf.sigmoid(raw) as Tensor2D, tf.zeros([1, m])]) as Tensor2D;
  const payments = tf.concat([prices as Tensor1D, tf.zeros([1])]) as Tensor1D;
  const utilities = tf.sub(tf.matMul(types, tf.transpose(outcomes)), tf.reshape(payments, [1, K + 1]));
  const choice = tf.softmax(tf.mul(utilities, beta)); // [B, K + 1]
  const { principalUtility } = problem;
  // Where types do not matter, K + 1 values are enough.
  const values = isReproducibleGoods(principalUtility)
    ? principalUtility.evaluate(
      tf,
      tf.reshape(outcomes, [K + 1, 1, m]),
      tf.reshape(payments, [K + 1, 1]),
      tf.zeros([K + 1, 1, m]),
    ).reshape([1, K + 1])
    : principalUtility.evaluate(
      tf,
      tf.reshape(tf.tile(outcomes, [B, 1]), [B * (K + 1), 1, m]),
      tf.reshape(tf.tile(payments, [B]), [B * (K + 1), 1]),
      tf.reshape(tf.tile(tf.reshape(types, [B, 1, m]), [1, K + 1, 1]), [B * (K + 1), 1, m]) as Tensor3D,
    ).reshape([B, K + 1]);
  return tf.div(tf.sum(tf.mul(choice, values)), B) as Scalar;
}

/** Mean types `[m]` of one participant, or of all of them. */
export function meanTypes(problem: MechanismProblem, participant?: number): Float64Array {
  const { participants: n, goods: m, distribution } = problem, out = new Float64Array(m);
  const types = distribution.sample(deriveKey(randomKey(0), MEAN_STREAM), MEAN_PROFILES, "training");
  const share = 1 / (MEAN_PROFILES * (participant === undefined ? n : 1));
  types.forEach((type, at) => {
    if (participant === undefined || Math.floor(at / m) % n === participant) out[at % m] += share * type;
  });
  return out;
}

/**
 * An initial menu: raw outcomes `[K, m]` with a normal part common to an option's goods and one of each good's
 * own, so that there are small bundles and large ones, and prices `[K]` at which all of them sell now and then.
 */
export function initialMenu(
  menuSize: number,
  meanTypes: Float64Array,
  key: RandomKey,
): Record<"outcomes" | "prices", { shape: number[]; data: Float32Array }> {
  const m = meanTypes.length, prices = new Float32Array(menuSize);
  const common = normals(deriveKey(key, 0), menuSize), own = normals(deriveKey(key, 1), menuSize * m);
  const outcomes = own.map((z, at) => INITIAL_SPREAD * (z + common[Math.floor(at / m)]));
  for (let k = 0; k < menuSize; k++) {
    for (let j = 0; j < m; j++) prices[k] += INITIAL_PRICE * meanTypes[j] * sigmoid(outcomes[k * m + j]);
  }
  return { outcomes: { shape: [menuSize, m], data: outcomes }, prices: { shape: [menuSize], data: prices } };
}
