/** Files of every baseline that is trained: nothing is lost, and nothing damaged or absurd gets in. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { smallTrainings } from "../baselines/trained.ts";
import { bits } from "../bits.ts";
import { deno, ROOT } from "../root.ts";
import { separable } from "../../src/baselines/separable.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { decodeMechanism, encodeMechanism, loadMechanism, saveMechanism } from "../../src/io/mechanism_file.ts";
import { isLearned, kindOf, type LearnedMechanism, mechanismKinds } from "../../src/io/mechanism_kinds.ts";
import { decodeMenuMechanism } from "../../src/io/menu_mechanism_file.ts";
import { decodeChecked, encodeChecked, type SafetensorsContent } from "../../src/io/safetensors.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import type { HostTensor } from "../../src/runtime/host_tensor.ts";
import { threadMemory } from "./memory.ts";

/** The mechanism of each baseline after 6 iterations, made once. */
let trained: Promise<readonly LearnedMechanism[]> | undefined;
const mechanisms = () =>
  trained ??= (async () => {
    const device = await openDevice({ backend: "wasm" }), made: LearnedMechanism[] = [];
    for (const { train } of smallTrainings) made.push((await train({ device })).mechanism);
    return made;
  })();

Deno.test("every kind of mechanism but that with a menu of all outcomes is a baseline that is trained", () => {
  const [menu, ...others] = mechanismKinds.filter(({ method }) => method !== "TEDI-AMA"); // which is TEDI's, too
  assertEquals([menu.format, menu.method], ["tedi-mechanism-1", undefined]);
  assertEquals(others.map(({ method }) => method).sort(), smallTrainings.map(({ method }) => method).sort());
  const formats = mechanismKinds.map(({ format }) => format);
  assertEquals(new Set(formats).size, formats.length);
});

Deno.test("a mechanism file loads no baseline that it does not hold", async () => {
  const modules = async (file: string) => {
    const { stdout } = await deno(["info", "--json", "--no-lock", file]);
    const graph = JSON.parse(stdout) as {
      modules: { specifier: string; dependencies?: { code?: { specifier?: string }; isDynamic?: boolean }[] }[];
    };
    const reached = new Set([new URL(file, ROOT).href]);
    for (const one of reached) {
      for (const { code, isDynamic } of graph.modules.find(({ specifier }) => specifier === one)?.dependencies ?? []) {
        if (code?.specifier && !isDynamic) reached.add(code.specifier);
      }
    }
    return [...reached].map((one) => one.replace(ROOT.href, ""));
  };
  for (const file of ["src/io/mechanism_file.ts", "src/cli/commands/run.ts", "src/io/menu_mechanism_file.ts"]) {
    const loaded = await modules(file);
    assert(loaded.includes("src/mechanisms/menu_mechanism.ts"), file);
    assertEquals(loaded.filter((path) => path.startsWith("src/baselines/")), [], file);
  }
});

Deno.test("a baseline that was saved gives the same results, bit for bit", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const mechanism of await mechanisms()) {
      const path = `${folder}/${kindOf(mechanism)!.method}.safetensors`, { problem } = mechanism;
      await saveMechanism(path, mechanism);
      const loaded = await loadMechanism(path, problem);
      assertEquals(kindOf(loaded), kindOf(mechanism));
      const { participants: n, goods: m } = mechanism;
      assertEquals([loaded.problem, loaded.participants, loaded.goods], [problem, n, m]);
      const types = uniforms(randomKey(3), 50 * n * m), result = await loaded.run(types);
      assertEquals(result, await mechanism.run(types), problem);
      assert(result.outcomes.some((share) => share > 0), "somebody gets something");
      assertEquals(bits(loaded.parameters), bits(mechanism.parameters));
      assertEquals(await encodeMechanism(loaded), Deno.readFileSync(path));
      for (const name of Object.keys(kindOf(mechanism)!.fields)) {
        assertEquals((loaded as unknown as Record<string, unknown>)[name], Reflect.get(mechanism, name), name);
      }
      if ("menus" in mechanism && "menus" in loaded) assertEquals(loaded.menus(types), mechanism.menus(types));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a baseline for another problem is refused with both names, and a browser takes none", async () => {
  for (const mechanism of await mechanisms()) {
    const bytes = await encodeMechanism(mechanism), { problem, participants: n } = mechanism;
    for (const other of [`U_{${n},2}^{0,0}`, `U_{${n},3}^{0.5,0.1}`]) {
      const { message } = await assertRejects(() => decodeMechanism(bytes, "x.tedi", other), InvalidInputError);
      assertStringIncludes(message, `Cannot use x.tedi: its problem must be ${other} (n = ${n}, m = `);
      assertStringIncludes(message, `got ${problem} (n = ${n}, m = 2)`);
    }
    const sameName = { ...settingProblem("U_{9,2}^{0,0}"), name: problem };
    await assertRejects(() => decodeMechanism(bytes, "x.tedi", sameName), InvalidInputError, "(n = 9, m = 2)");
    const { message } = await assertRejects(() => decodeMenuMechanism(bytes, "x.tedi"), InvalidInputError);
    assertStringIncludes(message, `its format must be tedi-mechanism-1, got "${kindOf(mechanism)!.format}"`);
  }
});

Deno.test("a mechanism without parameters cannot be saved", async () => {
  const classical = separable("U-1-2"), [first] = await mechanisms(), { goods: _, ...partial } = first;
  for (const mechanism of [classical, partial, { ...first, method: "MD-Other" }, {}]) {
    assert(!isLearned(mechanism));
    const { message } = await assertRejects(() => encodeMechanism(mechanism as LearnedMechanism), InvalidInputError);
    assertStringIncludes(message, "it must be a menu mechanism, or one of MD-MenuNet, MD-GemNet, ");
  }
});

Deno.test("a baseline's file that was cut, extended or changed in one bit is refused", async () => {
  for (const mechanism of await mechanisms()) {
    const bytes = await encodeMechanism(mechanism), { method } = kindOf(mechanism)!;
    const refuse = (damaged: Uint8Array, what: string) =>
      assertRejects(() => decodeMechanism(damaged, "x.tedi"), InvalidInputError, "Cannot read x.tedi: ", what);
    for (const length of [0, 7, 8, 100, bytes.length >> 1, bytes.length - 1]) {
      await refuse(bytes.slice(0, length), `${method}: ${length} bytes`);
    }
    await refuse(Uint8Array.from([...bytes, 0]), `${method}: one byte more`);
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = bytes.slice();
      damaged[at] ^= 1 << at % 8;
      await refuse(damaged, `${method}: byte ${at}`);
    }
  }
});

/** Values that are no size. */
const NO_SIZES = [0, -1, 1.5, 1_000_001, 1e300, 2 ** 53, "2", null, [2], true, {}];
const RANGE = "an integer from 1 to 1000000";

/** Forgeries of a metadata entry: its new text, and words of the message. */
function forgeries(name: string): [text: string | undefined, words: string][] {
  const broken = [undefined, "", "{", "\0"];
  const refused = (values: readonly unknown[], words: string) =>
    [...broken, ...values.map((value) => JSON.stringify(value))].map((
      text,
    ): [string | undefined, string] => [text, words]);
  if (name === "hidden") {
    const values = [null, 8, {}, [0], [1.5], ["8"], [[8]], [1e7]];
    return refused(values, `hidden must be a list of integers from 1 to 1000000, got`);
  }
  if (name === "shape" || name === "network") {
    return [
      ...refused([null, 3, "text"], `metadata ${name} must be a JSON object`),
      [`{}`, `${name === "shape" ? "participants" : "layers"} must be ${RANGE}, got undefined`],
    ];
  }
  return refused(NO_SIZES, `${name} must be ${RANGE}, got`);
}

Deno.test("a baseline's file that was forged with a valid checksum is refused at once", async () => {
  let tried = 0;
  for (const mechanism of await mechanisms()) {
    const genuine = await decodeChecked(await encodeMechanism(mechanism), "x.tedi"),
      { method, fields } = kindOf(mechanism)!;
    const refuse = async ({ tensors, metadata }: SafetensorsContent, words: string) => {
      const bytes = await encodeChecked(tensors, metadata), before = threadMemory();
      const { message } = await assertRejects(
        () => decodeMechanism(bytes, "x.tedi"),
        InvalidInputError,
        undefined,
        `${method}: ${words}`,
      );
      const grown = threadMemory() - before;
      assertStringIncludes(message, words, method);
      assert(message.length < 400, `a message of ${message.length} characters`);
      assert(grown < 100 * 2 ** 20, `${grown} bytes for "${message}"`);
      tried++;
    };
    const optional = ["units", "supply"];
    for (const name of Object.keys(fields).filter((name) => !optional.includes(name))) {
      for (const [text, words] of forgeries(name)) {
        const metadata = { ...genuine.metadata };
        if (text === undefined) delete metadata[name];
        else metadata[name] = text;
        await refuse({ ...genuine, metadata }, words);
      }
      // Sizes that are possible by themselves, but not with these parameters.
      const value = JSON.parse(genuine.metadata[name]);
      const others = typeof value === "number"
        ? [value + 1, 1_000_000]
        : Array.isArray(value)
        ? [[...value, 3], value.map(() => 1_000_000), Array(100_000).fill(1_000_000)]
        : Object.entries(value).filter(([, one]) => typeof one === "number").map(([part]) => ({
          ...value,
          [part]: 1_000_000,
        }));
      for (const other of others) {
        await refuse({ ...genuine, metadata: { ...genuine.metadata, [name]: JSON.stringify(other) } }, "must be");
      }
    }
    const [name, tensor] = Object.entries(genuine.tensors)[0], rule = `parameter ${name} must be float32 of shape [`;
    const { [name]: _, ...fewer } = genuine.tensors;
    await refuse({ ...genuine, tensors: fewer }, "but it is missing");
    const changed: [HostTensor, string][] = [
      [{ ...tensor, shape: [...tensor.shape, 1] }, `${rule}${tensor.shape}], got [${tensor.shape},1]`],
      [{ ...tensor, data: Float64Array.from(tensor.data) }, rule],
      ...[NaN, Infinity, -Infinity].map((value): [HostTensor, string] => [
        { ...tensor, data: tensor.data.map((one, at) => at === 0 ? value : one) },
        `and finite, got ${value}`,
      ]),
    ];
    for (const [other, words] of changed) {
      await refuse({ ...genuine, tensors: { ...genuine.tensors, [name]: other } }, words);
    }
    for (const extra of ["extra", "__proto__", "toString", ""]) {
      const tensors = Object.fromEntries([...Object.entries(genuine.tensors), [extra, tensor]]);
      await refuse({ ...genuine, tensors }, `parameters must be those of its networks, got "${extra}", too`);
    }
    for (const { format, method: other } of mechanismKinds) {
      if (other === method) continue;
      await refuse({ ...genuine, metadata: { ...genuine.metadata, format } }, "must be");
    }
  }
  assert(tried > 250, `${tried} forgeries`);
});
