/** The WebGPU kernels against plain TensorFlow.js on WASM, on whichever adapter there is. */
import { assert, assertEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { caseCuts, cutDifferences } from "../../src/kernels/comparison/cuts.ts";
import type { Difference } from "../../src/kernels/comparison/differences.ts";
import { referenceKernels } from "../../src/kernels/reference.ts";
import { chainShader } from "../../src/kernels/webgpu/chains.ts";
import { Commands } from "../../src/kernels/webgpu/dispatch.ts";
import { type WebgpuKernelOptions, webgpuKernels } from "../../src/kernels/webgpu/kernels.ts";
import type { Memory } from "../../src/kernels/webgpu/layout.ts";
import { dispatches } from "../../src/kernels/webgpu/schedule.ts";
import type { Shader } from "../../src/kernels/webgpu/shader.ts";
import { randomCode } from "../../src/kernels/webgpu/threefry.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { threefry2x32 } from "../../src/random/threefry.ts";
import { tensorsIn } from "../../src/runtime/gradients.ts";
import type { Chains } from "../../src/sampling/move_chains.ts";
import { type Device, openDevice } from "../../src/runtime/device.ts";
import { WITHOUT_WEBGPU } from "../devices.ts";
import {
  caseChains,
  caseHypernetwork,
  caseInputs,
  caseNetwork,
  compareResults,
  type KernelCase,
  kernelCases,
  type KernelResults,
  runKernels,
} from "./cases.ts";

const [byContext, shared, manyGoods, manyWeights, tiny] = kernelCases;
/** A case with few weights, for which little is to be compiled. */
const few: KernelCase = {
  ...byContext,
  size: { goods: 3, layers: 2, groups: 4, groupSize: 2 },
  rows: 23,
  hidden: 9,
  points: 37,
  chains: 9,
  name: "few weights",
};
const fewShared: KernelCase = { ...few, hidden: 0, name: "few weights, shared" };
/** Symmetric networks, with workgroup memory and, as `few`, with little to be compiled. */
const symmetric: readonly KernelCase[] = [
  kernelCases.at(-3)!,
  { ...fewShared, size: { ...few.size, sumsOfLargest: true }, name: "few weights, symmetric" },
  kernelCases.at(-1)!,
];
const cases = [
  byContext,
  shared,
  manyGoods,
  manyWeights,
  tiny,
  ...kernelCases.slice(16, 18),
  few,
  fewShared,
  ...symmetric,
];
/** With slopes per good; the last has more rows, one for each good, than a workgroup sums over. */
const fewPerGood: KernelCase = { ...few, perGood: 5, name: "few weights, slopes per good" };
const localCases = [
  ...[6, 7, 8].map((k) => kernelCases[k]),
  fewPerGood,
  { ...fewPerGood, rows: 400, points: 5, chains: 5, name: "few weights, slopes per good, many rows" },
];

/**
 * The WebGPU device, one for all tests, as to compile for llvmpipe takes seconds; and what plain TensorFlow.js makes of
 * the cases, on WASM: that is faster, and right where llvmpipe ends loops early.
 */
let opened: Promise<{ device: Device; expected: ReadonlyMap<KernelCase, KernelResults> }> | undefined;

async function open() {
  await openDevice({ backend: "wasm" });
  const expected = new Map<KernelCase, KernelResults>();
  for (const one of [...cases, ...localCases]) {
    expected.set(one, await runKernels(referenceKernels(caseNetwork(one)), one));
  }
  const device = await openDevice({ backend: "webgpu", allowSoftware: true });
  addEventListener("unload", () => device.close());
  return { device, expected };
}

/** Registers a test on the WebGPU device, which must not leave tensors or errors of the GPU. */
function onWebgpu(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name,
    ignore: WITHOUT_WEBGPU,
    async fn() {
      const { device } = await (opened ??= open());
      const before = tf.memory().numTensors;
      await fn();
      await new Promise((resolve) => setTimeout(resolve)); // GPU errors arrive by events
      device.check();
      assertEquals(tf.memory().numTensors, before, "tensors are left");
    },
  });
}

/** Compares kernels with plain TensorFlow.js on cases. */
function checkCases(name: string, cases: readonly KernelCase[], options: WebgpuKernelOptions = {}): void {
  for (const one of cases) {
    onWebgpu(`${name}: ${one.name}`, async () => {
      const { expected } = await opened!;
      compareResults(one, await runKernels(webgpuKernels(caseNetwork(one), options), one), expected.get(one)!);
    });
  }
}

checkCases("WebGPU kernels", [...cases, ...localCases]);

/** Where chains of a case have their scratch memory and weights, of so many bytes of workgroup memory. */
function placeChains({ size, chains }: KernelCase, bytes: number): Memory {
  return chainShader(size, chains, true, { bytes, threads: 256 }).memory;
}

Deno.test("scratch memory and weights are in workgroup memory where they fit", () => {
  const place = (bytes: number) => {
    const { ownScratch, ownWeights } = placeChains(byContext, bytes);
    return [ownScratch, ownWeights];
  };
  assertEquals(place(48 * 1024), [true, true]);
  assertEquals(place(32 * 1024), [true, false]);
  assertEquals(place(4 * 1024), [false, false]);
});
const { laneCount, wordCount } = placeChains(few, 2 ** 16), scratchOnly = 16 * laneCount + 4 * wordCount + 64;
assertEquals(placeChains(few, scratchOnly).ownScratch, true);
assertEquals(placeChains(few, scratchOnly).ownWeights, false);
checkCases("WebGPU kernels with weights in storage buffers", [few, fewShared], { workgroupBytes: scratchOnly });
checkCases("WebGPU kernels with scratch memory in storage buffers", [few, fewShared], { workgroupBytes: 512 });

const { size: { goods: m, layers: K, groups: G, groupSize: E } } = few;
const rowBytes = 4 * caseNetwork(few).weightCount;
assert(K > 1 && rowBytes > 4 * (m + G + E), "a row of weights is the largest tensor");
checkCases("WebGPU kernels that bind parts of tensors", [few, fewShared, fewPerGood], {
  bindingBytes: 256 + 3 * rowBytes,
});
checkCases("WebGPU kernels with a record a dispatch", [few], { loopRounds: 1 });

onWebgpu("chunks of rows change no bit of values, slopes and chains, nor do two runs of anything", async () => {
  const network = caseNetwork(few), inputs = caseInputs(few);
  const whole = await runKernels(webgpuKernels(network), few, inputs);
  const inChunks = await runKernels(webgpuKernels(network, { chunkBytes: 5 * rowBytes }), few, inputs);
  for (const part of ["value", "slope", "chains", "squareSlopes", "values"] as const) {
    assertEquals(inChunks[part], whole[part], part);
  }
  compareResults(few, inChunks, whole);
  for (const one of [few, fewShared]) {
    const kernels = webgpuKernels(network), inputs = caseInputs(one);
    assertEquals(await runKernels(kernels, one, inputs), await runKernels(kernels, one, inputs));
  }
});

onWebgpu("without steps chains stay, and values are there", async () => {
  const one = { ...few, move: { ...few.move, steps: 0 } }, inputs = caseInputs(one);
  const { chains, squareSlopes, values } = await runKernels(webgpuKernels(caseNetwork(one)), one, inputs);
  assertEquals(chains, inputs.chains);
  assertEquals(squareSlopes, inputs.squareSlopes);
  assertEquals(values.length, one.rows * (one.chains + 1));
  assert(values.every((f) => Number.isFinite(f) && f !== 0));
});

onWebgpu("stages of chains are moves one behind the other, to the bit, in chunks of rows, too", async () => {
  const inputs = caseInputs(few), network = caseNetwork(few), { rows, chains: C, size: { goods: m } } = few;
  const stages = [5, 20, 80].map((beta, k) => ({ move: { ...few.move, beta }, key: randomKey(k) }));
  for (const options of [{}, { chunkBytes: 5 * rowBytes }, { loopRounds: 1 }]) {
    const kernels = webgpuKernels(network, options), hypernetwork = caseHypernetwork(few, inputs);
    const start = caseChains(few, inputs), types = tf.tensor2d(inputs.types, [rows, m]);
    const made = kernels.resident!.moveInStages(hypernetwork, types, start, stages, 2);
    let now: Chains = start;
    const each = stages.map(({ move, key }) => {
      const moved = kernels.moveChains(hypernetwork, inputs.types, now, move, key);
      now = moved;
      return moved;
    });
    assertEquals(made.length, 2);
    for (const [k, moved] of made.entries()) {
      assertEquals(moved.values.shape, [rows, C + 1]);
      for (const part of ["chains", "squareSlopes", "values"] as const) {
        assertEquals(await moved[part].data(), await each[k + 1][part].data(), `${part} of stage ${k + 2}`);
      }
    }
    tf.dispose([types, ...tensorsIn([hypernetwork, start, ...made, ...each])]);
  }
});

onWebgpu("maxima of linear functions over the box, and their multipliers, are those of cutting planes", async () => {
  const found = new Map<string, readonly Difference[]>();
  // More functions than threads, one, parts of tensors, and more coordinates than threads.
  const rowBytes = 4 * 70 * few.size.goods;
  const manyCoordinates = { ...few, size: { ...few.size, goods: 70 }, rows: 3 };
  for (
    const [name, one, count, options] of [
      ["more functions than threads", few, 70, {}],
      ["parts of tensors", few, 70, { bindingBytes: 256 + 3 * rowBytes }],
      ["one function", few, 1, {}],
      ["more coordinates than threads", manyCoordinates, 64, {}],
    ] as const
  ) {
    const { resident } = webgpuKernels(caseNetwork(one), options);
    found.set(name, await cutDifferences(resident!, caseCuts(one, count)));
  }
  for (const [name, differences] of found) {
    for (const { what, off, allowed } of differences) assert(off <= allowed, `${name}, ${what}: off by ${off}`);
  }
  assertEquals(found.get("parts of tensors"), found.get("more functions than threads"));
});

onWebgpu("Threefry gives the bits of src/random", async () => {
  const count = 4096, key = deriveKey(randomKey(2 ** 40 + 7), 3), commands = new Commands();
  const shader: Shader = {
    name: "random numbers",
    buffers: [{ name: "results", access: "read_write", element: "u32" }],
    params: { key0: "u32", key1: "u32" },
    code: `${randomCode}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
  let key = vec2<u32>(params.key0, params.key1);
  let block = invocation.x;
  let words = threefry(key, block);
  let normals = normalPair(key, block);
  let at = 6u * block;
  results[at] = words.x;
  results[at + 1u] = words.y;
  results[at + 2u] = bitcast<u32>(uniform24(key, 2u * block));
  results[at + 3u] = bitcast<u32>(uniform24(key, 2u * block + 1u));
  results[at + 4u] = bitcast<u32>(normals.x);
  results[at + 5u] = bitcast<u32>(normals.y);
}
`,
  };
  const made = commands.tensor([count, 6]);
  commands.run(shader, { results: commands.window(made) }, { key0: key[0], key1: key[1] }, [count / 64]);
  commands.release();
  const numbers = await made.data() as Float32Array, bits = new Uint32Array(numbers.buffer, numbers.byteOffset);
  made.dispose();
  const words = new Uint32Array(2 * count), uniform = uniforms(key, 2 * count), normal = normals(key, 2 * count);
  threefry2x32(key[0], key[1], 0, 0, count, words);
  for (let j = 0; j < 2 * count; j++) {
    const at = 6 * (j >> 1) + (j & 1);
    assertEquals(bits[at], words[j]);
    assertEquals(numbers[at + 2], uniform[j]);
    assert(Math.abs(numbers[at + 4] - normal[j]) < 1e-5, `normal ${j} is ${numbers[at + 4]}, not ${normal[j]}`);
  }
});

Deno.test("dispatches take whole records, in order, of no more rounds than asked for", () => {
  const records = ["step", "step", "lineMove", "step", "values"] as const, rounds = { step: 2, lineMove: 5, values: 1 };
  assertEquals(dispatches(records, rounds, 100), [[0, 5]]);
  assertEquals(dispatches(records, rounds, 4), [[0, 2], [2, 3], [3, 5]]);
  assertEquals(dispatches(records, rounds, 1), [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]);
});
