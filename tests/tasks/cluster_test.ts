/**
 * A sweep on a real Slurm, with a task that is queued again in the middle: the smallest of what `deno task cluster-test`
 * tries. Where Slurm is not installed, or nobody is root, it is ignored, and tests/cli/slurm_test.ts alone is left.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NODES, startCluster, until } from "../../tasks/cluster/slurm.ts";
import { tedi, testFolder } from "../cli/tedi.ts";

const SWEEP = `problems = "U-1-2"
seeds = [0, 1]
test-profiles = 200

[training]
iterations = 400
profiles = 16
chains = 4
steps = 2
groups = 4
`;

const programs = ["/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/sbin/munged"];
const there = programs.every((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

Deno.test({
  name: "a sweep on a real Slurm has the bits of one without, after scontrol requeue, too",
  ignore: !there || Deno.uid() !== 0,
  async fn() {
    const folder = testFolder(), cluster = await startCluster(`${folder}/cluster`);
    try {
      const finished = async (name: string, env: Readonly<Record<string, string>>, ...how: string[]) => {
        const cwd = `${folder}/${name}`, out = `${cwd}/sweeps/sweep`;
        await Deno.mkdir(cwd);
        await Deno.writeTextFile(`${cwd}/sweep.toml`, SWEEP);
        const line = ["sweep", "sweep.toml", ...how, "--backend", "wasm", "--quiet"];
        const { code, stdout, stderr } = await tedi(line, { cwd, env });
        assertEquals(code, 0, stderr);
        const cells = async () => {
          const names = await Array.fromAsync(Deno.readDir(out), ({ name }) => name);
          const wanted = names.filter((name) => /seed\d.*(?<!checkpoint\d|previous)\.safetensors$/.test(name)).sort();
          return await Promise.all(wanted.map(async (name) => [name, String(await Deno.readFile(`${out}/${name}`))]));
        };
        return { cells, stdout };
      };
      const { cells, stdout } = await finished("slurm", cluster.env, "--slurm");
      assertStringIncludes(stdout, `2 cells in ${NODES.length} tasks`);
      const states = () => cluster.command("squeue", "--noheader", "--array", "--format", "%i %T");
      await until(60, "a task runs", async () => /_0 RUNNING/.test(await states()));
      await cluster.command("scontrol", "requeue", "1_0");
      await until(60, "the queue is empty", async () => (await states()).trim() === "");
      const local = await (await finished("local", {})).cells();
      assertEquals(local.length, 2);
      assertEquals(await cells(), local);
    } finally {
      await cluster.close();
    }
  },
});
