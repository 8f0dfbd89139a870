/** The WASM kernels against plain TensorFlow.js, in both builds and on different numbers of threads. */
import { assert, assertEquals } from "@std/assert";
import type { Tensor } from "../../src/deps/tfjs.ts";
import type { Estimator } from "../../src/training/estimator.ts";
import { referenceKernels } from "../../src/kernels/reference.ts";
import { composedStep, trainingStep } from "../../src/training/training_step.ts";
import { wasmKernels } from "../../src/kernels/wasm/kernels.ts";
import type { KernelBuild } from "../../src/kernels/wasm/module.ts";
import { reproducibleGoods } from "../../src/problems/principal_utility.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { setThreadCount } from "../../src/runtime/threads.ts";
import {
  caseChains,
  caseHypernetwork,
  caseInputs,
  caseKey,
  caseNetwork,
  checkKernels,
  type KernelCase,
  kernelCases,
  runKernels,
} from "./cases.ts";

for (const build of ["relaxed", "plain"] as KernelBuild[]) {
  for (const one of kernelCases) {
    Deno.test(`WASM kernels, ${build} SIMD: ${one.name}`, async () => {
      await openDevice({ backend: "wasm" });
      const network = caseNetwork(one);
      await checkKernels(wasmKernels(network, build), referenceKernels(network), one);
    });
  }
}

Deno.test("WASM kernels give the same bits on any number of threads", async () => {
  await openDevice({ backend: "wasm" });
  try {
    // Enough rows for many sets, with and without slopes per good.
    const many: KernelCase = {
      ...{
        name: "many rows",
        size: { goods: 5, layers: 3, groups: 64, groupSize: 4 },
        rows: 200,
        hidden: 5,
        points: 2,
      },
      ...{ chains: 2, move: { ...kernelCases[0].move, steps: 1, lineMoveEvery: 0 }, seed: 6 },
    };
    const cases = [...kernelCases.slice(0, 8), ...kernelCases.slice(-3), many, { ...many, perGood: 6 }];
    const results: Awaited<ReturnType<typeof runKernels>>[][] = [];
    for (const threads of [1, 2, 3, 7]) {
      setThreadCount(threads); // starts them, once for all cases
      const found = [];
      for (const one of cases) found.push(await runKernels(wasmKernels(caseNetwork(one)), one));
      results.push(found);
    }
    for (const other of results.slice(1)) cases.forEach((one, k) => assertEquals(other[k], results[0][k], one.name));
  } finally {
    setThreadCount(undefined);
  }
});

/** n, H, Hl, and how the covariance is estimated. Tiles hold whole profiles; with n = 25 none fits, and the parts are composed. */
const STEPS: [participants: number, hidden: number, perGood: number, estimator: Estimator][] = [
  ...[1, 2, 3, 5, 7, 8, 10, 11, 24, 25].map((n): [number, number, number, Estimator] => [n, 9, 0, "coordinate"]),
  [1, 0, 0, "coordinate"],
  [1, 0, 0, "paired"],
  ...[2, 3, 7, 10, 24].map((n): [number, number, number, Estimator] => [n, 0, 0, "coordinate"]),
  [3, 64, 0, "paired"],
  ...[2, 3, 5, 11, 25].map((n): [number, number, number, Estimator] => [n, 9, 7, "coordinate"]),
  [3, 16, 16, "paired"],
];

for (const [n, hidden, perGood, estimator] of STEPS) {
  const name = `n = ${n}, H = ${hidden}, Hl = ${perGood}, ${estimator}`;
  Deno.test(`a training step in WASM is what its parts make, ${name}`, async () => {
    await openDevice({ backend: "wasm" });
    const profiles = 23, trained = 9 * n, rows = profiles * n; // most of them only move
    const one: KernelCase = {
      ...{ name: "step", size: { goods: 5, layers: 2, groups: 7, groupSize: 3 }, rows, points: 1, chains: 6 },
      ...{ hidden, perGood },
      ...{ move: { ...kernelCases[0].move, steps: 2, lineMoveEvery: 1 }, seed: 5 },
    };
    const inputs = caseInputs(one), hypernetwork = caseHypernetwork(one, inputs), start = caseChains(one, inputs);
    const kernels = wasmKernels(caseNetwork(one));
    for (const costs of [{}, { productionCost: 0.7, duplicationCost: 0.2 }]) {
      const objective = { utility: reproducibleGoods(costs), participants: n, trained, estimator };
      const arguments_ = [hypernetwork, inputs.types, start, one.move, caseKey(one), objective] as const;
      const fused = trainingStep(kernels, ...arguments_), composed = composedStep(kernels, ...arguments_);
      for (const name of ["chains", "squareSlopes", "values"] as const) {
        assertEquals(fused.moved[name].dataSync(), composed.moved[name].dataSync(), name);
      }
      assertNear(fused.utilities, composed.utilities, "utilities");
      for (const name of ["hidden", "weight", "bias"] as const) {
        assertEquals(fused.gradient[name]?.shape, composed.gradient[name]?.shape);
        if (fused.gradient[name]) assertNear(fused.gradient[name], composed.gradient[name]!, name);
      }
      assertEquals(fused.gradient.perGood !== undefined, perGood > 0);
      for (const name of ["hidden", "weight"] as const) {
        if (perGood > 0) assertNear(fused.gradient.perGood![name], composed.gradient.perGood![name], `perGood ${name}`);
      }
    }
  });
}

function assertNear(actual: Tensor, expected: Tensor, what: string): void {
  const a = actual.dataSync() as Float32Array, b = expected.dataSync() as Float32Array;
  assertEquals(actual.shape, expected.shape);
  const scale = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  assert(scale > 0);
  const worst = b.reduce((most, x, j) => Math.max(most, Math.abs(a[j] - x)), 0);
  assert(worst < 1e-5 * scale, `${what}: off by ${worst}, of at most ${scale}`);
}
