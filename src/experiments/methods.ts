/**
 * The methods of Table 1, one a row: how each makes a mechanism for a problem.
 *
 * @module
 */
import type { BaselineHooks, BaselineMetrics } from "../baselines/baseline_training.ts";
import { bundle } from "../baselines/bundle.ts";
import { trainDiscrete } from "../baselines/discrete_training.ts";
import { trainGemNet } from "../baselines/gem_net_training.ts";
import { trainLotteryAma } from "../baselines/lottery_ama_training.ts";
import { trainMenuNet } from "../baselines/menu_net_training.ts";
import type { RegretNet } from "../baselines/regret_net.ts";
import { measureRegret } from "../baselines/regret_net_misreports.ts";
import { trainRegretNet } from "../baselines/regret_net_training.ts";
import { separable } from "../baselines/separable.ts";
import { straightJacket } from "../baselines/straight_jacket.ts";
import { vcg } from "../baselines/vcg.ts";
import { MachineError } from "../errors.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { NetworkKind } from "../networks/kinds.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { settingOf } from "../problems/settings.ts";
import { isUnitSupply } from "../problems/supply.ts";
import { printedValue } from "../problems/table_one.ts";
import { defaultNetwork, defaultTraining, type TrainingOptions } from "../training/options.ts";
import { printedTraining } from "../training/printed.ts";
import { planTraining, train } from "../training/train.ts";
import { defaultAffineMaximizer, isUnitSupplyTraining } from "../training/unit_supply/options.ts";
import { trainAffineMaximizer } from "../training/unit_supply/train.ts";
import { auditedRegret } from "./audited_regret.ts";
import { bestStart } from "./best_start.ts";
import { baselineIterations, type BudgetName, budgetScale, tediIterations, trainingStarts } from "./budgets.ts";
import { type PaperPassed, watchPaper } from "./paper_passed.ts";
import type { ExperimentMethod, MethodResult, MethodWork } from "./run_cells.ts";

/** Whether a method applies: to every problem, where everybody may get the same goods, or with some number of participants. */
export const always = () => true;
const reproducible = (problem: MechanismProblem) => !isUnitSupply(problem);
const several = ({ participants }: MechanismProblem) => participants > 1;
const severalReproducible = (problem: MechanismProblem) => several(problem) && reproducible(problem);
export const single = ({ participants }: MechanismProblem) => participants === 1;

/** A training of some length, from a seed. */
type Training<M extends Mechanism> = (
  seed: number,
  hooks: BaselineHooks<{ readonly iteration: number; readonly softRevenue: number }>,
) => Promise<{ mechanism: M; iterations: number; done?: boolean }>;

/** Trains from as many starts as every learned method gets, and keeps the best; watches when the paper is passed. */
export async function trainFromStarts<M extends Mechanism>(
  name: string,
  problem: MechanismProblem,
  iterations: number,
  work: MethodWork,
  training: Training<M>,
): Promise<{ mechanism: M; paperPassed: PaperPassed | undefined }> {
  const { seed, device, signal, onProgress, checkpoints, elapsed = since(performance.now()) } = work;
  const starts = startsOf(problem, work);
  const watch = watchPaper(
    problem,
    printedValue(name, problem.name),
    seed,
    elapsed,
  );
  const mechanism = await bestStart(problem, starts, seed, async (seed, start) => {
    const kept = checkpoints?.(start);
    watch.resume(kept?.resume?.metadata);
    const trained = await training(seed, {
      device,
      signal,
      resume: kept?.resume,
      onIteration: ({ iteration, softRevenue }) =>
        onProgress?.(start * iterations + iteration, starts * iterations, softRevenue.toFixed(4)),
      async onCheckpoint(checkpoint, iteration) {
        // Training that goes on from a checkpoint, and is stopped at once, gives the checkpoint's mechanism.
        const soFar = async () => (await training(seed, { device, resume: checkpoint, signal: STOPPED })).mechanism;
        if (!signal?.aborted) await watch.look(soFar, start, iteration, iteration === iterations);
        await kept?.onCheckpoint({ ...checkpoint, metadata: { ...checkpoint.metadata, ...watch.metadata() } });
      },
    });
    // Training that patience ends is done with fewer.
    if (!trained.done) requireAll(name, trained.iterations, iterations, signal);
    return trained.mechanism;
  }, signal);
  return { mechanism, paperPassed: watch.passed };
}

/** From how many starts a method is trained. */
function startsOf(problem: MechanismProblem, { training, budget }: Pick<MethodWork, "training" | "budget">): number {
  return training ? 1 : trainingStarts(problem, budget);
}

/** A signal that says stop from the start. */
const STOPPED = AbortSignal.abort();

/** Seconds since a time in milliseconds. */
const since = (begin: number) => () => (performance.now() - begin) / 1000;

/** The iterations of an affine maximizer by a budget. */
export function affineIterations(problem: MechanismProblem, budget: BudgetName): number {
  return Math.max(1, Math.round(defaultAffineMaximizer(problem).iterations * budgetScale[budget]));
}

/** Trains an affine maximizer, where each good exists once, under the name of a method. */
export function runAffineMaximizer(name: string, problem: MechanismProblem, work: MethodWork): Promise<MethodResult> {
  const { training: given, seed, budget } = work;
  const options = given && isUnitSupplyTraining(given)
    ? given
    : { iterations: affineIterations(problem, budget), seed };
  return trainFromStarts(
    ...[name, problem, options.iterations, work] as const,
    (seed, hooks) => trainAffineMaximizer(problem, { ...options, seed }, hooks),
  );
}

/**
 * TEDI with some settings of training, by the budget's iterations and starts.
 *
 * @param training Everything but iterations and seed.
 */
function tedi(
  name: string,
  training: (problem: MechanismProblem) => TrainingOptions = (problem) => defaultTraining(problem),
): ExperimentMethod {
  return {
    name,
    applies: reproducible,
    async run(problem, work) {
      const { budget, seed, device, training: given } = work;
      const options = given && !isUnitSupplyTraining(given)
        ? given
        : { ...training(problem), iterations: tediIterations(budget), seed };
      const { iterations } = options, starts = startsOf(problem, work);
      const { flop } = await planTraining(problem, options, device);
      const made = await trainFromStarts(
        name,
        problem,
        iterations,
        work,
        (seed, hooks) => train(problem, { ...options, seed }, hooks),
      );
      return { ...made, teraflop: flop.all * starts / 1e12 };
    },
  };
}

/**
 * The settings of training of an ablation by another network. Not every kind can have a set context, tied weights and
 * bounds, so none has them, the Partial GroupMax Network that the others are compared with included: their contexts are
 * dense, as the paper's. None is polished, which would be slow where best responses have no WASM kernel, and not possible
 * without convexity.
 */
export function ablationTraining(problem: MechanismProblem, kind: NetworkKind): TrainingOptions {
  return { ...defaultTraining(problem, kind, "dense"), tiedWeights: false, nondecreasing: false, polishShare: 0 };
}

const menus = tedi("TEDI");

/** TEDI: a menu mechanism, or where each good exists once an affine maximizer, as `tedi train` has it. */
const tediMethod: ExperimentMethod = {
  name: menus.name,
  applies: always,
  run: (problem, work) =>
    problem.supply === "unit" ? runAffineMaximizer(menus.name, problem, work) : menus.run(problem, work),
};

/** An ablation of TEDI by another network. */
function ablation(name: string, kind: NetworkKind): ExperimentMethod {
  return tedi(name, (problem) => ablationTraining(problem, kind));
}

/** What training of a baseline takes and gives. */
type Trainer<M extends Mechanism> = (
  problem: MechanismProblem,
  settings: { iterations: number; seed: number },
  hooks: BaselineHooks<BaselineMetrics>,
) => Promise<{ mechanism: M; iterations: number }>;

/** A learning baseline. */
export function learned<M extends Mechanism>(
  name: string,
  applies: (problem: MechanismProblem) => boolean,
  trainer: Trainer<M>,
): ExperimentMethod {
  return {
    name,
    applies,
    run(problem, work) {
      const iterations = baselineIterations(work.budget);
      return trainFromStarts(
        name,
        problem,
        iterations,
        work,
        (seed, hooks) => trainer(problem, { iterations, seed }, hooks),
      );
    },
  };
}

/** A mechanism that is known and not learned. */
export function classical(
  name: string,
  make: (problem: MechanismProblem) => Mechanism,
  applies: (problem: MechanismProblem) => boolean = always,
): ExperimentMethod {
  return { name, applies, run: (problem) => Promise.resolve({ mechanism: make(problem) }) };
}

/** Fails where training was stopped: half a training is no result. */
function requireAll(name: string, done: number, all: number, signal?: AbortSignal): void {
  if (done === all) return;
  signal?.throwIfAborted();
  throw new MachineError(`Cannot go on: training of ${name} stopped after ${done} of ${all} iterations`);
}

/** Uniform types, one buyer and no costs, for which the straight-jacket auction is made. */
function isStraightJacket(problem: MechanismProblem): boolean {
  const setting = settingOf(problem);
  return setting?.distribution === "U" && setting.participants === 1 && setting.productionCost === 0 &&
    setting.duplicationCost === 0;
}

/** MD-RegretNet, whose regret is measured. */
export const regretNetMethod: ExperimentMethod = {
  ...learned("MD-RegretNet", always, trainRegretNet),
  async regret(problem, mechanism, seed) {
    const { regret } = await measureRegret(problem, mechanism as RegretNet, { seed });
    return { regret, auditedRegret: await auditedRegret(problem, mechanism, seed) };
  },
};

/**
 * All rows: those of Table 1 in its order, then references that the paper lacks. TEDI-Paper is TEDI as printed; TEDI-GroupMax is
 * what the ablations TEDI-Discrete, TEDI-PICNN, TEDI-PMA and TEDI-MLP are compared with.
 */
export const experimentMethods: readonly ExperimentMethod[] = [
  tediMethod,
  learned(
    "TEDI-Discrete",
    reproducible,
    (problem, settings, hooks) =>
      trainDiscrete(problem, { ...settings, network: defaultNetwork(problem, "groupmax", "dense") }, hooks),
  ),
  ablation("TEDI-PICNN", "picnn"),
  ablation("TEDI-PMA", "pma"),
  ablation("TEDI-MLP", "mlp"),
  learned("MD-MenuNet", single, trainMenuNet),
  learned("MD-GemNet", severalReproducible, trainGemNet),
  learned("MD-LotteryAMA", several, trainLotteryAma),
  regretNetMethod,
  classical("VCG", vcg),
  classical("Separable-OPT", separable, reproducible),
  classical("Bundle-OPT", bundle, reproducible),
  tedi("TEDI-Paper", printedTraining),
  ablation("TEDI-GroupMax", "groupmax"),
  classical("Straight-jacket auction", straightJacket, isStraightJacket),
];
