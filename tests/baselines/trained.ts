/**
 * Every baseline that is trained, in a training of a moment.
 *
 * @module
 */
import type { BaselineHooks, BaselineResult } from "../../src/baselines/baseline_training.ts";
import { trainDiscrete } from "../../src/baselines/discrete_training.ts";
import { trainGemNet } from "../../src/baselines/gem_net_training.ts";
import { trainLotteryAma } from "../../src/baselines/lottery_ama_training.ts";
import { trainMenuNet } from "../../src/baselines/menu_net_training.ts";
import { trainRegretNet } from "../../src/baselines/regret_net_training.ts";
import type { BaselineMetrics } from "../../src/baselines/baseline_training.ts";
import type { LearnedMechanism } from "../../src/io/mechanism_kinds.ts";

/** A baseline of one size for one setting. */
export interface SmallTraining {
  readonly method: string;
  /** The setting's name. */
  readonly setting: string;
  /** Trains for 6 iterations, or with other settings. */
  train(
    hooks?: BaselineHooks,
    settings?: { readonly iterations?: number; readonly seed?: number },
    problem?: string,
  ): Promise<BaselineResult<LearnedMechanism, unknown, BaselineMetrics>>;
}

const SMALL = { iterations: 6, profiles: 8, learningRate: 0.01 }, MENU = { ...SMALL, menuSize: 5 };
const NETWORK = { layers: 2, groups: 3, groupSize: 2, hidden: [4] };
/** Multipliers and penalties grow within 6 iterations, and batches come back. */
const REGRET = { ...SMALL, hidden: [4, 3], batches: 2, misreportSteps: 2, multiplierEvery: 2, penaltyEvery: 3 };
const COSTLY = "U_{3,2}^{0.5,0.1}";

/** All five. */
export const smallTrainings: readonly SmallTraining[] = [
  {
    ...{ method: "MD-MenuNet", setting: "U_{1,2}^{0.1,0.1}" },
    train: (hooks, more, problem = "U_{1,2}^{0.1,0.1}") => trainMenuNet(problem, { ...MENU, ...more }, hooks),
  },
  {
    ...{ method: "MD-GemNet", setting: COSTLY },
    train: (hooks, more, problem = COSTLY) => trainGemNet(problem, { ...MENU, hidden: [4], ...more }, hooks),
  },
  {
    ...{ method: "MD-LotteryAMA", setting: COSTLY },
    train: (hooks, more, problem = COSTLY) => trainLotteryAma(problem, { ...MENU, ...more }, hooks),
  },
  {
    ...{ method: "MD-RegretNet", setting: COSTLY },
    train: (hooks = {}, more, problem = COSTLY) => trainRegretNet(problem, { ...REGRET, ...more }, hooks),
  },
  {
    ...{ method: "TEDI-Discrete", setting: COSTLY },
    train: (hooks, more, problem = COSTLY) => trainDiscrete(problem, { ...MENU, network: NETWORK, ...more }, hooks),
  },
];
