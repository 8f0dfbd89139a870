/** Which device `--backend auto` takes for a training, and what is remembered of it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CACHE_FILE, cacheKey, type IterationTimes, openFasterDevice, reasonOf } from "../../src/cli/faster_device.ts";
import type { Output } from "../../src/cli/output.ts";
import { InvalidInputError, MachineError } from "../../src/errors.ts";
import { cacheFolder, readCached, writeCached } from "../../src/io/user_cache.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { findAdapters } from "../../src/runtime/webgpu.ts";
import { defaultTraining, type TrainingOptions } from "../../src/training/options.ts";
import { WITHOUT_WEBGPU } from "../devices.ts";
import { SMALL, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
// The environment is the process's: Deno's own cache stays where it is for all that is started meanwhile, here or elsewhere.
if (!Deno.env.get("DENO_DIR")) Deno.env.set("DENO_DIR", `${Deno.env.get("HOME")}/.cache/deno`);
const problem = settingProblem("U-1-2"), training: TrainingOptions = { ...defaultTraining(problem), profiles: 8 };

/** Runs with a cache of its own. */
async function withCache<T>(name: string, run: (file: string) => Promise<T>): Promise<T> {
  const before = Deno.env.get("XDG_CACHE_HOME");
  Deno.env.set("XDG_CACHE_HOME", `${FOLDER}/${name}`);
  try {
    return await run(`${FOLDER}/${name}/tedi/${CACHE_FILE}`);
  } finally {
    if (before === undefined) Deno.env.delete("XDG_CACHE_HOME");
    else Deno.env.set("XDG_CACHE_HOME", before);
  }
}

/** Opens a device with a measurement that is made up; what was taken, what was said, and how often it was measured. */
async function open(times: IterationTimes | Error, options: object = {}, of = training) {
  const logs: string[] = [], output = { log: (message) => logs.push(message) } as Pick<Output, "log"> as Output;
  let measured = 0;
  const measure = () => {
    measured++;
    return times instanceof Error ? Promise.reject(times) : Promise.resolve(times);
  };
  const { backend, reason, close } = await openFasterDevice(
    problem,
    of,
    { allowSoftware: true, ...options },
    output,
    measure,
  );
  close();
  return { backend, reason, logs, measured };
}

const onLinux = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, ignore: WITHOUT_WEBGPU || Deno.build.os !== "linux", fn });

onLinux(
  "auto takes the GPU where it is faster, says why, and measures a size once",
  () =>
    withCache("faster", async () => {
      const first = await open({ gpu: 5, wasm: 20 });
      assertEquals([first.backend, first.measured, first.logs.length], ["webgpu", 1, 1]);
      assertMatch(first.reason, /^webgpu: an iteration takes 5 ms on .* and 20 ms on wasm, measured just now$/);
      assertStringIncludes(first.logs[0], "(--backend overrules it)");

      const again = await open({ gpu: 500, wasm: 20 });
      assertEquals([again.backend, again.measured, again.logs], ["webgpu", 0, []]);
      assertStringIncludes(again.reason, "measured before, for a problem of this size");

      const slower = await open({ gpu: 500, wasm: 20 }, {}, { ...training, profiles: 64 });
      assertEquals([slower.backend, slower.measured], ["wasm", 1], "a larger problem is another one");
      assertMatch(slower.reason, /^wasm: an iteration takes 500 ms on /);

      for (const changes of [{ polishShare: 0 }, { polishProfiles: 16 }]) {
        const { measured } = await open({ gpu: 5, wasm: 20 }, {}, { ...training, ...changes });
        assertEquals(measured, 1, "other iterations that polish are another one, too");
      }
    }),
);

onLinux(
  "--backend overrules what was measured, and nothing is measured for it",
  () =>
    withCache("overruled", async () => {
      await open({ gpu: 500, wasm: 20 });
      const { backend, measured, reason } = await open({ gpu: 500, wasm: 20 }, { backend: "webgpu" });
      assertEquals([backend, measured, reason], ["webgpu", 0, "webgpu: it was asked for"]);
      assertEquals((await open({ gpu: 1, wasm: 20 }, { backend: "wasm" })).reason, "wasm: it was asked for");
      assertEquals(
        (await open({ gpu: 1, wasm: 20 }, { allowSoftware: false })).measured,
        0,
        "no hardware, no measurement",
      );
    }),
);

onLinux(
  "a GPU that fails, or is too small, is not taken, and that is not remembered",
  () =>
    withCache("failing", async () => {
      const { backend, reason } = await open(new MachineError("Cannot go on: it was lost"));
      assertEquals([backend, reason], ["wasm", "wasm: the GPU could not be used (Cannot go on: it was lost)"]);
      const large = await open(new InvalidInputError("Cannot train: the largest buffer must have at most 128 MiB"));
      assertEquals(large.backend, "wasm");
      assertEquals((await open({ gpu: 1, wasm: 2 })).measured, 1);
    }),
);

onLinux("broken files of the cache are ignored, and replaced", () =>
  withCache("broken", async (file) => {
    const [adapter] = await findAdapters(), key = cacheKey(adapter, problem, training);
    Deno.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    const broken = ["", "{", "[]", "null", '{"a": 1}', "\u0000", JSON.stringify({ [key]: { gpu: "fast", wasm: -1 } })];
    for (const text of broken) {
      Deno.writeTextFileSync(file, text);
      const { backend, measured } = await open({ gpu: 5, wasm: 20 });
      assertEquals([backend, measured], ["webgpu", 1], text);
      assertEquals((await open({ gpu: 500, wasm: 20 })).measured, 0, `it was not replaced: ${text}`);
    }
  }));

onLinux(
  "where nothing can be written, nothing is, and training goes on",
  () =>
    withCache("unwritable", async (file) => {
      Deno.mkdirSync(`${FOLDER}/unwritable`);
      Deno.writeTextFileSync(`${FOLDER}/unwritable/tedi`, "a file in the place of the folder");
      for (let k = 0; k < 2; k++) assertEquals((await open({ gpu: 5, wasm: 20 })).measured, 1);
      assertEquals(await readCached(CACHE_FILE), {});
      assert(cacheFolder() !== undefined && file.startsWith(cacheFolder()!));
    }),
);

onLinux("a cache has as many entries as it may, the latest ones", () =>
  withCache("many", async () => {
    for (let k = 0; k < 3; k++) await writeCached("few.json", String.fromCharCode(97 + k), { k });
    await writeCached("few.json", "a", { k: 9 });
    assertEquals(Object.entries(await readCached("few.json")), [["b", { k: 1 }], ["c", { k: 2 }], ["a", { k: 9 }]]);
  }));

Deno.test("a GPU that is slow with a few profiles already is not measured with all", () => {
  const reason = reasonOf({ gpu: 300, wasm: 20, atLeast: true }, "a card", false);
  assertEquals(
    reason,
    "wasm: an iteration takes more than 300 ms with 16 profiles on a card and 20 ms on wasm, measured just now",
  );
});

onLinux("tedi train measures for real, says what it found, and remembers it", async () => {
  // Little is compiled for a network of one layer without line moves.
  const little = "--setting U-1-1 --layers 1 --line-move-every 0 --refresh 0 --allow-software --threads 1".split(" ");
  const args = ["train", ...SMALL.filter((arg) => arg !== "--backend" && arg !== "wasm"), ...little];
  const env = { XDG_CACHE_HOME: `${FOLDER}/real` };
  const { code, stderr } = await tedi([...args, "--out", `${FOLDER}/run`], { env });
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /Measuring, once for such problems, whether .* is faster than the CPU/);
  assertMatch(stderr, /Device: (wasm|webgpu): an iteration takes .* ms .*on .* and .* ms on wasm, measured just now/);
  const entries = Object.values(JSON.parse(Deno.readTextFileSync(`${FOLDER}/real/tedi/${CACHE_FILE}`)));
  assertEquals(entries.length, 1);
});
