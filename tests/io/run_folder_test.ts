import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { InvalidInputError, MachineError } from "../../src/errors.ts";
import { LOCK_FILE } from "../../src/io/lock.ts";
import { openRunFolder, type RunFolder } from "../../src/io/run_folder.ts";

const NEWEST = "checkpoint.safetensors";
const PREVIOUS = "checkpoint.previous.safetensors";

/** A fresh path for a run folder, and a function that opens it and collects the warnings. */
async function withRun(
  work: (
    path: string,
    open: (resume: boolean, force?: boolean) => Promise<RunFolder>,
    warnings: string[],
  ) => Promise<void>,
): Promise<void> {
  const parent = await Deno.makeTempDir();
  const path = `${parent}/runs/a`;
  const warnings: string[] = [];
  const opened: RunFolder[] = [];
  try {
    await work(path, async (resume, force) => {
      opened.at(-1)?.close(); // as the end of its process would
      const run = await openRunFolder(path, { resume, force, warn: (message) => warnings.push(message) });
      opened.push(run);
      return run;
    }, warnings);
  } finally {
    for (const run of opened) run.close();
    await Deno.remove(parent, { recursive: true });
  }
}

/** What is in a folder, but for the lock of a run that is open. */
function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => name !== LOCK_FILE).sort();
}

async function writeStep(run: RunFolder, step: number): Promise<void> {
  const w = { shape: [3], data: new Float32Array([step, 0.5, -step]) };
  await run.writeCheckpoint({ tensors: { w }, metadata: { step: String(step) } });
}

async function stepOf(run: RunFolder): Promise<number | undefined> {
  const checkpoint = await run.readCheckpoint();
  if (checkpoint === undefined) return undefined;
  assertEquals(Number(checkpoint.metadata.step), checkpoint.tensors.w.data[0]);
  return checkpoint.tensors.w.data[0];
}

Deno.test("run folder: a run is written, resumed and goes on", async () => {
  await withRun(async (path, open, warnings) => {
    const first = await open(false);
    assertEquals(names(path), []);
    await first.writeConfig({ problem: "toy", seed: 1 });
    assertEquals(await first.readCheckpoint(), undefined);
    for (let iteration = 1; iteration <= 5; iteration++) {
      first.appendMetrics({ iteration, loss: 1 / iteration, note: "é\n" });
      if (iteration % 2 === 0) await writeStep(first, iteration);
    }
    await first.syncMetrics();
    first.close();
    first.close();

    const second = await open(true);
    assertEquals(await second.readConfig(), { problem: "toy", seed: 1 });
    assertEquals(await stepOf(second), 4);
    await second.truncateMetrics(4);
    second.appendMetrics({ iteration: 5, loss: NaN });
    await second.writeMechanism(new Uint8Array([1, 2]));
    const lines = (await Deno.readTextFile(`${path}/metrics.jsonl`)).trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(lines.map((line) => line.iteration), [1, 2, 3, 4, 5]);
    assertEquals(lines[1], { iteration: 2, loss: 0.5, note: "é\n" });
    assertEquals(lines[4].loss, null);
    assertEquals(names(path), [PREVIOUS, NEWEST, "config.json", "mechanism.safetensors", "metrics.jsonl"]);
    assertEquals(warnings, []);
  });
});

Deno.test("run folder: a run that is there is not started over, unless forced", async () => {
  await withRun(async (path, open) => {
    const run = await open(false);
    await run.writeConfig({ seed: 1 });
    await writeStep(run, 1);
    await writeStep(run, 2);
    run.appendMetrics({ iteration: 1 });
    await Deno.writeTextFile(`${path}/notes.txt`, "mine");
    const error = await assertRejects(() => open(false), InvalidInputError);
    assertStringIncludes(error.message, `"${path}", which has config.json; pass --resume`);
    assertStringIncludes(error.message, "or choose another folder");
    assertEquals(await stepOf(run), 2);

    const forced = await open(false, true);
    assertEquals(names(path), ["notes.txt"]);
    assertEquals(await forced.readCheckpoint(), undefined);
    await assertRejects(() => open(true, true), InvalidInputError, "force must be false where resume is true");
  });
});

Deno.test("run folder: resuming needs a config, and without a checkpoint starts again", async () => {
  await withRun(async (path, open) => {
    await assertRejects(() => open(true), InvalidInputError, `must be one with a config.json, got "${path}"`);
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    await (await open(false)).writeConfig({});
    const run = await open(true);
    assertEquals(await run.readCheckpoint(), undefined);
    for (const text of ["{", "[]", "null", ""]) {
      await Deno.writeTextFile(`${path}/config.json`, text);
      await assertRejects(() => run.readConfig(), InvalidInputError, "file must be a JSON object, got something else");
    }
    await Deno.remove(`${path}/config.json`);
    await assertRejects(() => run.readConfig(), InvalidInputError, "got no file");
  });
});

Deno.test("run folder: one that cannot be written to is refused before any work", async () => {
  const parent = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${parent}/file`, "");
    for (const path of [`${parent}/file`, `${parent}/file/run`, "/proc/run", "/proc"]) {
      const error = await assertRejects(() => openRunFolder(path, { resume: false }), MachineError);
      assertStringIncludes(error.message, `run folder ${path}: `);
      assert(!error.message.includes("os error"), error.message);
    }
    await assertRejects(() => openRunFolder(`${parent}/file`, { resume: false }), MachineError, "not a directory");
    await assertRejects(() => openRunFolder("", { resume: false }), InvalidInputError, "path must be a non-empty text");
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

Deno.test("run folder: leftovers of a crash are removed when it is opened", async () => {
  await withRun(async (path, open) => {
    await (await open(false)).writeConfig({});
    for (const name of ["config.json", NEWEST, "probe"]) {
      await Deno.writeTextFile(`${path}/.${name}.${crypto.randomUUID()}.tmp`, "cut");
    }
    await open(true);
    assertEquals(names(path), ["config.json"]);
  });
});

Deno.test("run folder: a damaged newest checkpoint gives way to the previous one, with a warning", async () => {
  await withRun(async (path, open, warnings) => {
    const run = await open(false);
    await run.writeConfig({});
    await writeStep(run, 1);
    await writeStep(run, 2);
    const whole = await Deno.readFile(`${path}/${NEWEST}`);
    const damaged = [0, 1, 7, 8, 9, 50, whole.length - 12, whole.length - 1].map((length) => whole.slice(0, length));
    for (const at of [0, 8, 40, whole.length - 1]) {
      const flipped = whole.slice();
      flipped[at] ^= 1;
      damaged.push(flipped);
    }
    for (const bytes of damaged) {
      warnings.length = 0;
      await Deno.writeFile(`${path}/${NEWEST}`, bytes);
      assertEquals(await stepOf(await open(true)), 1);
      assertEquals(warnings.length, 1);
      assertStringIncludes(warnings[0], `Cannot read ${path}/${NEWEST}: `);
      assertStringIncludes(warnings[0], `Going on from ${path}/${PREVIOUS}`);
    }
    await Deno.remove(`${path}/${NEWEST}`); // As after a crash between the two renames.
    assertEquals(await stepOf(await open(true)), 1);
    assertStringIncludes(warnings[1], "no such file");

    await Deno.writeFile(`${path}/${NEWEST}`, whole.slice(0, 30));
    await Deno.writeFile(`${path}/${PREVIOUS}`, whole.slice(0, 31));
    const both = await assertRejects(() => run.readCheckpoint(), InvalidInputError);
    assertStringIncludes(both.message, `${path}/${NEWEST}: `);
    assertStringIncludes(both.message, `${path}/${PREVIOUS}: `);
    await Deno.remove(`${path}/${PREVIOUS}`);
    await assertRejects(() => run.readCheckpoint(), InvalidInputError, `${path}/${NEWEST}: `);
  });
});

Deno.test("run folder: a damaged checkpoint never takes the place of a whole one", async () => {
  for (const readFirst of [true, false]) {
    await withRun(async (path, open) => {
      const run = await open(false);
      await run.writeConfig({});
      await writeStep(run, 1);
      await writeStep(run, 2);
      await Deno.truncate(`${path}/${NEWEST}`, 100);
      const resumed = await open(true);
      if (readFirst) assertEquals(await stepOf(resumed), 1);
      await writeStep(resumed, 3);
      assertEquals(await stepOf(resumed), 3);
      await Deno.remove(`${path}/${NEWEST}`);
      assertEquals(await stepOf(resumed), 1);
    });
  }
});

Deno.test("run folder: at every step of writing a checkpoint, a whole one can be read", async () => {
  await withRun(async (path, open) => {
    const run = await open(false);
    await run.writeConfig({});
    await writeStep(run, 1);
    await writeStep(run, 2);
    const { write, sync } = Deno.FsFile.prototype;
    const { rename } = Deno;
    const readable: (number | undefined)[] = [];
    /** What a run resumed after a crash at this moment would go on from. */
    const observe = async (): Promise<void> => {
      const copy = `${path}.crashed`;
      await Deno.mkdir(copy);
      for (const name of names(path)) await Deno.copyFile(`${path}/${name}`, `${copy}/${name}`);
      readable.push(await stepOf(await openRunFolder(copy, { resume: true, warn: () => {} })));
      await Deno.remove(copy, { recursive: true });
    };
    Deno.rename = async (from, to) => {
      await observe();
      await rename(from, to);
      await observe();
    };
    Deno.FsFile.prototype.write = async function (bytes): Promise<number> {
      const written = await write.call(this, bytes.subarray(0, 100));
      await observe();
      return written;
    };
    Deno.FsFile.prototype.sync = async function (): Promise<void> {
      await sync.call(this);
      await observe();
    };
    try {
      await writeStep(run, 3);
    } finally {
      Deno.rename = rename;
      Object.assign(Deno.FsFile.prototype, { write, sync });
    }
    assertEquals([...new Set(readable)], [2, 3]);
    assert(readable.length > 8, String(readable));
  });
});

Deno.test("run folder: a full disk costs the new checkpoint, not the last whole one", async () => {
  await withRun(async (path, open) => {
    const run = await open(false);
    await writeStep(run, 1);
    await writeStep(run, 2);
    const { write } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.write = () => Promise.reject(new Error("No space left on device (os error 28)"));
    try {
      for (const step of [3, 4]) {
        const message = `Cannot write ${path}/${NEWEST}: no space left on device`;
        await assertRejects(() => writeStep(run, step), MachineError, message);
      }
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    assertEquals(await stepOf(run), 2);
    await writeStep(run, 5);
    assertEquals(await stepOf(run), 5);
  });
});

Deno.test("run folder: resuming drops later metrics and a cut last line", async () => {
  await withRun(async (path, open, warnings) => {
    const file = `${path}/metrics.jsonl`;
    const run = await open(false);
    await run.writeConfig({});
    await run.truncateMetrics(3); // No metrics yet.
    for (let iteration = 0; iteration < 4; iteration++) run.appendMetrics({ iteration });
    const whole = await Deno.readTextFile(file);
    assertEquals(whole, '{"iteration":0}\n{"iteration":1}\n{"iteration":2}\n{"iteration":3}\n');

    for (let length = 0; length <= whole.length; length++) {
      await Deno.writeTextFile(file, whole.slice(0, length));
      const resumed = await open(true);
      resumed.appendMetrics({ iteration: 9 });
      const lines = Math.floor(length / 16);
      assertEquals(await Deno.readTextFile(file), `${whole.slice(0, lines * 16)}{"iteration":9}\n`);
      await resumed.truncateMetrics(1);
      assertEquals(await Deno.readTextFile(file), whole.slice(0, Math.min(lines, 2) * 16));
      await resumed.truncateMetrics(-1);
      assertEquals(await Deno.readTextFile(file), "");
      resumed.close();
    }
    assertEquals(warnings, []);

    await Deno.writeTextFile(file, `${whole}\0\0\0\n[1]\n{"iteration":"4"}\n`);
    await run.truncateMetrics(2);
    assertEquals(await Deno.readTextFile(file), whole.slice(0, 48));
    assertEquals(warnings, [`Dropped 3 unreadable lines of ${file}`]);
    assertThrows(() => run.appendMetrics({ iteration: -1 }), InvalidInputError, "iteration must be a non-negative");
    await assertRejects(() => run.truncateMetrics(NaN), InvalidInputError, "afterIteration must be");
  });
});

Deno.test("run folder: metrics that cannot be written are a MachineError", async () => {
  await withRun(async (path, open) => {
    const run = await open(false);
    await Deno.mkdir(`${path}/metrics.jsonl`);
    assertThrows(() => run.appendMetrics({ iteration: 0 }), MachineError, `Cannot write ${path}/metrics.jsonl: `);
  });
});

Deno.test("run folder: it is open once at a time, and a lock file that was left behind blocks nobody", async () => {
  await withRun(async (path, open) => {
    const run = await open(false);
    await run.writeConfig({});
    await writeStep(run, 1);
    assertEquals(Deno.readTextFileSync(`${path}/${LOCK_FILE}`), `${Deno.pid}\n`);
    for (const options of [{ resume: false, force: true }, { resume: true }]) {
      const error = await assertRejects(() => openRunFolder(path, options), InvalidInputError);
      const rule = `Cannot open run folder: it must be in use by no other process, got "${path}"`;
      assertStringIncludes(error.message, `${rule}, which process ${Deno.pid} is using`);
    }
    assertEquals(await stepOf(run), 1);
    await writeStep(run, 2);
    run.close();
    run.close();
    assertEquals([...Deno.readDirSync(path)].filter(({ name }) => name === LOCK_FILE), []);
    Deno.writeTextFileSync(`${path}/${LOCK_FILE}`, "12345\n"); // as a killed process leaves it
    assertEquals(await stepOf(await open(true)), 2);
  });
});

Deno.test("run folder: what cannot be opened is not locked afterwards", async () => {
  await withRun(async (path, open) => {
    const run = await open(false);
    await run.writeConfig({});
    run.close();
    Deno.mkdirSync(`${path}/metrics.jsonl`); // which cannot be read
    await assertRejects(() => openRunFolder(path, { resume: true }), MachineError, "metrics.jsonl");
    Deno.removeSync(`${path}/metrics.jsonl`);
    await open(true);
  });
});
