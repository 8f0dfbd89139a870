/**
 * What mechanisms are made of, for authors of networks, kernels and samplers: tensors and random numbers, networks and
 * the pricing rules of equation (2), Langevin dynamics, best responses, exact linear programs, affine maximizer auctions
 * of goods that exist once, and the parts of options and of trained mechanisms. Whoever trains, evaluates and audits mechanisms finds everything in `@tedi/toolkit`.
 *
 * @example
 * ```ts
 * import { menuMechanism, pricingRules, randomKey } from "@tedi/toolkit/kernels";
 *
 * const shape = { participants: 1, goods: 2, exchangeable: true };
 * const network = { layers: 2, groups: 8, groupSize: 4, hidden: [16] };
 * const parameters = pricingRules(shape, network).initialParameters(randomKey(0));
 * const mechanism = menuMechanism({ problem: "mine", shape, network, parameters }); // untrained, and truthful
 * console.log(await mechanism.run([[[0.9, 0.2]]]));
 * ```
 *
 * @module
 */
export type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D, Tensorflow } from "./deps/tfjs.ts";

export { deriveKey, type RandomKey, randomKey } from "./random/key.ts";
export { normals, uniforms } from "./random/numbers.ts";

export type { DeviceLoss, WasmDescription, WebgpuDescription } from "./runtime/device.ts";
export type { HostArray, HostTensor } from "./runtime/host_tensor.ts";
export { setThreadCount, threadCount } from "./runtime/threads.ts";

export type { ContextKind, ContextShape } from "./networks/context.ts";
export type { HostPerGoodSlopes, PerGoodSlopes } from "./networks/per_good_slopes.ts";
export type {
  ConvexNetwork,
  GroupMaxForm,
  HostFunction,
  InitialRequest,
  Parameters,
  PointSlope,
} from "./networks/network.ts";
export type { PartialGroupMaxSize } from "./networks/groupmax_layout.ts";
export { partialGroupMax } from "./networks/partial_groupmax.ts";
export { symmetricGroupMax } from "./networks/symmetric_groupmax.ts";
export type { HostHypernetworkOutput, HypernetworkOutput } from "./networks/hypernetwork_output.ts";
export type { Reparameterisation } from "./networks/reparameterisation.ts";
export type { RowTypes } from "./networks/row_types.ts";
export { NETWORK_KINDS, type NetworkKind } from "./networks/kinds.ts";
export { type HostParameters, type NetworkSize, type PricingRules, pricingRules } from "./networks/pricing_rule.ts";

export { type Boundary } from "./sampling/boundary.ts";
export { langevin, type LangevinOptions, type LangevinState } from "./sampling/langevin.ts";
export { lineMoves } from "./sampling/line_moves.ts";
export { type Chains, moveChains, type MoveOptions } from "./sampling/move_chains.ts";
export { type Sampler, type SamplerState, takeSteps } from "./sampling/sampler.ts";
export { type SoftChoiceDensity, softChoiceDensity } from "./sampling/soft_choice.ts";
export { adaptedStepSize, type StepRule, type StepSizeOptions } from "./sampling/step_sizes.ts";

export {
  type BestResponse,
  bestResponse,
  type BestResponseOptions,
  defaultBestResponse,
  type Support,
} from "./kernels/best_responses/best_response.ts";
export { bestResponses } from "./kernels/best_responses/select.ts";
export { type BestResponses } from "./kernels/best_responses/reference.ts";
export type {
  FusedStep,
  GoodsObjective,
  HypernetworkGradient,
  KernelMemory,
  MaximaOfCuts,
  MovedChains,
  MoveStage,
  PriceKernels,
  ResidentParts,
} from "./kernels/kernels.ts";
export { type KernelName, KERNELS, openKernels, priceKernels } from "./kernels/select.ts";
export { type AffineMaximizer, affineMaximizer, type AffineMaximizerData } from "./mechanisms/affine_maximizer.ts";
export { type BoostKind, type BoostShape, type BoostSize } from "./networks/boost.ts";
export { menuMechanism, type MenuMechanismData } from "./mechanisms/menu_mechanism.ts";
export {
  EQUAL_UTILITY,
  type ExactBestResponse,
  type ExactBestResponses,
  type ExactOptions,
  type ProgramBasis,
} from "./mechanisms/exact_best_response.ts";
export { exactBestResponses, solveBestResponse } from "./mechanisms/linear_program.ts";
export { type OptimalMenu, optimalMenu, type OptimalMenuOptions } from "./mechanisms/optimal_menu.ts";

export { type AdamOptions } from "./training/adam.ts";
export { type Estimator } from "./training/estimator.ts";
export { type InitialPrices } from "./training/initial_price_names.ts";
export { type NewChains } from "./training/new_chain_names.ts";
export type { BetaSchedule, CosineSchedule, ScheduleOptions } from "./training/schedules.ts";
export { trainingRules } from "./training/train.ts";

export {
  type AffineMaximizerOptions,
  defaultAffineMaximizer,
  type WelfareGradient,
} from "./training/unit_supply/options.ts";
export {
  type AffineMaximizerHooks,
  type AffineMaximizerMetrics,
  type AffineMaximizerPlan,
  type AffineMaximizerResult,
  planAffineMaximizer,
  trainAffineMaximizer,
} from "./training/unit_supply/train.ts";
export { type MenuOptions } from "./baselines/baseline_training.ts";
export { type HostMenu, type MenuNetData, type OwnMenus } from "./baselines/menu_net.ts";
export { type GemNetData } from "./baselines/gem_net.ts";
export { type LotteryAmaData } from "./baselines/lottery_ama.ts";
export { type RegretNetData } from "./baselines/regret_net.ts";
export { type DiscreteData } from "./baselines/discrete.ts";
export { joinRanks, type Ranks } from "./runtime/mpi.ts";
export type { Sharding } from "./training/shards.ts";
export type { TableOptions } from "./problems/tables/table.ts";
export type { DataRows } from "./problems/problem.ts";
export type { MechanismUnits } from "./mechanisms/mechanism.ts";
