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
import { defaultTraining } from "../training/options.ts";
import { planTraining, train } from "../training/train.ts";
import { bestStart } from "./best_start.ts";
import { baselineIterations, tediIterations, tediStarts } from "./budgets.ts";
import type { ExperimentMethod } from "./run_cells.ts";

const always = () => true;
const several = ({ participants }: MechanismProblem) => participants > 1;
const single = ({ participants }: MechanismProblem) => participants === 1;

/** TEDI, and its ablations by another network. */
function tedi(name: string, kind?: NetworkKind): ExperimentMethod {
  return {
    name,
    applies: always,
    async run(problem, { budget, seed, device, signal, onProgress, checkpoints }) {
      const iterations = tediIterations(budget);
      const options = { ...defaultTraining(problem, kind), iterations, seed }, starts = tediStarts(problem, budget);
      const { flop } = await planTraining(problem, options, device), all = starts * iterations;
      const mechanism = await bestStart(problem, starts, seed, async (seed, start) => {
        const trained = await train(problem, { ...options, seed }, {
          device,
          signal,
          ...checkpoints?.(start),
          onIteration: ({ iteration, softRevenue }) =>
            onProgress?.(start * iterations + iteration, all, softRevenue.toFixed(4)),
        });
        requireAll(name, trained.iterations, iterations, signal);
        return trained.mechanism;
      }, signal);
      return { mechanism, teraflop: flop.total * all / 1e12 };
    },
  };
}

/** What training of a baseline takes and gives. */
type Trainer<M extends Mechanism> = (
  problem: MechanismProblem,
  settings: { iterations: number; seed: number },
  hooks: BaselineHooks<BaselineMetrics>,
) => Promise<{ mechanism: M; iterations: number }>;

/** A learning baseline. */
function learned<M extends Mechanism>(
  name: string,
  applies: (problem: MechanismProblem) => boolean,
  trainer: Trainer<M>,
  measure?: (problem: MechanismProblem, mechanism: M, seed: number) => Promise<{ regret: number }>,
): ExperimentMethod {
  return {
    name,
    applies,
    async run(problem, { budget, seed, device, signal, onProgress, checkpoints }) {
      const iterations = baselineIterations(budget);
      const trained = await trainer(problem, { iterations, seed }, {
        device,
        signal,
        ...checkpoints?.(0),
        onIteration: ({ iteration, softRevenue }) => onProgress?.(iteration, iterations, softRevenue.toFixed(4)),
      });
      requireAll(name, trained.iterations, iterations, signal);
      const { mechanism } = trained;
      return { mechanism, regret: measure && (await measure(problem, mechanism, seed)).regret };
    },
  };
}

/** A mechanism that is known and not learned. */
function classical(
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

/** All rows: those of Table 1 in its order, then a reference that the paper lacks. */
export const experimentMethods: readonly ExperimentMethod[] = [
  tedi("TEDI"),
  learned("TEDI-Discrete", always, trainDiscrete),
  tedi("TEDI-PICNN", "picnn"),
  tedi("TEDI-PMA", "pma"),
  tedi("TEDI-MLP", "mlp"),
  learned("MD-MenuNet", single, trainMenuNet),
  learned("MD-GemNet", several, trainGemNet),
  learned("MD-LotteryAMA", several, trainLotteryAma),
  learned(
    "MD-RegretNet",
    always,
    trainRegretNet,
    (problem, mechanism, seed) => measureRegret(problem, mechanism, { seed }),
  ),
  classical("VCG", vcg),
  classical("Separable-OPT", separable),
  classical("Bundle-OPT", bundle),
  classical("Straight-jacket auction", straightJacket, isStraightJacket),
];
