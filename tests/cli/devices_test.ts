/** `tedi devices --test`: it finds kernels that are wrong, and says so to people and programs. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import type { TestPlan } from "../../src/cli/device_test/plan.ts";
import { standardPlan } from "../../src/cli/device_test/plan.ts";
import { testDevices } from "../../src/cli/device_test/test_devices.ts";
import type { DeviceTest } from "../../src/cli/device_test/run_test.ts";
import { verdict } from "../../src/cli/device_test/report.ts";
import type { Output } from "../../src/cli/output.ts";
import type { PriceKernels } from "../../src/kernels/kernels.ts";
import { priceKernels } from "../../src/kernels/select.ts";
import type { ConvexNetwork } from "../../src/networks/network.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { WITHOUT_WEBGPU } from "../devices.ts";
import { kernelCases } from "../kernels/cases.ts";
import { jsonLines, tedi } from "./tedi.ts";

/** A plan for which little is compiled: a shape, and a training of two participants and a good. */
function smallPlan(): TestPlan {
  const size = { goods: 2, layers: 1, groups: 3, groupSize: 2 };
  const one = { ...kernelCases[0], name: "small", size, rows: 5, hidden: 3, points: 4, chains: 5 };
  const problem = settingProblem("U-1-1"), { network, ...options } = defaultTraining(problem);
  const small = {
    problem,
    options: {
      ...options,
      network: { ...network, layers: 1, groups: 2 },
      profiles: 4,
      polishProfiles: 128,
      chains: 4,
      steps: 2,
      lineMoveEvery: 0,
    },
  };
  return { cases: [one], compared: small };
}

/** Runs the test on the software adapter; the exit code, the record, and what people are told. */
async function run(kernelsOf?: (network: ConvexNetwork) => PriceKernels, plan = smallPlan()) {
  const texts: string[] = [], records: DeviceTest[] = [], logs: string[] = [];
  const output: Output = {
    json: true,
    text: (text) => texts.push(text),
    event: (_, values) => records.push(values as unknown as DeviceTest),
    log: (message) => logs.push(message),
    warn: (message) => logs.push(message),
    progress: () => ({ update: () => {}, end: () => {} }),
  };
  const code = await testDevices({ seed: 0, allowSoftware: true }, output, () => plan, kernelsOf);
  assertEquals([texts.length, records.length], [1, 1]);
  assert(logs.some((line) => line.startsWith("Testing ")), "progress is logged");
  return { code, record: records[0], text: texts[0] };
}

Deno.test({
  name: "a GPU that is right passes",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const { code, record, text } = await run();
    assertEquals([code, record.right, record.error], [0, true, undefined], text);
    assert(record.kernels.every(({ differences }) => differences.length > 8));
    for (const what of ["maxima of cuts", "maxima of cuts by multipliers"]) {
      assert(record.kernels.every(({ differences }) => differences.some((one) => one.what === what)), what);
    }
    assertEquals(record.training.differences.length, 5);
    assertEquals(record.polishing.differences.map(({ what }) => what), [
      "u0 of best responses",
      "gradient of polishing",
    ]);
    assert(record.machine.deno === Deno.version.deno && record.features.length > 0);
    assert(record.limits.maxStorageBufferBindingSize >= 2 ** 27);
    assertStringIncludes(text, "kernels         right");
    assertStringIncludes(text, "polishing       right");
    assertStringIncludes(text.split("\n").at(-1)!, "computes what it should.");
  },
});

Deno.test({
  name: "figures are of what a GPU does at most, and of an iteration",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const { compared: timed, ...plan } = smallPlan();
    const { record, text } = await run(undefined, { ...plan, cases: [], compared: timed, timed });
    const { throughput, iteration } = record;
    assertEquals([iteration?.polishShare, iteration?.polishProfiles], [0.5, 128]);
    for (const figure of Object.values({ ...throughput, ...iteration })) {
      if (typeof figure === "number") assert(Number.isFinite(figure) && figure > 0);
    }
    assertMatch(text, /multiply-adds .* [GT]FLOP.s, in registers/);
    assertMatch(text, /an iteration .* ms; on wasm .* ms/);
    assertMatch(text.split("\n").at(-1)!, /It is emulated on the CPU/);
  },
});

Deno.test({
  name: "a wrong kernel is found, named, and gives exit code 1",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    // Slopes that are 0.1% too large, and multipliers that are all alike, in kernels that are right otherwise.
    const wrong = (network: ConvexNetwork): PriceKernels => {
      const kernels = priceKernels(network), resident = kernels.resident!;
      return {
        ...kernels,
        slope: (...inputs) => tf.tidy(() => tf.mul(kernels.slope(...inputs), 1.001) as Tensor3D),
        resident: {
          ...resident,
          maximaOfCuts(...inputs) {
            const { weights, ...found } = resident.maximaOfCuts(...inputs), [R, N] = weights.shape;
            weights.dispose();
            return { ...found, weights: tf.fill([R, N], 1 / N) };
          },
        },
      };
    };
    const { code, record, text } = await run(wrong);
    assertEquals([code, record.right], [1, false]);
    const off = record.kernels.flatMap(({ differences }) => differences).filter(({ off, allowed }) => off > allowed);
    assertEquals(off.map(({ what }) => what), ["slope", "maxima of cuts by multipliers"]);
    assertMatch(text, /wrong: slope: off by 1.0e-3, of at most 1.0e-4 \(small\)/);
    assertMatch(text.split("\n").at(-1)!, /computes wrong results. Train with --backend wasm. Please report it/);
  },
});

Deno.test({
  name: "a kernel that fails is a wrong result",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const failing = (network: ConvexNetwork): PriceKernels => ({
      ...priceKernels(network),
      gradient: () => {
        throw new Error("the driver does not know such shaders");
      },
    });
    const { code, record, text } = await run(failing);
    assertEquals([code, record.right], [1, false]);
    assertStringIncludes(text, "wrong: small: the driver does not know such shaders");
  },
});

Deno.test("the verdict says what to do", () => {
  const setting = "U_{3,10}^{1,0}", sizes = { profiles: 128, polishShare: 0.25, polishProfiles: 256 };
  const iteration = { setting, ...sizes, gpuMilliseconds: 5, wasmMilliseconds: 100 };
  const found = { right: true, software: false, iteration } as DeviceTest;
  assertStringIncludes(verdict(found), "20 times as fast as the CPU in U_{3,10}^{1,0}: train with it");
  const slow = { ...found, iteration: { ...iteration, gpuMilliseconds: 200 } };
  assertStringIncludes(verdict(slow), "but the CPU is 2 times as fast in U_{3,10}^{1,0}");
  assertStringIncludes(verdict({ ...found, right: false }), "wrong results. Train with --backend wasm");
  assertStringIncludes(verdict({ ...found, right: false, error: "it was lost" }), "This GPU failed: it was lost");
});

Deno.test("shapes are random, the same for a seed, and of all kinds", () => {
  const names = (seed: number, software = true) => standardPlan(seed, software).cases.map(({ name }) => name);
  assertEquals(names(1), names(1));
  assertEquals(new Set([...names(1), ...names(2)]).size, 16);
  assertEquals(names(1, false).slice(0, 8), names(1));
  assert(names(1).some((name) => name.startsWith("symmetric")) && names(1).some((name) => name.includes(" Hl=")));
});

Deno.test("without an adapter the test says so, with exit code 2", async () => {
  const env = { DENO_WEBGPU_BACKEND: "noop" };
  const { code, stdout, stderr } = await tedi(["devices", "--test", "--allow-software", "--json"], { env });
  assertEquals(code, 2);
  assertStringIncludes(stderr, "Cannot test a GPU: no WebGPU adapter was found; install the GPU's Vulkan, Metal");
  assertEquals(jsonLines(stdout).map(({ event, kind, exitCode }) => [event, kind, exitCode]), [["error", "input", 2]]);
});

Deno.test("options of the test need it", async () => {
  const { code, stderr } = await tedi(["devices", "--seed", "3"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--seed must come with --test, which is missing");
});
