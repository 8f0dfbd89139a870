/** A cell that is stopped goes on from its last checkpoint to the same bits; its mechanism stays beside it. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { bits } from "../bits.ts";
import { trainMenuNet } from "../../src/baselines/menu_net_training.ts";
import { trainRegretNet } from "../../src/baselines/regret_net_training.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { bestStart } from "../../src/experiments/best_start.ts";
import { cellCheckpoints } from "../../src/experiments/cell_checkpoints.ts";
import { type Cell, cellPath, mechanismPath } from "../../src/experiments/cells.ts";
import { experimentMethods } from "../../src/experiments/methods.ts";
import { type ExperimentMethod, type MethodWork, runCells } from "../../src/experiments/run_cells.ts";
import { loadMechanism } from "../../src/io/mechanism_file.ts";
import { decodeChecked, encodeChecked } from "../../src/io/safetensors.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { train } from "../../src/training/train.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const SETTING = "U_{1,2}^{0,0}",
  CELLS = { settings: [SETTING], seeds: [3], budget: "quick" as const, testProfiles: 300 };
const NETWORK = { layers: 1, groups: 2, groupSize: 2, hidden: [2] };
const TEDI = { iterations: 6, profiles: 8, chains: 4, steps: 2, warmUp: 1, polishProfiles: 8, network: NETWORK };

/** The number of each iteration that a method does, as text with its training's. */
type Log = string[];

/** Methods as those of the table, but small: TEDI of two starts, and two baselines. */
function smallMethods(log: Log, stop?: { readonly at: string; readonly with: () => void }): ExperimentMethod[] {
  const told = (training: number) => ({ iteration }: { iteration: number }) => {
    const what = `${training}.${iteration}`;
    log.push(what);
    if (what === stop?.at) stop.with();
  };
  const hooks = ({ device, signal, checkpoints }: MethodWork, training: number) => ({
    ...{ device, signal, checkpointEvery: 2, onIteration: told(training) },
    ...checkpoints?.(training),
  });
  const whole = <R extends { iterations: number }>(result: R, signal?: AbortSignal): R => {
    if (result.iterations < 6) signal?.throwIfAborted();
    return result;
  };
  const always = () => true;
  return [
    {
      ...{ name: "TEDI", applies: always },
      async run(problem, work) {
        const mechanism = await bestStart(problem, 2, work.seed, async (seed, start) => {
          return whole(await train(problem, { ...TEDI, seed }, hooks(work, start)), work.signal).mechanism;
        });
        return { mechanism };
      },
    },
    {
      ...{ name: "MD-MenuNet", applies: always },
      async run(problem, work) {
        const settings = { iterations: 6, profiles: 8, menuSize: 4, seed: work.seed };
        return whole(await trainMenuNet(problem, settings, hooks(work, 0)), work.signal);
      },
    },
    {
      ...{ name: "MD-RegretNet", applies: always },
      async run(problem, work) {
        const settings = { iterations: 6, profiles: 8, batches: 2, hidden: [3], seed: work.seed };
        return whole(await trainRegretNet(problem, settings, hooks(work, 0)), work.signal);
      },
    },
  ];
}

const withoutTime = ({ seconds: _, evaluationSeconds: __, ...cell }: Cell) => cell;
const names = (folder: string) => Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();

Deno.test("a cell that was stopped, or killed, loses what came after its last checkpoint, and ends with the same bits", () =>
  inFolder(async (folder) => {
    const device = await openDevice({ backend: "wasm" });
    for (const [k, { name }] of smallMethods([]).entries()) {
      const places = name === "TEDI" ? ["0.3", "1.5"] : ["0.3"];
      const whole = await runCells(
        { ...CELLS, methods: [smallMethods([])[k]], folder: `${folder}/whole${k}` },
        device,
      );
      for (const at of places) {
        for (const killed of [false, true]) {
          const into = `${folder}/${name}-${at}-${killed}`, log: Log = [], stop = new AbortController();
          const end = () => {
            if (killed) throw new Error("killed");
            stop.abort();
          };
          const begun = smallMethods(log, { at, with: end })[k];
          await assertRejects(() => runCells({ ...CELLS, methods: [begun], folder: into }, device, {}, stop.signal));
          const first = Number(at[0]), done = Number(at.slice(2)), kept = killed ? done - done % 2 : done;
          const files = Array.from({ length: first + 1 }, (_, start) => `checkpoint${start}.safetensors`);
          assertEquals(names(into).map((file) => file.replace(/^.*_300\./, "")), files);
          const later: Log = [];
          const cells = await runCells({ ...CELLS, methods: [smallMethods(later)[k]], folder: into }, device);
          assertEquals(later[0], `${first}.${kept + 1}`, `${name} stopped at ${at}`);
          assertEquals(cells.map(withoutTime), whole.map(withoutTime));
          const [again, before] = await Promise.all(
            [into, `${folder}/whole${k}`].map((one) => loadMechanism(mechanismPath(one, cells[0]), SETTING)),
          );
          assertEquals(bits(again.parameters), bits(before.parameters));
          assertEquals(names(into), names(`${folder}/whole${k}`));
          assertEquals(names(into).map((file) => file.replace(/^.*_300\./, "")), ["json", "mechanism.safetensors"]);
        }
      }
    }
  }));

Deno.test("a cell is evaluated again from its mechanism, to the same figures", () =>
  inFolder(async (folder) => {
    const device = await openDevice({ backend: "wasm" });
    const cells = await runCells({ ...CELLS, methods: smallMethods([]), folder }, device);
    for (const cell of cells) {
      const mechanism = await loadMechanism(mechanismPath(folder, cell), cell.setting);
      const { revenue, standardError } = await evaluate(cell.setting, mechanism, { profiles: 300, seed: 3 });
      assertEquals([revenue, standardError], [cell.revenue, cell.standardError], cell.method);
    }
    const vcg = experimentMethods.find(({ name }) => name === "VCG")!;
    const [cell] = await runCells({ ...CELLS, methods: [vcg], folder }, device);
    assert(!names(folder).includes(mechanismPath(folder, cell).slice(folder.length + 1)), "VCG has no parameters");
  }));

Deno.test("every learned method of the table goes on from checkpoints", () =>
  inFolder(async (folder) => {
    const device = await openDevice({ backend: "wasm" });
    const learned = experimentMethods.filter(({ name }) => /^(TEDI|MD)/.test(name));
    assertEquals(learned.length, 11);
    for (const [n, setting] of ["U-1-1", "U-2-1"].entries()) {
      for (const method of learned) {
        const stop = new AbortController();
        let done = 0;
        const onProgress = (now: number) => {
          done = now;
          if (now >= 2) stop.abort();
        };
        const work = { ...CELLS, settings: [setting], methods: [method], folder: `${folder}/${n}` };
        const { length } = names(folder).includes(`${n}`) ? names(`${folder}/${n}`) : [];
        const run = () => runCells(work, device, { onProgress }, stop.signal);
        if ((await run().catch(() => undefined))?.length === 0) continue; // does not apply
        assertEquals([done, names(`${folder}/${n}`).length], [2, length + 1], method.name);
        const again = new AbortController();
        let first = 0;
        const next = (now: number) => {
          first ||= now;
          again.abort();
        };
        await assertRejects(() => runCells(work, device, { onProgress: next }, again.signal));
        assertEquals(first, 3, `${method.name} goes on`);
      }
    }
  }));

Deno.test("seconds before a stop count; checkpoints of other versions do not; others are refused by their names", () =>
  inFolder(async (folder) => {
    const key = { setting: SETTING, method: "TEDI", budget: "quick", seed: 0, testProfiles: 300 };
    const tensors = { x: { shape: [1], data: new Float32Array(1) } }, metadata = { progress: "{}" };
    const fresh = await cellCheckpoints(folder, key, () => 7);
    assertEquals([fresh.seconds, fresh.hooks(0).resume], [0, undefined]);
    await fresh.hooks(0).onCheckpoint({ tensors, metadata });
    const second = await cellCheckpoints(folder, key, () => 5);
    assertEquals([second.seconds, second.hooks(0).resume?.metadata.progress, second.hooks(1).resume], [
      7,
      "{}",
      undefined,
    ]);
    await second.hooks(1).onCheckpoint({ tensors, metadata });
    assertEquals((await cellCheckpoints(folder, key, () => 0)).seconds, 12);

    const file = cellPath(folder, key).replace(/json$/, "checkpoint1.safetensors"), bytes = Deno.readFileSync(file);
    const saved = await decodeChecked(bytes, file);
    const forge = async (more: Record<string, string>) =>
      Deno.writeFileSync(file, await encodeChecked(saved.tensors, { ...saved.metadata, ...more }));
    await forge({ version: "0.0.1" });
    const other = await cellCheckpoints(folder, key, () => 0);
    assertEquals([other.hooks(0).resume === undefined, other.hooks(1).resume, other.seconds], [false, undefined, 7]);
    await forge({ cell: JSON.stringify({ ...key, seed: 1 }) });
    const refused = async () =>
      (await assertRejects(() => cellCheckpoints(folder, key, () => 0), InvalidInputError)).message;
    assertStringIncludes(await refused(), `${file} must be a checkpoint of {"setting":"U_{1,2}^{0,0}"`);
    for (const damaged of [bytes.slice(0, 50), bytes.map((byte, at) => at === bytes.length - 1 ? byte ^ 1 : byte)]) {
      Deno.writeFileSync(file, damaged);
      const message = await refused();
      assertStringIncludes(message, file);
      assertStringIncludes(message, "delete it to begin the cell anew");
    }
  }));
