/** MD-LotteryAMA: what it pays, and that it learns. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { affineObjective, trainLotteryAma } from "../../src/baselines/lottery_ama_training.ts";
import { lotteryAma, lotteryAmaShapes } from "../../src/baselines/lottery_ama.ts";
import { tf } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { randomKey } from "../../src/random/key.ts";
import { normals } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { elementCount } from "../../src/runtime/host_tensor.ts";
import { tellLies } from "./misreports.ts";

/** Random parameters. */
function parametersOf(n: number, m: number, K: number) {
  return Object.fromEntries(
    Object.entries(lotteryAmaShapes(n, m, K)).map(([name, shape], k) => [
      name,
      { shape, data: normals(randomKey(k), elementCount(shape)).map((z) => name === "outcomes" ? 2 * z : 0.5 * z) },
    ]),
  );
}

Deno.test("an affine maximizer is truthful whatever its parameters are, and nobody loses", async () => {
  const problem = settingProblem("U-3-2"), parameters = parametersOf(3, 2, 40);
  const mechanism = lotteryAma({ problem: problem.name, participants: 3, goods: 2, menuSize: 40, parameters });
  assertAlmostEquals(mechanism.weights.reduce((a, w) => a + w), 3, 1e-12);
  const { largestGain, effective, lowestUtility } = await tellLies(problem, mechanism);
  assert(largestGain <= 1e-9 && lowestUtility >= -1e-12 && effective > 0.3, `${largestGain} ${effective}`);
});

Deno.test("LotteryAMA learns to earn where VCG loses", async () => {
  const device = await openDevice({ backend: "wasm" }), problem = settingProblem("U-3-2-cp1-cd0");
  const options = { iterations: 250, profiles: 64, menuSize: 256, learningRate: 0.05 };
  const start = await trainLotteryAma(problem, { ...options, iterations: 1, learningRate: 1e-9 }, { device });
  const { mechanism } = await trainLotteryAma(problem, options, { device });
  const [before, after] = [
    await evaluate(problem, start.mechanism, { profiles: 5000 }),
    await evaluate(problem, mechanism, { profiles: 20_000 }),
  ];
  assert(before.revenue < 0.15, `revenue before training ${before.revenue}`);
  assert(after.revenue > 0.17 && after.revenue < 0.27, `revenue ${after.revenue}`);
  const { largestGain, lowestUtility } = await tellLies(problem, mechanism);
  assert(largestGain <= 1e-9 && lowestUtility >= -1e-12, `${largestGain} ${lowestUtility}`);
});

Deno.test("the softened objective tends to what the mechanism earns, also for a user's u0", async () => {
  await openDevice({ backend: "wasm" });
  const size = { participants: 2, goods: 2, distribution: "U" as const };
  const paper = defineProblem({ ...size, productionCost: 0.4, duplicationCost: 0.1 });
  const own = defineProblem({
    ...size,
    principalUtility: (tf, x, p) =>
      tf.sub(tf.sum(p, 1), tf.add(tf.mul(0.4, tf.sum(tf.max(x, 1), 1)), tf.mul(0.1, tf.sum(x, [1, 2])))),
  });
  const parameters = parametersOf(2, 2, 5), B = 30, types = paper.distribution.sample(randomKey(9), B, "training");
  const mechanism = lotteryAma({ problem: "p", participants: 2, goods: 2, menuSize: 5, parameters });
  const { outcomes, payments } = await mechanism.run(types);
  const shape: [number, number, number] = [B, 2, 2];
  const exact = tf.mean(
    paper.principalUtility.evaluate(
      tf,
      tf.tensor3d(Float32Array.from(outcomes), shape),
      tf.tensor2d(Float32Array.from(payments), [B, 2]),
      tf.tensor3d(types, shape),
    ),
  ).dataSync()[0];
  const tensors = Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => [name, tf.tensor(data, shape)]),
  );
  for (const problem of [paper, own]) {
    assertAlmostEquals(affineObjective(problem, tensors, tf.tensor3d(types, shape), 1e4).dataSync()[0], exact, 1e-3);
  }
});

Deno.test("the same seed gives LotteryAMA the same bits; options are checked", async () => {
  const device = await openDevice({ backend: "wasm" });
  const run = async (seed: number) => {
    const options = { iterations: 4, profiles: 8, menuSize: 6, seed };
    return (await trainLotteryAma("U-2-2", options, { device })).mechanism.parameters.boosts.data;
  };
  const first = await run(1);
  assertEquals(await run(1), first);
  assert((await run(2)).some((boost, k) => boost !== first[k]));
  await assertRejects(
    () => trainLotteryAma("U-2-2", { menuSize: -1 }),
    InvalidInputError,
    "Cannot train MD-LotteryAMA: menuSize must be a positive integer, got -1",
  );
});
