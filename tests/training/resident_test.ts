/** Training that stays on a GPU: what it submits and reads, and where new chains begin. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Tensor, type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import { bestResponses } from "../../src/kernels/best_responses/select.ts";
import { priceKernels } from "../../src/kernels/select.ts";
import type { ContextKind } from "../../src/networks/context.ts";
import type { NetworkKind } from "../../src/networks/kinds.ts";
import { disposeHidden } from "../../src/networks/hypernetwork_output.ts";
import { typeTensor } from "../../src/networks/row_types.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { countGpuWork } from "../../src/runtime/gpu_counts.ts";
import { readTogether, recordOnly } from "../../src/runtime/command_recorder.ts";
import { type Device, openDevice } from "../../src/runtime/device.ts";
import { tensorsIn } from "../../src/runtime/gradients.ts";
import { annealedPoints } from "../../src/training/annealed_points.ts";
import { devicePolishingStep } from "../../src/training/device_polishing.ts";
import type { IterationMetrics } from "../../src/training/metrics.ts";
import { defaultTraining, type TrainingOptions } from "../../src/training/options.ts";
import { polishingStep } from "../../src/training/polishing.ts";
import { MEASURED_EVERY, residentSteps, staysOnDevice } from "../../src/training/resident.ts";
import { disposeState } from "../../src/training/state.ts";
import { type Checkpoint, train, trainingRules } from "../../src/training/train.ts";
import { forEachDevice, openLeast, WITHOUT_WEBGPU } from "../devices.ts";
import { noisyParameters } from "./noisy_parameters.ts";

const NETWORK = { layers: 2, groups: 3, groupSize: 2, hidden: [8] };
const SMALL = { profiles: 16, chains: 4, steps: 3, warmUp: 1, polishShare: 0 };

function optionsOf(setting: string, context?: ContextKind): TrainingOptions {
  const network = { ...NETWORK, ...(context && { context }) };
  return { ...defaultTraining(setting, "groupmax", context), ...SMALL, network, iterations: 60 };
}

/** Registers a test on a WebGPU device, which is told of errors that no call threw. */
function onWebgpu(name: string, fn: (device: Device) => Promise<void>, open = openSoftware): void {
  Deno.test({
    name,
    ignore: WITHOUT_WEBGPU,
    async fn() {
      const device = await open();
      try {
        await fn(device);
        await new Promise((resolve) => setTimeout(resolve)); // GPU errors arrive by events
        device.check();
      } finally {
        device.close();
      }
    },
  });
}

const openSoftware = () => openDevice({ backend: "webgpu", allowSoftware: true });

/** Trains for some iterations, and gives what each of them submitted and read. */
async function countedIterations(
  setting: string,
  context: ContextKind,
  iterations: number,
  changes: Partial<TrainingOptions> = {},
) {
  const problem = settingProblem(setting), options = { ...optionsOf(setting, context), ...changes };
  const rules = trainingRules(problem, options), kernels = priceKernels(rules.network);
  assert(staysOnDevice(kernels, options));
  const steps = residentSteps(problem, rules, kernels, options), each = [], metrics: IterationMetrics[] = [];
  let state = steps.begin(undefined, undefined);
  for (let k = 0; k < iterations; k++) {
    const count = countGpuWork(), next = await steps.iterate(state);
    each.push(count.stop());
    disposeState(state, next.state);
    state = next.state;
    metrics.push(...next.metrics);
  }
  metrics.push(...(await steps.settle(state)).metrics);
  disposeState(state);
  steps.end();
  assertEquals(metrics.map(({ iteration }) => iteration), Array.from({ length: iterations }, (_, k) => k + 1));
  assert(metrics.every(({ softRevenue, gradientNorm }) => Number.isFinite(softRevenue) && gradientNorm > 0));
  return each;
}

const shapes: [setting: string, context: ContextKind][] = [
  ["U_{1,2}^{0,0}", "dense"],
  ["U_{2,2}^{1,0}", "dense"],
  ["U_{3,2}^{1,0}", "set"],
];
for (const [limits, open] of [["the adapter's limits", openSoftware], ["the least limits", openLeast]] as const) {
  for (const [setting, context] of shapes) {
    onWebgpu(
      `an iteration is one submission, and nothing is read but metrics: ${setting}, ${context}, ${limits}`,
      async () => {
        const before = tf.memory().numTensors;
        const each = await countedIterations(setting, context, MEASURED_EVERY + 2);
        assertEquals(tf.memory().numTensors, before);
        each.forEach(({ submissions, readBacks, bytesReadBack, waits }, k) => {
          const measures = k % MEASURED_EVERY === 0;
          assertEquals([submissions, readBacks, waits], [1, measures ? 1 : 0, 0], `iteration ${k + 1}`);
          if (!measures) assertEquals(bytesReadBack, 0);
        });
      },
      open,
    );
  }
}

for (const polishShare of [0, 1]) {
  const kind = polishShare === 0 ? "with chains" : "that polishes";
  onWebgpu(`what never changes is uploaded once, and goes with the training: an iteration ${kind}`, async () => {
    const before = tf.memory().numTensors;
    const network = { layers: 2, groups: 32, groupSize: 4, hidden: [8], context: "set" as const };
    const changes = { network, polishShare, polishProfiles: 8, profiles: 8, tiedWeights: true };
    const [first, ...later] = await countedIterations("U_{2,6}^{1,0}", "set", 3, changes);
    assertEquals(tf.memory().numTensors, before);
    // Tables say of every raw weight what it is tied to, and of every such place which weights these are.
    const rules = trainingRules(settingProblem("U_{2,6}^{1,0}"), { ...optionsOf("U_{2,6}^{1,0}"), network });
    const { "output.bias": [P] } = rules.parameterShapes;
    assert(first.bytesUploaded > 60 * P, `${first.bytesUploaded} bytes, ${P} raw weights`);
    for (const { bytesUploaded } of later) assert(bytesUploaded < 8 * P, `${bytesUploaded} bytes, ${P} raw weights`);
  });
}

onWebgpu("counts see what TensorFlow.js submits and reads, until they stop", async () => {
  const count = countGpuWork(), size = 4096, one = tf.ones([size]);
  assertEquals((await tf.square(one).data())[0], 1);
  const { submissions, readBacks, bytesReadBack, bytesUploaded, waits } = count.stop();
  assert(submissions >= 1);
  assertEquals([readBacks, bytesReadBack, waits], [1, 4 * size, 0]);
  assert(bytesUploaded >= 4 * size && bytesUploaded < 2 * 4 * size, `${bytesUploaded}`); // tf.ones is made by the host
  await tf.neg(one).data();
  assertEquals(count.counts().readBacks, 1);
  tf.disposeVariables();
});

onWebgpu("training stays on a GPU where kernels can, and is put together with the host elsewhere", async (device) => {
  const cases: [settings: Partial<TrainingOptions>, kind: NetworkKind, stays: boolean][] = [
    [{}, "groupmax", true],
    [{}, "symmetric", true],
    [{}, "pma", true],
    [{}, "mlp", false],
    [{ newChains: "best-responses" }, "groupmax", false],
    [{ newChains: "best-responses", refresh: 0 }, "groupmax", true],
  ];
  for (const [settings, kind, stays] of cases) {
    const options = { ...SMALL, iterations: 3, polishShare: 0, network: { ...NETWORK, kind }, ...settings };
    const all = { ...defaultTraining("U_{1,2}^{0,0}", kind), ...options };
    assertEquals(staysOnDevice(priceKernels(trainingRules("U_{1,2}^{0,0}", all).network), all), stays, kind);
    const count = countGpuWork(), { history } = await train("U_{1,2}^{0,0}", options, { device });
    const { readBacks } = count.stop();
    assertEquals(history.length, 3);
    assert(history.every(({ softRevenue }) => Number.isFinite(softRevenue)));
    // The first measurement, the other numbers and the checkpoint; else several in each iteration.
    assertEquals(readBacks === 3, stays, `${kind}: ${readBacks}`);
  }
});

const POLISHED = { ...SMALL, network: NETWORK, iterations: 6, polishShare: 0.5, polishProfiles: 8 };

onWebgpu("iterations that polish come behind, in order, and stay on the device", async (device) => {
  const count = countGpuWork(), heard: number[] = [], before = tf.memory().numTensors;
  const { history } = await train("U_{1,2}^{0,0}", POLISHED, {
    device,
    onIteration: ({ iteration }) => heard.push(iteration),
  });
  // The first measurement, the other numbers and the checkpoint.
  assertEquals(count.stop().readBacks, 3);
  assertEquals(heard, [1, 2, 3, 4, 5, 6]);
  assertEquals(history.map(({ chainSuboptimality }) => chainSuboptimality > 0), [
    ...[true, true, true],
    ...[false, false, false],
  ]);
  assertEquals(tf.memory().numTensors, before);
});

onWebgpu("chains that come back after polishing begin anew, where the device finds it", async (device) => {
  for (const refresh of [0.25, 0]) {
    const options = {
      ...{ ...SMALL, network: NETWORK, iterations: 6, polishShare: 0.5, polishProfiles: 8, refresh },
      ...{ polishLearningRate: 0.3, initialBeta: 200, largestSuboptimality: 1000 },
    };
    const before = tf.memory().numTensors;
    let saved: Checkpoint | undefined;
    const keep = { onCheckpoint: (checkpoint: Checkpoint) => void (saved = checkpoint) };
    await train("U_{1,2}^{0,0}", options, { device, ...keep });
    const { history } = await train("U_{1,2}^{0,0}", { ...options, iterations: 20 }, { device, resume: saved });
    assertEquals([history[0].iteration, history.length], [7, 14]);
    const straight = await train("U_{1,2}^{0,0}", { ...options, iterations: 20 }, { device });
    assert(history[0].relativeChainSuboptimality < 2, `${history[0].relativeChainSuboptimality}`);
    assertEquals(history.map(({ beta }) => beta), straight.history.slice(6).map(({ beta }) => beta));
    assertEquals(tf.memory().numTensors, before);
  }
});

/** Prices at random, and both gradients of polishing on the same profiles, flat. */
async function bothPolishings(setting: string, context: ContextKind, changed: Partial<TrainingOptions> = {}) {
  const { problem, rules, parameters } = somePrices(setting, context), kernels = priceKernels(rules.network);
  const options = { ...optionsOf(setting, context), iterations: 1, polishShare: 1, polishProfiles: 96, ...changed };
  const state = { iteration: 0, parameters };
  const onHost = await polishingStep(problem, rules, kernels, options, state);
  const onDevice = devicePolishingStep(problem, rules, kernels, options, state);
  const flat = async (gradients: Record<string, Tensor>) =>
    (await Promise.all(Object.keys(parameters).map(async (name) => Array.from(await gradients[name].data())))).flat();
  const found = [await flat(onHost.gradients), await flat(onDevice.gradients)];
  return { revenues: [onHost.revenue, (await onDevice.revenue.data())[0]], gradients: found };
}

/** Where production costs are shared by those who change together, with types that stay and that move. */
const shared: typeof shapes = [["U_{5,5}^{3,0}", "set"], ["B_{2,2}^{1,0}", "set"]];

for (const [limits, open] of [["the adapter's limits", openSoftware], ["the least limits", openLeast]] as const) {
  onWebgpu(`polishing on the device has the gradient of certified best responses: ${limits}`, async () => {
    for (const [setting, context] of [...shapes, ...shared]) {
      tf.engine().startScope();
      // Types are spread by so much that many change together.
      const changed = shared.some(([one]) => one === setting) ? { initialSpread: 0.15 } : {};
      const { revenues, gradients: [host, own] } = await bothPolishings(setting, context, changed);
      tf.engine().endScope();
      const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k], 0);
      const size = Math.sqrt(dot(host, host)), off = Math.hypot(...host.map((value, k) => value - own[k]));
      const cosine = dot(host, own) / size / Math.sqrt(dot(own, own));
      assertAlmostEquals(revenues[1], revenues[0], 0.01 * Math.max(1, Math.abs(revenues[0])), setting);
      assert(cosine > 0.95 && off < 0.3 * size, `${setting}: cosine ${cosine}, off by ${off} of ${size}`);
    }
  }, open);
}

onWebgpu("an iteration that polishes is one submission, and nothing is read but metrics", async () => {
  for (const [setting, context] of shapes) {
    const each = await countedIterations(setting, context, MEASURED_EVERY + 2, { polishShare: 1, polishProfiles: 8 });
    each.forEach(({ submissions, readBacks, bytesReadBack, waits }, k) => {
      const reads = k % MEASURED_EVERY === 0;
      assertEquals([submissions, readBacks, waits], [1, reads ? 1 : 0, 0], `iteration ${k + 1}`);
      if (!reads) assertEquals(bytesReadBack, 0);
    });
  }
});

onWebgpu("profiles that are polished in parts have the gradient of all, each submitted by itself", async () => {
  const { problem, rules, parameters } = somePrices("U_{2,2}^{1,0}", "dense"), kernels = priceKernels(rules.network);
  const options = { ...optionsOf("U_{2,2}^{1,0}", "dense"), iterations: 1, polishShare: 1, polishProfiles: 96 };
  const state = { iteration: 0, parameters }, before = tf.memory().numTensors;
  const host = await polishingStep(problem, rules, kernels, options, state);
  const count = countGpuWork(), recordAgain = recordOnly();
  // 30 profiles of 2 rows of 129 points, and in the last part 6.
  const made = devicePolishingStep(problem, rules, kernels, options, state, 30 * 2 * 129 * 2 * 4);
  const names = Object.keys(parameters), read = [made.revenue, ...names.map((name) => made.gradients[name])];
  const [[revenue], ...parts] = await readTogether(read), { submissions } = count.stop();
  recordAgain();
  assertEquals(submissions, 4);
  assertAlmostEquals(revenue, host.revenue, 0.01);
  let off = 0, size = 0;
  for (const [k, name] of names.entries()) {
    (await host.gradients[name].data() as Float32Array).forEach((expected, at) => {
      off = Math.hypot(off, parts[k][at] - expected);
      size = Math.hypot(size, expected);
    });
  }
  assert(off < 0.3 * size, `off by ${off} of ${size}`);
  tf.dispose(tensorsIn([host.gradients, host.gradient, made]));
  assertEquals(tf.memory().numTensors, before);
  tf.dispose(tensorsIn(parameters));
});

Deno.test({
  name: "polishing goes on from a checkpoint of another backend",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    for (const [from, to] of [["wasm", "webgpu"], ["webgpu", "wasm"]] as const) {
      const saved: Checkpoint[] = [];
      const first = await openDevice({ backend: from, allowSoftware: true });
      const hooks = { checkpointEvery: 1, onCheckpoint: (one: Checkpoint) => void saved.push(one) };
      await train("U_{2,2}^{1,0}", POLISHED, { device: first, ...hooks });
      first.close();
      for (const done of [2, 3, 4]) {
        const device = await openDevice({ backend: to, allowSoftware: true });
        const { history } = await train("U_{2,2}^{1,0}", POLISHED, { device, resume: saved[done - 1] });
        assertEquals(history.map(({ iteration }) => iteration), [3, 4, 5, 6].slice(done - 2));
        assertEquals(
          history.map(({ chainSuboptimality }) => chainSuboptimality > 0),
          history.map(({ iteration }) => iteration <= 3),
        );
        assert(history.every(({ gradientNorm }) => gradientNorm > 0));
        device.close();
      }
    }
  },
});

onWebgpu("beta stops where a measurement found that chains fall behind", async (device) => {
  const options = { ...SMALL, network: NETWORK, iterations: 25, largestSuboptimality: 1e-6, polishShare: 0 };
  const { history } = await train("U_{1,2}^{0,0}", options, { device });
  const betas = history.map(({ beta }) => beta), last = betas[MEASURED_EVERY + 1];
  for (let k = 1; k < betas.length; k++) {
    assertEquals(betas[k] > betas[k - 1], k <= MEASURED_EVERY + 1, `iteration ${k + 1}`);
  }
  assertEquals(betas.at(-1), last);
  // The measurements of iterations 1, 11 and 21, each until the next.
  const found = history.map(({ chainSuboptimality }) => chainSuboptimality);
  assertEquals(new Set(found).size, 3);
  assertEquals(new Set(found.slice(MEASURED_EVERY, 2 * MEASURED_EVERY)).size, 1);
});

/** Prices of some parameters that are no start of training: a network with noise on all weights. */
function somePrices(setting: string, context?: ContextKind) {
  const problem = settingProblem(setting), { participants, goods: m } = problem;
  const rules = trainingRules(problem, optionsOf(setting, context));
  const host = noisyParameters(rules.initialParameters(randomKey(3)), 0.3, (k) => randomKey(10 + k));
  const parameters = Object.fromEntries(
    Object.entries(host).map(([name, { shape, data }]) => [name, tf.tensor(data, shape as number[])]),
  );
  const types = problem.distribution.sample(randomKey(5), 30 / participants, "training");
  return { problem, rules, host, parameters, types, m };
}

const pointOptions = { chains: 8, initialPoints: 4, initialPointNoise: 1.5 };

forEachDevice("annealed points are within m / beta of certified best responses", async () => {
  for (const [setting, context] of [...shapes, ["U_{1,4}^{0,0}", "dense"] as [string, ContextKind]]) {
    const { rules, host, parameters, types, m } = somePrices(setting, context), kernels = priceKernels(rules.network);
    const hypernetwork = rules.hypernetwork(parameters, types), rows = types.length / m, { chains: C } = pointOptions;
    const best = bestResponses(
      rules.network,
      rules.hostHypernetwork(host, types),
      Float64Array.from(types),
      1,
    );
    for (const beta of [20, 600]) {
      const points = annealedPoints(kernels, hypernetwork, types, m, pointOptions, beta, randomKey(7));
      const zero = tf.zeros([rows, 1, m]);
      const f = await kernels.value(hypernetwork, tf.concat([points, zero], 1) as Tensor3D).data();
      const x = await points.data();
      assert(x.every((value) => value >= 0 && value <= 1));
      let sum = 0;
      for (let row = 0; row < rows; row++) {
        for (let c = 0; c < C; c++) {
          let utility = f[row * (C + 1) + C] - f[row * (C + 1) + c];
          for (let j = 0; j < m; j++) utility += types[row * m + j] * x[(row * C + c) * m + j];
          sum += best.utilities[row] - utility;
          assert(best.utilities[row] - utility > -1e-4, "nothing is better than a best response");
        }
      }
      const relative = sum / (rows * C) * beta / m;
      assert(relative < 0.8, `${setting}, beta ${beta}: ${relative} m / beta below the best`);
      // Of the first row's chains those with the same perturbed type begin near each other, others need not.
      assert(x.subarray(0, m).some((value, j) => value !== x[4 * m + j]));
    }
    disposeHidden(hypernetwork);
  }
});

Deno.test({
  name: "annealed points are the same on wasm and webgpu",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const found: Float32Array[] = [];
    for (const backend of ["wasm", "webgpu"] as const) {
      const device = await openDevice({ backend, allowSoftware: true });
      const { rules, parameters, types, m } = somePrices("U_{3,2}^{1,0}", "set");
      const hypernetwork = rules.hypernetwork(parameters, types), kernels = priceKernels(rules.network);
      const points = annealedPoints(kernels, hypernetwork, types, m, pointOptions, 50, randomKey(7));
      found.push(await points.data() as Float32Array);
      device.check();
      device.close();
    }
    const [onWasm, onGpu] = found;
    // Near a kink rounding sends a chain another way.
    const far = onWasm.filter((value, k) => Math.abs(value - onGpu[k]) > 1e-3).length;
    assert(far <= 0.02 * onWasm.length, `${far} of ${onWasm.length} differ`);
  },
});

forEachDevice("hypernetworks read types on the device as they do the host's", async () => {
  const cases: [string, ContextKind][] = [["U_{3,2}^{1,0}", "dense"], ["U_{3,2}^{1,0}", "set"], [
    "U_{1,2}^{0,0}",
    "dense",
  ]];
  for (const [setting, context] of cases) {
    const { rules, parameters, types, m } = somePrices(setting, context);
    const tensor = typeTensor(types, m);
    const [ofHost, ofDevice] = [rules.hypernetwork(parameters, types), rules.hypernetwork(parameters, tensor)];
    const pairs: [Tensor | undefined, Tensor | undefined][] = [
      [ofHost.hidden, ofDevice.hidden],
      [ofHost.perGood?.hidden, ofDevice.perGood?.hidden],
    ];
    for (const [expected, actual] of pairs) {
      if (!expected) continue;
      assertEquals(actual!.shape, expected.shape);
      const [a, b] = [await actual!.data(), await expected.data()];
      a.forEach((value, k) => assertAlmostEquals(value, b[k], 1e-5, `${setting}, ${context}`));
    }
    disposeHidden(ofHost), disposeHidden(ofDevice);
    tensor.dispose();
  }
});

onWebgpu("uniform numbers of the device are those of the host", async () => {
  const { resident } = priceKernels(trainingRules("U_{1,2}^{0,0}", optionsOf("U_{1,2}^{0,0}")).network);
  for (const count of [1, 63, 100_000]) {
    const made = resident!.uniforms(randomKey(2 ** 33 + 5), [count]);
    assertEquals(await made.data(), uniforms(randomKey(2 ** 33 + 5), count));
    made.dispose();
  }
});
