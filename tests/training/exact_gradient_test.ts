/** The gradient that training estimates against the exact one, where that is known: menus of bundles by size. */
import { assert } from "@std/assert";
import { bundleShares } from "../../src/problems/bundle_volumes.ts";
import { tf } from "../../src/deps/tfjs.ts";
import { openKernels } from "../../src/kernels/select.ts";
import { sumScale } from "../../src/networks/sums_of_largest.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { initialise, iterate } from "../../src/training/algorithm1.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { disposeState } from "../../src/training/state.ts";
import { trainingRules } from "../../src/training/train.ts";

/** Prices of 1 to 4 goods; those that earn the most are 0.8, 1.317, 1.581 and 1.601. */
const PRICES = [0.84, 1.369, 1.692, 1.802];
const ITERATIONS = 80, FIRST = 20;

/** The expected payment for bundles of 1 to m goods at some prices, with types uniform. */
function revenue(prices: readonly number[]): number {
  const menu = Float64Array.from([0, ...prices]);
  return bundleShares(menu).reduce((sum, share, k) => sum + share * menu[k], 0);
}

Deno.test("the gradient of a symmetric network is the exact one, but for noise", async () => {
  const device = await openDevice({ backend: "wasm" });
  const problem = settingProblem("U-1-4"), m = problem.goods, scale = sumScale(m);
  const options = {
    ...{ ...defaultTraining(problem), profiles: 1024, initialBeta: 600, finalBeta: 600 },
    // The mechanism stays as it is, and Adam's first moment is the gradient itself.
    ...{ learningRate: 1e-12, beta1: 0, clipNorm: 1e9 },
    network: { layers: 1, groups: 1, groupSize: 1, hidden: [], kind: "symmetric" as const },
  };
  const rules = trainingRules(problem, options), kernels = await openKernels(rules.network);
  // f is linear in the sums: the maximum of the one group has next to no weight.
  const bias = new Float32Array(rules.network.weightCount), last = bias.length - m - 1;
  bias[0] = -80;
  const steps = PRICES.map((price, k) => price - (PRICES[k - 1] ?? 0));
  steps.forEach((step, k) => bias[last + k] = (step - (steps[k + 1] ?? 0)) / scale);

  let state = initialise(problem, rules, options);
  tf.dispose(state.parameters);
  state = { ...state, parameters: { "output.bias": tf.tensor1d(bias) } };
  let estimate = 0;
  for (let k = 0; k < ITERATIONS; k++) {
    const next = await iterate(problem, rules, kernels, options, state);
    disposeState(state, next.state);
    state = next.state;
    // Of minus the principal's utility, in the slope in the sum of all goods.
    const gradient = await state.adam.first["output.bias"].data();
    if (k >= FIRST) estimate -= gradient[last + m - 1] / (ITERATIONS - FIRST);
  }
  disposeState(state);

  // Raising that slope by h raises the price of k goods by scale k h.
  const raised = (h: number) => PRICES.map((price, k) => price + scale * (k + 1) * h), h = 1e-4;
  const exact = (revenue(raised(h)) - revenue(raised(-h))) / (2 * h);
  assert(exact < -0.4, `the exact gradient is ${exact}: the test would show nothing`);
  // The noise of 12,000 profiles; with chains that share 4 starts and 10 steps the estimate is about 0.
  assert(Math.abs(estimate - exact) < 0.25, `the estimate is ${estimate}, and ${exact} is right`);
  device.close();
});
