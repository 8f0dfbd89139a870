/** Which device is opened, and what happens when it fails. */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import type { WebGPUBackend } from "../../src/deps/tfjs_webgpu.ts";
import { tf } from "../../src/deps/tfjs.ts";
import { InvalidInputError, MachineError } from "../../src/errors.ts";
import {
  type BackendName,
  chooseAdapter,
  listDevices,
  openDevice,
  type WasmDescription,
  type WebgpuDescription,
} from "../../src/runtime/device.ts";
import { forEachDevice, WITHOUT_WEBGPU } from "../devices.ts";

/** Sums 2 over 100 x 100 elements on the device: too many for tfjs to do the work on the CPU instead. */
async function sumOnDevice(): Promise<number> {
  const sum = tf.tidy(() => tf.ones([100, 100]).mul(2).sum());
  const [value] = await sum.data();
  sum.dispose();
  return value;
}

/** The raw WebGPU device under tfjs. */
function rawDevice(): GPUDevice {
  return (tf.backend() as WebGPUBackend).device;
}

/** Runs `code` in a fresh process that has `device` (the module), and gives what it printed. */
async function run(code: string, env: Record<string, string>): Promise<{ stdout: string; stderr: string }> {
  const module = new URL("../../src/runtime/device.ts", import.meta.url).href;
  const inherited = ["PATH", "HOME", "DENO_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const { code: exit, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-lock", `import * as device from ${JSON.stringify(module)};\n${code}`],
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...env },
  }).output();
  const text = { stdout: new TextDecoder().decode(stdout).trim(), stderr: new TextDecoder().decode(stderr).trim() };
  assertEquals(exit, 0, text.stderr);
  return text;
}

/** An environment in which Deno finds no WebGPU adapter. */
const NO_ADAPTER = { DENO_WEBGPU_BACKEND: "noop" };

forEachDevice("a device computes, says what it is, and closes twice", async (device) => {
  assertEquals(tf.getBackend(), device.backend);
  assertEquals(await sumOnDevice(), 20000);
  assertEquals(device.reason, `${device.backend}: it was asked for`);
  assert(device.adapter.length > 0);
  if (device.backend === "wasm") assertMatch(device.adapter, /WASM/);
  device.close();
  device.close();
  device.check();
});

Deno.test({
  name: "one process can open wasm, webgpu, wasm and webgpu again",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    for (const backend of ["wasm", "webgpu", "wasm", "webgpu", "webgpu"] as const) {
      const device = await openDevice({ backend, allowSoftware: true });
      assertEquals(tf.getBackend(), backend);
      assertEquals(await sumOnDevice(), 20000);
      device.close();
    }
  },
});

Deno.test({
  name: "opening a second WebGPU device closes the first",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const options = { backend: "webgpu", allowSoftware: true } as const;
    const first = await openDevice(options);
    const second = await openDevice(options);
    assertEquals((await first.lost).reason, "destroyed");
    first.check();
    first.close();
    assertEquals(await sumOnDevice(), 20000);
    second.close();
  },
});

Deno.test("openings at the same time leave a device that works", async () => {
  const backend = WITHOUT_WEBGPU ? "wasm" : "webgpu";
  const devices = await Promise.all([1, 2].map(() => openDevice({ backend, allowSoftware: true })));
  assertEquals(await sumOnDevice(), 20000);
  devices.forEach((device) => device.close());
});

Deno.test({
  name: "tensors on wasm can be used after webgpu was opened",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const wasm = await openDevice({ backend: "wasm" });
    const x = tf.ones([100, 100]);
    wasm.close();
    const webgpu = await openDevice({ backend: "webgpu", allowSoftware: true });
    const sum = tf.tidy(() => x.mul(3).sum());
    assertEquals((await sum.data())[0], 30000);
    tf.dispose([x, sum]);
    webgpu.close();
  },
});

Deno.test({
  name: "tensors on webgpu can be read after wasm was opened",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const webgpu = await openDevice({ backend: "webgpu", allowSoftware: true });
    const x = tf.tidy(() => tf.ones([100, 100]).mul(4));
    await openDevice({ backend: "wasm" });
    assertEquals((await x.data())[9999], 4);
    x.dispose();
    webgpu.close();
    assertEquals(tf.getBackend(), "wasm");
    assertEquals(await sumOnDevice(), 20000);
  },
});

Deno.test({
  name: "products of many terms are the same in every run",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const device = await openDevice({ backend: "webgpu", allowSoftware: true });
    const a = tf.randomUniform([8192, 11], -1, 1, "float32", 1), b = tf.randomUniform([8192, 32], -1, 1, "float32", 2);
    const results = new Set<string>();
    for (let repeat = 0; repeat < 5; repeat++) {
      const product = tf.matMul(a, b, true, false);
      results.add((await product.data()).join());
      product.dispose();
    }
    tf.dispose([a, b]);
    device.close();
    assertEquals(results.size, 1);
  },
});

Deno.test({
  name: "the WebGPU device has the adapter's limits",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const device = await openDevice({ backend: "webgpu", allowSoftware: true });
    const devices = await listDevices();
    const described = devices.find((one): one is WebgpuDescription => one.adapter === device.adapter)!;
    const { limits } = rawDevice();
    assertEquals(limits.maxBufferSize, described.maxBufferSize);
    assertEquals(limits.maxStorageBufferBindingSize, described.maxStorageBufferBindingSize);
    assertEquals(limits.maxComputeWorkgroupStorageSize, described.maxComputeWorkgroupStorageSize);
    device.close();
  },
});

Deno.test({
  name: "check throws the GPU's first silent error, again and again",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const device = await openDevice({ backend: "webgpu", allowSoftware: true });
    device.check();
    // Buffers that are mapped for reading cannot be bound for storage.
    rawDevice().createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
    await sumOnDevice();
    const first = assertThrows(() => device.check(), MachineError, "reported an error");
    assertStringIncludes(first.message, device.adapter);
    rawDevice().createBuffer({ size: 1e15, usage: GPUBufferUsage.STORAGE });
    await sumOnDevice();
    assertEquals(assertThrows(() => device.check(), MachineError).message, first.message);
    device.close();
  },
});

Deno.test({
  name: "a lost device says so, and another can be opened",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const device = await openDevice({ backend: "webgpu", allowSoftware: true });
    const tensor = tf.tidy(() => tf.ones([100, 100]).mul(2));
    rawDevice().destroy(); // what a crashed driver looks like from here
    await assertRejects(() => tensor.data());
    assertEquals((await device.lost).reason, "destroyed");
    assertThrows(() => device.check(), MachineError, "was lost (destroyed)");

    const again = await openDevice({ backend: "webgpu", allowSoftware: true });
    assertEquals(await sumOnDevice(), 20000);
    again.check();
    tensor.dispose();
    again.close();
  },
});

Deno.test("an unknown backend is refused with the choices", async () => {
  const open = () => openDevice({ backend: "cuda" as BackendName });
  const error = await assertRejects(open, InvalidInputError);
  assertEquals(
    error.message,
    'Cannot open a device: backend must be one of "auto", "webgpu", "wasm", got "cuda"',
  );
});

Deno.test("auto takes hardware first, software only where it is allowed, or else wasm", () => {
  const adapter = (description: string, isFallbackAdapter = false) =>
    ({ description, isFallbackAdapter, vendor: "", architecture: "", device: "" }) as GPUAdapterInfo;
  const marked = adapter("CPU emulation", true);
  const unmarked = adapter("SwiftShader Device (LLVM 10.0.0)");
  const card = adapter("NVIDIA H100");

  for (const allowSoftware of [false, true]) {
    assertEquals(chooseAdapter([marked, card], allowSoftware), {
      index: 1,
      reason: "webgpu: the hardware adapter NVIDIA H100 was found",
    });
    const none = chooseAdapter([], allowSoftware);
    assertEquals([none.index, none.reason], [-1, "wasm: no WebGPU adapter was found"]);
  }
  for (const software of [marked, unmarked]) {
    assertEquals(chooseAdapter([software], true).index, 0);
    const refused = chooseAdapter([software], false);
    assertEquals(refused.index, -1);
    assertStringIncludes(refused.reason, `wasm: only a software adapter (${software.description}) was found`);
    assertStringIncludes(refused.remedy ?? "", "pass --allow-software to use it");
  }
});

Deno.test("auto's device is the one that listDevices marks, and never software", async () => {
  const chosen = (await listDevices()).filter((one) => one.chosen !== undefined);
  assertEquals(chosen.length, 1);
  const { backend, adapter, software, reason, close } = await openDevice();
  close();
  assertEquals([backend, adapter, reason], [chosen[0].backend, chosen[0].adapter, chosen[0].chosen]);
  assertEquals(software, false);
});

Deno.test("listDevices names every adapter once, and wasm last", async () => {
  const devices = await listDevices();
  const names = devices.map((one) => `${one.backend} ${one.adapter}`);
  assertEquals(new Set(names).size, names.length);
  const wasm = devices.at(-1) as WasmDescription;
  assertEquals(wasm.backend, "wasm");
  assert(wasm.simd);
  assert(wasm.cores >= 1);
});

Deno.test("without an adapter, auto takes wasm, webgpu says what to do, and nothing else is printed", async () => {
  const code = `
    const { backend, reason } = await device.openDevice();
    const error = await device.openDevice({ backend: "webgpu", allowSoftware: true }).catch((error) => error);
    console.log(JSON.stringify([backend, reason, error.name, error.message, (await device.listDevices()).length]));`;
  const { stdout, stderr } = await run(code, NO_ADAPTER);
  assertEquals(JSON.parse(stdout), [
    "wasm",
    "wasm: no WebGPU adapter was found",
    "MachineError",
    "Cannot open a WebGPU device: no WebGPU adapter was found; install the GPU's Vulkan, Metal or Direct3D 12 " +
    "driver, or use the backend wasm (--backend wasm)",
    1,
  ]);
  assertEquals(stderr, "");
});

Deno.test("drivers print nothing where XDG_RUNTIME_DIR is unset, and it stays unset", async () => {
  const code = `
    (await device.openDevice({ backend: "auto", allowSoftware: true })).close();
    console.log(Deno.env.get("XDG_RUNTIME_DIR"));`;
  assertEquals(await run(code, {}), { stdout: "undefined", stderr: "" });
});

Deno.test("wasm never looks at navigator.gpu", async () => {
  const code = `
    Object.defineProperty(navigator, "gpu", { get() { throw new Error("touched navigator.gpu"); } });
    console.log((await device.openDevice({ backend: "wasm" })).reason);`;
  assertEquals(await run(code, {}), { stdout: "wasm: it was asked for", stderr: "" });
});
