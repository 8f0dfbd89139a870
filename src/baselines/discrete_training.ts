/**
 * Trains TEDI-Discrete: by the objective of {@linkcode "./menu_choices.ts"}, on menus of outcomes that a network makes,
 * at the prices of a pricing rule. That is equation (7) on a menu in the place of the box [0, 1]^m. No chains are
 * needed: one participant's choices can be summed over.
 *
 * @module
 */
import { type Scalar, type Tensor3D, tf } from "../deps/tfjs.ts";
import { differentiableValue } from "../kernels/differentiable.ts";
import type { PriceKernels } from "../kernels/kernels.ts";
import { openKernels } from "../kernels/select.ts";
import type { ContextShape } from "../networks/context.ts";
import { denseHypernetwork } from "../networks/dense_context.ts";
import type { Parameters } from "../networks/network.ts";
import { rawWeights } from "../networks/hypernetwork_output.ts";
import { initialParameterizedAffine } from "../networks/parameterized_affine.ts";
import type { HostParameters, NetworkSize } from "../networks/pricing_rule.ts";
import { prices } from "../networks/price.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { ensureDevice } from "../runtime/device.ts";
import { hasFewGoods } from "../training/few_goods.ts";
import { checkTraining, defaultNetwork, defaultTraining } from "../training/options.ts";
import { STREAMS } from "../training/state.ts";
import {
  alignedMenuDefaults,
  type BaselineHooks,
  type BaselineResult,
  descend,
  type MenuOptions,
  settleOptions,
} from "./baseline_training.ts";
import { type Discrete, discrete, type DiscreteNetworks, discreteNetworks, ofPart, prefixed } from "./discrete.ts";
import { learnedInUnits, trainingInWords } from "./in_words.ts";
import { inScale } from "./in_scale.ts";
import { choiceObjective, forRows, menuStep, type OfferedMenus } from "./menu_choices.ts";
import { initialMenu, meanTypes } from "./menu_net_training.ts";

/** Everything that decides the outcome of training TEDI-Discrete, besides the problem and the backend. */
export interface DiscreteOptions extends MenuOptions {
  /** The network behind the prices. Its hidden widths are those of the network behind the menus, too. */
  readonly network: NetworkSize;
}

/** The default options for a problem: those of TEDI, with menus as large as those of MD-MenuNet and MD-GemNet. */
export function defaultDiscrete(problem: MechanismProblem): DiscreteOptions {
  const { participants: n } = problem, few = hasFewGoods(problem);
  const menuSize = n === 1 ? (few ? 128 : 1024) : few ? 64 : 256;
  return { ...alignedMenuDefaults(problem, menuSize), network: defaultNetwork(problem, "groupmax") };
}

/**
 * Trains TEDI-Discrete.
 *
 * @param problem A problem or the name of a setting. Its u0 is differentiated in outcomes, too.
 * @param settings What differs from {@linkcode defaultDiscrete}.
 * @throws {InvalidInputError} for an option out of its range, before any work.
 * @throws {MachineError} if the objective or a gradient is not finite.
 *
 * @example
 * ```ts
 * import { trainDiscrete } from "@tedi/toolkit";
 *
 * const { mechanism } = await trainDiscrete("U-1-2", { iterations: 3 });
 * const { payments } = await mechanism.run([[[0.9, 0.2]]]);
 * ```
 */
export async function trainDiscrete(
  problem: MechanismProblem | string,
  settings: Partial<DiscreteOptions> = {},
  hooks: BaselineHooks = {},
): Promise<BaselineResult<Discrete, DiscreteOptions>> {
  const { task, unit, units } = inScale(problem), { participants, goods } = task;
  const options = settleOptions("train TEDI-Discrete", defaultDiscrete(task), settings), key = randomKey(options.seed);
  const { network, menuSize } = options;
  checkTraining({ ...defaultTraining(task, "groupmax"), network }, task);
  const shape: ContextShape = { participants, goods, exchangeable: task.distribution.exchangeable };
  const networks = discreteNetworks(shape, network, menuSize);
  const initial = initialDiscrete(task, networks, menuSize, deriveKey(key, STREAMS.parameters));
  if (!hooks.device) await ensureDevice();
  const kernels = await openKernels(networks.rules.network);
  const step = menuStep(task, options, (...inputs) => discreteObjective(task, networks, kernels, ...inputs));
  const { parameters, ...rest } = await descend(
    { method: "TEDI-Discrete", problem: task.name, unit, initial },
    options,
    hooks,
    step,
  );
  const mechanism = learnedInUnits(discrete({ problem: task.name, shape, network, menuSize, parameters }), units);
  return trainingInWords({ mechanism, options, ...rest });
}

/** Initial parameters: the same menu whatever the others' types are, but for a small effect. */
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

/** The objective, {@linkcode choiceObjective}, with the menus of some parameters. */
export function discreteObjective(
  problem: MechanismProblem,
  networks: DiscreteNetworks,
  kernels: PriceKernels,
  parameters: Parameters,
  types: Float32Array,
  draws: Float32Array,
  beta: number,
): Scalar {
  return choiceObjective(problem, offers(networks, kernels, parameters, types), types, draws, beta);
}

/**
 * Outcomes `[R, K + 1, m]` and prices `[R, K + 1]` on offer to each participant of each profile, R = B n; the last
 * option is nothing.
 */
function offers(
  { outcomes: size, rules }: DiscreteNetworks,
  kernels: PriceKernels,
  parameters: Parameters,
  types: Float32Array,
): OfferedMenus {
  const { shape } = rules, { goods: m } = shape, K = size.outputs / m;
  const raw = rawWeights(denseHypernetwork(ofPart("outcomes", parameters), shape, types)), own = raw.shape[0];
  const outcomes = tf.concat([tf.sigmoid(tf.reshape(raw, [own, K, m])), tf.zeros([own, 1, m])], 1) as Tensor3D;
  const f = differentiableValue(kernels, rules.hypernetwork(ofPart("prices", parameters), types), outcomes);
  return forRows({ outcomes, prices: prices(f) }, types.length / m);
}
