/** MD-GemNet: that its gradient is without bias, what it offers, and that it learns. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { descentGradient } from "../../src/baselines/baseline_training.ts";
import { gemNet, gemNetSize } from "../../src/baselines/gem_net.ts";
import { menusObjective, offeredMenus, trainGemNet } from "../../src/baselines/gem_net_training.ts";
import { type Scalar, type Tensor, tf } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import type { Parameters } from "../../src/networks/network.ts";
import { initialParameterizedAffine } from "../../src/networks/parameterized_affine.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { uploadAll } from "../../src/runtime/tensors.ts";
import { tellLies } from "./misreports.ts";

/** Random parameters of a menu network. */
function parametersOf(n: number, m: number, K: number, exchangeable: boolean) {
  const size = gemNetSize({ participants: n, goods: m, exchangeable }, K, [4]);
  const bias = normals(randomKey(5), size.outputs).map((z, at) => at < K * m ? 2 * z : 0.3 + 0.2 * z);
  return initialParameterizedAffine(size, bias, randomKey(6));
}

/** The paper's u0 with both costs, and the same as a user would write it. */
const COSTS = { productionCost: 0.6, duplicationCost: 0.1 };
const PAIR = { participants: 2, goods: 1, distribution: "U" as const };
const paper = defineProblem({ ...PAIR, ...COSTS });
const own = defineProblem({
  ...PAIR,
  principalUtility: (tf, x, p) =>
    tf.sub(tf.sum(p, 1), tf.add(tf.mul(0.6, tf.sum(tf.max(x, 1), 1)), tf.mul(0.1, tf.sum(x, [1, 2])))),
});

Deno.test("GemNet's gradient is that of E[u0] over independent choices, on average", async () => {
  await openDevice({ backend: "wasm" });
  const shape = { participants: 2, goods: 1, exchangeable: true }, K = 2, profiles = 3, beta = 8;
  const types = uniforms(randomKey(7), profiles * 2), parameters = uploadAll(parametersOf(2, 1, K, true));
  /** The mean over all pairs of options, written down. */
  const exact = descentGradient(parameters, (now) => {
    const { outcomes, prices } = offeredMenus(shape, now, types);
    const own = tf.sub(
      tf.mul(tf.reshape(outcomes, [profiles * 2, K + 1]), tf.tensor2d(types, [profiles * 2, 1])),
      prices,
    );
    const choice = tf.softmax(tf.mul(own, beta)).reshape([profiles, 2, K + 1]);
    const of = (tensor: Tensor, i: number, axis: number) => {
      const row = tf.slice(tensor.reshape([profiles, 2, K + 1]), [0, i, 0], [-1, 1, -1]);
      return tf.tile(
        row.reshape(axis === 1 ? [profiles, K + 1, 1] : [profiles, 1, K + 1]),
        axis === 1 ? [1, 1, K + 1] : [1, K + 1, 1],
      );
    };
    const x = of(outcomes, 0, 1), y = of(outcomes, 1, 2), p = tf.add(of(prices, 0, 1), of(prices, 1, 2));
    const cost = tf.add(tf.mul(0.6, tf.add(x, tf.relu(tf.sub(y, x)))), tf.mul(0.1, tf.add(x, y)));
    const weight = tf.mul(of(choice, 0, 1), of(choice, 1, 2));
    return tf.div(tf.sum(tf.mul(weight, tf.sub(p, cost))), profiles) as Scalar;
  });
  const copies = 20_000, many = new Float32Array(copies * types.length);
  for (let k = 0; k < copies; k++) many.set(types, k * types.length);
  const draws = uniforms(randomKey(8), many.length * (K + 1));
  const [sampled, general] = [paper, own].map((problem) =>
    descentGradient(parameters, (now: Parameters) => menusObjective(problem, shape, now, many, draws, beta))
  );
  assertAlmostEquals(sampled.value.dataSync()[0] / 2, exact.value.dataSync()[0], 5e-3);
  assertAlmostEquals(general.value.dataSync()[0], sampled.value.dataSync()[0], 1e-3);
  for (const name of Object.keys(parameters)) {
    const [truth, mean, other] = [exact, sampled, general].map(({ gradients }) => gradients[name].dataSync());
    const norm = Math.hypot(...truth), error = Math.hypot(...truth.map((value, k) => value - mean[k]));
    assert(norm > 1e-3 && error < 0.02 * norm + 1e-4, `${name}: ${error} of ${norm}`);
    assert(Math.hypot(...mean.map((value, k) => value - other[k])) < 1e-3 * norm + 1e-5, name);
  }
});

Deno.test("menus are truthful whatever the network is, and nobody loses", async () => {
  for (const exchangeable of [true, false]) {
    const problem = settingProblem("U-3-2"), shape = { participants: 3, goods: 2, exchangeable };
    const parameters = parametersOf(3, 2, 10, exchangeable);
    const mechanism = gemNet({ problem: problem.name, shape, menuSize: 10, hidden: [4], parameters });
    const { largestGain, effective, lowestUtility } = await tellLies(problem, mechanism);
    assert(largestGain <= 1e-9 && lowestUtility >= 0 && effective > 0.3, `${largestGain} ${effective}`);
    const types = [[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], [[0.9, 0.8], [0.3, 0.4], [0.5, 0.6]]];
    const [first, second, , again, other] = mechanism.menus(types);
    assertEquals(first, again, "one's own type has no effect on one's menu");
    assert(second.prices.some((price, k) => price !== other.prices[k]), "the others' types have");
  }
});

Deno.test("GemNet learns to share production costs, truthfully", async () => {
  const device = await openDevice({ backend: "wasm" }), problem = settingProblem("U-3-2-cp1-cd0");
  const options = { iterations: 250, profiles: 64, menuSize: 24, hidden: [32], learningRate: 6e-3 };
  const { mechanism, metrics } = await trainGemNet(problem, options, { device });
  assert(metrics!.gradientNorm > 0);
  const { revenue } = await evaluate(problem, mechanism, { profiles: 20_000 });
  // Selling to one participant alone never pays.
  assert(revenue > 0.15 && revenue < 0.3, `revenue ${revenue}`);
  const { largestGain, lowestUtility } = await tellLies(problem, mechanism, 20);
  assert(largestGain <= 1e-9 && lowestUtility >= 0, `${largestGain} ${lowestUtility}`);
});

Deno.test("the same seed gives GemNet the same bits; options are checked", async () => {
  const device = await openDevice({ backend: "wasm" });
  const run = async (seed: number) => {
    const options = { iterations: 4, profiles: 8, menuSize: 6, hidden: [5, 3], seed };
    const before = tf.memory().numTensors;
    const { parameters } = (await trainGemNet("C-2-2-cp0.5-cd0", options, { device })).mechanism;
    assertEquals(tf.memory().numTensors, before);
    return parameters["output.bias"].data;
  };
  const first = await run(1);
  assertEquals(await run(1), first);
  assert((await run(2)).some((value, k) => value !== first[k]));
  for (
    const [settings, message] of [
      [{ hidden: [0] }, "Cannot train MD-GemNet: hidden[0] must be a positive integer, got 0"],
      [{ hidden: 3 as unknown as number[] }, "hidden must be a list of widths, got 3"],
    ] as const
  ) await assertRejects(() => trainGemNet("U-2-2", settings), InvalidInputError, message);
});
