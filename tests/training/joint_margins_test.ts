/** What one more unit is worth where types move together: by hand, against differences of revenue, and in training. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { bestResponses } from "../../src/kernels/best_responses/select.ts";
import { openKernels } from "../../src/kernels/select.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import type { HostParameters } from "../../src/networks/pricing_rule.ts";
import { isReproducibleGoods } from "../../src/problems/principal_utility.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { tensorsIn } from "../../src/runtime/gradients.ts";
import { uploadAll } from "../../src/runtime/tensors.ts";
import { partsOfSpread } from "../../src/training/device_polishing.ts";
import { fittedFees } from "../../src/training/initial_prices.ts";
import { jointMargins, partOfSpread } from "../../src/training/joint_margins.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { polishingStep } from "../../src/training/polishing.ts";
import { train, trainingRules } from "../../src/training/train.ts";
import { noisyParameters } from "./noisy_parameters.ts";

/** Prices close to what people with types of 0 or 1 are willing to pay. */
async function closePrices(setting: string) {
  const problem = settingProblem(setting), options = { ...defaultTraining(problem), iterations: 1, polishShare: 1 };
  const rules = trainingRules(problem, options), kernels = await openKernels(rules.network);
  const { parameters } = await fittedFees(problem, rules, kernels, options, { steps: 100 });
  if (!isReproducibleGoods(problem.principalUtility)) throw new TypeError(setting);
  return { problem, options, rules, kernels, parameters, u0: problem.principalUtility };
}

Deno.test("those who change their minds together share what production costs", async () => {
  await openDevice({ backend: "wasm" });
  const { rules, parameters, u0 } = await closePrices("B-5-1-cp2-cd0");
  // Of a price of about 1 where two others and more are ready to buy, and of too much with one and none.
  const types = Float32Array.of(1, 1, 1, 0, 0, 1.3, 1.3, 1.3, 0, 0);
  const { of, shared } = jointMargins(rules, rules.hostHypernetwork(parameters, types.map(Math.floor)), types, 0.1, u0);
  const third = 2 / 3;
  [1 - third, 1 - third, 1 - third].forEach((margin, i) => assertAlmostEquals(of[i], margin, 1e-6));
  // Where all three buy at the worse types, too, each that changed its mind would leave the cost to the others.
  [1.3, 1.3, 1.3].forEach((margin, i) => assertAlmostEquals(of[5 + i], margin, 1e-6));
  // Half of the first profile's types buy, and their margins count all that it costs. Nobody's do in the second.
  assertAlmostEquals(shared, (0 + 2) / 2, 1e-6);
});

for (const setting of ["B-5-1-cp2-cd0", "B-3-2-cp1-cd0"]) {
  Deno.test(`the gradient is that of the revenue from types that move together: ${setting}`, async () => {
    await openDevice({ backend: "wasm" });
    const { problem, options, rules, kernels, parameters: fitted, u0 } = await closePrices(setting);
    const parameters = noisyParameters(fitted, 0.003, (k) => deriveKey(randomKey(4), k)),
      { participants: n, goods: m } = problem;
    const spread = 0.05, shares = 500, profiles = 2 ** (n * m);
    const all = Float32Array.from(
      { length: profiles * n * m },
      (_, at) => (Math.floor(at / (n * m)) >> (at % (n * m))) & 1,
    );
    const revenueOf = (of: HostParameters) => {
      const hypernetwork = rules.hostHypernetwork(of, all);
      let mean = 0;
      for (let k = 0; k < shares; k++) {
        // Types move by up to the spread, and polishing compares types that are better and worse by up to it again.
        const moved = 4 * (k + 0.5) / shares - 2, chance = (2 - Math.abs(moved)) / shares;
        const types = Float64Array.from(all, (t) => (1 + spread * moved) * t);
        const { outcomes, utilities } = bestResponses(rules.network, hypernetwork, types, 1);
        let sum = 0;
        for (let at = 0; at < types.length; at++) sum += types[at] * outcomes[at];
        for (const utility of utilities) sum -= utility;
        for (let b = 0; b < profiles; b++) {
          for (let j = 0; j < m; j++) {
            let most = 0;
            for (let i = 0; i < n; i++) most = Math.max(most, outcomes[(b * n + i) * m + j]);
            sum -= u0.productionCost * most;
          }
        }
        mean += chance * sum / profiles;
      }
      return mean;
    };
    const on = uploadAll(parameters);
    const made = await polishingStep(problem, rules, kernels, {
      ...{ ...options, polishProfiles: 10_000, initialSpread: spread },
    }, { iteration: 0, parameters: on });
    assertAlmostEquals(made.revenue, revenueOf(parameters), 0.1);
    // Along the gradient itself, by so much that prices change by a thousandth or so.
    const gradient = Object.fromEntries(Object.keys(parameters).map((name) => [name, made.gradients[name].dataSync()]));
    const length = Math.hypot(...Object.values(gradient).flatMap((part) => [...part]));
    const moved = (by: number) =>
      revenueOf(Object.fromEntries(
        Object.entries(parameters).map(([name, { shape, data }]) =>
          [name, { shape, data: data.map((value, at) => value + by * gradient[name][at] / length) }] as const
        ),
      ));
    const step = 0.001, expected = -(moved(step) - moved(-step)) / (2 * step);
    assert(expected > 1, `${expected} shows little`);
    assertAlmostEquals(length, expected, 0.25 * expected);
    tf.dispose([...tensorsIn(on), ...tensorsIn(made.gradients), ...tensorsIn(made.gradient)]);
  });
}

Deno.test("a good that many pay for together is not lost", async () => {
  const settings = { iterations: 40, initialPrices: "fees", polishShare: 1, polishProfiles: 512 } as const;
  const { mechanism } = await train("B-5-1-cp2-cd0", settings);
  const { revenue } = await evaluate("B-5-1-cp2-cd0", mechanism, { profiles: 20_000, seed: 5, part: "validation" });
  assert(revenue > 0.6, `${revenue}`); // of 0.71875; 0 where each of them is asked what the others do
});

Deno.test("types of which a good costs more than twice as much are spread less, on the host and on a device", async () => {
  await openDevice({ backend: "wasm" });
  const types = [0.4, 0.4, 0.4, 0.4, 0.01, 0], margins = [0.1, 0, -0.3, -0.8, -0.9, -1];
  const parts = [1, 1, 1, 0.5, 0.1, 0.1];
  assertEquals(types.map((type, k) => partOfSpread(type, margins[k])), parts);
  const made = partsOfSpread(tf.tensor2d(types, [6, 1]), tf.tensor2d(margins, [6, 1])).dataSync();
  parts.forEach((part, k) => assertAlmostEquals(made[k], part, 1e-6));
});

Deno.test("three who agree are offered what is worth little to each, and more than it costs to all", async () => {
  const device = await openDevice({ backend: "wasm" });
  const problem = defineProblem({
    ...{ name: "three who agree", participants: 3, goods: 1, productionCost: 1, exchangeable: true },
    sampleTypes: (random, profiles) => [...random.uniform(profiles)].map((t) => [[t], [t], [t]]),
  });
  const { mechanism } = await train(problem, { seed: 0, iterations: 200, polishProfiles: 256 }, { device });
  // Worth 1.11 to 1.26 to all of them, who pay 97% of it and more.
  const worth = [0.37, 0.38, 0.39, 0.4, 0.41, 0.42];
  const { payments } = await mechanism.run(Float64Array.from(worth.flatMap((t) => [t, t, t])));
  const shares = worth.map((t, k) => payments[3 * k] / t);
  assert(shares.every((share) => share > 0.97), `${shares}`);
});
