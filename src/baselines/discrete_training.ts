/**
 * Training of TEDI-Discrete.
 *
 * In training participant i takes option k with probability P_ik(t) = softmax_k(beta (<t_i, x_ik> - p_ik)),
 * independently of the others: equation (7) on a menu in the place of the box. No chains are needed, as one participant's
 * choices can be summed over. E[u0] is linear in each participant's probabilities, so that its gradient is that of
 *
 *   sum_i E_{k_-i ~ P_-i}[ sum_k P_ik u0((x_ik, x_-i), (p_ik, p_-i); t) ],
 *
 * where each summand is differentiated in what is participant i's only. One draw of the others' choices serves for each
 * profile: the gradient is unbiased, and exact for one participant.
 *
 * @module
 */
import { type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { contexts, type ContextShape } from "../networks/context.ts";
import type { Parameters } from "../networks/network.ts";
import { initialParameterizedAffine, lastHidden, rawWeights } from "../networks/parameterized_affine.ts";
import type { HostParameters, NetworkSize } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { tidy } from "../runtime/tensors.ts";
import { checkTraining, defaultTraining } from "../training/options.ts";
import { betaAt } from "../training/schedules.ts";
import { STREAMS } from "../training/state.ts";
import {
  alignedMenuDefaults,
  type BaselineHooks,
  type BaselineResult,
  descend,
  descentGradient,
  type MenuOptions,
  problemOf,
  settleOptions,
} from "./baseline_training.ts";
import { type Discrete, discrete, type DiscreteNetworks, discreteNetworks, ofPart, prefixed } from "./discrete.ts";
import { initialMenu, meanTypes } from "./menu_net_training.ts";

/** Everything that decides the outcome of training TEDI-Discrete, besides the problem and the backend. */
export interface DiscreteOptions extends MenuOptions {
  /** The network behind the prices. Its hidden widths are those of the network behind the menus, too. */
  readonly network: NetworkSize;
}

/** The default options for a problem: those of TEDI, with menus as large as those of MD-MenuNet and MD-GemNet. */
export function defaultDiscrete(problem: MechanismProblem): DiscreteOptions {
  const { participants: n, goods: m } = problem, few = m <= 4;
  const menuSize = n === 1 ? (few ? 128 : 1024) : few ? 64 : 256;
  return { ...alignedMenuDefaults(problem, menuSize), network: defaultTraining(problem).network };
}

/**
 * Trains TEDI-Discrete.
 *
 * @param problem A problem or the name of a setting. Its u0 is differentiated in outcomes, too.
 * @param settings What differs from {@linkcode defaultDiscrete}.
 * @throws {InvalidInputError} for an option out of its range, before any work.
 * @throws {MachineError} if the objective or a gradient is not finite.
 */
export async function trainDiscrete(
  problem: MechanismProblem | string,
  settings: Partial<DiscreteOptions> = {},
  hooks: BaselineHooks = {},
): Promise<BaselineResult<Discrete, DiscreteOptions>> {
  const task = problemOf(problem), { participants, goods } = task, { chains, parameters: start, profiles } = STREAMS;
  const options = settleOptions("train TEDI-Discrete", defaultDiscrete(task), settings), key = randomKey(options.seed);
  const { network, menuSize } = options;
  checkTraining({ ...defaultTraining(task), network });
  const shape: ContextShape = { participants, goods, exchangeable: task.distribution.exchangeable };
  const networks = discreteNetworks(shape, network, menuSize);
  const initial = initialDiscrete(task, networks, menuSize, deriveKey(key, start));
  const { parameters, ...rest } = await descend("TEDI-Discrete", initial, options, hooks, async (now, iteration) => {
    const types = task.distribution.sample(deriveKey(key, profiles, iteration), options.profiles, "training");
    const draws = uniforms(deriveKey(key, chains, iteration), options.profiles * participants * (menuSize + 1));
    const beta = betaAt(iteration, options);
    const { value, gradients } = tidy(() =>
      descentGradient(now, (parameters) => discreteObjective(task, networks, parameters, types, draws, beta))
    );
    // The objective has the same value for each participant, but for chance.
    const softRevenue = (await value.data())[0] / participants;
    value.dispose();
    return { gradients, measured: { softRevenue } };
  });
  return { mechanism: discrete({ problem: task.name, shape, network, menuSize, parameters }), options, ...rest };
}

/** Parameters to start from: the same menu whatever the others' types are, but for a small effect. */
function initialDiscrete(
  problem: MechanismProblem,
  { outcomes, rules }: DiscreteNetworks,
  menuSize: number,
  key: RandomKey,
): HostParameters {
  const menu = initialMenu(menuSize, meanTypes(problem, 0), deriveKey(key, 0)).outcomes.data;
  return {
    ...prefixed("outcomes", initialParameterizedAffine(outcomes, menu, deriveKey(key, 1))),
    ...prefixed("prices", rules.initialParameters(deriveKey(key, 2))),
  };
}

/**
 * The sum over participants i of the mean over profiles of sum_k P_ik u0, given draws of the others' choices: n times
 * E[u0] in the mean, with the gradient of E[u0].
 *
 * @param types Type profiles `[B, n, m]`.
 * @param draws Numbers uniform on [0, 1) `[B, n, K + 1]`, from which choices are drawn.
 */
export function discreteObjective(
  problem: MechanismProblem,
  networks: DiscreteNetworks,
  parameters: Parameters,
  types: Float32Array,
  draws: Float32Array,
  beta: number,
): Scalar {
  const { participants: n, goods: m } = networks.rules.shape, B = types.length / (n * m);
  const { outcomes, prices } = offers(networks, parameters, types), options = prices.shape[1]!;
  const own = tf.tensor3d(types, [B * n, 1, m]);
  const utilities = tf.sub(tf.sum(tf.mul(outcomes, own), 2), prices) as Tensor2D;
  const chances = tf.reshape(tf.softmax(tf.mul(utilities, beta)), [B, n, options]);

  const profiles = tf.tensor3d(types, [B, n, m]);
  const offered = tf.reshape(outcomes, [B, n, options, m]), asked = tf.reshape(prices, [B, n, options, 1]);
  const taken = n > 1 ? choices(utilities, outcomes, prices, draws, beta, n) : undefined;
  /** Participant i's options, and the others' choices with each of them: `[B (K + 1), n, last]`. */
  const combined = (all: Tensor, chosen: Tensor | undefined, i: number, last: number): Tensor3D => {
    const columns = Array.from({ length: n }, (_, j) => {
      if (j === i) return tf.slice(all, [0, i, 0, 0], [B, 1, options, last]);
      return tf.tile(tf.reshape(tf.slice(chosen!, [0, j, 0], [B, 1, last]), [B, 1, 1, last]), [1, 1, options, 1]);
    });
    const whole = n > 1 ? tf.transpose(tf.concat(columns, 1), [0, 2, 1, 3]) : columns[0];
    return tf.reshape(whole, [B * options, n, last]);
  };
  const repeated = tf.reshape(tf.tile(tf.reshape(profiles, [B, 1, n * m]), [1, options, 1]), [B * options, n, m]);
  const sums = Array.from({ length: n }, (_, i) => {
    const payments = tf.reshape(combined(asked, taken?.payments, i, 1), [B * options, n]) as Tensor2D;
    const x = combined(offered, taken?.outcomes, i, m);
    const values = problem.principalUtility.evaluate(tf, x, payments, repeated as Tensor3D);
    return tf.sum(tf.mul(tf.slice(chances, [0, i, 0], [B, 1, options]), tf.reshape(values, [B, 1, options])));
  });
  return tf.div(tf.addN(sums), B) as Scalar;
}

/** Outcomes `[R, K + 1, m]` and prices `[R, K + 1]` on offer to each participant of each profile; the last is nothing. */
function offers(
  { outcomes: size, rules }: DiscreteNetworks,
  parameters: Parameters,
  types: Float32Array,
): { outcomes: Tensor3D; prices: Tensor2D } {
  const { shape, network } = rules, { goods: m } = shape, rows = types.length / m, K = size.outputs / m;
  const ofOutcomes = ofPart("outcomes", parameters), weight = ofOutcomes["output.weight"] as Tensor2D | undefined;
  const context = weight && tf.tensor2d(contexts(types, shape), [rows, size.context]);
  const hidden = context && lastHidden(ofOutcomes, context);
  const raw = rawWeights({ hidden, weight, bias: ofOutcomes["output.bias"] as Tensor1D }), own = raw.shape[0];
  const outcomes = tf.concat([tf.sigmoid(tf.reshape(raw, [own, K, m])), tf.zeros([own, 1, m])], 1) as Tensor3D;
  const f = network.value(rawWeights(rules.source(ofPart("prices", parameters), types)), outcomes);
  const prices = tf.sub(f, tf.slice(f, [0, K], [own, 1])) as Tensor2D;
  // Without a context one menu is for all.
  if (own === rows) return { outcomes, prices };
  return { outcomes: tf.tile(outcomes, [rows, 1, 1]), prices: tf.tile(prices, [rows, 1]) };
}

/** A draw of everybody's choice: outcomes `[B, n, m]` and payments `[B, n, 1]`, through which no gradient goes. */
function choices(
  utilities: Tensor2D,
  outcomes: Tensor3D,
  prices: Tensor2D,
  draws: Float32Array,
  beta: number,
  n: number,
): { outcomes: Tensor; payments: Tensor } {
  // The largest of logits plus Gumbel noise is a draw from their softmax.
  const noise = tf.tensor2d(draws.map((u) => -Math.log(-Math.log(u + 2 ** -25))), utilities.shape);
  const drawn = tf.oneHot(tf.argMax(tf.add(tf.mul(utilities, beta), noise), 1), utilities.shape[1]);
  const picked = tf.concat([
    frozen(outcomes, (all) => tf.sum(tf.mul(all, tf.expandDims(drawn, 2)), 1)),
    frozen(prices, (all) => tf.sum(tf.mul(all, drawn), 1, true)),
  ], 1);
  const [rows, , m] = outcomes.shape, shape = [rows / n, n, m + 1];
  const all = tf.reshape(picked, shape);
  return { outcomes: tf.slice(all, [0, 0, 0], [rows / n, n, m]), payments: tf.slice(all, [0, 0, m], [rows / n, n, 1]) };
}

/** What `make` makes of a tensor, as a constant: no gradient goes through it. */
function frozen(tensor: Tensor, make: (tensor: Tensor) => Tensor): Tensor {
  // deno-lint-ignore no-explicit-any -- tfjs types the saving function of customGrad for one tensor only
  const constant = tf.customGrad((x: any, save: any) => {
    save([x]);
    // deno-lint-ignore no-explicit-any
    return { value: make(x), gradFunc: (_: any, [x]: any) => tf.zerosLike(x) };
  });
  return constant(tensor);
}
