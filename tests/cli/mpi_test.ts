/**
 * Training, evaluation and audits on several ranks of MPI: the same bits on any number of them, and after a rank was
 * killed. Needs MPICH and Open MPI: Debian's packages mpich and openmpi-bin.
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { MachineError } from "../../src/errors.ts";
import { joinRanksBy } from "../../src/runtime/mpi.ts";
import { jsonLines, metricsOf, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder(), MODULE = new URL("../../mod.ts", import.meta.url).href;
const TRAIN = "train --setting U-3-2-cp1-cd0 --iterations 8 --profiles 16 --chains 4 --steps 2 --groups 4 " +
  "--test-profiles 200 --backend wasm --quiet --checkpoint-every 2 --validate-every 4 --patience 9 --polish-profiles 12";

/** Both libraries: their mpirun, as Debian names it, and how their processes know their ranks. */
const MPIRUN = {
  MPICH: { mpirun: "mpirun.mpich", rank: "PMI_RANK" },
  "Open MPI": { mpirun: "mpirun.openmpi", rank: "OMPI_COMM_WORLD_RANK" },
} as const;
type Library = keyof typeof MPIRUN;
/** Open MPI otherwise refuses to run as root, and more processes than cores. */
const ALLOW = Object.fromEntries(
  ["ALLOW_RUN_AS_ROOT", "ALLOW_RUN_AS_ROOT_CONFIRM", "MCA_rmaps_base_oversubscribe"].map((
    name,
  ) => [`OMPI_${name}`, "1"]),
);

/** Starts the command line on some ranks. */
function ranks(count: number, line: string, library: Library = "MPICH", env: Record<string, string> = {}) {
  return new Deno.Command(MPIRUN[library].mpirun, {
    args: ["-n", String(count), Deno.execPath(), "run", "-A", "--quiet", MODULE, ...line.split(" ")],
    ...{ cwd: FOLDER, stdin: "null", stdout: "piped", stderr: "piped", env: { NO_COLOR: "1", ...ALLOW, ...env } },
  }).spawn();
}

async function ended(child: Deno.ChildProcess) {
  const { code, stdout, stderr } = await child.output(), text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

const mechanism = (out: string) => Deno.readFile(`${FOLDER}/${out}/mechanism.safetensors`);

Deno.test("one, two and four ranks train the same bits, and one shard those of a training without MPI", async () => {
  for (const count of [1, 2, 4]) {
    const { code, stderr } = await ended(ranks(count, `${TRAIN} --mpi --out on${count}`));
    assertEquals(code, 0, stderr);
    assertEquals(await mechanism(`on${count}`), await mechanism("on1"), `${count} ranks`);
  }
  assertEquals((await tedi([...TRAIN.split(" "), "--out", "alone"], { cwd: FOLDER })).code, 0);
  // Started without mpirun, it is the one rank there is.
  const one = await tedi([...TRAIN.split(" "), "--mpi", "--shards", "1", "--out", "shard"], { cwd: FOLDER });
  assertEquals(one.code, 0, one.stderr);
  assertEquals(await mechanism("shard"), await mechanism("alone"));
  assert(String(await mechanism("on1")) !== String(await mechanism("alone")), "shards have profiles of their own");
});

Deno.test("polishing has the same bits on one, two and three ranks, in two shards and in three", async () => {
  const line = `${TRAIN.replace("--profiles 16", "--profiles 18")} --polish-share 0.5 --mpi`;
  for (const [shards, counts] of [[2, [1, 2]], [3, [1, 3]]] as const) {
    for (const count of counts) {
      const out = `polished${shards}on${count}`;
      const { code, stderr } = await ended(ranks(count, `${line} --shards ${shards} --out ${out}`));
      assertEquals(code, 0, stderr);
      // Made longer, chains come back.
      const longer = `train --resume --iterations 12 --mpi --shards ${shards} --quiet --test-profiles 200 --out ${out}`;
      const more = await ended(ranks(count, longer));
      assertEquals(more.code, 0, more.stderr);
      assertEquals(await mechanism(out), await mechanism(`polished${shards}on1`), out);
      const metrics = await metricsOf(`${FOLDER}/${out}`);
      const polished = metrics.filter(({ chainSuboptimality }) => chainSuboptimality === 0);
      assertEquals(polished.map(({ iteration }) => iteration), [5, 6, 7, 8, 9, 10, 11, 12]);
    }
  }
  const { code, stderr } = await ended(
    ranks(1, `${line.replace("--polish-profiles 12", "--polish-profiles 2048")} --shards 3 --out thirds`),
  );
  assertEquals(code, 2);
  assertStringIncludes(stderr, "polishProfiles must be a multiple of the 3 shards, got 2048");
});

Deno.test("Open MPI trains the bits of MPICH", async () => {
  const { code, stderr } = await ended(ranks(2, `${TRAIN} --mpi --out open2`, "Open MPI"));
  assertEquals(code, 0, stderr);
  assertEquals(await mechanism("open2"), await mechanism("on1"));
});

/** The one line of JSON that a command writes, without what is measured in seconds. */
function result(stdout: string): unknown {
  const [line, ...others] = jsonLines(stdout);
  assertEquals(others, [], "only rank 0 writes to stdout");
  return { ...line, seconds: 0 };
}

const DIVIDED: readonly [count: number, library: Library][] = [[2, "MPICH"], [4, "MPICH"], [2, "Open MPI"]];
for (
  const command of [
    "evaluate on1 --profiles 1003", // ranks have parts of different lengths
    // With time enough on a busy machine: what an audit has no time for, it leaves out.
    "audit on1 --profiles 10 --misreports 30 --test-profiles 300 --exact 5 --time-limit 3600",
  ]
) {
  Deno.test(`tedi ${command.split(" ")[0]} finds the same bits on any number of ranks`, async () => {
    const line = `${command} --backend wasm --json --quiet`;
    const alone = await tedi(line.split(" "), { cwd: FOLDER });
    assertEquals(alone.code, 0, alone.stderr);
    for (const [count, library] of DIVIDED) {
      const { code, stdout, stderr } = await ended(ranks(count, `${line} --mpi`, library));
      assertEquals(code, 0, stderr);
      assertEquals(result(stdout), result(alone.stdout), `${count} ranks of ${library}`);
    }
  });
}

Deno.test("an error of rank 0 ends all ranks, and is said once", async () => {
  for (const library of ["MPICH", "Open MPI"] as const) {
    const { code, stdout, stderr } = await ended(ranks(2, "evaluate nowhere --mpi", library));
    assertEquals([code, stdout], [2, ""], stderr);
    assertEquals(stderr.match(/error: Cannot read a mechanism/g)?.length, 1, stderr);
  }
});

Deno.test("processes of another library's mpirun, which would each be alone, are an error", async () => {
  const { code, stderr } = await ended(ranks(2, "evaluate on1 --mpi", "MPICH", { OMPI_COMM_WORLD_SIZE: "2" }));
  assert(code !== 0);
  assertStringIncludes(stderr, "the 2 processes that were started together must be of Open MPI");
});

/** The process of a rank in the folder of a run. */
async function processOf(rank: number, out: string, library: Library): Promise<number | undefined> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const read = (file: string) => Deno.readTextFile(`/proc/${name}/${file}`).catch(() => "");
    if ((await read("cmdline")).endsWith(`${out}\0`)) {
      if ((await read("environ")).includes(`${MPIRUN[library].rank}=${rank}\0`)) return Number(name);
    }
  }
}

/** Starts a training on two ranks, and kills the second once there is a checkpoint. */
async function killOne(line: string, out: string, library: Library) {
  const end = ended(ranks(2, `${line} --mpi --out ${out}`, library));
  for (;;) {
    const checkpoint = await Deno.stat(`${FOLDER}/${out}/checkpoint.previous.safetensors`).catch(() => undefined);
    const pid = await processOf(1, out, library);
    if (checkpoint && pid !== undefined) {
      Deno.kill(pid, "SIGKILL");
      return await end;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("a rank that is killed ends all, with a whole checkpoint from which any number of ranks goes on", async () => {
  const long = TRAIN.replace("--iterations 8", "--iterations 40");
  assertEquals((await ended(ranks(2, `${long} --mpi --out whole`))).code, 0);
  for (const library of ["MPICH", "Open MPI"] as const) {
    const out = `killed-${library.split(" ")[0]}`;
    const { code, stdout, stderr } = await killOne(long, out, library);
    // MPICH's mpirun says so on stdout.
    assert(code !== 0 && /Killed \(signal 9\)|exited on signal 9/.test(stdout + stderr), stdout + stderr);
    const wrong = await ended(ranks(2, `train --resume --out ${out} --mpi --shards 2 --quiet`));
    assertStringIncludes(wrong.stderr, "shards must be 4, as in the checkpoint");
    // With one rank, of the other library.
    const other = library === "MPICH" ? "Open MPI" : "MPICH";
    const resumed = await ended(ranks(1, `train --resume --out ${out} --mpi --quiet`, other));
    assertEquals(resumed.code, 0, resumed.stderr);
    assertEquals(await mechanism(out), await mechanism("whole"));
  }
});

Deno.test("what cannot be divided, and a library that is not there, are errors that say so", async () => {
  const { code, stderr } = await ended(ranks(2, `${TRAIN} --mpi --shards 3 --out wrong`));
  assertEquals(code, 2);
  assertStringIncludes(stderr, "shards must be a multiple of the 2 ranks, got 3");
  const stray = await tedi([...TRAIN.split(" "), "--shards", "2"], { cwd: FOLDER });
  assertEquals(stray.code, 2);
  assertStringIncludes(stray.stderr, "--shards must come with --mpi");
  const none = (name: string, packages: string[]) => ({
    ...{ name, packages, files: ["libnone.so.1"] },
    open: (file: string) => Deno.dlopen(file, {}) as never,
  });
  const choice = [none("MPICH", ["libmpich12", "mpich"]), none("Open MPI", ["libopenmpi3", "openmpi-bin"])];
  const { message } = assertThrows(() => joinRanksBy(choice), MachineError);
  assertStringIncludes(
    message,
    "MPICH's libnone.so.1 (Debian's package libmpich12, with mpirun in mpich), or Open MPI's",
  );
});
