/**
 * WebGPU devices with the least that the standard lets an adapter have: no kernel and no training needs more.
 *
 * @module
 */
import { assertEquals, assertLess } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { referenceKernels } from "../../src/kernels/reference.ts";
import { priceKernels } from "../../src/kernels/select.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { type Device, openDevice } from "../../src/runtime/device.ts";
import { sumOf } from "../../src/runtime/tensors.ts";
import { openGpu } from "../../src/runtime/webgpu.ts";
import type { IterationMetrics } from "../../src/training/metrics.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { train } from "../../src/training/train.ts";
import { openLeast, WITHOUT_WEBGPU } from "../devices.ts";
import { caseNetwork, compareResults, type KernelCase, kernelCases, type KernelResults, runKernels } from "./cases.ts";

const [byContext, shared, manyGoods] = kernelCases;
/** Few rows of networks as training has them, whose weights do not fit in 16 KiB, and ones that do. */
const cases: readonly KernelCase[] = [
  { ...byContext, rows: 2 },
  { ...shared, rows: 4 },
  { ...manyGoods, rows: 2 },
  { ...kernelCases[6], rows: 3, name: "per good" },
  { ...kernelCases.at(-3)!, rows: 4, name: "symmetric" },
];
/** Of which two iterations are trained. */
const problem = settingProblem("U_{2,2}^{1,0}");
const plain = defaultTraining(problem), small = { profiles: 8, refresh: 0, polishShare: 0, iterations: 2 };
const options = { ...plain, ...small, finalBeta: plain.initialBeta, initialPrices: "cheap" as const };

interface Opened {
  readonly device: Device;
  readonly expected: readonly KernelResults[];
  readonly metrics: readonly IterationMetrics[];
}
let opened: Promise<Opened> | undefined;

async function open(): Promise<Opened> {
  const wasm = await openDevice({ backend: "wasm" }), expected: KernelResults[] = [];
  for (const one of cases) expected.push(await runKernels(referenceKernels(caseNetwork(one)), one));
  const { history: metrics } = await train(problem, options, { device: wasm });
  const device = await openLeast();
  addEventListener("unload", () => device.close());
  return { device, expected, metrics };
}

function atMinimum(name: string, fn: (opened: Opened) => Promise<void>): void {
  Deno.test({
    name: `at WebGPU's minimum limits: ${name}`,
    ignore: WITHOUT_WEBGPU,
    async fn() {
      const all = await (opened ??= open());
      await fn(all);
      await new Promise((resolve) => setTimeout(resolve)); // GPU errors arrive by events
      all.device.check();
    },
  });
}

atMinimum("the device has these limits, and no feature", ({ device }) => {
  const { limits, features } = openGpu()!;
  assertEquals(limits.maxStorageBufferBindingSize, 128 * 2 ** 20);
  assertEquals(limits.maxBufferSize, 256 * 2 ** 20);
  assertEquals(limits.maxComputeWorkgroupStorageSize, 16 * 2 ** 10);
  assertEquals([limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX], [256, 256]);
  assertEquals([limits.maxStorageBuffersPerShaderStage, limits.minStorageBufferOffsetAlignment], [8, 256]);
  assertEquals([...features].filter((name) => /subgroup|f16|timestamp/.test(name)), []);
  assertEquals(device.largestBuffer, 128 * 2 ** 20);
  return Promise.resolve();
});

for (const [k, one] of cases.entries()) {
  atMinimum(`kernels, ${one.name}`, async ({ expected }) => {
    const before = tf.memory().numTensors;
    compareResults(one, await runKernels(priceKernels(caseNetwork(one)), one), expected[k]);
    assertEquals(tf.memory().numTensors, before, "tensors are left");
  });
}

atMinimum("more tensors are added than can be bound", async () => {
  const sum = tf.tidy(() => sumOf(Array.from({ length: 40 }, (_, k) => tf.fill([100, 100], k))));
  assertEquals(new Set(await sum.data()), new Set([780]));
  sum.dispose();
});

atMinimum("iterations of training are those of wasm", async ({ device, metrics }) => {
  const { history } = await train(problem, options, { device });
  assertEquals(history.length, metrics.length);
  for (const [k, expected] of metrics.entries()) {
    for (const name of ["softRevenue", "gradientNorm"] as const) {
      const right = expected[name], off = Math.abs(history[k][name] - right) / Math.max(1e-3, Math.abs(right));
      assertLess(off, 2e-3, `${name} of iteration ${k + 1}: ${history[k][name]} instead of ${right}`);
    }
  }
});
