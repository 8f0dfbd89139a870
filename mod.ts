/**
 * Learning truthful mechanisms without discretising outcomes: TEDI of Ma, Wang, Duan, Cheng and Deng (AAMAS 2026).
 *
 * A participant facing the others' types t_-i may take any outcome x in [0, 1]^m for the payment
 * p_i(x; t_-i) = f(x, t_-i) - f(0, t_-i), with f convex in x. Whatever f is, letting everybody take a best response is
 * truthful and individually rational. Training shapes f to maximise the principal's expected utility.
 *
 * Imported, this module is a library; run, it is the command line.
 *
 * @example
 * ```ts ignore
 * import { evaluate, settingProblem, train } from "@tedi/toolkit";
 *
 * const problem = settingProblem("U_{1,2}^{0,0}");
 * const { mechanism } = await train(problem, { iterations: 300 });
 * const { revenue, standardError } = await evaluate(problem, mechanism);
 * console.log(`${revenue} +- ${standardError}`);
 * ```
 *
 * @module
 */
export { VERSION } from "./src/version.ts";
export { InvalidInputError, MachineError } from "./src/errors.ts";
export type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D, Tensorflow } from "./src/deps/tfjs.ts";

export { deriveKey, type RandomKey, randomKey } from "./src/random/key.ts";
export { normals, uniforms } from "./src/random/numbers.ts";

export {
  type BackendName,
  BACKENDS,
  type Device,
  type DeviceDescription,
  type DeviceLoss,
  type DeviceOptions,
  listDevices,
  openDevice,
  type WasmDescription,
  type WebgpuDescription,
} from "./src/runtime/device.ts";
export type { HostArray, HostTensor } from "./src/runtime/host_tensor.ts";
export { setThreadCount, threadCount } from "./src/runtime/threads.ts";

export type {
  MechanismProblem,
  PrincipalUtility,
  ProblemSource,
  SamplePart,
  TypeDistribution,
} from "./src/problems/problem.ts";
export { bernoulliTypes, correlatedTypes, uniformTypes } from "./src/problems/distributions.ts";
export { type GoodsCosts, type ReproducibleGoods, reproducibleGoods } from "./src/problems/principal_utility.ts";
export {
  type DistributionLetter,
  parseSetting,
  type Setting,
  settingName,
  settingProblem,
  settingSlug,
  type TableOneColumn,
  tableOneSettings,
} from "./src/problems/settings.ts";
export { knownOptimum, type KnownValue, separableOptimum } from "./src/problems/known_values.ts";
export { type EmpiricalOptions, empiricalProblem } from "./src/problems/empirical.ts";
export { defineProblem, moduleProblem, type ProblemDefinition, type RandomStream } from "./src/problems/user_module.ts";

export type { ContextKind, ContextShape } from "./src/networks/context.ts";
export type { HostLocalWeights, LocalWeights } from "./src/networks/local_weights.ts";
export type { ConvexNetwork, HostFunction, Parameters, PointGradient } from "./src/networks/network.ts";
export { partialGroupMax, type PartialGroupMaxSize } from "./src/networks/partial_groupmax.ts";
export type { HostWeightSource, WeightSource } from "./src/networks/parameterized_affine.ts";
export { type HostParameters, type NetworkSize, type PricingRules, pricingRules } from "./src/networks/pricing_rule.ts";

export { type Wall } from "./src/sampling/box.ts";
export { adaptedStepSize, langevin, type LangevinOptions } from "./src/sampling/langevin.ts";
export { lineMove } from "./src/sampling/line_moves.ts";
export { type Chains, moveChains, type MoveOptions, type StepRule } from "./src/sampling/move_chains.ts";

export {
  type BestResponse,
  bestResponse,
  type BestResponseOptions,
  defaultBestResponse,
} from "./src/kernels/best_responses/best_response.ts";
export { bestResponses } from "./src/kernels/best_responses/select.ts";
export { type BestResponses } from "./src/kernels/best_responses/reference.ts";
export type { KernelMemory, MovedChains, PriceKernels, SourceGradient } from "./src/kernels/kernels.ts";
export { type KernelName, KERNELS, openKernels, priceKernels } from "./src/kernels/select.ts";
export { type LossGradient, type Objective, type TrainingStep } from "./src/kernels/training_step.ts";
export type { Mechanism, MechanismResult, TypeProfiles } from "./src/mechanisms/mechanism.ts";
export { type MenuMechanism, menuMechanism, type MenuMechanismData } from "./src/mechanisms/menu_mechanism.ts";
export { evaluate, type Evaluation, type EvaluationOptions } from "./src/mechanisms/evaluate.ts";

export { type AdamOptions } from "./src/training/adam.ts";
export { type Estimator } from "./src/kernels/estimator.ts";
export { type IterationMetrics } from "./src/training/iteration.ts";
export { defaultTraining, type TrainingOptions } from "./src/training/options.ts";
export { type ScheduleOptions } from "./src/training/schedules.ts";
export { type TrainingPlan } from "./src/training/plan.ts";
export {
  type Checkpoint,
  planTraining,
  train,
  type TrainingHooks,
  type TrainingResult,
  trainingRules,
} from "./src/training/train.ts";

export { decodeMechanism, encodeMechanism, loadMechanism, saveMechanism } from "./src/io/mechanism_file.ts";

if (import.meta.main) {
  const { main } = await import("./src/cli/main.ts");
  await main(Deno.args);
}
