import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../../src/errors.ts";
import { settingProblem } from "../../../src/problems/settings.ts";
import { defineProblem, type RandomStream } from "../../../src/problems/user_module.ts";
import { evaluate, testTypes } from "../../../src/mechanisms/evaluate.ts";
import type { Checkpoint } from "../../../src/training/state.ts";
import { randomKey } from "../../../src/random/key.ts";
import { uniforms } from "../../../src/random/numbers.ts";
import { setThreadCount } from "../../../src/runtime/threads.ts";
import { trainAffineMaximizer } from "../../../src/training/unit_supply/train.ts";

Deno.test("with one good training finds Myerson's reserve", async () => {
  const problem = settingProblem("U-2-1-unit");
  const { mechanism } = await trainAffineMaximizer(problem, { iterations: 120, profiles: 128, seed: 1 });
  const { payments } = await mechanism.run([[[0.95], [0]], [[0], [0.95]]]);
  assertAlmostEquals(payments[0], 0.5, 0.05);
  assertAlmostEquals(payments[3], 0.5, 0.05);
});

Deno.test("with two goods training earns more than the best auction of each good by itself", async () => {
  const problem = settingProblem("U-2-2-unit"), profiles = 4000;
  const { mechanism } = await trainAffineMaximizer(problem, { iterations: 150, profiles: 128 });
  const { payments } = await mechanism.run(uniforms(randomKey(5), profiles * 4));
  const revenue = payments.reduce((sum, payment) => sum + payment, 0) / profiles;
  assert(revenue > 0.845, `${revenue}`); // 5/6 item by item; the standard error is 0.006
});

Deno.test("a seed is a run", async () => {
  const run = async (seed: number) => {
    const { mechanism } = await trainAffineMaximizer(settingProblem("U-2-2-unit"), {
      iterations: 3,
      profiles: 8,
      seed,
    });
    return [...mechanism.parameters.bundles.data];
  };
  const first = await run(3);
  assertEquals(await run(3), first);
  assert(String(await run(4)) !== String(first));
});

Deno.test("what cannot be trained is refused before any work", async () => {
  const problem = settingProblem("U-2-2-unit");
  const wrong: [object, string][] = [
    [{ iterations: 0 }, "iterations must be a positive integer, got 0"],
    [{ finalSmoothing: 0 }, "finalSmoothing must be"],
    [{ boost: { kind: "both" } }, "boost.kind must be one of separate, joint"],
    [{ beta: 3 }, "beta"],
    [{ welfareGradient: "both" }, "welfareGradient must be one of smoothed, chains"],
    [{ chains: 1 }, "chains must be an integer of at least 2, got 1"],
  ];
  for (const [settings, message] of wrong) {
    await assertRejects(() => trainAffineMaximizer(problem, settings), InvalidInputError, message);
  }
  const other = defineProblem({
    ...{ participants: 1, goods: 1, distribution: "U", supply: "unit" },
    principalUtility: (tf, _outcomes, payments) => tf.sum(payments, 1),
  });
  await assertRejects(() => trainAffineMaximizer(other), InvalidInputError, "the principal's utility must be");
  await assertRejects(
    () => trainAffineMaximizer("U-2-2"),
    InvalidInputError,
    "goods must exist once, got U_{2,2}^{0,0}",
  );
});

Deno.test("a training that goes on from a checkpoint ends with the same bits", async () => {
  const settings = { iterations: 4, profiles: 8 }, kept: Checkpoint[] = [];
  const onCheckpoint = (checkpoint: Checkpoint) => void kept.push(checkpoint);
  const whole = await trainAffineMaximizer("U-2-2-unit", settings, { onCheckpoint, checkpointEvery: 2 });
  assertEquals(kept.length, 2);
  const again = await trainAffineMaximizer("U-2-2-unit", settings, { resume: kept[0] });
  assertEquals(again.mechanism.parameters, whole.mechanism.parameters);
  const other = { ...settings, seed: 1 };
  await assertRejects(
    () => trainAffineMaximizer("U-2-2-unit", other, { resume: kept[0] }),
    InvalidInputError,
    'seed must be 1, got "0"',
  );
  const cut = { ...kept[0], tensors: {} };
  await assertRejects(
    () => trainAffineMaximizer("U-2-2-unit", settings, { resume: cut }),
    InvalidInputError,
    "checkpoint tensor parameters.weights must be float64",
  );
});

Deno.test("types in another unit are learned in it, with costs, and with weights where participants differ", async () => {
  const draw = (random: RandomStream, profiles: number) =>
    random.uniform(2 * profiles).map((u, k) => k % 2 === 0 ? 4 * u : Math.min(16, -Math.log(1 - u)));
  const problem = defineProblem({
    ...{ name: "unlike", participants: 2, goods: 1, scale: 16, supply: "unit", productionCost: 0.2, sampleTypes: draw },
  });
  const { mechanism } = await trainAffineMaximizer(problem, { iterations: 200, profiles: 128 });
  // The optimum goes to the larger of the virtual values 2 t_1 - 4 and t_2 - 1 above the cost: weights of 2 to 1.
  const [w1, w2] = mechanism.weights;
  assert(w1 / w2 > 1.3 && w1 / w2 < 3, `${w1} to ${w2}`);
  const profiles = 4000, types = testTypes(problem, { profiles, seed: 0, part: "held-out" });
  let optimum = 0;
  for (let b = 0; b < profiles; b++) {
    optimum += Math.max(0, 2 * types[2 * b] - 4 - 0.2, types[2 * b + 1] - 1 - 0.2) / profiles;
  }
  const { revenue, standardError, worstGap } = await evaluate(problem, mechanism, { profiles });
  assertAlmostEquals(revenue, optimum, 0.02 * optimum + 3 * standardError);
  assert(worstGap < 1e-8);
});

Deno.test("training and evaluation give the same bits on any number of threads", async () => {
  const types = uniforms(randomKey(9), 200 * 4), results = [];
  try {
    for (const threads of [1, 2, 3]) {
      setThreadCount(threads);
      for (const welfareGradient of ["smoothed", "chains"] as const) {
        const settings = { iterations: 3, profiles: 50, welfareGradient, steps: 2 };
        const { mechanism } = await trainAffineMaximizer("U-2-2-unit", settings);
        const { outcomes, payments } = await mechanism.run(types);
        results.push({ threads, welfareGradient, parameters: mechanism.parameters, outcomes, payments });
      }
    }
  } finally {
    setThreadCount(undefined);
  }
  for (const { threads: _, ...result } of results) {
    const first = results.find(({ welfareGradient }) => welfareGradient === result.welfareGradient)!;
    assertEquals(result, {
      ...result,
      parameters: first.parameters,
      outcomes: first.outcomes,
      payments: first.payments,
    });
  }
});

Deno.test("by chains training finds Myerson's reserve, too, and goes on from a checkpoint with the same bits", async () => {
  const by = { welfareGradient: "chains", steps: 4 } as const;
  const { mechanism } = await trainAffineMaximizer("U-2-1-unit", { ...by, iterations: 100, profiles: 128, seed: 1 });
  const { payments } = await mechanism.run([[[0.95], [0]], [[0], [0.95]]]);
  assertAlmostEquals(payments[0], 0.5, 0.08);

  const settings = { ...by, iterations: 4, profiles: 8 }, kept: Checkpoint[] = [];
  const onCheckpoint = (checkpoint: Checkpoint) => void kept.push(checkpoint);
  const whole = await trainAffineMaximizer("U-2-2-unit", settings, { onCheckpoint, checkpointEvery: 2 });
  const again = await trainAffineMaximizer("U-2-2-unit", settings, { resume: kept[0] });
  assertEquals(again.mechanism.parameters, whole.mechanism.parameters);
  await assertRejects(
    () => trainAffineMaximizer("U-2-2-unit", { ...settings, chains: 9 }, { resume: kept[0] }),
    InvalidInputError,
    "checkpoint tensor sampled.outcomes must be float64",
  );
});
