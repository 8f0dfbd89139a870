/** Training on several ranks of MPI: the same bits on any number of them, after a rank was killed, too. Needs mpich. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { MachineError } from "../../src/errors.ts";
import { joinRanks } from "../../src/runtime/mpi.ts";
import { tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder(), MODULE = new URL("../../mod.ts", import.meta.url).href;
const TRAIN = "train --setting U-3-2-cp1-cd0 --iterations 8 --profiles 16 --chains 4 --steps 2 --groups 4 " +
  "--test-profiles 200 --backend wasm --quiet --checkpoint-every 2 --validate-every 4 --patience 9";

/** Starts the command line on some ranks. */
function ranks(count: number, line: string): Deno.ChildProcess {
  return new Deno.Command("mpirun", {
    args: ["-n", String(count), Deno.execPath(), "run", "-A", "--quiet", MODULE, ...line.split(" ")],
    ...{ cwd: FOLDER, stdin: "null", stdout: "piped", stderr: "piped", env: { NO_COLOR: "1" } },
  }).spawn();
}

async function ended(child: Deno.ChildProcess) {
  const { code, stderr } = await child.output();
  return { code, stderr: new TextDecoder().decode(stderr) };
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

/** The process of a rank in the folder of a run. */
async function processOf(rank: number, out: string): Promise<number | undefined> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const read = (file: string) => Deno.readTextFile(`/proc/${name}/${file}`).catch(() => "");
    if ((await read("cmdline")).endsWith(`${out}\0`) && (await read("environ")).includes(`PMI_RANK=${rank}\0`)) {
      return Number(name);
    }
  }
}

Deno.test("a rank that is killed ends all, with a whole checkpoint from which any number of ranks goes on", async () => {
  const long = TRAIN.replace("--iterations 8", "--iterations 120");
  assertEquals((await ended(ranks(2, `${long} --mpi --out whole`))).code, 0);
  const child = ranks(2, `${long} --mpi --out killed`), end = ended(child);
  for (;;) {
    const checkpoint = await Deno.stat(`${FOLDER}/killed/checkpoint.previous.safetensors`).catch(() => undefined);
    const pid = await processOf(1, "killed");
    if (checkpoint && pid !== undefined) {
      Deno.kill(pid, "SIGKILL");
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { code, stderr } = await end;
  assert(code !== 0, stderr);
  const wrong = await ended(ranks(2, "train --resume --out killed --mpi --shards 2 --quiet"));
  assertStringIncludes(wrong.stderr, "shards must be 4, as in the checkpoint");
  const resumed = await ended(ranks(4, "train --resume --out killed --mpi --quiet"));
  assertEquals(resumed.code, 0, resumed.stderr);
  assertEquals(await mechanism("killed"), await mechanism("whole"));
});

Deno.test("what cannot be divided, and a library that is not there, are errors that say so", async () => {
  const { code, stderr } = await ended(ranks(2, `${TRAIN} --mpi --shards 3 --out wrong`));
  assertEquals(code, 2);
  assertStringIncludes(stderr, "shards must be a multiple of the 2 ranks, got 3");
  const stray = await tedi([...TRAIN.split(" "), "--shards", "2"], { cwd: FOLDER });
  assertEquals(stray.code, 2);
  assertStringIncludes(stray.stderr, "--shards must come with --mpi");
  const error = assertThrows(() => joinRanks(["libnone.so.1"]), MachineError);
  assertStringIncludes(error.message, "Debian has in the package libmpich12");
});
