/** The suboptimality of chains, worked out by hand, and which rows it is measured on. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { bestResponses } from "../../src/kernels/best_responses/select.ts";
import { pricingRules } from "../../src/networks/pricing_rule.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { hostResponses } from "../../src/training/responses.ts";
import { chainSuboptimality, measuredRows } from "../../src/training/suboptimality.ts";
import { forEachDevice } from "../devices.ts";

forEachDevice("the suboptimality is what chains are short of the best utility, on average", async () => {
  const types = Float32Array.of(0.9, 0.5, 0, 0, 0.2, 0.8), beta = 10; // rows 0, 1 and 2; row 1 is not measured
  // f(x) = 0.1 + 0.4 x_1 + 0.6 x_2, at two chains and at 0.
  const chains = tf.tensor3d([[[1, 0], [1, 1]], [[0.3, 0.3], [0.3, 0.3]], [[0, 0.5], [0.5, 1]]]);
  const values = tf.tensor2d([[0.5, 1.1, 0.1], [9, 9, 9], [0.4, 0.9, 0.1]]);
  // Best: row 0 takes good 1 for 0.9 - 0.4 = 0.5, row 2 good 2 for 0.8 - 0.6 = 0.2.
  const before = tf.memory().numTensors;
  const found = await chainSuboptimality(types, { chains, values }, [2, 0], [0.2, 0.5], beta);
  assertEquals(tf.memory().numTensors, before);
  // Row 0: 0.9 - 0.4 = 0.5 and 1.4 - 1 = 0.4, short by 0 and 0.1. Row 2: 0.4 - 0.3 = 0.1 and 0.9 - 0.8 = 0.1, by 0.1 each.
  assertAlmostEquals(found.chainSuboptimality, 0.3 / 4, 1e-6);
  assertAlmostEquals(found.relativeChainSuboptimality, 0.3 / 4 * beta / 2, 1e-5);
});

Deno.test("whole profiles are measured, about 16 rows, at equal distances among those that are trained on", () => {
  assertEquals(measuredRows({ profiles: 8 }, 1), [0, 1, 2, 3, 4, 5, 6, 7]);
  assertEquals(measuredRows({ profiles: 64 }, 1), Array.from({ length: 16 }, (_, k) => 4 * k + 2));
  assertEquals(measuredRows({ profiles: 100 }, 3), [10, 30, 50, 70, 90].flatMap((k) => [3 * k, 3 * k + 1, 3 * k + 2]));
  assertEquals(measuredRows({ profiles: 5 }, 20), Array.from({ length: 20 }, (_, i) => 2 * 20 + i));
});

Deno.test("the best utilities of an iteration are those of best responses to its prices, with new rows before them or not", () => {
  const problem = settingProblem("U-2-3-cp0.5-cd0"),
    options = { ...defaultTraining(problem), profiles: 10, refresh: 0.2 };
  const rules = pricingRules({ participants: 2, goods: 3, exchangeable: true }, { ...options.network, groups: 4 });
  const parameters = rules.initialParameters(randomKey(1)), types = uniforms(randomKey(2), 14 * 2 * 3);
  const measured = measuredRows(options, 2),
    own = measured.flatMap((row) => Array.from(types.slice(3 * row, 3 * row + 3)));
  const hypernetwork = rules.hostHypernetwork(parameters, Float32Array.from(own));
  const expected = bestResponses(rules.network, hypernetwork, Float64Array.from(own), 1).utilities;
  for (const fresh of [0, 2 * 2]) {
    const found = hostResponses(rules, options, parameters, { iteration: fresh }, types, fresh, measured, 50);
    assertEquals(found.bestUtilities, expected);
    assertEquals(found.initialPoints?.length, fresh > 0 ? fresh * options.chains * 3 : undefined);
  }
});
