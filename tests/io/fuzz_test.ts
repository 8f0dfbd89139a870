/** Whatever a file holds, reading it gives a valid result or one of our own errors, and takes no more than it is worth. */
import { assert, assertEquals } from "@std/assert";
import { checkConfig } from "../../src/cli/run_config.ts";
import { InvalidInputError, MachineError } from "../../src/errors.ts";
import { type Cell, cellPath, readCell } from "../../src/experiments/cells.ts";
import { decodeMechanism, encodeMechanism, loadMechanism } from "../../src/io/mechanism_file.ts";
import { openRunFolder } from "../../src/io/run_folder.ts";
import { decodeChecked, decodeSafetensors, encodeChecked } from "../../src/io/safetensors.ts";
import { type MenuMechanism, menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { NETWORK_KINDS } from "../../src/networks/kinds.ts";
import { pricingRules } from "../../src/networks/pricing_rule.ts";
import { empiricalProblem } from "../../src/problems/empirical.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { readTable } from "../../src/problems/tables/read_table.ts";
import { parseTypeJson } from "../../src/problems/type_rows.ts";
import { randomKey } from "../../src/random/key.ts";
import { openDevice } from "../../src/runtime/device.ts";
import type { HostTensor } from "../../src/runtime/host_tensor.ts";
import { defaultAffineMaximizer } from "../../src/training/unit_supply/options.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { type Checkpoint, disposeState, restoreState } from "../../src/training/state.ts";
import { train, trainingRules } from "../../src/training/train.ts";
import { smallTrainings } from "../baselines/trained.ts";
import { threadMemory } from "./memory.ts";
import { type Below, damagedBytes, damagedJson, damagedText, pick } from "./mutations.ts";
import { seeded } from "./random.ts";

/** Memory that reading one file of some kilobytes may take, whatever it says, in bytes. */
const MOST_MEMORY = 64 * 2 ** 20;

/** Feeds inputs to a reader. Gives how many were taken for valid and how many were refused. */
async function feed<T>(
  seed: number,
  count: number,
  make: (below: Below, k: number) => T | Promise<T>,
  read: (input: T) => unknown,
): Promise<{ valid: number; refused: number }> {
  const random = seeded(seed), below: Below = (n) => Math.floor(random() * n), ended = { valid: 0, refused: 0 };
  for (let k = 0; k < count; k++) {
    const input = await make(below, k), before = threadMemory();
    try {
      await read(input);
      ended.valid++;
    } catch (error) {
      const known = error instanceof InvalidInputError || error instanceof MachineError;
      if (!known) throw new Error(`case ${k} of seed ${seed}, ${Deno.inspect(input).slice(0, 2000)}`, { cause: error });
      assert(error.message.length < 4000, `case ${k}: a message of ${error.message.length} characters`);
      ended.refused++;
    }
    const taken = threadMemory() - before;
    assert(taken < MOST_MEMORY, `${taken} bytes for case ${k} of seed ${seed}, ${Deno.inspect(input).slice(0, 2000)}`);
  }
  assertEquals(ended.valid + ended.refused, count);
  return ended;
}

function mechanismOf(kind: typeof NETWORK_KINDS[number]): MenuMechanism {
  const participants = kind === "symmetric" ? 1 : 2, shape = { participants, goods: 2, exchangeable: true };
  const network = { layers: 2, groups: 3, groupSize: 2, hidden: [4], kind };
  return menuMechanism({
    problem: `U_{${participants},2}^{0,0}`,
    shape,
    network,
    parameters: pricingRules(shape, network).initialParameters(randomKey(1)),
  });
}

/** 32-bit patterns that are not numbers, or hardly. */
const WORDS = [0x7fc00123, 0xffc00000, 0x7f800000, 0xff800000, 0x7f7fffff, 0xff7fffff, 1, 0x80000000];

/** Tensors of which one has other data, another shape or type, another name, or is missing. */
function forgedTensors(below: Below, tensors: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  const all = Object.entries(tensors), k = below(all.length), [name, { shape, data }] = all[k];
  const words = data.slice() as Float32Array<ArrayBuffer>;
  switch (below(6)) {
    case 0:
      all.splice(k, 1);
      break;
    case 1:
      all[k] = [pick(below, ["x", "__proto__", "", pick(below, all)[0]]), { shape, data }];
      break;
    case 2:
      all[k] = [name, { shape: [...shape, 1], data }];
      break;
    case 3:
      all[k] = [name, { shape, data: Float64Array.from(data) }];
      break;
    default:
      for (let more = 1 + below(5); more > 0 && words.length > 0; more--) {
        new Uint32Array(words.buffer)[below(words.length)] = pick(below, WORDS);
      }
      all[k] = [name, { shape, data: words }];
  }
  return Object.fromEntries(all);
}

/** Metadata of which one text is damaged, as text or as JSON. */
function forgedMetadata(below: Below, metadata: Readonly<Record<string, string>>): Record<string, string> {
  const name = pick(below, Object.keys(metadata));
  let text = damagedText(below, metadata[name]);
  if (below(3) > 0) {
    try {
      text = JSON.stringify(damagedJson(below, JSON.parse(metadata[name])));
    } catch { /* it was not JSON */ }
  }
  return { ...metadata, [name]: (text ?? "null").toWellFormed() };
}

Deno.test("fuzz: mechanism files", async () => {
  const files = await Promise.all(NETWORK_KINDS.map((kind) => encodeMechanism(mechanismOf(kind))));
  const damaged = await feed(1, 2500, (below) => damagedBytes(below, pick(below, files)), async (bytes) => {
    try {
      decodeSafetensors(bytes, "fuzz");
    } catch (error) {
      assert(error instanceof InvalidInputError);
    }
    await decodeMechanism(bytes, "fuzz");
  });
  // Repeating nothing or moving it by nothing is all that leaves a file as it was.
  assert(damaged.valid < 100, JSON.stringify(damaged));

  const genuine = await Promise.all(files.map((bytes) => decodeChecked(bytes, "x")));
  const types = [[[0.3, 0.9], [1, 0]]];
  const forged = await feed(2, 2500, async (below) => {
    const { tensors, metadata } = pick(below, genuine), which = below(3);
    return await encodeChecked(
      which > 0 ? forgedTensors(below, tensors) : tensors,
      which < 2 ? forgedMetadata(below, metadata) : metadata,
    );
  }, async (bytes) => {
    const mechanism = await decodeMechanism(bytes, "fuzz");
    assert(mechanism.participants * mechanism.goods < 1e12);
    if (mechanism.participants !== 2 || mechanism.goods !== 2) return;
    const { outcomes } = await mechanism.run(types);
    assert(outcomes.every((share) => share >= 0 && share <= 1), `outcomes ${outcomes}`);
  });
  assert(forged.valid > 100 && forged.refused > 1000, JSON.stringify(forged));
});

Deno.test("fuzz: files of baselines", async () => {
  const device = await openDevice({ backend: "wasm" }), files: Uint8Array[] = [];
  for (const { train } of smallTrainings) files.push(await encodeMechanism((await train({ device })).mechanism));
  const damaged = await feed(12, 1500, (below) => damagedBytes(below, pick(below, files)), async (bytes) => {
    await decodeMechanism(bytes, "fuzz");
  });
  assert(damaged.valid < 60, JSON.stringify(damaged));
  const genuine = await Promise.all(files.map((bytes) => decodeChecked(bytes, "x")));
  const forged = await feed(13, 2500, async (below) => {
    const { tensors, metadata } = pick(below, genuine), which = below(3);
    return await encodeChecked(
      which > 0 ? forgedTensors(below, tensors) : tensors,
      which < 2 ? forgedMetadata(below, metadata) : metadata,
    );
  }, async (bytes) => {
    const mechanism = await decodeMechanism(bytes, "fuzz"), { participants: n, goods: m } = mechanism;
    assert(n * m < 1e12);
    if (n > 3 || m > 2) return;
    const { outcomes } = await mechanism.run(new Float32Array(n * m).fill(0.7));
    assert(outcomes.every((share) => share >= 0 && share <= 1), `outcomes ${outcomes}`);
  });
  assert(forged.valid > 100 && forged.refused > 1000, JSON.stringify(forged));
});

Deno.test("fuzz: checkpoints of baselines", async () => {
  const device = await openDevice({ backend: "wasm" });
  for (const [k, { train, method }] of smallTrainings.entries()) {
    let genuine: Checkpoint | undefined;
    await train({ device, onCheckpoint: (checkpoint) => void (genuine = checkpoint) });
    const { tensors, metadata } = genuine!;
    const ended = await feed(14 + k, 300, async (below) => {
      const which = below(4);
      const bytes = await encodeChecked(
        which > 0 ? forgedTensors(below, tensors) : tensors,
        which < 2 ? forgedMetadata(below, metadata) : metadata,
      );
      return which === 3 ? damagedBytes(below, bytes) : bytes;
    }, async (bytes) => {
      const resume = await decodeChecked(bytes, "fuzz"), stop = AbortSignal.abort();
      await train({ device, resume, signal: stop }).catch((error) => {
        // Numbers that are none are refused where the mechanism is made.
        throw error instanceof InvalidInputError ? error : new Error(method, { cause: error });
      });
    });
    assert(ended.refused > 150, `${method} ${JSON.stringify(ended)}`);
  }
});

Deno.test("fuzz: checkpoints", async () => {
  const device = await openDevice({ backend: "wasm" });
  const problem = settingProblem("U_{1,2}^{0,0}");
  const network = { layers: 1, groups: 2, groupSize: 2, hidden: [2] };
  const small = { iterations: 2, profiles: 4, chains: 2, steps: 1, warmUp: 1, network };
  let last: { tensors: Readonly<Record<string, HostTensor>>; metadata: Readonly<Record<string, string>> } | undefined;
  await train(problem, small, { device, onCheckpoint: (checkpoint) => void (last = checkpoint) });
  const options = { ...defaultTraining(problem), ...small }, rules = trainingRules(problem, options);
  const genuine = last!;
  const ended = await feed(3, 2000, async (below) => {
    const which = below(4);
    const bytes = await encodeChecked(
      which > 0 ? forgedTensors(below, genuine.tensors) : genuine.tensors,
      which < 2 ? forgedMetadata(below, genuine.metadata) : genuine.metadata,
    );
    return which === 3 ? damagedBytes(below, bytes) : bytes;
  }, async (bytes) => disposeState(restoreState(problem, rules, options, await decodeChecked(bytes, "fuzz"))));
  assert(ended.refused > 1000, JSON.stringify(ended));
});

Deno.test("fuzz: configurations are data: no code is run, and nothing large is made", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const rows = Array.from({ length: 12 }, (_, k) => `0.${k + 1},0.5`);
    Deno.writeTextFileSync(`${folder}/types.csv`, rows.join("\n"));
    const file = `${folder}/types.csv`, sizes = { participants: 1, goods: 2, productionCost: 0, duplicationCost: 0 };
    const empirical = await empiricalProblem({ file, ...sizes });
    const device = { requested: "auto", backend: "wasm", adapter: "x", software: false };
    const once = settingProblem("U_{2,2}^{unit}");
    const configs = [settingProblem("U_{3,10}^{1,0}"), empirical, once].map((problem) => {
      const { name, source } = problem;
      const training = problem === once ? defaultAffineMaximizer(problem) : defaultTraining(problem);
      return { version: "0.1.0", problem: { name, source }, training, device };
    });
    const code = { kind: "module", module: "data:text/javascript,globalThis.codeHasRun = true" };
    const ended = await feed(4, 2000, (below) => {
      const config = pick(below, configs);
      if (below(10) === 0) return JSON.stringify({ ...config, problem: { ...config.problem, source: code } });
      return below(2) === 0 ? damagedText(below, JSON.stringify(config)) : JSON.stringify(damagedJson(below, config));
    }, async (text) => {
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        return;
      }
      await checkConfig(value, "config.json");
    });
    assert(ended.refused > 800, JSON.stringify(ended));
    if (Deno.build.os !== "windows") {
      const problem = { ...configs[1].problem, source: { kind: "empirical", file: "/dev/zero", ...sizes, sha256: "" } };
      await feed(11, 1, () => ({ ...configs[1], problem }), (value) => checkConfig(value, "config.json"));
    }
    assertEquals((globalThis as Record<string, unknown>).codeHasRun, undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("fuzz: metrics and configurations in a run folder that is resumed", async () => {
  const folder = await Deno.makeTempDir(), encoder = new TextEncoder();
  try {
    const metrics = Array.from({ length: 6 }, (_, k) => `${JSON.stringify({ iteration: k + 1, revenue: k / 7 })}\n`);
    const config = JSON.stringify({ problem: {}, training: { seed: 1 } });
    await feed(5, 300, (below) => {
      const lines = below(4) === 0
        ? damagedBytes(below, encoder.encode(metrics.join("")))
        : damagedText(below, metrics.join(""));
      return { lines, config: below(3) === 0 ? damagedText(below, config) : config, last: below(8) - 1 };
    }, async ({ lines, config, last }) => {
      if (typeof lines === "string") Deno.writeTextFileSync(`${folder}/metrics.jsonl`, lines);
      else Deno.writeFileSync(`${folder}/metrics.jsonl`, lines);
      Deno.writeTextFileSync(`${folder}/config.json`, config);
      const run = await openRunFolder(folder, { resume: true, warn: () => {} });
      try {
        await run.truncateMetrics(last);
        const kept = Deno.readTextFileSync(`${folder}/metrics.jsonl`).split("\n").slice(0, -1);
        assert(kept.every((line) => JSON.parse(line).iteration <= last));
        await run.readConfig();
      } finally {
        run.close();
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("fuzz: types in CSV and JSON", async () => {
  const csv = 'a,b,"c d",d\n0.5,0.25,1,0\n"0.1",.5,1e-3,1\n\n0.9,0.9,0.9,0.9\n';
  const json = JSON.stringify([[[0.5, 0.25], [1, 0]], [[0.1, 0.2], [0.3, 0.4]]]);
  const inRange = (values: Float32Array) => assert(values.every((value) => value >= 0 && value <= 1));
  const rows = await feed(6, 4000, (below) => damagedText(below, csv), async (text) => {
    inRange((await readTable(text, { what: "fuzz", allowed: { 4: "all", 2: "one" }, largest: 1 })).values);
  });
  const lists = await feed(
    7,
    4000,
    (below) => below(2) === 0 ? damagedText(below, json) : JSON.stringify(damagedJson(below, JSON.parse(json))),
    (text) => {
      const { values, profiles } = parseTypeJson(text, 2, 2, "fuzz");
      inRange(values);
      assertEquals(values.length, profiles * 4);
    },
  );
  for (const { valid, refused } of [rows, lists]) assert(valid > 100 && refused > 1000, `${valid} ${refused}`);

  const deep = 200_000, nested = "[".repeat(deep) + "]".repeat(deep);
  const large = [
    nested,
    '{"a":'.repeat(deep),
    `[${"[],".repeat(deep)}[]]`,
    `"${"\\u0000".repeat(deep)}"`,
    ",".repeat(deep),
  ];
  for (const text of large) {
    await feed(8, 1, () => text, () => parseTypeJson(text, 2, 2, "fuzz"));
    await feed(8, 1, () => text, () => readTable(text, { what: "fuzz", allowed: { 4: "" }, largest: 1 }));
  }
});

Deno.test("fuzz: cells of a table", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const key = { setting: "U_{3,2}^{1,0}", method: "TEDI", budget: "quick", seed: 0, testProfiles: 1000 };
    const cell: Cell = {
      ...key,
      ...{ revenue: 0.26, standardError: 0.01, worstGap: 1e-9, seconds: 12, version: "0", device: "wasm" },
      ...{ evaluationSeconds: 1, command: "tedi table1" },
    };
    const path = cellPath(folder, key), text = JSON.stringify(cell);
    const ended = await feed(9, 1500, (below) => {
      switch (below(3)) {
        case 0:
          return damagedBytes(below, new TextEncoder().encode(text));
        case 1:
          return new TextEncoder().encode(damagedText(below, text));
        default:
          return new TextEncoder().encode(JSON.stringify(damagedJson(below, cell)));
      }
    }, async (bytes) => {
      Deno.writeFileSync(path, bytes);
      const found = await readCell(folder, key);
      assert(found && [found.revenue, found.standardError, found.worstGap, found.seconds].every(Number.isFinite));
    });
    assert(ended.refused > 500, JSON.stringify(ended));
    Deno.removeSync(path);
    if (Deno.build.os !== "windows") {
      Deno.symlinkSync("/dev/zero", path); // which never ends
      await feed(10, 1, () => path, () => readCell(folder, key));
      await feed(10, 1, () => path, () => loadMechanism(path));
      Deno.removeSync(path);
    }
    Deno.mkdirSync(path); // which is no file at all
    await feed(10, 1, () => path, () => readCell(folder, key));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
