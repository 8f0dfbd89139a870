/** The WASM kernels against plain TensorFlow.js, in both builds and on different numbers of threads. */
import { assertEquals } from "@std/assert";
import { referenceKernels } from "../../src/kernels/reference.ts";
import { wasmKernels } from "../../src/kernels/wasm/kernels.ts";
import { forceKernelBuild, type KernelBuild } from "../../src/kernels/wasm/module.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { setThreadCount } from "../../src/runtime/threads.ts";
import { caseNetwork, checkKernels, kernelCases, runKernels } from "./cases.ts";

for (const build of ["relaxed", "plain"] as KernelBuild[]) {
  for (const one of kernelCases) {
    Deno.test(`WASM kernels, ${build} SIMD: ${one.name}`, async () => {
      await openDevice({ backend: "wasm" });
      forceKernelBuild(build);
      try {
        const network = caseNetwork(one);
        await checkKernels(wasmKernels(network), referenceKernels(network), one);
      } finally {
        forceKernelBuild(undefined);
      }
    });
  }
}

Deno.test("WASM kernels give the same bits on any number of threads", async () => {
  await openDevice({ backend: "wasm" });
  try {
    for (const one of kernelCases.slice(0, 8)) {
      const results = [];
      for (const threads of [1, 2, 3, 7]) {
        setThreadCount(threads);
        results.push(await runKernels(wasmKernels(caseNetwork(one)), one));
      }
      for (const other of results.slice(1)) assertEquals(other, results[0], one.name);
    }
  } finally {
    setThreadCount(undefined);
  }
});
