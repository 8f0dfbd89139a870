/** MD-MenuNet: what it offers, and that it learns. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { defaultMenuNet, menuObjective, trainMenuNet } from "../../src/baselines/menu_net_training.ts";
import { menuNet } from "../../src/baselines/menu_net.ts";
import { tf } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { tellLies } from "./misreports.ts";

const SMALL = { iterations: 200, profiles: 128, menuSize: 32 };

Deno.test("MenuNet earns nearly all there is to earn from two goods, truthfully", async () => {
  const device = await openDevice({ backend: "wasm" }), problem = settingProblem("U-1-2");
  const told: number[] = [];
  const { mechanism, iterations, metrics } = await trainMenuNet(problem, SMALL, {
    device,
    onIteration: ({ iteration, gradientNorm }) => {
      assert(gradientNorm > 0);
      told.push(iteration);
    },
  });
  assertEquals([iterations, metrics?.iteration, told.length], [200, 200, 200]);
  const { revenue } = await evaluate(problem, mechanism, { profiles: 20_000 });
  // The optimum is 0.5492, selling separately earns 0.5.
  assert(revenue > 0.525 && revenue < 0.56, `revenue ${revenue}`);
  const { largestGain, effective, lowestUtility } = await tellLies(problem, mechanism);
  assert(largestGain <= 1e-9 && lowestUtility >= 0 && effective > 0.3, `${largestGain} ${lowestUtility} ${effective}`);
});

Deno.test("MenuNet pays for production: with a cost it sells one good as Myerson does", async () => {
  const device = await openDevice({ backend: "wasm" }), problem = settingProblem("U-1-1-cp0.25-cd0.25");
  const { mechanism } = await trainMenuNet(problem, SMALL, { device });
  const { revenue } = await evaluate(problem, mechanism, { profiles: 20_000 });
  assertAlmostEquals(revenue, 0.0625, 0.006); // price 0.75
});

Deno.test("the same seed gives MenuNet the same bits, and a user's u0 the same as the paper's", async () => {
  const device = await openDevice({ backend: "wasm" });
  const run = async (seed: number) => {
    const { mechanism } = await trainMenuNet("U-1-3", { iterations: 5, profiles: 16, menuSize: 4, seed }, { device });
    return mechanism.parameters.prices.data;
  };
  const first = await run(3);
  assertEquals(await run(3), first);
  assert((await run(4)).some((price, k) => price !== first[k]));

  const costs = { productionCost: 0.3, duplicationCost: 0.2 }, size = { participants: 1, goods: 2 };
  const own = defineProblem({
    ...size,
    distribution: "U",
    principalUtility: (tf, outcomes, payments) => tf.sub(tf.sum(payments, 1), tf.mul(0.5, tf.sum(outcomes, [1, 2]))),
  });
  const paper = defineProblem({ ...size, distribution: "U", ...costs });
  const parameters = { outcomes: tf.tensor2d([0.5, -1, 2, 0], [2, 2]), prices: tf.tensor1d([0.6, 0.7]) };
  const types = tf.tensor2d([0.9, 0.8, 0.3, 0.9, 0.1, 0.2], [3, 2]);
  const [a, b] = [own, paper].map((one) => menuObjective(one, parameters, types, 10).dataSync()[0]);
  assertAlmostEquals(a, b, 1e-6);
});

Deno.test("MenuNet's options are those of TEDI where both have them, and are checked", async () => {
  const problem = settingProblem("U-1-10"),
    aligned = defaultTraining(problem, "groupmax"),
    options = defaultMenuNet(problem);
  for (const name of ["iterations", "profiles", "initialBeta", "betaGrowthRatio"] as const) {
    assertEquals(options[name], aligned[name]);
  }
  const wrong: [Record<string, unknown>, string][] = [
    [{ menuSize: 0 }, "menuSize must be a positive integer, got 0"],
    [{ profiles: 1.5 }, "profiles must be a positive integer, got 1.5"],
    [{ learningRate: 0 }, "learningRate must be above 0, got 0"],
    [{ betaGrowthRatio: 2 }, "betaGrowthRatio must be a number in [0, 1], got 2"],
    [{ averaging: 1 }, "averaging must be below 1, got 1"],
    [{ finalBeta: Number.NaN }, "finalBeta must be a finite number of at least 0, got NaN"],
    [{ seed: -1 }, "seed must be an integer"],
    [{ menu: 3 }, "an option must be one of"],
  ];
  for (const [settings, message] of wrong) {
    await assertRejects(() => trainMenuNet("U-1-2", settings), InvalidInputError, message);
  }
  await assertRejects(() => trainMenuNet("U-2-2"), InvalidInputError, "participants must be 1, got 2");
  const tensor = (shape: number[], data: number[]) => ({ shape, data: Float32Array.from(data) });
  const data = { problem: "p", goods: 1, menuSize: 2 };
  assertThrows(
    () => menuNet({ ...data, parameters: { outcomes: tensor([2, 1], [0, 0]), prices: tensor([1], [0]) } }),
    InvalidInputError,
    "parameter prices must be float32 of shape [2], got [1]",
  );
  assertThrows(
    () => menuNet({ ...data, parameters: { outcomes: tensor([2, 1], [0, NaN]), prices: tensor([2], [0, 0]) } }),
    InvalidInputError,
    "finite, got NaN",
  );
});

Deno.test("MenuNet stops when it is told to, and keeps what it learned", async () => {
  const device = await openDevice({ backend: "wasm" }), stop = new AbortController();
  const onIteration = ({ iteration }: { iteration: number }) => iteration === 3 && stop.abort();
  const before = tf.memory().numTensors;
  const { iterations, mechanism } = await trainMenuNet("U-1-2", SMALL, { device, signal: stop.signal, onIteration });
  assertEquals(iterations, 3);
  assertEquals(tf.memory().numTensors, before);
  assertEquals((await mechanism.run([[[0.5, 0.5]]])).profiles, 1);
});
