/**
 * Tries sweeps on a real Slurm, which is installed and started on this machine: `deno task cluster-test`. A sweep runs
 * to its end while workers are killed, tasks requeued, time limits strike, and a node and the controller fail. It prints
 * a table of the faults; the exit code is 1 where a result differs in one bit from that of the same sweep without Slurm,
 * or a finished cell was lost. With `--short` fewer faults are tried.
 */
import { parseArgs } from "@std/cli";
import { type Cluster, type NODES, run, startCluster, until } from "./cluster/slurm.ts";

const MODULE = new URL("../mod.ts", import.meta.url).href;

/** A sweep of 12 cells of some seconds each. */
const SWEEP = `problems = ["U-1-2"]
seeds = [0, 1, 2]
test-profiles = 2000

[training]
iterations = ITERATIONS
profiles = 64
chains = 8
steps = 4
groups = 8
step-scale = [0.5, 1]
learning-rate = [0.003, 0.01]

[slurm]
time = "TIME"
cells-per-task = PER_TASK
stop-before = STOP
`;

/** A sweep in a folder of its own. */
interface Sweep {
  readonly folder: string;
  tedi(...args: string[]): Promise<string>;
  /** Files of finished cells, by name, with what may not differ. */
  finished(): Promise<ReadonlyMap<string, string>>;
}

const hex = async (bytes: Uint8Array<ArrayBuffer>) =>
  Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) => byte.toString(16)).join("-");

async function makeSweep(folder: string, text: string, env: Readonly<Record<string, string>>): Promise<Sweep> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/sweep.toml`, text);
  const out = `${folder}/sweeps/sweep`;
  return {
    folder,
    tedi: (...args) => run(Deno.execPath(), ["run", "-A", "--quiet", MODULE, ...args], { cwd: folder, env }),
    async finished() {
      const found = new Map<string, string>();
      const names = await Array.fromAsync(Deno.readDir(out), ({ name }) => name).catch(() => []);
      for (const name of names.filter((name) => /_seed\d.*_[0-9a-f]{12}\.json$/.test(name)).sort()) {
        const { revenue, validationRevenue, worstGap } = JSON.parse(await Deno.readTextFile(`${out}/${name}`));
        const mechanism = await Deno.readFile(`${out}/${name.replace(/json$/, "mechanism.safetensors")}`);
        found.set(name, JSON.stringify([revenue, validationRevenue, worstGap, await hex(mechanism)]));
      }
      return found;
    },
  };
}

const text = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).reduce((sweep, [name, value]) => sweep.replace(name, value), SWEEP);

/** The workers of a sweep that are training, by their process numbers. */
async function workers(folder: string): Promise<number[]> {
  const lines = (await run("ps", ["-eo", "pid,args"])).split("\n").filter((line) =>
    /sweep work/.test(line) && !/bash|job/.test(line.replace(/plan\.json.*/, ""))
  );
  const found = lines.map((line) => Number(line.trim().split(" ")[0]));
  const here = await Promise.all(found.map((pid) => Deno.readLink(`/proc/${pid}/cwd`).catch(() => "")));
  return found.filter((_, k) => here[k] === folder);
}

/** Whether a cell is being trained, and has a checkpoint. */
async function hasCheckpoint(folder: string): Promise<boolean> {
  const names = await Array.fromAsync(Deno.readDir(`${folder}/sweeps/sweep`), ({ name }) => name);
  return names.some((name) => name.endsWith("checkpoint0.safetensors"));
}

const running = async (cluster: Cluster): Promise<string[]> =>
  (await cluster.command("squeue", "--noheader", "--array", "--states=RUNNING", "--format", "%i|%N")).trim().split("\n")
    .filter((line) => line !== "");

/** A fault: does harm to the sweep that is running. */
interface Fault {
  readonly name: string;
  /** Runs when a cell is being trained; gives what was struck. */
  strike(cluster: Cluster, sweep: Sweep): Promise<string>;
  readonly short?: boolean;
}

const FAULTS: readonly Fault[] = [
  {
    name: "kill -9 of a worker",
    short: true,
    async strike(_, { folder }) {
      const [pid] = await workers(folder);
      Deno.kill(pid, "SIGKILL");
      return `process ${pid}`;
    },
  },
  {
    name: "scontrol requeue",
    short: true,
    async strike(cluster) {
      const [line] = await running(cluster), task = line.split("|")[0];
      await cluster.command("scontrol", "requeue", task);
      return `task ${task}`;
    },
  },
  {
    name: "a slurmd stopped and started",
    async strike(cluster) {
      const node = (await running(cluster))[0].split("|")[1] as typeof NODES[number];
      await cluster.kill(node);
      await until(60, `${node} is down`, async () => {
        return /down/.test(await cluster.command("sinfo", "--noheader", "--nodes", node, "--format", "%t"));
      });
      await cluster.start(node);
      return `node ${node}, with all that ran there`;
    },
  },
  {
    name: "the controller restarted",
    short: true,
    async strike(cluster) {
      await cluster.kill("controller");
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await cluster.start("controller");
      await until(30, "it answers", () => cluster.command("squeue").then(() => true, () => false));
      return "slurmctld";
    },
  },
];

if (import.meta.main) {
  const { short = false } = parseArgs(Deno.args, { boolean: ["short"] });
  const lab = await Deno.makeTempDir({ prefix: "tedi-cluster-" }), begin = performance.now();
  const rows: string[][] = [["fault", "struck", "what came of it"]];
  const seconds = () => `${((performance.now() - begin) / 1000).toFixed(0)} s`;
  let broken = 0;
  const say = (...row: string[]) => {
    rows.push(row);
    console.error(`${seconds()}: ${row.join(": ")}`);
  };
  /** Waits for the end of a sweep, and compares it with one without Slurm. */
  const compare = async (
    name: string,
    struck: string,
    cluster: Cluster,
    sweep: Sweep,
    wanted: number,
    reference: Sweep,
  ) => {
    let most = new Map<string, string>() as ReadonlyMap<string, string>, lost = 0;
    try {
      await until(240, "all cells are finished", async () => {
        const now = await sweep.finished();
        for (const [file, value] of most) if (now.get(file) !== value) lost++;
        most = now;
        // A task that was starting on a node when that failed is held by Slurm until somebody lets it go.
        if (/held/.test(await cluster.command("squeue", "--noheader", "--format", "%R"))) {
          await sweep.tedi("sweep", "sweep.toml", "--slurm", "--quiet");
        }
        return now.size === wanted && (await cluster.command("squeue", "--noheader")).trim() === "";
      });
    } catch (error) {
      console.error(`${(error as Error).message}\n${await cluster.command("squeue")}`);
    }
    const local = await reference.finished();
    const different = [...local].filter(([file, value]) => most.get(file) !== value).length;
    const bad = lost + different + Number(local.size !== wanted);
    broken += bad;
    say(name, struck, bad === 0 ? `${wanted} cells, the same bits` : `${lost} lost, ${different} missing or different`);
  };
  const cluster = await startCluster(lab);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void cluster.close().finally(() => Deno.exit(130)));
  }
  try {
    console.error(`${seconds()}: Slurm runs`);
    const values = { ITERATIONS: short ? "800" : "1500", TIME: "10:00", PER_TASK: "2", STOP: "30" };
    const reference = await makeSweep(`${lab}/reference`, text(values), {});
    await reference.tedi("sweep", "sweep.toml", "--quiet", "--backend", "wasm");
    console.error(`${seconds()}: the sweep without Slurm is done`);

    const sweep = await makeSweep(`${lab}/shared`, text(values), cluster.env), struck: string[] = [];
    await sweep.tedi("sweep", "sweep.toml", "--slurm", "--backend", "wasm", "--quiet");
    for (const fault of FAULTS.filter((fault) => !short || fault.short)) {
      await until(120, "a cell is under way", async () => {
        return (await workers(sweep.folder)).length > 0 && (await running(cluster)).length > 0 &&
          await hasCheckpoint(sweep.folder);
      });
      const what = await fault.strike(cluster, sweep);
      struck.push(fault.name);
      say(fault.name, what, "see the sweep");
    }
    await compare(`the sweep with ${struck.length} faults`, "", cluster, sweep, 12, reference);
    await sweep.tedi("sweep", "collect", "sweep.toml", "--quiet");

    // One long task, which does not end within a minute: the limit strikes in the middle, and it goes on.
    if (!short) {
      const limited = text({ ...values, ITERATIONS: "3000", TIME: "1:00", PER_TASK: "12", STOP: "30" })
        .replace("[0.5, 1]", "1").replace("[0.003, 0.01]", "0.01");
      const alone = await makeSweep(`${lab}/alone`, limited, {}),
        cut = await makeSweep(`${lab}/cut`, limited, cluster.env);
      await alone.tedi("sweep", "sweep.toml", "--quiet", "--backend", "wasm");
      await cut.tedi("sweep", "sweep.toml", "--slurm", "--backend", "wasm", "--quiet");
      await until(90, "the limit struck", async () => /into the queue again/.test(await logs(cut.folder)));
      await compare("a time limit in the middle", "SIGUSR1 30 seconds before it", cluster, cut, 3, alone);
    }

    // Cancelled, it stays so, and goes on when it is submitted again.
    const stopped = await makeSweep(`${lab}/stopped`, text(values), cluster.env);
    await stopped.tedi("sweep", "sweep.toml", "--slurm", "--backend", "wasm", "--quiet");
    await until(60, "a cell has a checkpoint", () => hasCheckpoint(stopped.folder).catch(() => false));
    await stopped.tedi("sweep", "cancel", "sweep.toml");
    await until(60, "the queue is empty", async () => (await cluster.command("squeue", "--noheader")).trim() === "");
    const kept = await stopped.finished();
    await stopped.tedi("sweep", "sweep.toml", "--slurm", "--backend", "wasm", "--quiet");
    await compare(
      "cancelled, and submitted again",
      `with ${kept.size} cells finished`,
      cluster,
      stopped,
      12,
      reference,
    );
  } finally {
    await cluster.close();
    if (broken === 0) await Deno.remove(lab, { recursive: true });
    else console.error(`Logs are in ${lab}`);
  }
  const widths = rows[0].map((_, j) => Math.max(...rows.map((row) => row[j].length)));
  for (const row of rows) console.log(row.map((cell, j) => cell.padEnd(widths[j])).join("  ").trimEnd());
  console.error(`${seconds()} in all`);
  if (broken > 0) Deno.exit(1);
}

/** The logs of a sweep's tasks. */
async function logs(folder: string): Promise<string> {
  let all = "";
  for await (const { name } of Deno.readDir(`${folder}/sweeps/sweep/submissions`)) {
    for await (const file of Deno.readDir(`${folder}/sweeps/sweep/submissions/${name}`)) {
      if (file.name.endsWith(".log")) {
        all += await Deno.readTextFile(`${folder}/sweeps/sweep/submissions/${name}/${file.name}`);
      }
    }
  }
  return all;
}
