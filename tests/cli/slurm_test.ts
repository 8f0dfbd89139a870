/**
 * Sweeps as job arrays, by commands that behave as Slurm's do: the bits of a sweep without Slurm, through signals, kills
 * and cancellation; and all that is refused before anything is submitted. tasks/cluster_test.ts tries a real Slurm.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type FakeSlurm, fakeSlurm } from "./fake_slurm.ts";
import { type Ended, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();

const sweepText = (iterations: number, more = "") =>
  `problems = "U-1-2"
seeds = [0, 1]
test-profiles = 200

[training]
iterations = ${iterations}
profiles = 16
chains = 4
steps = 2
groups = 4
polish-profiles = 32

[slurm]
cells-per-task = 2
shared = true
${more}`;

/** A sweep in a file of this name. */
async function sweepOf(name: string, text: string, { env }: FakeSlurm) {
  await Deno.writeTextFile(`${FOLDER}/${name}.toml`, text);
  const run = (...args: string[]): Promise<Ended> =>
    tedi(["sweep", ...args, "--backend", "wasm", "--quiet"], { cwd: FOLDER, env });
  return {
    run,
    submit: () => run(`${name}.toml`, "--slurm"),
    status: async () => JSON.parse((await run("status", `${name}.toml`, "--json")).stdout),
    /** What may not differ in the cells. */
    async bits(): Promise<[string, number, string][]> {
      const found: [string, number, string][] = [];
      for await (const { name: file } of Deno.readDir(`${FOLDER}/sweeps/${name}`)) {
        if (!/seed\d.*[0-9a-f]{12}\.json$/.test(file)) continue;
        const path = `${FOLDER}/sweeps/${name}/${file}`;
        const { revenue } = JSON.parse(await Deno.readTextFile(path));
        found.push([file, revenue, String(await Deno.readFile(path.replace(/json$/, "mechanism.safetensors")))]);
      }
      return found.sort(([a], [b]) => a < b ? -1 : 1);
    },
  };
}
type Sweep = Awaited<ReturnType<typeof sweepOf>>;

/** The cells of a sweep without Slurm. */
async function localBits(text: string, name: string): Promise<[string, number, string][]> {
  const sweep = await sweepOf(name, text, { folder: "", env: {} }), { code, stderr } = await sweep.run(`${name}.toml`);
  assertEquals(code, 0, stderr);
  return await sweep.bits();
}

async function until<T>(what: string, find: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (const begin = performance.now(); performance.now() - begin < 60_000;) {
    const found = await find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`it never came that ${what}`);
}

const files = (folder: string): string[] => {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch {
    return [];
  }
};

/** Waits until a cell has a checkpoint; gives the processes of its task's script and of the worker that it started. */
async function underWay(name: string, { folder }: FakeSlurm): Promise<{ shell: number; worker: number }> {
  await until(
    "a cell has a checkpoint",
    () => files(`${FOLDER}/sweeps/${name}`).some((file) => /checkpoint0/.test(file)),
  );
  const shell = Number(Deno.readTextFileSync(`${folder}/1_0.running`));
  const [worker] = Deno.readTextFileSync(`/proc/${shell}/task/${shell}/children`).trim().split(" ").map(Number);
  return { shell, worker };
}

const ended = ({ folder }: FakeSlurm) =>
  until("the queue is empty", () => !files(folder).some((f) => /queued/.test(f)));

async function logOf(name: string): Promise<string> {
  const [stamp] = files(`${FOLDER}/sweeps/${name}/submissions`);
  return await Deno.readTextFile(`${FOLDER}/sweeps/${name}/submissions/${stamp}/task-0.log`);
}

async function finishes(sweep: Sweep, slurm: FakeSlurm, wanted: [string, number, string][]): Promise<void> {
  await ended(slurm);
  assertEquals(await sweep.bits(), wanted);
}

Deno.test("a job array has the bits of a sweep without Slurm; status, collect and a second submission know", async () => {
  const slurm = await fakeSlurm(`${FOLDER}/slurm1`), text = sweepText(3).replace("per-task = 2", "per-task = 1");
  await Deno.writeTextFile(`${slurm.folder}/hold`, "");
  const sweep = await sweepOf("array", text, slurm), { code, stdout, stderr } = await sweep.submit();
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, "Job 1: 2 cells in 2 tasks");
  const again = await sweep.submit();
  assertEquals(again.code, 2);
  assertStringIncludes(again.stderr, "must not be in the queue, got job 1");
  await Deno.remove(`${slurm.folder}/hold`);
  await finishes(sweep, slurm, await localBits(text, "local"));
  const { cells, finished, queue } = await sweep.status();
  assertEquals([cells, finished, queue], [2, 2, []]);
  assertEquals((await sweep.run("collect", "array.toml")).code, 0);
  assertStringIncludes((await sweep.submit()).stdout, "U_{1,2}^{0,0}"); // all is there: the table
  // Without an answer of the queue, files still say how far it is.
  await Deno.writeTextFile(`${slurm.folder}/bin/squeue`, "#!/bin/bash\necho no controller >&2\nexit 1\n");
  const { code: known, stdout: counts, stderr: warning } = await sweep.run("status", "array.toml");
  assertEquals(known, 0);
  assertStringIncludes(counts, "2 cells: 2 finished");
  assertStringIncludes(warning, "the queue is not known: Cannot sweep: squeue ended with 1: no controller");
});

/** Iterations that take a second or two. */
const LONG = 400;
const wanted = (() => {
  let bits: Promise<[string, number, string][]> | undefined;
  return () => bits ??= localBits(sweepText(LONG), "long");
})();

Deno.test("on SIGUSR1, which comes before a time limit, a task is queued again, and goes on", async () => {
  const slurm = await fakeSlurm(`${FOLDER}/slurm2`), sweep = await sweepOf("limit", sweepText(LONG), slurm);
  assertEquals((await sweep.submit()).code, 0);
  Deno.kill((await underWay("limit", slurm)).shell, "SIGUSR1");
  await finishes(sweep, slurm, await wanted());
  assertStringIncludes(await logOf("limit"), "task 1_0 ended with 75: into the queue again");
});

Deno.test("a worker that is killed is queued again, and goes on from its checkpoint", async () => {
  const slurm = await fakeSlurm(`${FOLDER}/slurm3`), sweep = await sweepOf("killed", sweepText(LONG), slurm);
  assertEquals((await sweep.submit()).code, 0);
  Deno.kill((await underWay("killed", slurm)).worker, "SIGKILL");
  await finishes(sweep, slurm, await wanted());
  assertStringIncludes(await logOf("killed"), "task 1_0 ended with 137: into the queue again");
});

Deno.test("what is cancelled stops, stays so, and goes on when it is submitted again", async () => {
  const slurm = await fakeSlurm(`${FOLDER}/slurm4`), sweep = await sweepOf("cancelled", sweepText(LONG), slurm);
  assertEquals((await sweep.submit()).code, 0);
  const { worker } = await underWay("cancelled", slurm);
  Deno.kill(worker, "SIGSTOP"); // or it might be finished before the command has begun
  assertStringIncludes((await sweep.run("cancel", "cancelled.toml")).stdout, "Job 1 is cancelled");
  Deno.kill(worker, "SIGCONT");
  await ended(slurm);
  assert(!(await logOf("cancelled")).includes("into the queue again"));
  const { begun, finished } = await sweep.status();
  assert(begun === 1 && finished === 0, `${begun} begun, ${finished} finished`);
  assertEquals((await sweep.submit()).code, 0);
  await finishes(sweep, slurm, await wanted());
});

Deno.test("what cannot be right is refused before anything is submitted", async () => {
  const slurm = await fakeSlurm(`${FOLDER}/slurm5`, `${Deno.hostname()} elsewhere`);
  const refused = async (text: string, code: number, message: string) => {
    const sweep = await sweepOf("wrong", text, slurm), found = await sweep.submit();
    assertEquals(found.code, code, found.stderr);
    assertStringIncludes(found.stderr, message);
    assert(!files(slurm.folder).includes("jobs"), "submitted");
  };
  const six = sweepText(3).replace("seeds = [0, 1]", "seeds = [0, 1, 2, 3, 4, 5]").replace(
    "per-task = 2",
    "per-task = 1",
  );
  await refused(
    six,
    2,
    "an array must have at most 4 tasks on this cluster, got 6; raise cells-per-task under [slurm]",
  );
  await refused(sweepText(3).replace("[slurm]", "[slurm]\ncore = 2"), 2, 'there is no key "core" in slurm');
  // 15 values and 4 seeds; the tenth value is out of range.
  const values = Array.from({ length: 15 }, (_, k) => k === 9 ? 1 : 4 + k);
  const sixty = `problems = "U-1-2"\nseeds = [0, 1, 2, 3]\n[training]\niterations = 3\nchains = [${values}]\n`;
  await refused(sixty, 2, "Cannot sweep (wrong.toml, line 5) in cell 37 of 60: ");
  await refused(sixty, 2, "chains must be an integer of at least 2, got 1");
  // The folder for temporary files is on a file system of this machine, and the cluster has another machine.
  const here = sweepText(3).replace("shared = true", "");
  await refused(here, 2, "out must be in a folder that all nodes share, got");
  await refused(here, 2, "which elsewhere may not see; if it does, say shared = true under [slurm]");
  assertEquals((await (await sweepOf("right", sweepText(3), slurm)).submit()).code, 0);
  await ended(slurm);
});

Deno.test("status says where no task has written a log, as on nodes that do not see the folder", async () => {
  const slurm = await fakeSlurm(`${FOLDER}/slurm7`), sweep = await sweepOf("blind", sweepText(3), slurm);
  await Deno.writeTextFile(`${slurm.folder}/bin/sbatch`, `#!/bin/bash\n[ $1 = --version ] && echo slurm || echo 7\n`);
  assertEquals((await sweep.submit()).code, 0);
  const { code, stdout } = await sweep.run("status", "blind.toml");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Job 7 has ended, and none of its tasks wrote a log: its nodes may not see");
});

Deno.test("an sbatch that is not Slurm's is an error", async () => {
  const slurm = await fakeSlurm(`${FOLDER}/slurm6`);
  await Deno.writeTextFile(`${slurm.folder}/bin/sbatch`, "#!/bin/bash\necho PBS 1.0\n", { mode: 0o755 });
  const { code, stderr } = await (await sweepOf("other", sweepText(3), slurm)).submit();
  assertEquals(code, 1);
  assertStringIncludes(stderr, `sbatch must be Slurm's, got "PBS 1.0`);
});
