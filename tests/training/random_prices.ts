/** Prices at random of a setting whose participants share production costs. */
import type { ContextKind } from "../../src/networks/context.ts";
import { menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { isReproducibleGoods } from "../../src/problems/principal_utility.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { trainingRules } from "../../src/training/train.ts";
import { noisyParameters } from "./noisy_parameters.ts";

/** Prices at random, in which the others' types count for a lot. */
export function randomPrices(setting: string, context: ContextKind) {
  const problem = settingProblem(setting), u0 = problem.principalUtility;
  if (!isReproducibleGoods(u0)) throw new TypeError(setting);
  const plain = defaultTraining(problem, "groupmax", context);
  const hidden = context === "none" ? [] : [8], network = { ...plain.network, groups: 6, groupSize: 3, hidden };
  const options = { ...plain, network, tiedWeights: false, initialPrices: "cheap" as const };
  const rules = trainingRules(problem, options), initial = rules.initialParameters(randomKey(3));
  const parameters = noisyParameters(initial, 0.3, (k) => deriveKey(randomKey(4), k));
  const mechanism = menuMechanism({ problem: problem.name, shape: rules.shape, network, parameters });
  return { problem, options, rules, parameters, mechanism, principalUtility: u0 };
}
