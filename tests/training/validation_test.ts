/** Validation while training goes on: what it records, when it stops, what it keeps; and that it survives a stop. */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { empiricalProblem } from "../../src/problems/empirical.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { randomKey } from "../../src/random/key.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { completeValidation, defaultTraining, type TrainingOptions } from "../../src/training/options.ts";
import { type Checkpoint, train, type TrainingHooks } from "../../src/training/train.ts";
import { bits } from "../bits.ts";

/** A training so coarse that what is earned goes up and down. */
const SMALL: Partial<TrainingOptions> = {
  ...{ iterations: 40, profiles: 8, chains: 4, steps: 3, warmUp: 1, averaging: 0, learningRate: 0.1 },
  network: { layers: 2, groups: 3, groupSize: 2, hidden: [8] },
};
const PATIENT = { ...SMALL, validateEvery: 2, patience: 3, polishShare: 0 };

const device = () => openDevice({ backend: "wasm" });

/** The last checkpoint of a training, with its result. */
async function trained(settings: Partial<TrainingOptions>, hooks: TrainingHooks = {}) {
  let last: Checkpoint | undefined;
  const result = await train("U-1-2", settings, { ...hooks, onCheckpoint: (saved) => void (last = saved) });
  return { result, last: last! };
}

Deno.test("measurements are of validation profiles, and change nothing without a patience", async () => {
  const hooks = { device: await device() }, settings = { ...SMALL, iterations: 7 };
  const plain = await trained(settings, hooks), measured = await trained({ ...settings, validateEvery: 3 }, hooks);
  assertEquals(bits(measured.last.tensors), bits(plain.last.tensors));
  assertEquals(measured.last.metadata, plain.last.metadata);
  assertEquals(bits(measured.result.mechanism.parameters), bits(plain.result.mechanism.parameters));
  const measurements = measured.result.history.filter(({ validationRevenue }) => validationRevenue !== undefined);
  assertEquals(measurements.map(({ iteration }) => iteration), [3, 6, 7]);
  const again = await evaluate(settingProblem("U-1-2"), measured.result.mechanism, {
    ...{ part: "validation", profiles: 4096 },
  });
  const { validationRevenue, validationStandardError, trainingRevenue } = measurements[2];
  assertEquals([validationRevenue, validationStandardError], [again.revenue, again.standardError]);
  assertEquals(trainingRevenue, undefined);
  assertEquals(measured.result.best, undefined);
});

Deno.test("training with a patience ends with the best of its mechanisms", async () => {
  const { result } = await trained(PATIENT, { device: await device() }), { best, history, iterations } = result;
  const measured = history.filter((one) => one.validationRevenue !== undefined && one.iteration >= 20);
  const revenues = measured.map(({ validationRevenue }) => validationRevenue!), most = Math.max(...revenues);
  assertEquals([best!.validationRevenue, best!.iteration], [most, measured[revenues.indexOf(most)].iteration]);
  assertEquals([result.done, iterations], [true, best!.iteration + 2 * 3]);
  assert(iterations < 40 && revenues.at(-1)! < most, "it has to stop early for this to be a test");
  const problem = settingProblem("U-1-2"), validation = { part: "validation", profiles: 4096 } as const;
  assertEquals((await evaluate(problem, result.mechanism, validation)).revenue, most);
});

Deno.test("measurements in the first half of the iterations are recorded, and nothing is chosen by them", async () => {
  const settings = { ...PATIENT, patience: 20 },
    { result } = await trained(settings, {
      device: await device(),
    });
  const measured = result.history.filter(({ validationRevenue }) => validationRevenue !== undefined);
  const counted = measured.filter(({ iteration }) => iteration >= 20);
  assertEquals([measured[0].iteration, counted[0].iteration, result.iterations], [2, 20, 40]);
  const most = Math.max(...counted.map(({ validationRevenue }) => validationRevenue!));
  assert(measured.some(({ validationRevenue }) => validationRevenue! > most), "it has to matter for this to be a test");
  assertEquals(result.best!.validationRevenue, most);
  assertEquals([measured[0].keptIteration, result.history.at(-1)!.keptIteration], [undefined, result.best!.iteration]);
});

Deno.test("a table of few rows keeps what is best on its validation rows, and larger ones what is last", async () => {
  const table = async (rows: number) => {
    const u = uniforms(randomKey(6), 2 * rows);
    const lines = Array.from({ length: rows }, (_, k) => `${u[2 * k]},${u[2 * k + 1]}`);
    const { validateEvery, patience } = defaultTraining(await empiricalProblem({ text: lines.join("\n"), scale: 1 }));
    return [validateEvery, patience];
  };
  assertEquals([await table(60), await table(2000), await table(2001)], [[25, 8], [25, 8], [0, 0]]);
  const { validateEvery, patience } = defaultTraining("U-1-2");
  assertEquals([validateEvery, patience], [0, 0]);
});

Deno.test("a patient training that was stopped goes on to the same bits, and stops where it would have", async () => {
  const hooks = { device: await device() }, whole = await trained(PATIENT, hooks);
  const { iteration } = whole.result.best!, stop = new AbortController();
  const begun = await trained(PATIENT, {
    ...hooks,
    signal: stop.signal,
    onIteration: (metrics) => metrics.iteration === iteration + 1 && stop.abort(),
  });
  assertEquals([begun.result.done, begun.result.iterations], [false, iteration + 1]);
  const resumed = await trained(PATIENT, { ...hooks, resume: begun.last });
  assertEquals([...begun.result.history, ...resumed.result.history], [...whole.result.history]);
  assertEquals([resumed.last.metadata, bits(resumed.last.tensors)], [whole.last.metadata, bits(whole.last.tensors)]);
  assertEquals(bits(resumed.result.mechanism.parameters), bits(whole.result.mechanism.parameters));
  assertNotEquals(bits(whole.last.tensors)["average.output.bias"], bits(whole.last.tensors)["best.output.bias"]);

  const again = await trained(PATIENT, { ...hooks, resume: whole.last });
  assertEquals([again.result.history.length, again.result.done], [0, true]);
  assertEquals(bits(again.result.mechanism.parameters), bits(whole.result.mechanism.parameters));
});

Deno.test("a checkpoint with another validation is refused", async () => {
  const hooks = { device: await device() }, { last } = await trained({ ...PATIENT, iterations: 2 }, hooks);
  const { "best.output.bias": _, ...tensors } = last.tensors;
  const wrong = (validation: string) => ({ ...last, metadata: { ...last.metadata, validation } });
  for (const resume of [{ ...last, tensors }, wrong("x"), wrong('{"iteration":2,"revenue":null,"waited":0}')]) {
    await assertRejects(() => train("U-1-2", { ...PATIENT, iterations: 2 }, { ...hooks, resume }), InvalidInputError);
  }
});

Deno.test("on data what is earned on training rows is recorded beside", async () => {
  const u = uniforms(randomKey(5), 80), text = Array.from({ length: 40 }, (_, k) => `${u[2 * k]},${u[2 * k + 1]}`);
  const problem = await empiricalProblem({ text: text.join("\n"), scale: 1 });
  const { history } = await train(problem, { ...SMALL, iterations: 2, validateEvery: 2, patience: 0 }, {
    device: await device(),
  });
  const { validationRevenue, trainingRevenue } = history[1];
  assert(Number.isFinite(validationRevenue) && Number.isFinite(trainingRevenue));
  assertNotEquals(validationRevenue, trainingRevenue);
});

Deno.test("of patience and measurements one follows from the other", async () => {
  const off = { ...defaultTraining("U-1-2"), validateEvery: 0, patience: 0 };
  const on = { ...off, validateEvery: 10, patience: 5 };
  assertEquals(completeValidation(off, { patience: 2 }), { patience: 2, validateEvery: 25 });
  assertEquals(completeValidation(on, { patience: 2 }), { patience: 2 });
  assertEquals(completeValidation(on, { validateEvery: 0 }), { validateEvery: 0, patience: 0 });
  assertEquals(completeValidation(off, { validateEvery: 3 }), { validateEvery: 3 });
  const contradiction = () => train("U-1-2", { ...SMALL, validateEvery: 0, patience: 1 });
  await assertRejects(contradiction, InvalidInputError, "validateEvery must be at least 1 where patience is above 0");
});
