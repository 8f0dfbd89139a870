/**
 * Kernels and best responses of a PICNN, which run on those of a Partial GroupMax Network, against plain ones; kernels of
 * a multilayer perceptron, too.
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import { bestResponses } from "../../src/kernels/best_responses/select.ts";
import { referenceBestResponses } from "../../src/kernels/best_responses/reference.ts";
import { referenceKernels } from "../../src/kernels/reference.ts";
import { kernelName, openKernels } from "../../src/kernels/select.ts";
import type { HypernetworkOutput } from "../../src/networks/hypernetwork_output.ts";
import { multilayerPerceptron } from "../../src/networks/mlp.ts";
import type { ConvexNetwork } from "../../src/networks/network.ts";
import { partialInputConvex } from "../../src/networks/picnn.ts";
import { reproducibleGoods } from "../../src/problems/principal_utility.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { trainingStep } from "../../src/training/training_step.ts";
import { forEachDevice } from "../devices.ts";

const picnn = partialInputConvex({ goods: 3, layers: 2, width: 6 }), m = 3;
/** Of three layers, so that one is neither the first nor the last. */
const perceptron = multilayerPerceptron({ goods: 3, layers: 3, width: 5 });
const ROWS = 4, H = 5;

function sources(network: ConvexNetwork): HypernetworkOutput[] {
  const P = network.weightCount;
  const bias = tf.tensor1d(network.initialWeights(randomKey(1))) as Tensor1D;
  const hidden = tf.tensor2d(uniforms(randomKey(2), ROWS * H), [ROWS, H]);
  const weight = tf.tensor2d(normals(randomKey(3), H * P).map((z) => 0.3 * z), [H, P]);
  return [{ bias }, { hidden, weight, bias }];
}

async function assertClose(got: Tensor | undefined, expected: Tensor | undefined, what: string): Promise<void> {
  assertEquals(got?.shape, expected?.shape, what);
  if (!got || !expected) return;
  const [a, b] = [await got.data(), await expected.data()];
  const scale = Array.from(b).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  a.forEach((value, k) => assertAlmostEquals(value, b[k], 1e-4 * scale, `${what} ${k}`));
}

forEachDevice("a PICNN's fused kernels make what plain TensorFlow.js makes", async (device) => {
  assertEquals(kernelName(picnn), device.backend);
  await compareWithPlain(picnn);
});

Deno.test("a perceptron's kernels in WASM, with weights of any sign, make what plain TensorFlow.js makes", async () => {
  const device = await openDevice({ backend: "wasm" });
  assertEquals(kernelName(perceptron), "wasm");
  await compareWithPlain(perceptron);
  device.close();
});

async function compareWithPlain(network: ConvexNetwork): Promise<void> {
  const kernels = await openKernels(network), plain = referenceKernels(network);
  for (const hypernetwork of sources(network)) {
    const points = tf.tensor3d(uniforms(randomKey(4), ROWS * 6 * m), [ROWS, 6, m]);
    const factors = tf.tensor2d(normals(randomKey(5), ROWS * 6), [ROWS, 6]);
    await assertClose(kernels.value(hypernetwork, points), plain.value(hypernetwork, points), "value");
    await assertClose(kernels.slope(hypernetwork, points), plain.slope(hypernetwork, points), "slope");
    const [a, b] = [kernels, plain].map((one) => one.gradient(hypernetwork, points, factors));
    for (const name of ["hidden", "weight", "bias"] as const) await assertClose(a[name], b[name], name);

    const types = uniforms(randomKey(6), ROWS * m);
    const start = {
      chains: tf.tensor3d(uniforms(randomKey(7), ROWS * 8 * m), [ROWS, 8, m]) as Tensor3D,
      squareSlopes: tf.fill([ROWS, m], 0.1) as Tensor2D,
    };
    const move = {
      ...{ beta: 5, steps: 1, lineMoveEvery: 0, boundary: "reflect", stepRule: "adapted" } as const,
      ...{ stepScale: 0.3, largestStep: 0.2 },
    };
    const objective = {
      utility: reproducibleGoods({ productionCost: 0.2, duplicationCost: 0.1 }),
      ...{ participants: 2, trained: ROWS, estimator: "coordinate" } as const,
    };
    const before = tf.memory().numTensors;
    const step = trainingStep(kernels, hypernetwork, types, start, move, randomKey(8), objective);
    assertEquals(tf.memory().numTensors - before, hypernetwork.hidden ? 7 : 5, "no tensor is left but the results");
    const other = trainingStep(plain, hypernetwork, types, start, move, randomKey(8), objective);
    await assertClose(step.moved.chains, other.moved.chains, "chains");
    await assertClose(step.utilities, other.utilities, "utilities");
    for (const name of ["hidden", "weight", "bias"] as const) {
      await assertClose(step.gradient[name], other.gradient[name], `step's ${name}`);
    }
    await kernels.settle?.();
  }
  assert(kernels.memory(ROWS, 8, H).total > 0);
}

Deno.test("a PICNN's best responses are certified, and the same by either implementation", () => {
  const network = picnn, P = network.weightCount;
  const bias = network.initialWeights(randomKey(1)), hidden = uniforms(randomKey(2), ROWS * H);
  const weight = normals(randomKey(3), H * P).map((z) => 0.3 * z) as Float32Array<ArrayBuffer>;
  for (const hypernetwork of [{ bias }, { hidden, weight, bias }]) {
    const types = uniforms(deriveKey(randomKey(9)), ROWS * 2 * m);
    const [a, b] = [bestResponses, referenceBestResponses].map((respond) => respond(network, hypernetwork, types, 2));
    a.utilities.forEach((utility, k) => {
      assertAlmostEquals(utility, b.utilities[k], 1e-7);
      assert(a.gaps[k] < 1e-6 && b.gaps[k] < 1e-6);
    });
  }
});
