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
 * ```ts
 * import { evaluate, settingProblem, train } from "@tedi/toolkit";
 *
 * const problem = settingProblem("U_{1,2}^{0,0}"); // two goods, one buyer
 * const { mechanism } = await train(problem, { iterations: 60 }); // 500 unless given
 * const { revenue, standardError } = await evaluate(problem, mechanism, { profiles: 10_000 });
 * console.log(`${revenue.toFixed(2)} +- ${standardError.toFixed(2)}`);
 * ```
 *
 * @module
 */
import { drawResultsWith } from "./src/display.ts";

export { VERSION } from "./src/version.ts";
export { InvalidInputError, MachineError } from "./src/errors.ts";

export {
  type BackendName,
  BACKENDS,
  type Device,
  type DeviceDescription,
  type DeviceOptions,
  listDevices,
  openDevice,
} from "./src/runtime/device.ts";

export type {
  MechanismProblem,
  PrincipalUtility,
  ProblemSource,
  SamplePart,
  TypeDistribution,
} from "./src/problems/problem.ts";
export { bernoulliTypes } from "./src/problems/distributions/bernoulli.ts";
export { correlatedTypes } from "./src/problems/distributions/correlated.ts";
export { type DistributionLetter } from "./src/problems/distributions/table.ts";
export { uniformTypes } from "./src/problems/distributions/uniform.ts";
export { type GoodsCosts, type ReproducibleGoods, reproducibleGoods } from "./src/problems/principal_utility.ts";
export { parseSetting, type Setting, settingName, settingProblem, settingSlug } from "./src/problems/settings.ts";
export { type TableOneColumn, tableOneSettings } from "./src/problems/table_one.ts";
export { knownOptimum, type KnownValue, separableOptimum } from "./src/problems/known_values.ts";
export { type EmpiricalOptions, empiricalProblem } from "./src/problems/empirical.ts";
export { defineProblem, moduleProblem, type ProblemDefinition, type RandomStream } from "./src/problems/user_module.ts";

export type { Mechanism, MechanismResult, TypeProfiles } from "./src/mechanisms/mechanism.ts";
export type { MenuMechanism } from "./src/mechanisms/menu_mechanism.ts";
export {
  audit,
  type AuditBounds,
  type AuditedRevenue,
  type AuditOptions,
  type AuditReport,
  defaultAudit,
  defaultBounds,
} from "./src/mechanisms/audit.ts";
export { AUDIT_CHECKS, type AuditCheck, type AuditCheckName, type AuditWitness } from "./src/mechanisms/audit/check.ts";
export { evaluate, type Evaluation, type EvaluationOptions } from "./src/mechanisms/evaluate.ts";
export { type RevenueBound, revenueBounds } from "./src/mechanisms/revenue_bounds.ts";

export { type IterationMetrics } from "./src/training/metrics.ts";
export { defaultTraining, type TrainingOptions } from "./src/training/options.ts";
export { printedTraining } from "./src/training/printed.ts";
export { crossValidate, type CrossValidation } from "./src/training/cross_validation.ts";
export { type TrainingPlan } from "./src/training/plan.ts";
export { type Checkpoint, planTraining, train, type TrainingHooks, type TrainingResult } from "./src/training/train.ts";

export { type LearnedMechanism } from "./src/io/mechanism_kinds.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./src/io/checkpoint_file.ts";
export { decodeMechanism, encodeMechanism, loadMechanism, saveMechanism } from "./src/io/mechanism_file.ts";

export { vcg } from "./src/baselines/vcg.ts";
export { separable } from "./src/baselines/separable.ts";
export { bundle, type BundleAuction, type BundleOptions } from "./src/baselines/bundle.ts";
export { referenceUtilities, type ReferenceUtility } from "./src/baselines/reference_utilities.ts";
export { straightJacket, type StraightJacketAuction } from "./src/baselines/straight_jacket.ts";
export {
  type BaselineHooks,
  type BaselineMetrics,
  type BaselineOptions,
  type BaselineResult,
} from "./src/baselines/baseline_training.ts";
export { type MenuNet } from "./src/baselines/menu_net.ts";
export { type MenuNetOptions, trainMenuNet } from "./src/baselines/menu_net_training.ts";
export { type GemNet } from "./src/baselines/gem_net.ts";
export { type GemNetOptions, trainGemNet } from "./src/baselines/gem_net_training.ts";
export { type LotteryAma } from "./src/baselines/lottery_ama.ts";
export { type LotteryAmaOptions, trainLotteryAma } from "./src/baselines/lottery_ama_training.ts";
export { type RegretNet } from "./src/baselines/regret_net.ts";
export { measureRegret, type Regret, type RegretOptions } from "./src/baselines/regret_net_misreports.ts";
export { type RegretNetMetrics, type RegretNetOptions, trainRegretNet } from "./src/baselines/regret_net_training.ts";
export { type Discrete } from "./src/baselines/discrete.ts";
export { type DiscreteOptions, trainDiscrete } from "./src/baselines/discrete_training.ts";

drawResultsWith(async () => (await import("./src/report/notebook.ts")).drawing);

if (import.meta.main) {
  const { main } = await import("./src/cli/main.ts");
  await main(Deno.args);
}
