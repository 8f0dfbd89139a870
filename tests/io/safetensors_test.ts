import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { elementCount, type HostTensor } from "../../src/runtime/host_tensor.ts";
import { decodeChecked, decodeSafetensors, encodeChecked, encodeSafetensors } from "../../src/io/safetensors.ts";
import { seeded } from "./random.ts";

const ARRAYS = [Float32Array, Float64Array, Int32Array, Uint32Array];

/** A file with this header text, padded as given, and data. */
function file(header: string, data: Uint8Array | number[] = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function info(shape: unknown, offsets: unknown, dtype: unknown = "F32"): string {
  return JSON.stringify({ dtype, shape, data_offsets: offsets });
}

function refused(header: string, data: number[], message: string): void {
  assertThrows(() => decodeSafetensors(file(header, data), "x.safetensors"), InvalidInputError, message);
}

function randomTensor(random: () => number): HostTensor {
  const shape = Array.from({ length: Math.floor(random() * 5) }, () => Math.floor(random() * 4));
  const data = new ARRAYS[Math.floor(random() * 4)](elementCount(shape));
  return { shape, data: data.map(() => (random() - 0.5) * 1e9) };
}

function assertSame(actual: Record<string, HostTensor>, expected: Record<string, HostTensor>): void {
  assertEquals(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, { shape, data }] of Object.entries(expected)) {
    assertEquals(actual[name].shape, shape);
    assertEquals(actual[name].data.constructor, data.constructor);
    assertEquals([...actual[name].data], [...data]);
  }
}

Deno.test("safetensors: random tensors of every dtype, scalars and empty ones come back", async () => {
  const random = seeded(1);
  for (let trial = 0; trial < 100; trial++) {
    const names = Array.from({ length: Math.floor(random() * 6) }, (_, i) => ["w/", "é", "0", '\n"', "🙂", ""][i]);
    const tensors = Object.fromEntries(names.map((name) => [name, randomTensor(random)]));
    const metadata: Record<string, string> = trial % 2 ? { seed: String(trial), 'k:"{': 'v: \\" é' } : {};
    const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata), "x");
    assertSame(decoded.tensors, tensors);
    assertEquals({ ...decoded.metadata }, metadata);
    const checked = await decodeChecked(await encodeChecked(tensors, metadata), "x");
    assertSame(checked.tensors, tensors);
    assertEquals({ ...checked.metadata }, metadata);
  }
});

Deno.test("safetensors: the layout is the one of the specification, byte for byte", () => {
  const bytes = encodeSafetensors({
    b: { shape: [2], data: new Int32Array([1, -1]) },
    a: { shape: [], data: new Float32Array([1]) },
    z: { shape: [1, 1], data: new Float64Array([-2]) },
  }, { k: "v" });
  const header = '{"__metadata__":{"k":"v"},' +
    '"z":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},' +
    '"a":{"dtype":"F32","shape":[],"data_offsets":[8,12]},' +
    '"b":{"dtype":"I32","shape":[2],"data_offsets":[12,20]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8, " ");
  assertEquals(
    bytes,
    file(padded, [0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0x80, 0x3f, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
  );
});

Deno.test("safetensors: an empty file, and one from another program, can be read", () => {
  assertEquals(encodeSafetensors({}, {}), file("{}      "));
  assertEquals(Object.keys(decodeSafetensors(file("{}"), "x").tensors), []);
  // Unaligned, spaced out, laid out against the header's order, an empty tensor in between.
  const header = `{ "b": ${info([1], [4, 8])}, "e": ${info([0, 7], [4, 4])}, "a": ${info([], [0, 4], "U32")} }`;
  const { tensors } = decodeSafetensors(file(header, [7, 0, 0, 0, 0, 0, 0x80, 0x3f]), "x");
  assertSame(tensors, {
    a: { shape: [], data: new Uint32Array([7]) },
    b: { shape: [1], data: new Float32Array([1]) },
    e: { shape: [0, 7], data: new Float32Array() },
  });
});

Deno.test("safetensors: the order of keys does not change the bytes, and NaN payloads survive", async () => {
  const a = { shape: [2], data: new Float32Array(new Uint32Array([0x7fc00123, 0x80000000]).buffer) };
  const b = { shape: [1], data: new Float32Array([3]).subarray(0, 1) };
  const bytes = await encodeChecked({ a, b }, { x: "1", y: "2" });
  assertEquals(bytes, await encodeChecked({ b, a }, { y: "2", x: "1" }));
  const { tensors, metadata } = await decodeChecked(bytes, "x");
  assertEquals(new Uint32Array(tensors.a.data.buffer)[0], 0x7fc00123);
  assertEquals(await encodeChecked(tensors, metadata), bytes);
});

Deno.test("safetensors: the name __proto__ is a name like any other", () => {
  const { tensors, metadata } = decodeSafetensors(
    file(`{"__metadata__":{"__proto__":"m"},"__proto__":${info([], [0, 4])}}`, [0, 0, 0, 0]),
    "x",
  );
  assertEquals(Object.keys(tensors), ["__proto__"]);
  assertEquals(Object.entries(metadata), [["__proto__", "m"]]);
  assertEquals(({} as Record<string, unknown>).shape, undefined);
});

Deno.test("encodeSafetensors: refuses what the format cannot hold", async () => {
  const data = new Float32Array(2);
  const cases: [() => unknown, string][] = [
    [
      () => encodeSafetensors({ w: { shape: [3], data } }, {}),
      'data of tensor "w" must be 3 elements (shape [3]), got 2',
    ],
    [() => encodeSafetensors({ w: { shape: [-1, -2], data } }, {}), "non-negative integers, got [-1,-2]"],
    [() => encodeSafetensors({ w: { shape: [2], data: new Uint8Array(2) as never } }, {}), "must be a Float32Array"],
    [() => encodeSafetensors({ __metadata__: { shape: [2], data } }, {}), "other than __metadata__"],
    [() => encodeSafetensors({ "\ud800": { shape: [2], data } }, {}), "well-formed text"],
    [() => encodeSafetensors({}, { k: 1 as never }), 'metadata "k" must be well-formed text, got 1'],
  ];
  for (const [run, message] of cases) assertThrows(run, InvalidInputError, message);
  await assertRejects(() => encodeChecked({}, { sha256: "1" }), InvalidInputError, "reserved key sha256");
});

Deno.test("decodeSafetensors: each broken rule is named", () => {
  const four = [0, 0, 0, 0];
  assertThrows(
    () => decodeSafetensors(new Uint8Array(7), "x.safetensors"),
    InvalidInputError,
    "Cannot read x.safetensors: file must be at least 8 bytes long, got 7",
  );
  const huge = new Uint8Array(16).fill(0xff);
  assertThrows(
    () => decodeSafetensors(huge, "x"),
    InvalidInputError,
    "at most 100000000 bytes, got 18446744073709551615",
  );
  refused("", four, "header must be a JSON object that starts with {");
  refused(" {}", [], "header must be a JSON object that starts with {");
  refused("[]", [], "header must be a JSON object that starts with {");
  refused("{", [], "header must be valid JSON");
  refused('{"__metadata__":{"k":1}}', [], 'metadata "k" must be a text, got 1');
  refused('{"__metadata__":[]}', [], "__metadata__ must be an object of texts");
  refused('{"__metadata__":null}', [], "__metadata__ must be an object of texts");
  refused('{"w":7}', [], 'description of tensor "w" must be');
  refused(`{"w":{"dtype":"F32","shape":[],"data_offsets":[0,4],"more":1}}`, four, "alone");
  refused(`{"w":{"dtype":"F32","shape":[]}}`, four, "alone");
  for (const dtype of ["F16", "f32", "toString", "__proto__", null]) {
    refused(`{"w":${info([], [0, 4], dtype)}}`, four, "must be one of F64, F32, U32, I32");
  }
  for (const shape of [null, {}, "1", [-1], [1.5], ["1"], [null], [2 ** 53]]) {
    refused(`{"w":${info(shape, [0, 4])}}`, four, "must be an array of non-negative integers");
  }
  for (const shape of ["[-0]", "[1e400]"]) {
    refused(`{"w":{"dtype":"F32","shape":${shape},"data_offsets":[0,4]}}`, four, "an array of non-negative integers");
  }
  refused(`{"w":${info([2 ** 32, 2 ** 32], [0, 0])}}`, [], "of fewer than 2^53 bytes");
  refused(`{"w":${info(Array(40).fill(2 ** 50).concat(0), [0, 0])}}`, [], "of fewer than 2^53 bytes");
  refused(`{"w":${info([2 ** 40], [0, 4])}}`, four, "must be 4398046511104 bytes");
  refused(`{"w":${info([2 ** 40], [0, 2 ** 42])}}`, four, 'end of tensor "w" must be within 4 bytes of data');
  for (const offsets of [null, [0], [0, 4, 4], [4, 0], [-4, 0], [0, 4.5], ["0", "4"]]) {
    refused(`{"w":${info([1], offsets)}}`, four, "must be [begin, end] in bytes");
  }
  refused(`{"w":${info([2], [0, 4])}}`, four, 'data of tensor "w" must be 8 bytes (shape and dtype), got 4');
  refused(`{"w":${info([1], [0, 4])}}`, [...four, 0], "data must be exactly the 4 bytes of the tensors, got 5");
  refused(`{}`, four, "data must be exactly the 0 bytes of the tensors, got 4");
  refused(
    `{"w":${info([1], [4, 8])}}`,
    [...four, ...four],
    'start of tensor "w" must be where the one before it ends (0)',
  );
  refused(`{"a":${info([1], [0, 4])},"b":${info([1], [0, 4])}}`, four, 'start of tensor "b"');
  refused(`{"a":${info([2], [0, 8])},"b":${info([1], [4, 8])}}`, [...four, ...four], 'start of tensor "b"');
  refused(`{"w":${info([1], [0, 4])},"w":${info([1], [0, 4])}}`, four, 'without duplicate keys (4 keys), got "8 keys"');
  refused(`{"__metadata__":{"k":"a","k":"b"}}`, [], "without duplicate keys");
  refused(`{"\\ud800":${info([1], [0, 4])}}`, four, "tensor name must be well-formed");
  refused(`{"w":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, [], "description of tensor");
  const notUtf8 = file(`{"w":"?"}`);
  notUtf8[8 + 6] = 0xff;
  assertThrows(() => decodeSafetensors(notUtf8, "x"), InvalidInputError, "header must be UTF-8 text");
  // Somebody's table, by mistake.
  const table = new TextEncoder().encode("customer;laptop;phone\r\n1;900,50;200\r\n");
  assertThrows(
    () => decodeSafetensors(table, "bids.csv"),
    InvalidInputError,
    'Cannot read bids.csv: file must be a safetensors file, such as the mechanism.safetensors of a run folder, got "customer;laptop;phone',
  );
});

Deno.test("decodeChecked: a file without checksum, or with that of another content, is refused", async () => {
  const plain = encodeSafetensors({ w: { shape: [], data: new Float32Array([1]) } }, {});
  await assertRejects(() => decodeChecked(plain, "x"), InvalidInputError, "metadata must be with a sha256 entry");
  const forged = encodeSafetensors({}, { sha256: "0".repeat(64) });
  await assertRejects(() => decodeChecked(forged, "x"), InvalidInputError, "Cannot read x: content must be what its");
});

Deno.test("fuzz: no changed file passes decodeChecked, and every failure is an InvalidInputError", async () => {
  const random = seeded(7);
  const below = (n: number): number => Math.floor(random() * n);
  const original = await encodeChecked({
    "layer/0": { shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, 6]) },
    "step": { shape: [], data: new Uint32Array([41]) },
    "empty": { shape: [0, 2], data: new Float64Array() },
  }, { problem: "toy", seed: "1" });
  const headerEnd = 8 + Number(new DataView(original.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(original.subarray(8, headerEnd));
  const snippets = ["{", "}", "[", "]", '"', ",", ":", "0", "-", "9", "e", " ", "\\", "null", "__proto__", "F64", "é"];

  const mutations: (() => Uint8Array)[] = [
    function flipBits() {
      const bytes = original.slice();
      for (let flips = 1 + below(3); flips > 0; flips--) bytes[below(bytes.length)] ^= 1 << below(8);
      return bytes;
    },
    function overwriteByte() {
      const bytes = original.slice();
      bytes[below(bytes.length)] = below(256);
      return bytes;
    },
    function editHeader() {
      const at = below(header.length);
      const edited = header.slice(0, at) + snippets[below(snippets.length)] + header.slice(at + below(6));
      return file(edited, original.subarray(headerEnd));
    },
    function editNumber() {
      const numbers = [...header.matchAll(/\d+/g)];
      const { 0: old, index } = numbers[below(numbers.length)];
      const value = [0, 1, -1, 2 ** 31, 2 ** 53, 1e308, 3, 4, 24][below(9)];
      return file(header.slice(0, index) + value + header.slice(index + old.length), original.subarray(headerEnd));
    },
    function swapOrRepeat() {
      const from = below(original.length);
      const part = original.subarray(from, from + below(40));
      const at = below(original.length);
      return new Uint8Array([...original.subarray(0, at), ...part, ...original.subarray(at)]);
    },
    function repad() {
      return file(header.trimEnd() + [" ", "\n", "\t"][below(3)].repeat(below(20)), original.subarray(headerEnd));
    },
  ];
  const cases: Uint8Array[] = Array.from(original, (_, length) => original.slice(0, length));
  for (let bit = 0; bit < original.length * 8; bit++) {
    const bytes = original.slice();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    cases.push(bytes);
  }
  for (let i = 0; i < 3000; i++) cases.push(mutations[i % mutations.length]());

  let changed = 0;
  for (const bytes of cases) {
    const same = bytes.length === original.length && bytes.every((byte, i) => byte === original[i]);
    if (same) continue;
    changed++;
    try {
      decodeSafetensors(bytes, "fuzz");
    } catch (error) {
      assert(error instanceof InvalidInputError, String(error));
    }
    await assertRejects(() => decodeChecked(bytes, "fuzz"), InvalidInputError, "Cannot read fuzz: ");
  }
  assert(changed > 5000, `only ${changed} files were changed`);
});
