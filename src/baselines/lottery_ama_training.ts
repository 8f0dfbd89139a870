/**
 * Trains MD-LotteryAMA.
 *
 * The winner is softened to P_k(t) = softmax_k(beta A(k)), A(k) = sum_i w_i <t_i, x^k_i> + l_k, and so is the best
 * outcome without participant i, for which A_-i has its mean under softmax_k(beta A_-i(k)), as in Curry, Sandholm and
 * Dickerson (IJCAI 2023). The objective is E_t[sum_k P_k(t) u0(x^k, p(k); t)] with p_i(k) = (mean A_-i - A_-i(k)) /
 * w_i: one lottery is drawn for all, so the expectation over winners is exact. beta grows during training.
 *
 * The principal's costs enter through the boosts alone. Initial boosts are u0(x^k, -r(x^k); mean t): minus the cost of
 * x^k and a reserve r. So the affine maximizer is at first VCG with reserves, in which the principal's welfare counts,
 * too.
 *
 * @module
 */
import { type Scalar, type Tensor, type Tensor1D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { Parameters } from "../networks/network.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { isUnitSupply } from "../problems/supply.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { normals, uniforms } from "../random/numbers.ts";
import { ensureDevice } from "../runtime/device.ts";
import { tidy } from "../runtime/tensors.ts";
import { betaAt } from "../training/schedules.ts";
import { STREAMS } from "../training/state.ts";
import { alignedMenuDefaults, type MenuOptions, settleOptions } from "./baseline_options.ts";
import { type BaselineHooks, type BaselineResult, descend, descentGradient } from "./baseline_training.ts";
import { learnedInUnits, trainingInWords } from "./in_words.ts";
import { networkUnit } from "../problems/scaled.ts";
import { inScale } from "./in_scale.ts";
import { type LotteryAma, lotteryAma } from "./lottery_ama.ts";
import { sigmoid } from "./menu_net.ts";
import { initialMenu, meanTypes } from "./menu_net_training.ts";
import { sharesOnDevice, sharesOnHost } from "./unit_shares.ts";

/** Everything that decides the outcome of training MD-LotteryAMA, besides the problem and the backend. */
export type LotteryAmaOptions = MenuOptions;

/** The default options for a problem: those of TEDI, with a higher learning rate, and 1024 outcomes. */
export function defaultLotteryAma(problem: MechanismProblem): LotteryAmaOptions {
  return { ...alignedMenuDefaults(problem, 1024), learningRate: 0.02 };
}

/**
 * Trains MD-LotteryAMA.
 *
 * @param problem A problem or the name of a setting. Its u0 is differentiated in outcomes, too; one that is not of
 * reproducible goods is evaluated at B (K + 1) global outcomes in each iteration.
 * @param settings What differs from {@linkcode defaultLotteryAma}.
 * @throws {InvalidInputError} for an option out of its range, before any work.
 * @throws {MachineError} if the objective or a gradient is not finite.
 *
 * @example
 * ```ts
 * import { trainLotteryAma } from "@tedi/toolkit";
 *
 * const { mechanism } = await trainLotteryAma("U-2-2", { iterations: 3 });
 * const { payments } = await mechanism.run([[[0.9, 0.2], [0.4, 0.6]]]);
 * ```
 */
export async function trainLotteryAma(
  problem: MechanismProblem | string,
  settings: Partial<LotteryAmaOptions> = {},
  hooks: BaselineHooks = {},
): Promise<BaselineResult<LotteryAma, LotteryAmaOptions>> {
  const { task, unit, units } = inScale(problem, true, networkUnit), { participants, goods } = task, { device } = hooks;
  const options = settleOptions("train MD-LotteryAMA", defaultLotteryAma(task), settings);
  const key = randomKey(options.seed), { menuSize, profiles } = options;
  if (!device) await ensureDevice();
  const initial = await initialLotteryAma(task, menuSize, deriveKey(key, STREAMS.parameters));
  const descent = { method: "MD-LotteryAMA", problem: task.name, unit, initial };
  const { parameters, ...rest } = await descend(descent, options, hooks, async (now, iteration) => {
    const drawn = task.distribution.sample(deriveKey(key, STREAMS.profiles, iteration), profiles, "training");
    const { value, gradients } = tidy(() => {
      const types = tf.tensor3d(drawn, [profiles, participants, goods]), beta = betaAt(iteration, options);
      return descentGradient(now, (parameters) => affineObjective(task, parameters, types, beta));
    });
    const softRevenue = (await value.data())[0];
    value.dispose();
    return { gradients, measured: { softRevenue } };
  });
  const mechanism = learnedInUnits(
    lotteryAma({
      ...{ problem: task.name, participants, goods, menuSize, parameters },
      ...isUnitSupply(task) && { supply: "unit" },
    }, units),
    units,
  );
  return trainingInWords({ mechanism, options, ...rest });
}

/** The raw number of whoever a good is given to at first, where goods exist once; minus that of the others. */
const HELD = 2;

/** The reserve of a unit in the initial boosts, as a share of the mean type. */
const INITIAL_RESERVE = 0.3;

/**
 * Initial parameters: for each participant the outcomes of a menu of its own; equal weights; boosts of minus the costs
 * and a reserve.
 *
 * - With menus of their own, everything for some participants and nothing for others is among the outcomes. One menu
 *   over all n m goods sold to everybody or nobody on C_{3,10}^{1,0}, and earned 1.28; by participant it earns up to
 *   1.63.
 * - Without a reserve the mechanism is VCG at first, which loses much where costs are shared: on U_{3,20}^{1,0} it
 *   earned
 *   -3.85 after 400 iterations, with the reserve 1.25.
 */
async function initialLotteryAma(problem: MechanismProblem, menuSize: number, key: RandomKey): Promise<HostParameters> {
  const { participants: n, goods: m, principalUtility } = problem;
  const means = Array.from({ length: n }, (_, i) => meanTypes(problem, i));
  const raw = new Float32Array(menuSize * n * m), reserves = new Float32Array(menuSize * n);
  if (isUnitSupply(problem)) {
    // Each good goes to one of the participants or to nobody, but for some of it.
    const holders = uniforms(deriveKey(key, n), menuSize * m), noise = normals(deriveKey(key, n + 1), raw.length);
    for (let at = 0; at < raw.length; at++) {
      const k = Math.floor(at / (n * m)), i = Math.floor(at / m) % n, j = at % m;
      raw[at] = noise[at] + (Math.floor(holders[k * m + j] * (n + 1)) === i ? HELD : -HELD);
    }
    const shares = sharesOnHost(raw, n, m);
    for (let at = 0; at < raw.length; at++) {
      reserves[Math.floor(at / m)] -= INITIAL_RESERVE * means[Math.floor(at / m) % n][at % m] * shares[at];
    }
  } else {means.forEach((mean, i) => {
      const own = initialMenu(menuSize, mean, deriveKey(key, i)).outcomes.data;
      for (let k = 0; k < menuSize; k++) {
        const outcome = own.subarray(k * m, (k + 1) * m);
        raw.set(outcome, (k * n + i) * m);
        // With payments of minus the reserve in u0, boosts are lower by it, and participants pay it.
        for (let j = 0; j < m; j++) reserves[k * n + i] -= INITIAL_RESERVE * mean[j] * sigmoid(outcome[j]);
      }
    });}
  const values = tf.tidy(() =>
    principalUtility.evaluate(
      tf,
      (isUnitSupply(problem) ? sharesOnDevice : tf.sigmoid)(tf.tensor3d(raw, [menuSize, n, m])),
      tf.tensor2d(reserves, [menuSize, n]),
      tf.tile(tf.tensor3d(Float32Array.from(means.flatMap((mean) => [...mean])), [1, n, m]), [menuSize, 1, 1]),
    )
  );
  const boosts = await values.data() as Float32Array;
  values.dispose();
  return {
    outcomes: { shape: [menuSize, n * m], data: raw },
    boosts: { shape: [menuSize], data: boosts },
    weights: { shape: [n], data: new Float32Array(n) },
  };
}

/** E[u0] over types `[B, n, m]` and softened winners, a scalar; differentiable in the parameters. */
export function affineObjective(
  problem: MechanismProblem,
  { outcomes: raw, boosts: given, weights: rawWeights }: Parameters,
  types: Tensor3D,
  beta: number,
): Scalar {
  const [B, n, m] = types.shape, K = given.size + 1;
  const shares = isUnitSupply(problem) ? sharesOnDevice : tf.sigmoid;
  const outcomes = tf.concat([shares(tf.reshape(raw, [K - 1, n, m])), tf.zeros([1, n, m])]) as Tensor3D;
  const boosts = tf.concat([given as Tensor1D, tf.zeros([1])]);
  const weights = tf.reshape(tf.mul(tf.softmax(rawWeights as Tensor1D), n), [n, 1, 1]);
  // Weighted values [n, B, K], welfare [1, B, K] and welfare without each participant [n, B, K].
  const values = tf.matMul(tf.transpose(types, [1, 0, 2]), tf.transpose(outcomes, [1, 2, 0]));
  const weighted = tf.mul(values, weights);
  const welfare = tf.add(tf.sum(weighted, 0, true), tf.reshape(boosts, [1, 1, K]));
  const without = tf.sub(welfare, weighted);
  const most = tf.sum(tf.mul(tf.softmax(tf.mul(without, beta)), without), 2, true);
  const payments = tf.div(tf.sub(most, without), weights) as Tensor3D; // [n, B, K], if k wins
  const choice = tf.reshape(tf.softmax(tf.mul(welfare, beta)), [B, K]);
  return tf.div(tf.sum(tf.mul(choice, valuesOfWinners(problem, types, outcomes, payments))), B) as Scalar;
}

/** u0 `[B, K]` if the winner is each of the outcomes `[K, n, m]`, at payments `[n, B, K]`. */
function valuesOfWinners(
  { principalUtility }: MechanismProblem,
  types: Tensor3D,
  outcomes: Tensor3D,
  payments: Tensor3D,
): Tensor {
  const [B, n, m] = types.shape, K = outcomes.shape[0];
  if (isReproducibleGoods(principalUtility)) {
    // u0 is what all pay, less the costs of the outcome, whatever the types are.
    const costs = principalUtility.evaluate(tf, outcomes, tf.zeros([K, n]), outcomes);
    return tf.add(tf.sum(payments, 0), tf.reshape(costs, [1, K]));
  }
  const rows = B * K;
  const values = principalUtility.evaluate(
    tf,
    tf.reshape(tf.tile(tf.reshape(outcomes, [1, K, n, m]), [B, 1, 1, 1]), [rows, n, m]),
    tf.reshape(tf.transpose(payments, [1, 2, 0]), [rows, n]),
    tf.reshape(tf.tile(tf.reshape(types, [B, 1, n, m]), [1, K, 1, 1]), [rows, n, m]),
  );
  return tf.reshape(values, [B, K]);
}
