/** What training will take: counted by hand for a small case, and refused where a device is too small for it. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import type { KernelMemory, PriceKernels } from "../../src/kernels/kernels.ts";
import { referenceKernels } from "../../src/kernels/reference.ts";
import { wasmKernels } from "../../src/kernels/wasm/kernels.ts";
import { kernelThreads } from "../../src/kernels/wasm/module.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { type Device, openDevice } from "../../src/runtime/device.ts";
import { setThreadCount } from "../../src/runtime/threads.ts";
import { initialise, iterate } from "../../src/training/algorithm1.ts";
import { defaultTraining, type TrainingOptions } from "../../src/training/options.ts";
import { checkPlan, inMebibytes, trainingPlan } from "../../src/training/plan.ts";
import { disposeState } from "../../src/training/state.ts";
import { planTraining, train, trainingRules } from "../../src/training/train.ts";

/**
 * 10 profiles are trained on, and 3 times 2 warm up; 6 steps have a line move after the 4th and at the end; 2 iterations have
 * chains, and 6 polish with 20 profiles.
 */
function smallOptions(setting: string): TrainingOptions {
  return {
    ...defaultTraining(settingProblem(setting)),
    network: { layers: 2, groups: 4, groupSize: 2, hidden: [8] },
    ...{ profiles: 10, refresh: 0.2, warmUp: 3, chains: 4, steps: 6, lineMoveEvery: 4 },
    ...{ iterations: 8, polishShare: 0.75, polishProfiles: 20 },
  };
}

/** The plan of a setting with kernels that take what they are told, and are those of a device where `resident`. */
function planOf(
  setting: string,
  options: TrainingOptions,
  memory: KernelMemory = { total: 1000, largest: 600 },
  resident = false,
) {
  const asked: number[][] = [];
  const kernels = {
    ...resident && { resident: {} },
    memory(...shape: number[]) {
      asked.push(shape);
      return memory;
    },
  } as unknown as PriceKernels;
  return {
    plan: trainingPlan(settingProblem(setting), trainingRules(settingProblem(setting), options), kernels, options),
    asked,
  };
}

Deno.test("the plan for two participants and three goods is what one counts by hand", () => {
  const { plan, asked } = planOf("U-2-3-cp1-cd0", smallOptions("U-2-3-cp1-cd0"));
  // Two elements of W_1 [4, 4]; W_2 [4]; two layers of two elements of (A, b) [4, 4]; (A_2, b_2) [4].
  const P = 2 * 16 + 4 + 2 * 2 * 16 + 4;
  assertEquals(P, 104);
  // From the other's 3 values to 8, and from these to P, with offsets.
  const parameters = 3 * 8 + 8 + 8 * P + P;
  const rows = 2 * (10 + 3 * 2), trained = 2 * 10;
  // A value takes a multiplication and an addition for each raw weight; its slope follows one of two elements.
  const value = 2 * P, slope = P;
  const flop = {
    // Forwards for all rows, and back in two factors for those that are trained on.
    hypernetwork: 2 * 8 * P * (rows + 2 * trained),
    // 6 steps and 2 line moves of 7 values each; then prices of chains and of the zero outcome.
    chains: rows * 4 * (6 * (value + slope) + 2 * 7 * value) + rows * 5 * value,
    prices: trained * 5 * (value + 2 * slope),
  };
  // 40 rows have 5 points, their weights and 3 coordinates in 4 bytes, here and as tensors; margins, outcomes, and two types in
  // 8; and for each of these a best response of 4 points with 3 coordinates and a weight.
  const polished = 2 * 20, ofPolishing = 2 * 4 * polished * 5 * 4 + 8 * 4 * polished * 3 + 8 * 2 * polished * 4 * 4;
  const flopOfPolishing = polished * (2 * 8 * P * 3 + 5 * (value + 2 * slope));
  assertEquals([ofPolishing, flopOfPolishing], [20_480, 282_880]);
  assertEquals([parameters, rows, flop], [968, 32, { hypernetwork: 119_808, chains: 645_632, prices: 41_600 }]);
  assertEquals(plan, {
    ...{ parameters, rawWeights: P, rows, chains: rows * 4 },
    bytes: {
      parameters: 4 * 9 * parameters,
      chains: 4 * 3 * rows * (4 + 2) * 3,
      kernels: 1000,
      polishing: ofPolishing + 1000,
      total: 4 * 9 * parameters + 4 * 3 * rows * (4 + 2) * 3 + ofPolishing + 1000,
    },
    largest: { parameters: 4 * 8 * P, chains: 4 * rows * 4 * 3, kernels: 600, polishing: 4 * polished * 5 * 3 },
    flop: { ...flop, total: 807_040, polishing: flopOfPolishing, all: 2 * 807_040 + 6 * flopOfPolishing },
  });
  assertEquals(asked, [[rows, 4, 8, 0, 2], [polished, 4, 8, 0, 2]]);
});

Deno.test("polishing on a device is in the plan, in parts where it is large, and is not where there is none", () => {
  const options = smallOptions("U-2-3-cp1-cd0"), memory = { total: 1000, largest: 600 };
  const onDevice = (polishProfiles: number) =>
    planOf("U-2-3-cp1-cd0", { ...options, polishProfiles, newChains: "annealed" }, memory, true);
  const { plan, asked } = onDevice(20);
  // 40 rows have points at which chains of 64 functions were, and others: 129 for gradients.
  assertEquals(plan.largest.polishing, 4 * 40 * 129 * 3);
  assertEquals(plan.bytes.polishing, 4 * 40 * 3 * (15 * 64 + 16) + 1000);
  assertEquals(asked[1], [40, 16, 8, 0, 2]);
  // 10 stages of 5 steps of 16 chains; slopes of 64 tangents, and f there once more; and the gradient.
  const [value, slope] = [208, 104], climbed = 16 * 50 * (value + slope), tangents = 64 * (2 * value + slope);
  assertEquals(plan.flop.polishing, 40 * (climbed + tangents + 3 * 1664 + 129 * (value + 2 * slope)));
  for (const profiles of [1e5, 1e7]) {
    const { plan: large } = onDevice(profiles);
    assert(large.largest.polishing <= 2 ** 25 && large.bytes.polishing < 2 ** 29, `${large.bytes.polishing}`);
    assertEquals(large.flop.polishing, profiles / 20 * plan.flop.polishing);
  }
  const { bytes, largest, flop } = planOf("U-2-3-cp1-cd0", { ...options, polishShare: 0 }).plan;
  assertEquals([bytes.polishing, largest.polishing, flop.polishing, flop.all], [0, 0, 0, 8 * flop.total]);
});

Deno.test("a single participant has no context: its raw weights are the parameters", () => {
  const { plan, asked } = planOf("U-1-3", smallOptions("U-1-3"));
  assertEquals([plan.parameters, plan.rawWeights, plan.rows, plan.chains], [104, 104, 16, 64]);
  assertEquals(plan.flop.hypernetwork, 0);
  assertEquals(asked[0], [16, 4, 0, 0, 1]);
});

Deno.test("no line moves are counted where there are none", () => {
  const options = smallOptions("U-1-3");
  const chains = (more: Partial<TrainingOptions>) => planOf("U-1-3", { ...options, ...more }).plan.flop.chains;
  const steps = (C: number) => 16 * C * 6 * (208 + 104) + 16 * (C + 1) * 208;
  assertEquals(chains({ lineMoveEvery: 0 }), steps(4));
  assertEquals(chains({ chains: 3 }), steps(3)); // too few for two groups with a difference in each
  assertEquals(chains({ lineMoveEvery: 100 }), steps(4) + 16 * 4 * 7 * 208);
});

Deno.test("memory and work grow with profiles, in every part", () => {
  for (const setting of ["U-1-2", "U-3-10-cp1-cd0"]) {
    const problem = settingProblem(setting), defaults = defaultTraining(problem);
    const { network } = trainingRules(problem, defaults);
    for (const kernels of [referenceKernels(network), wasmKernels(network)]) {
      const plans = [20, 80, 320, 1280, 5120].map((profiles) => {
        const options = { ...defaults, profiles };
        return trainingPlan(problem, trainingRules(problem, options), kernels, options);
      });
      for (let k = 1; k < plans.length; k++) {
        const before = plans[k - 1], after = plans[k];
        assertEquals(after.parameters, before.parameters);
        assertEquals(after.bytes.chains, 4 * before.bytes.chains);
        assertEquals(after.flop.total, 4 * before.flop.total);
        for (
          const [less, more] of [[before.bytes.kernels, after.bytes.kernels], [
            before.largest.kernels,
            after.largest.kernels,
          ]]
        ) {
          assert(more > less && more < 4.1 * less, `${setting}: ${less}, then ${more}`);
        }
      }
    }
  }
});

Deno.test("WASM kernels take the memory that was planned, on any number of threads", async () => {
  await openDevice({ backend: "wasm" });
  try {
    for (const threads of [1, 3]) {
      setThreadCount(threads);
      const problem = settingProblem("U-3-10-cp1-cd0"), options = { ...defaultTraining(problem), profiles: 64 };
      const rules = trainingRules(problem, options), kernels = wasmKernels(rules.network);
      const planned = trainingPlan(problem, rules, kernels, options).bytes.kernels;
      const state = initialise(problem, rules, options);
      const { state: next } = await iterate(problem, rules, kernels, options, state);
      disposeState(state, next);
      disposeState(next);
      const taken = kernelThreads().memory(0).byteLength;
      assert(taken <= planned + 65536 && taken > 0.8 * planned, `planned ${planned}, taken ${taken}`);
    }
  } finally {
    setThreadCount(undefined);
  }
});

/** A device on which nothing is ever done. */
function deviceWith(largestBuffer: number): Device {
  return {
    ...{ backend: "webgpu", adapter: "a small GPU", software: false, largestBuffer, reason: "" },
    ...{ lost: new Promise(() => {}), check() {}, close() {} },
  };
}

Deno.test("what does not fit on a device is refused, with what to lower", () => {
  const options = smallOptions("U-2-3-cp1-cd0");
  const network = "network.groups (4), groupSize (2), layers (2) or hidden ([8])";
  // The largest buffers take 3328 bytes for parameters, 1536 for chains, and what is told for kernels.
  const cases: [largestBuffer: number, kernels: number, part: string, got: string, remedy: string][] = [
    [3327, 600, "parameters", "0.0 MiB", network],
    [2 ** 21, 3 * 2 ** 20, "kernels", "3.0 MiB", `profiles (10), chains (4), ${network}`],
  ];
  for (const [largestBuffer, kernels, part, got, remedy] of cases) {
    const { plan } = planOf("U-2-3-cp1-cd0", options, { total: 2 * kernels, largest: kernels });
    const { message } = assertThrows(() => checkPlan(plan, deviceWith(largestBuffer), options), InvalidInputError);
    assertEquals(
      message,
      `Cannot train: the largest buffer for ${part} must have at most ${inMebibytes(largestBuffer)} on webgpu ` +
        `(a small GPU), got ${got}; lower ${remedy}`,
    );
  }
  const many = { ...options, profiles: 1_000_000 }, { plan } = planOf("U-2-3-cp1-cd0", many);
  const { message } = assertThrows(() => checkPlan(plan, deviceWith(2 ** 20), many), InvalidInputError);
  assert(message.endsWith("lower profiles (1000000) or chains (4)"), message);
  const polished = { ...options, polishProfiles: 1_000_000 }, { plan: large } = planOf("U-2-3-cp1-cd0", polished);
  const { message: ofPolishing } = assertThrows(
    () => checkPlan(large, deviceWith(2 ** 20), polished),
    InvalidInputError,
  );
  assert(ofPolishing.startsWith("Cannot train: the largest buffer for polishing must have at most 1.0 MiB on webgpu"));
  assert(ofPolishing.endsWith(`lower polishProfiles (1000000) or ${network}`), ofPolishing);
  const { plan: fitting } = planOf("U-2-3-cp1-cd0", options);
  checkPlan(fitting, deviceWith(3328), options);
});

Deno.test("planTraining and train refuse what does not fit before anything is done", async () => {
  const device = { ...await openDevice({ backend: "wasm" }), largestBuffer: 2000 };
  const problem = settingProblem("U-2-3-cp1-cd0"), options = smallOptions("U-2-3-cp1-cd0");
  await assertRejects(() => planTraining(problem, options, device), InvalidInputError, "the largest buffer for");
  await assertRejects(() => train(problem, options, { device }), InvalidInputError, "the largest buffer for");
  await assertRejects(() => planTraining(problem, { ...options, chains: 1 }, device), InvalidInputError, "chains must");
});

Deno.test("bytes for people", () => {
  const cases: [number, string][] = [[0, "0.0 MiB"], [1.5 * 2 ** 20, "1.5 MiB"], [2 ** 32, "4096 MiB"]];
  for (const [bytes, text] of cases) assertEquals(inMebibytes(bytes), text);
});
