/**
 * TEDI as printed: Algorithm 1 with the networks of Definition 3.3, and nothing that the paper does not have.
 *
 * @module
 */
import { NETWORK_KINDS } from "../networks/kinds.ts";
import { hasAtoms } from "../problems/atoms.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { hasFewGoods } from "./few_goods.ts";
import { newChainNames } from "./new_chain_names.ts";
import { defaultHidden, noPolishing, type TrainingOptions } from "./options.ts";

/** A limit that is never reached. A configuration is JSON, which has no infinity. */
const NEVER = 1e9;

/**
 * The settings of Algorithm 1 as it is printed, for {@linkcode train} in the place of its defaults.
 *
 * From the paper: a Partial GroupMax Network (Definition 3.3) whose weights come from a dense context (Definition 3.2),
 * neither tied nor bounded; a fixed sample of M profiles (line 2); two chains, y and z, that begin uniform on the box
 * (line 2); the estimator of equation (12); one eta for all coordinates, and Langevin steps only (line 11); the last
 * parameters as the mechanism (line 17).
 *
 * The paper prints no numbers, and leaves open what happens when line 15 says "when appropriate" and where a chain leaves
 * the box. These are ours:
 *
 * - beta grows geometrically from 20 to 100, or to 300 where types have atoms, over 80% of the iterations, and waits for
 *   no chain. With higher ones two chains of one eta no longer follow: on validation profiles (means of seeds 0 to 2)
 *   U_{1,2}^{0,0} earns 0.5430, 0.5446, 0.5422, 0.5315 and 0.4730 with 60, 100, 150, 300 and 600, and B_{1,2}^{0,0} 0.917,
 *   0.941, 0.899, 0.789 and 0.300 with 150, 300, 1000, 3000 and 5000.
 * - eta = 1.5 / beta, at most 0.2. The learning rate falls from 0.003 to a twentieth along half a cosine, and does not
 *   depend on beta.
 * - Chains take 10 steps in an iteration, and are mirrored at the boundary.
 * - M is 2048 for one participant and 1024 for several, eight times the profiles of the defaults, since a fixed sample is
 *   memorised: as chains are an eighth, there are as many in all.
 * - The network has 2 layers of 32 groups of 4, or of 8 groups where there are at most 4 goods, and one hidden layer of 64.
 * - The optimiser is Adam without clipping, with decays 0.9 and 0.99 and epsilon 1e-6.
 *
 * @param problem A problem, or the name of a setting.
 *
 * @example
 * ```ts
 * import { printedTraining, train } from "@tedi/toolkit";
 * import { assertEquals } from "@std/assert";
 *
 * const { options } = await train("U-1-2", { ...printedTraining("U-1-2"), iterations: 3 });
 * assertEquals([options.chains, options.estimator, options.refresh], [2, "paired", 0]);
 * ```
 */
export function printedTraining(problem: MechanismProblem | string): TrainingOptions {
  const task = problemOf(problem), n = task.participants;
  return {
    network: { layers: 2, groups: hasFewGoods(task) ? 8 : 32, groupSize: 4, hidden: defaultHidden("dense") },
    iterations: n === 1 ? 500 : 800,
    profiles: n === 1 ? 2048 : 1024,
    chains: 2,
    steps: 10,
    boundary: "reflect",
    stepRule: "constant",
    estimator: "paired",
    refresh: 0,
    lineMoveEvery: 0,
    warmUp: 0,
    // No profile is new, so that no chain begins at a best response.
    newChains: newChainNames[0],
    initialPoints: 1,
    initialPointNoise: 1,
    initialBeta: 20,
    finalBeta: hasAtoms(task) ? 300 : 100,
    betaGrowthRatio: 0.8,
    stepScale: 1.5,
    largestStep: 0.2,
    largestSuboptimality: NEVER,
    learningRate: 3e-3,
    finalLearningRateRatio: 0.05,
    learningRateBeta: NEVER,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-6,
    clipNorm: NEVER,
    nondecreasing: false,
    tiedWeights: false,
    initialPrices: "cheap",
    ...noPolishing(task, NETWORK_KINDS[0], "dense"),
    averaging: 0,
    validateEvery: 0,
    patience: 0,
    seed: 0,
  };
}

/** The settings that training can begin from, by name, the default first. */
export const PRESETS = ["default", "as-printed"] as const;

/** Settings that training can begin from: the defaults, or {@linkcode printedTraining}. */
export type Preset = typeof PRESETS[number];
