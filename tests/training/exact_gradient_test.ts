/**
 * The gradient that training estimates against the exact one, where that is known: menus of bundles by size.
 *
 * Chains of new profiles begin, warm up and are trained on as in training, with its defaults. The mechanism stands still, so
 * that all ages of profiles can be had from one set of them. Only who is almost indifferent adds noise, so they are taken more
 * often than others, with weights: types are points of one lattice, by how far the best bundle is ahead of the next.
 */
import { assert } from "@std/assert";
import { bundleShares } from "../../src/problems/bundle_volumes.ts";
import { type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import type { PriceKernels } from "../../src/kernels/kernels.ts";
import { openKernels } from "../../src/kernels/select.ts";
import type { PricingRules } from "../../src/networks/pricing_rule.ts";
import { sumScale } from "../../src/networks/sums_of_largest.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { deriveKey, type RandomKey, randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { tidy } from "../../src/runtime/tensors.ts";
import type { Chains } from "../../src/sampling/move_chains.ts";
import { initialPoints, refreshChains } from "../../src/training/chains.ts";
import { defaultTraining, type TrainingOptions } from "../../src/training/options.ts";
import { trainingRules } from "../../src/training/train.ts";
import { trainingStep } from "../../src/training/training_step.ts";

const PROBLEM = settingProblem("U-1-4"), m = PROBLEM.goods, BETA = 600;
/** Prices of 1 to 4 goods; those that earn the most are 0.8, 1.317, 1.581 and 1.601. */
const PRICES = [0.84, 1.369, 1.692, 1.802];
/** Points of the lattice, and of those whose best bundle is ahead by up to so many / beta, every which is taken. */
const LATTICE = 1 << 17, STRATA = [[3, 1], [6, 4], [12, 16], [25, 64], [Infinity, 512]] as const;
/** With `warmUp` 4 and `refresh` 0.2 profiles are trained on from their 5th to their 9th iteration. */
const FIRST_AGE = 5, LAST_AGE = 9;

/** The expected payment for bundles of 1 to m goods at some prices, with types uniform. */
function revenue(prices: readonly number[]): number {
  const menu = Float64Array.from([0, ...prices]);
  return bundleShares(menu).reduce((sum, share, k) => sum + share * menu[k], 0);
}

/** The utilities of the best bundles of 0 to m goods for a type. */
function utilitiesOf(type: ArrayLike<number>): number[] {
  let sum = 0;
  return [0, ...Array.from(type).sort((a, b) => b - a).map((t, k) => (sum += t) - PRICES[k])];
}

/** How far the best bundle for a type is ahead of the next. */
function lead(type: readonly number[]): number {
  const [best, next] = utilitiesOf(type).sort((a, b) => b - a);
  return best - next;
}

/** The size of the best bundle for a type. */
function sizeOf(type: ArrayLike<number>): number {
  const utilities = utilitiesOf(type);
  return utilities.indexOf(Math.max(...utilities));
}

/** Types of each stratum, and the share of all types that are in it. */
function strata(seed: number): { types: Float32Array; share: number }[] {
  const shift = uniforms(randomKey(seed), m);
  let g = 1.5; // g^5 = g + 1: powers of 1 / g make the lattice
  for (let k = 0; k < 60; k++) g = (1 + g) ** (1 / (m + 1));
  const types: number[][] = STRATA.map(() => []), counts = STRATA.map(() => 0);
  for (let i = 1; i <= LATTICE; i++) {
    const type = Array.from({ length: m }, (_, j) => (shift[j] + i * g ** -(j + 1)) % 1), ahead = lead(type) * BETA;
    const k = STRATA.findIndex(([most]) => ahead < most);
    if (counts[k]++ % STRATA[k][1] === 0) types[k].push(...type);
  }
  return types.map((list, k) => ({ types: Float32Array.from(list), share: counts[k] / LATTICE }));
}

/** f of the menu, which is linear in the sums: the maximum of the one group has next to no weight. */
function menuWeights(rules: PricingRules): { bias: Float32Array; last: number } {
  const bias = new Float32Array(rules.network.weightCount), last = bias.length - m - 1;
  bias[0] = -80;
  const steps = PRICES.map((price, k) => price - (PRICES[k - 1] ?? 0));
  steps.forEach((step, k) => bias[last + k] = (step - (steps[k + 1] ?? 0)) / sumScale(m));
  return { bias, last: last + m - 1 };
}

/** The estimated gradient of the principal's utility in the slope in the sum of all goods, from profiles of some types. */
function estimate(
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  types: Float32Array,
  key: RandomKey,
): number {
  const { bias, last } = menuWeights(rules), rows = types.length / m, { chains: C, estimator } = options;
  const points = initialPoints(rules.network, { bias }, types, options, BETA, deriveKey(key, 0));
  const hypernetwork = { bias: tf.tensor1d(bias) as Tensor1D };
  let now: Chains = tidy(() => {
    const none = { chains: tf.zeros([rows, C, m]) as Tensor3D, squareSlopes: tf.zeros([rows, m]) as Tensor2D };
    return refreshChains(kernels, hypernetwork, types, points, none);
  });
  const objective = { utility: PROBLEM.principalUtility, participants: 1, trained: rows, estimator };
  let sum = 0;
  for (let age = 1; age <= LAST_AGE; age++) {
    const move = { ...options, beta: BETA }, moveKey = deriveKey(key, 1, age);
    const step = trainingStep(kernels, hypernetwork, types, now, move, moveKey, objective);
    if (age >= FIRST_AGE) sum -= step.gradient.bias.dataSync()[last] / (LAST_AGE - FIRST_AGE + 1);
    tf.dispose([now.chains, now.squareSlopes, step.moved.values, step.utilities, step.gradient.bias]);
    now = step.moved;
  }
  tf.dispose([now.chains, now.squareSlopes, hypernetwork.bias]);
  return sum;
}

/**
 * The estimate for all types. What a higher price would bring if nobody chose otherwise is known exactly, so that only the
 * difference from it is estimated.
 */
function wholeEstimate(rules: PricingRules, kernels: PriceKernels, options: TrainingOptions, seed: number): number {
  const shares = bundleShares(Float64Array.from([0, ...PRICES])), scale = sumScale(m);
  let sum = shares.reduce((total, share, k) => total + share * scale * k, 0);
  strata(seed).forEach(({ types, share }, k) => {
    const rows = types.length / m;
    let known = 0;
    for (let row = 0; row < rows; row++) known += scale * sizeOf(types.subarray(row * m, (row + 1) * m)) / rows;
    sum += share * (estimate(rules, kernels, options, types, deriveKey(randomKey(seed), k)) - known);
  });
  return sum;
}

/**
 * Over 24 seeds the estimate by the defaults is -0.53 with a standard deviation of 0.036. Chains of 5 to 9 iterations are not
 * quite stationary, which makes 0.07 of difference from the exact -0.46; to be this far off it takes 3.5 deviations more, in
 * about 1 of 4000 seeds. The seed is fixed.
 */
const FAR = 0.2;

Deno.test("the gradient of a symmetric network is near the exact one, and by former settings it is not", async () => {
  const device = await openDevice({ backend: "wasm" });
  const defaults = {
    ...defaultTraining(PROBLEM),
    network: { layers: 1, groups: 1, groupSize: 1, hidden: [], kind: "symmetric" as const },
  };
  const rules = trainingRules(PROBLEM, defaults), kernels = await openKernels(rules.network);
  // Raising the slope in the sum of all goods by h raises the price of k goods by scale k h.
  const raised = (h: number) => PRICES.map((price, k) => price + sumScale(m) * (k + 1) * h), h = 1e-4;
  const exact = (revenue(raised(h)) - revenue(raised(-h))) / (2 * h);
  const found = wholeEstimate(rules, kernels, defaults, 1);
  assert(Math.abs(found - exact) < FAR, `the estimate is ${found}, and ${exact} is right`);
  // Chains that share 4 best responses, with 10 steps: -0.06 with a standard deviation of 0.04, 5 of them from passing.
  const former = { ...defaults, initialPoints: 4, initialPointNoise: 1.5, steps: 10, lineMoveEvery: 5 };
  const wrong = wholeEstimate(rules, kernels, former, 1);
  assert(wrong - exact > FAR, `the test does not see that ${wrong} is not ${exact}`);
  device.close();
});
