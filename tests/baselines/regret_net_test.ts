/** MD-RegretNet: that it learns, that its regret is measured, and that it is not truthful. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { regretNet, regretNetShapes } from "../../src/baselines/regret_net.ts";
import { measureRegret, misreportUtilities, networkOutputs } from "../../src/baselines/regret_net_misreports.ts";
import { type RegretNetMetrics, trainRegretNet } from "../../src/baselines/regret_net_training.ts";
import { type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { elementCount } from "../../src/runtime/host_tensor.ts";
import { uploadAll } from "../../src/runtime/tensors.ts";
import { tellLies } from "./misreports.ts";

/** Random parameters. */
function parametersOf(n: number, m: number, hidden: number[]) {
  return Object.fromEntries(
    Object.entries(regretNetShapes(n, m, hidden)).map(([name, shape], k) => [
      name,
      { shape, data: normals(randomKey(k), elementCount(shape)) },
    ]),
  );
}

Deno.test("what RegretNet's networks say on the device is what they say on the host", async () => {
  await openDevice({ backend: "wasm" });
  const [n, m, B] = [3, 2, 4], hidden = [5, 4], parameters = parametersOf(n, m, hidden);
  const mechanism = regretNet({ problem: "p", participants: n, goods: m, hidden, parameters });
  const types = uniforms(randomKey(1), B * n * m), lies = uniforms(randomKey(2), B * n * m);
  const { outcomes, payments } = await mechanism.run(types);
  const tensors = uploadAll(parameters), shape: [number, number, number] = [B, n, m];
  const device = networkOutputs(tensors, tf.tensor3d(types, shape));
  device.outcomes.dataSync().forEach((x, k) => assertAlmostEquals(x, outcomes[k], 1e-5));
  const gains = misreportUtilities(tensors, tf.tensor3d(types, shape), tf.tensor3d(lies, shape) as Tensor3D).dataSync();
  for (let row = 0; row < B * n; row++) {
    const b = Math.floor(row / n), i = row % n, reported = types.slice();
    reported.set(lies.subarray(row * m, (row + 1) * m), row * m);
    const result = await mechanism.run(reported.subarray(b * n * m, (b + 1) * n * m));
    const value = result.outcomes[i * m] * types[row * m] + result.outcomes[i * m + 1] * types[row * m + 1];
    assertAlmostEquals(gains[row], value - result.payments[i], 1e-5);
  }
  assert(payments.every((payment) => payment >= 0));
});

Deno.test("RegretNet earns more than at its start with little regret, but not none", async () => {
  const device = await openDevice({ backend: "wasm" }), problem = settingProblem("U-1-2");
  const told: RegretNetMetrics[] = [];
  const options = {
    iterations: 150,
    profiles: 64,
    batches: 4,
    hidden: [24, 24],
    misreportSteps: 3,
    learningRate: 0.01,
  };
  const { mechanism } = await trainRegretNet(problem, options, { device, onIteration: (one) => told.push(one) });
  assert(told.every(({ gradientNorm, regret }) => gradientNorm > 0 && regret >= 0));
  const { revenue, worstGap } = await evaluate(problem, mechanism, { profiles: 5000 });
  assert(revenue > 0.4, `revenue ${revenue}, from ${told[0].softRevenue}`);
  assert(worstGap > 0 && worstGap <= 2);
  const small = { profiles: 100, starts: 2, steps: 25 };
  const { regret, largest, standardError } = await measureRegret(problem, mechanism, small);
  assert(regret > 0 && regret < 0.05 && largest >= regret && standardError > 0, `regret ${regret}`);
  assertEquals(await measureRegret(problem, mechanism, small), { regret, largest, standardError, profiles: 100 });
  const harder = await measureRegret(problem, mechanism, { ...small, starts: 4 });
  assert(harder.regret >= regret, "more starts find more");
  const { largestGain, lowestUtility } = await tellLies(problem, mechanism);
  assert(lowestUtility >= 0, "individually rational");
  assert(largestGain > 1e-4, "random lies gain, too");
});

Deno.test("the same seed gives RegretNet the same bits; options are checked", async () => {
  const device = await openDevice({ backend: "wasm" });
  const run = async (seed: number) => {
    const options = {
      iterations: 5,
      profiles: 8,
      batches: 2,
      hidden: [5],
      misreportSteps: 2,
      multiplierEvery: 2,
      seed,
    };
    const before = tf.memory().numTensors;
    const { parameters } = (await trainRegretNet("U-2-2-cp0.5-cd0", options, { device })).mechanism;
    assertEquals(tf.memory().numTensors, before);
    return parameters["allocation.output.weight"].data;
  };
  const first = await run(1);
  assertEquals(await run(1), first);
  assert((await run(2)).some((value, k) => value !== first[k]));
  const wrong: [Record<string, number>, string][] = [
    [{ batches: 0 }, "Cannot train MD-RegretNet: batches must be a positive integer, got 0"],
    [{ misreportStepSize: 0 }, "misreportStepSize must be above 0, got 0"],
    [{ initialPenalty: -1 }, "initialPenalty must be a finite number of at least 0, got -1"],
  ];
  for (const [settings, message] of wrong) {
    await assertRejects(() => trainRegretNet("U-2-2", settings), InvalidInputError, message);
  }
  const mechanism = regretNet({
    problem: "p",
    participants: 1,
    goods: 1,
    hidden: [2],
    parameters: parametersOf(1, 1, [2]),
  });
  await assertRejects(
    () => measureRegret(settingProblem("U-1-1"), mechanism, { starts: 0 }),
    InvalidInputError,
    "starts",
  );
  await assertRejects(
    () => measureRegret(settingProblem("U-1-1"), mechanism, { profile: 10 } as object),
    InvalidInputError,
    'got "profile"; did you mean profiles?',
  );
});
