/** The training of every baseline: its history, and checkpoints from which it goes on to the same bits. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { BaselineHooks, BaselineMetrics } from "../../src/baselines/baseline_training.ts";
import { tf } from "../../src/deps/tfjs.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { decodeChecked, encodeChecked } from "../../src/io/safetensors.ts";
import { openDevice } from "../../src/runtime/device.ts";
import type { HostTensor } from "../../src/runtime/host_tensor.ts";
import type { Checkpoint } from "../../src/training/state.ts";
import { forEachDevice } from "../devices.ts";
import { bits } from "../bits.ts";
import { smallTrainings } from "./trained.ts";

/** Trains, and keeps all that it is told. */
async function record({ train }: (typeof smallTrainings)[number], hooks: BaselineHooks = {}) {
  const metrics: BaselineMetrics[] = [], checkpoints: Checkpoint[] = [], iterations: number[] = [];
  const result = await train({
    checkpointEvery: 2,
    ...hooks,
    onIteration(one) {
      metrics.push(one);
      hooks.onIteration?.(one);
    },
    onCheckpoint(checkpoint, iteration) {
      checkpoints.push(checkpoint);
      iterations.push(iteration);
    },
  });
  return { result, metrics, checkpoints, iterations, last: checkpoints.at(-1)! };
}

forEachDevice("every baseline that was stopped and resumed ends with the same bits", async (device) => {
  for (const one of smallTrainings) {
    const before = tf.memory().numTensors;
    const whole = await record(one, { device }), stop = new AbortController();
    const begun = await record(one, {
      device,
      signal: stop.signal,
      onIteration: ({ iteration }) => iteration === 3 && stop.abort(),
    });
    assertEquals([whole.iterations, begun.iterations, begun.result.iterations], [[2, 4, 6], [2, 3], 3], one.method);
    // As a file keeps it, and by another process that knows nothing else.
    const bytes = await encodeChecked(begun.last.tensors, begun.last.metadata);
    const resumed = await record(one, { device, resume: await decodeChecked(bytes, one.method) });
    assertEquals(resumed.iterations, [4, 6]);
    assertEquals([...begun.metrics, ...resumed.metrics], whole.metrics, one.method);
    assertEquals([...begun.result.history, ...resumed.result.history], [...whole.result.history]);
    assertEquals(bits(resumed.last.tensors), bits(whole.last.tensors), one.method);
    assertEquals(resumed.last.metadata, whole.last.metadata);
    assertEquals(bits(resumed.result.mechanism.parameters), bits(whole.result.mechanism.parameters), one.method);
    assertEquals(tf.memory().numTensors, before, `${one.method} leaves no tensor`);
  }
});

Deno.test("a baseline's history has the metrics of all iterations, of which the last are its metrics", async () => {
  const device = await openDevice({ backend: "wasm" });
  for (const one of smallTrainings) {
    const { result, metrics } = await record(one, { device });
    assertEquals(result.history, metrics);
    assertEquals(result.history.map(({ iteration }) => iteration), [1, 2, 3, 4, 5, 6]);
    assertEquals(result.metrics, result.history[5]);
    for (const { softRevenue, gradientNorm, learningRate } of result.history) {
      assert(Number.isFinite(softRevenue) && gradientNorm > 0 && learningRate > 0, one.method);
    }
  }
});

Deno.test("a checkpoint does not change the training that it is taken from, and holds the mechanism", async () => {
  const device = await openDevice({ backend: "wasm" });
  for (const one of smallTrainings) {
    const { last, result, checkpoints } = await record(one, { device });
    const plain = await one.train({ device });
    assertEquals(bits(plain.mechanism.parameters), bits(result.mechanism.parameters), one.method);
    for (const [name, tensor] of Object.entries(result.mechanism.parameters)) {
      assertEquals(bits({ name: tensor }), bits({ name: last.tensors[`average.${name}`] }));
    }
    const [name] = Object.keys(result.mechanism.parameters);
    for (const part of ["parameters", "average", "adam.first", "adam.second"]) {
      const [first, second] = checkpoints.map(({ tensors }) => bits(tensors)[`${part}.${name}`]);
      assertNotEquals(first, second, `${one.method}: ${part} of ${name} moves`);
    }
  }
});

Deno.test("a checkpoint of the end gives the mechanism without another iteration", async () => {
  const device = await openDevice({ backend: "wasm" });
  for (const one of smallTrainings) {
    const whole = await record(one, { device }), again = await record(one, { device, resume: whole.last });
    assertEquals([again.metrics, again.result.history, again.result.metrics, again.iterations], [[], [], undefined, [
      6,
    ]]);
    assertEquals(bits(again.result.mechanism.parameters), bits(whole.result.mechanism.parameters));
  }
});

Deno.test("what RegretNet remembers is in its checkpoints: misreports of each batch, and multipliers", async () => {
  const regret = smallTrainings.find(({ method }) => method === "MD-RegretNet")!;
  const { checkpoints } = await record(regret, { device: await openDevice({ backend: "wasm" }) });
  const remembered = checkpoints.map(({ tensors }) =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith("memory.")))
  );
  assertEquals(Object.keys(remembered[0]).sort(), ["memory.misreports.0", "memory.misreports.1", "memory.multipliers"]);
  assertEquals(remembered[0]["memory.misreports.0"].shape, [8, 3, 2]);
  for (const name of Object.keys(remembered[0])) {
    assertNotEquals(bits(remembered[0])[name], bits(remembered[1])[name], `${name} changes`);
  }
  const [early, late] = remembered.map((one) => one["memory.multipliers"].data);
  assert(early.every((lambda, i) => lambda >= 5 && late[i] >= lambda), "lambda grows from 5");
  // Without it training goes on elsewhere.
  const { last } = await record(regret), half = checkpoints[1];
  const forgetful = {
    ...half,
    tensors: { ...half.tensors, "memory.multipliers": { shape: [3], data: new Float32Array(3).fill(9) } },
  };
  const other = await record(regret, { resume: forgetful });
  assertNotEquals(bits(other.last.tensors), bits(last.tensors));
});

Deno.test("a checkpoint of another method, problem or size is refused, and nothing is left on the device", async () => {
  const device = await openDevice({ backend: "wasm" });
  const saved = new Map<string, Checkpoint>();
  for (const one of smallTrainings) saved.set(one.method, (await record(one, { device })).last);
  const before = tf.memory().numTensors;
  for (const { method, setting, train } of smallTrainings) {
    const good = saved.get(method)!;
    const [name, tensor] = Object.entries(good.tensors).find(([name]) => name.startsWith("adam.second."))!;
    const without: Record<string, HostTensor> = { ...good.tensors };
    delete without[name];
    const range = "the checkpoint's progress must be an iteration from 0 to 6, got";
    const wrong: [Checkpoint, string][] = [
      [{ ...good, metadata: { ...good.metadata, method: "MD-Other" } }, `method must be ${method}, got "MD-Other"`],
      [
        { ...good, metadata: { ...good.metadata, problem: "U_{9,9}^{0,0}" } },
        `problem must be ${setting}, got "U_{9,9}`,
      ],
      [{ ...good, metadata: {} }, `the checkpoint's method must be ${method}, got undefined`],
      [
        { ...good, tensors: without },
        `checkpoint tensor ${name} must be float32 of shape [${tensor.shape}], but it is`,
      ],
      [
        { ...good, tensors: { ...good.tensors, [name]: { ...tensor, shape: [7, 7] } } },
        `checkpoint tensor ${name} must be float32 of shape [${tensor.shape}], got [7,7]`,
      ],
      [
        { ...good, tensors: { ...good.tensors, [name]: { ...tensor, data: Float64Array.from(tensor.data) } } },
        `checkpoint tensor ${name} must be float32`,
      ],
      ...["", "null", "{}", `{"iteration":7}`, `{"iteration":-1}`, `{"iteration":1.5}`, `{"iteration":"1"}`].map((
        progress,
      ): [Checkpoint, string] => [{ ...good, metadata: { ...good.metadata, progress } }, range]),
    ];
    for (const [resume, words] of wrong) {
      const { message } = await assertRejects(() => train({ device, resume }), InvalidInputError);
      assertStringIncludes(message, `Cannot resume ${method}: `);
      assertStringIncludes(message, words);
    }
    for (const [other, checkpoint] of saved) {
      if (other === method) continue;
      await assertRejects(() => train({ device, resume: checkpoint }), InvalidInputError, `must be ${method}, got`);
    }
    await assertRejects(
      () => train({ device, resume: good }, {}, setting.replace(",2}", ",3}")),
      InvalidInputError,
      "problem",
    );
    await assertRejects(
      () => train({ device, checkpointEvery: 0 }),
      InvalidInputError,
      "checkpointEvery must be a positive",
    );
  }
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a misspelt option or hook of a baseline is refused with the one that was meant", async () => {
  for (const { method, train } of smallTrainings) {
    const misspelt = { itertions: 3 } as { iterations?: number }, hooks = { onIterations: () => {} } as BaselineHooks;
    const option = `Cannot train ${method}: an option must be one of `;
    const { message } = await assertRejects(() => train({}, misspelt), InvalidInputError, option);
    assertStringIncludes(message, `got "itertions"; did you mean iterations?`);
    await assertRejects(() => train(hooks), InvalidInputError, `got "onIterations"; did you mean onIteration?`);
  }
});
