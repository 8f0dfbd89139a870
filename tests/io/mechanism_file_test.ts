/** Mechanism files: nothing is lost, and nothing damaged or absurd gets in. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { InvalidInputError, MachineError, show } from "../../src/errors.ts";
import { encodeCheckpoint } from "../../src/io/checkpoint_file.ts";
import { decodeMechanism, encodeMechanism, loadMechanism, saveMechanism } from "../../src/io/mechanism_file.ts";
import { mechanismKinds } from "../../src/io/mechanism_kinds.ts";
import { decodeMenuMechanism } from "../../src/io/menu_mechanism_file.ts";
import { decodeChecked, encodeChecked } from "../../src/io/safetensors.ts";
import { type MenuMechanism, menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { type NetworkSize, pricingRules } from "../../src/networks/pricing_rule.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import type { HostTensor } from "../../src/runtime/host_tensor.ts";
import { threadMemory } from "./memory.ts";

/** A mechanism with random parameters. */
function randomMechanism(
  participants: number,
  goods: number,
  exchangeable: boolean,
  context: Partial<NetworkSize> = {},
): MenuMechanism {
  const shape = { participants, goods, exchangeable };
  const network = { layers: 2, groups: 4, groupSize: 3, hidden: [6, 5], ...context };
  const parameters = Object.fromEntries(
    Object.entries(pricingRules(shape, network).initialParameters(randomKey(1))).map(([name, { shape, data }], k) => {
      const noise = normals(deriveKey(randomKey(2), k), data.length);
      return [name, { shape, data: Float32Array.from(data, (value, j) => value + 0.4 * noise[j]) }];
    }),
  );
  return menuMechanism({ problem: `U_{${participants},${goods}}^{0,0}`, shape, network, parameters });
}

Deno.test("a mechanism that was encoded gives the same results, bit for bit", async () => {
  await openDevice({ backend: "wasm" });
  const cases: [number, number, boolean, Partial<NetworkSize>?][] = [[1, 3, true], [2, 2, true], [3, 2, false]];
  cases.push([3, 2, false, { context: "dense" }], [3, 4, true, { context: "set", hidden: [5] }]);
  for (const [n, m, exchangeable, context] of cases) {
    const mechanism = randomMechanism(n, m, exchangeable, context), bytes = await encodeMechanism(mechanism);
    const decoded = await decodeMenuMechanism(bytes, "x.tedi", settingProblem(`U-${n}-${m}`));
    for (const name of ["problem", "shape", "network", "participants", "goods"] as const) {
      assertEquals(decoded[name], mechanism[name]);
    }
    assertEquals(await encodeMechanism(decoded), bytes);
    const types = uniforms(randomKey(3), 20 * n * m), outcomes = Float64Array.from(types);
    const result = await decoded.run(types);
    assertEquals(result, await mechanism.run(types));
    assert(result.payments.some((payment) => payment !== 0), "somebody pays");
    assertEquals(await decoded.prices(types, outcomes), await mechanism.prices(types, outcomes));
  }
});

Deno.test("a mechanism file is written, replaced and read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/mechanism.safetensors`;
    const [first, second] = [randomMechanism(2, 2, true), randomMechanism(3, 2, false)];
    await saveMechanism(path, first);
    await saveMechanism(path, second);
    assertEquals(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["mechanism.safetensors"]);
    const loaded = await loadMechanism(path);
    assertEquals(await encodeMechanism(loaded), await encodeMechanism(second));
    const missing = `${folder}/missing`;
    assertStringIncludes((await assertRejects(() => loadMechanism(missing), MachineError)).message, missing);
    await assertRejects(() => saveMechanism(`${folder}/no/such/folder`, first), MachineError, "no/such/folder");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a mechanism for another problem is refused with both names", async () => {
  const bytes = await encodeMechanism(randomMechanism(2, 2, true));
  const cases: [problem: string, needed: string][] = [
    ["U_{3,2}^{0,0}", "U_{3,2}^{0,0} (n = 3, m = 2)"],
    ["U_{2,3}^{0,0}", "U_{2,3}^{0,0} (n = 2, m = 3)"],
    ["U_{2,2}^{1,0}", "U_{2,2}^{1,0} (n = 2, m = 2)"],
  ];
  for (const [problem, needed] of cases) {
    const decode = () => decodeMechanism(bytes, "x.tedi", settingProblem(problem));
    const { message } = await assertRejects(decode, InvalidInputError);
    assertEquals(
      message,
      `Cannot use x.tedi: its problem must be ${needed}, got U_{2,2}^{0,0} (n = 2, m = 2)`,
    );
  }
  // A name is not enough.
  const sameName = { ...settingProblem("U_{3,2}^{0,0}"), name: "U_{2,2}^{0,0}" };
  await assertRejects(() => decodeMechanism(bytes, "x.tedi", sameName), InvalidInputError, "(n = 3, m = 2)");
});

Deno.test("a mechanism file that was cut, extended or changed in one bit is refused", async () => {
  const bytes = await encodeMechanism(randomMechanism(2, 2, true));
  const refuse = (damaged: Uint8Array, what: string) =>
    assertRejects(() => decodeMechanism(damaged, "x.tedi"), InvalidInputError, "Cannot read x.tedi: ", what);
  const lengths = [0, 1, 7, 8, 9, 100, bytes.length >> 1, bytes.length - 4, bytes.length - 1];
  for (const length of lengths) await refuse(bytes.slice(0, length), `${length} bytes`);
  await refuse(Uint8Array.from([...bytes, 0]), "one byte more");
  await refuse(new Uint8Array(bytes.length), "zeros");
  for (let at = 0; at < bytes.length; at += at < 800 ? 1 : 13) {
    const damaged = bytes.slice();
    damaged[at] ^= 1 << at % 8;
    await refuse(damaged, `byte ${at}`);
  }
});

/** What is changed, and words of the message. */
interface Forgery {
  readonly metadata?: Record<string, string | undefined>;
  readonly shape?: Record<string, unknown>;
  readonly network?: Record<string, unknown>;
  readonly tensors?: Record<string, HostTensor | undefined>;
  readonly words: string;
}

const floats = (shape: number[], value = 0): HostTensor => ({
  shape,
  data: new Float32Array(shape.reduce((product, side) => product * side, 1)).fill(value),
});
const SIZES: [part: "shape" | "network", name: string][] = [
  ["shape", "participants"],
  ["shape", "goods"],
  ["network", "layers"],
  ["network", "groups"],
  ["network", "groupSize"],
];
const RANGE = "an integer from 1 to 1000000";
const forgeries: Forgery[] = [
  ...[undefined, "tedi-mechanism-2", "", "toString"].map((format) => ({
    metadata: { format },
    words: `its format must be one of ${mechanismKinds.map(({ format }) => format).join(", ")}, got ${show(format)}`,
  })),
  ...["shape", "network"].flatMap((name) =>
    [undefined, "", "null", "3", '"text"', "{", "\0"].map((text) => ({
      metadata: { [name]: text },
      words: `metadata ${name} must be a JSON object`,
    }))
  ),
  { metadata: { shape: "[]" }, words: `participants must be ${RANGE}, got undefined` },
  { metadata: { network: `["a"]` }, words: `layers must be ${RANGE}, got undefined` },
  ...SIZES.flatMap(([part, name]) =>
    [0, -1, -1e300, 1.5, 1_000_001, 1e300, 2 ** 53, "2", null, [2], true, undefined].map((value) => ({
      [part]: { [name]: value },
      words: `${name} must be ${RANGE}`,
    }))
  ),
  // Each size is possible, and all of them together are not.
  ...SIZES.map(([part, name]) => ({ [part]: { [name]: 1_000_000 }, words: "must be" })),
  ...SIZES.slice(1).map(([part, name]) => ({ [part]: { [name]: 1 }, words: "must be float32 of shape" })),
  { shape: { participants: 1 }, words: "hidden.0.bias must be one of its parameters, but is not" },
  {
    network: { layers: 1e6, groups: 1e6, groupSize: 1e6 },
    words: "outputs must be a positive integer, got 1.000002e+24",
  },
  { shape: { goods: 1e6 }, network: { layers: 1e6, groups: 1e6, groupSize: 1e6 }, words: "outputs must be" },
  { network: { hidden: [1e6, 1e6, 1e6] }, words: "must be float32 of shape [2,1000000]" },
  { network: { hidden: Array(1000).fill(1e6) }, words: "must be float32 of shape [2,1000000]" },
  { network: { hidden: Array(100_000).fill(1e6) }, words: "hidden must be a list of 1000 widths at most, got 100000" },
  ...[undefined, null, "8", 8, {}, [0], [-8], [1.5], ["8"], [null], [[8]], [1e7]].map((hidden) => ({
    network: { hidden },
    words: "hidden must be a list of integers from 1 to 1000000",
  })),
  { network: { hidden: [] }, words: "parameter output.weight must be float32 of shape [2," },
  { network: { hidden: [5, 6] }, words: "parameter hidden.0.weight must be float32 of shape [2,5], got [2,6]" },
  ...[null, "", "Dense", "toString", 1, ["set"]].map((context) => ({
    network: { context },
    words: "context must be one of dense, set, none, got",
  })),
  {
    network: { context: "set" },
    words: "hidden must be one width, or three (element, global, local), got [6,5]",
  },
  { network: { context: "set", hidden: Array(1000).fill(8) }, words: "hidden must be one width, or three" },
  {
    network: { context: "set", hidden: [8] },
    words: "parameter hidden.element.weight must be there, but it is missing",
  },
  {
    ...{ network: { context: "none" }, shape: { exchangeable: false } },
    words: "network.context must be dense or set where participants are not exchangeable",
  },
  ...[undefined, null, 1, "true"].map((exchangeable) => ({
    shape: { exchangeable },
    words: "exchangeable must be true or false",
  })),
  { shape: { exchangeable: false }, words: "parameter hidden.0.weight must be float32 of shape [4,6], got [2,6]" },
  { tensors: { "output.bias": undefined }, words: "parameter output.bias must be there, but it is missing" },
  { tensors: { "hidden.1.bias": floats([1, 5]) }, words: "hidden.1.bias must be float32 of shape [5], got [1,5]" },
  { tensors: { "hidden.1.bias": floats([0]) }, words: "hidden.1.bias must be float32 of shape [5], got [0]" },
  { tensors: { "hidden.1.bias": { shape: [5], data: new Float64Array(5) } }, words: "must be float32 of shape [5]" },
  ...[NaN, Infinity, -Infinity].map((value) => ({
    tensors: { "hidden.1.bias": floats([5], value) },
    words: `parameter hidden.1.bias must be finite, got ${value}`,
  })),
  ...["extra", "hidden.2.weight", "__proto__", "toString", ""].map((name) => ({
    tensors: Object.fromEntries([[name, floats([1])]]),
    words: `Cannot make a mechanism: ${name} must be one of its parameters, but is not`,
  })),
];

Deno.test("a mechanism file that was forged with a valid checksum is refused at once", async () => {
  const genuine = await decodeChecked(await encodeMechanism(randomMechanism(2, 2, true)), "x.tedi");
  const changed = (text: string, changes: Record<string, unknown> = {}) =>
    JSON.stringify({ ...JSON.parse(text), ...changes });
  const without = <T>(record: Record<string, T | undefined>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Record<string, T>;
  for (const { metadata, shape, network, tensors, words } of forgeries) {
    const texts = without({
      ...genuine.metadata,
      shape: changed(genuine.metadata.shape, shape),
      network: changed(genuine.metadata.network, network),
      ...metadata,
    });
    // With plain assignment, a tensor called __proto__ would vanish.
    const all = Object.fromEntries([...Object.entries(genuine.tensors), ...Object.entries(tensors ?? {})]);
    const bytes = await encodeChecked(without(all), texts);
    const before = threadMemory();
    const { message } = await assertRejects(
      () => decodeMechanism(bytes, "x.tedi"),
      InvalidInputError,
      undefined,
      words,
    );
    const grown = threadMemory() - before;
    assertStringIncludes(message, words);
    assert(message.length < 400, `a message of ${message.length} characters`);
    assert(grown < 100 * 2 ** 20, `${grown} bytes for "${message}"`);
  }
});

Deno.test("a run's folder stands for its mechanism; a checkpoint and other files are called what they are", async () => {
  const folder = await Deno.makeTempDir(),
    checkpoint = `${folder}/checkpoint.safetensors`,
    text = `${folder}/notes.txt`;
  try {
    await assertRejects(() => loadMechanism(folder), MachineError, `${folder}/mechanism.safetensors`);
    const mechanism = randomMechanism(1, 2, true);
    await saveMechanism(`${folder}/mechanism.safetensors`, mechanism);
    for (const path of [folder, `${folder}/`]) {
      assertEquals((await loadMechanism(path)).parameters, mechanism.parameters);
    }
    const saved = { tensors: { x: { shape: [1], data: new Float32Array(1) } }, metadata: { progress: "{}" } };
    await Deno.writeFile(checkpoint, await encodeCheckpoint(saved));
    const words = "got a checkpoint; the mechanism of a run is its mechanism.safetensors";
    await assertRejects(() => loadMechanism(checkpoint), InvalidInputError, words);
    for (const content of ["Four score and seven years ago", "", "{}"]) {
      await Deno.writeTextFile(text, content);
      const words = `Cannot read ${text}: it must be a mechanism file, got one that is not safetensors`;
      await assertRejects(() => loadMechanism(text), InvalidInputError, words);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
