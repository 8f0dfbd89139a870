/**
 * Trains MD-GemNet: by the objective of {@linkcode "./menu_choices.ts"}, on menus whose outcomes and prices a network
 * makes.
 *
 * @module
 */
import { type Scalar, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { ContextShape } from "../networks/context.ts";
import { denseHypernetwork } from "../networks/dense_context.ts";
import type { Parameters } from "../networks/network.ts";
import { rawWeights } from "../networks/hypernetwork_output.ts";
import { initialParameterizedAffine } from "../networks/parameterized_affine.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { hasFewGoods } from "../training/few_goods.ts";
import { STREAMS } from "../training/state.ts";
import { alignedMenuDefaults, type MenuOptions, settleOptions } from "./baseline_options.ts";
import { type BaselineHooks, type BaselineResult, descend } from "./baseline_training.ts";
import { type GemNet, gemNet, gemNetSize } from "./gem_net.ts";
import { learnedInUnits, trainingInWords } from "./in_words.ts";
import { inScale } from "./in_scale.ts";
import { choiceObjective, forRows, menuStep, type OfferedMenus } from "./menu_choices.ts";
import { initialMenu, meanTypes } from "./menu_net_training.ts";

/** Everything that decides the outcome of training MD-GemNet, besides the problem and the backend. */
export interface GemNetOptions extends MenuOptions {
  /** Widths of the hidden layers between the others' types and a menu. */
  readonly hidden: readonly number[];
}

/** The default options for a problem: those of TEDI, and a larger menu with more than 4 goods. */
export function defaultGemNet(problem: MechanismProblem): GemNetOptions {
  return { ...alignedMenuDefaults(problem, hasFewGoods(problem) ? 64 : 256), hidden: [64] };
}

/**
 * Trains MD-GemNet.
 *
 * @param problem A problem or the name of a setting. Its u0 is differentiated in outcomes, too; one that is not of
 * reproducible goods is evaluated at B n (K + 1) global outcomes in each iteration.
 * @param settings What differs from {@linkcode defaultGemNet}.
 * @throws {InvalidInputError} for an option out of its range, before any work.
 * @throws {MachineError} if the objective or a gradient is not finite.
 *
 * @example
 * ```ts
 * import { trainGemNet } from "@tedi/toolkit";
 *
 * const { mechanism } = await trainGemNet("U-2-2", { iterations: 3 });
 * const { payments } = await mechanism.run([[[0.9, 0.2], [0.4, 0.6]]]);
 * ```
 */
export async function trainGemNet(
  problem: MechanismProblem | string,
  settings: Partial<GemNetOptions> = {},
  hooks: BaselineHooks = {},
): Promise<BaselineResult<GemNet, GemNetOptions>> {
  const { task, unit, units } = inScale(problem), { participants, goods } = task;
  const options = settleOptions("train MD-GemNet", defaultGemNet(task), settings), key = randomKey(options.seed);
  const shape: ContextShape = { participants, goods, exchangeable: task.distribution.exchangeable };
  const initial = initialGemNet(task, shape, options, deriveKey(key, STREAMS.parameters));
  const step = menuStep(task, options, (...inputs) => menusObjective(task, shape, ...inputs));
  const { parameters, ...rest } = await descend(
    { method: "MD-GemNet", problem: task.name, unit, initial },
    options,
    hooks,
    step,
  );
  const { menuSize, hidden } = options;
  const mechanism = learnedInUnits(gemNet({ problem: task.name, shape, menuSize, hidden, parameters }), units);
  return trainingInWords({ mechanism, options, ...rest });
}

/** Initial parameters: the same menu whatever the others' types are, but for a small effect. */
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

/** The objective, {@linkcode choiceObjective}, with the menus of some parameters. */
export function menusObjective(
  problem: MechanismProblem,
  shape: ContextShape,
  parameters: Parameters,
  types: Float32Array,
  draws: Float32Array,
  beta: number,
): Scalar {
  return choiceObjective(problem, offeredMenus(shape, parameters, types), types, draws, beta);
}

/**
 * Outcomes `[R, K + 1, m]` and prices `[R, K + 1]` on offer to each participant of each profile, R = B n; the last
 * option is nothing.
 */
export function offeredMenus(shape: ContextShape, parameters: Parameters, types: Float32Array): OfferedMenus {
  const { goods: m } = shape,
    hypernetwork = denseHypernetwork(parameters, shape, types),
    K = hypernetwork.bias.size / (m + 1);
  const raw = rawWeights(hypernetwork), last = raw.shape[0];
  const first = tf.sigmoid(tf.reshape(tf.slice(raw, [0, 0], [-1, K * m]), [-1, K, m]));
  const outcomes = tf.concat([first, tf.zeros([last, 1, m])], 1) as Tensor3D;
  const prices = tf.concat([tf.slice(raw, [0, K * m], [-1, K]), tf.zeros([last, 1])], 1) as Tensor2D;
  return forRows({ outcomes, prices }, types.length / m);
}
