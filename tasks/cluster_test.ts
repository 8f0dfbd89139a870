/**
 * Tries sweeps on a real Slurm, which is installed and started on this machine: `deno task cluster-test`. A sweep runs
 * to its end while workers are killed, tasks requeued, and a node and the controller fail (`--trials N` times), another
 * meets a time limit, and one is cancelled and submitted again; a training is started on two ranks by srun. It prints a
 * table of the faults; the exit code is 1 where a result differs in one bit from that of the same sweep without Slurm, or
 * a finished cell was lost. With `--short` one sweep, and fewer faults.
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

type Values = Readonly<Record<string, string>>;

const text = (values: Values) =>
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
  /** Does harm where a cell is being trained; gives what was struck, and whether Slurm or the sweep has got over it. */
  strike(cluster: Cluster, sweep: Sweep): Promise<{ what: string; over: () => Promise<boolean> }>;
  readonly short?: boolean;
}

/** How often tasks of a sweep went back into the queue by themselves. */
const queuedAgain = async (folder: string) => (await logs(folder)).match(/into the queue again/g)?.length ?? 0;
/** How often Slurm has restarted a task. */
const restarts = async (cluster: Cluster, task: string) =>
  Number(/Restarts=(\d+)/.exec(await cluster.command("scontrol", "show", "job", task))?.[1]);

const FAULTS: readonly Fault[] = [
  {
    name: "kill -9 of a worker",
    short: true,
    async strike(_, { folder }) {
      const [pid] = await workers(folder), before = await queuedAgain(folder);
      Deno.kill(pid, "SIGKILL");
      return { what: "a worker", over: async () => await queuedAgain(folder) > before };
    },
  },
  {
    name: "scontrol requeue",
    short: true,
    async strike(cluster) {
      const task = (await running(cluster))[0].split("|")[0], before = await restarts(cluster, task);
      await cluster.command("scontrol", "requeue", task);
      return { what: `task ${task.split("_")[1]}`, over: async () => await restarts(cluster, task) > before };
    },
  },
  {
    name: "a slurmd stopped and started",
    async strike(cluster) {
      const node = (await running(cluster))[0].split("|")[1] as typeof NODES[number];
      const state = () => cluster.command("sinfo", "--noheader", "--nodes", node, "--format", "%t");
      await cluster.kill(node);
      await until(60, `${node} is down`, async () => /down/.test(await state()));
      await cluster.start(node);
      return { what: `${node} and all that ran there`, over: async () => /idle|alloc|mix/.test(await state()) };
    },
  },
  {
    name: "the controller restarted",
    short: true,
    async strike(cluster) {
      await cluster.kill("controller");
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await cluster.start("controller");
      return { what: "slurmctld", over: () => cluster.command("squeue").then(() => true, () => false) };
    },
  },
];

/** A trial of the table. */
interface Trial {
  readonly fault: string;
  readonly struck: string;
  readonly outcome: string;
  readonly seconds: number;
}

/** What is tried, with what it has found so far. */
class Laboratory {
  readonly trials: Trial[] = [];
  broken = 0;
  readonly begin = performance.now();

  constructor(readonly cluster: Cluster, readonly folder: string) {}

  log(words: string): void {
    console.error(`${((performance.now() - this.begin) / 1000).toFixed(0)} s: ${words}`);
  }

  say(fault: string, struck: string, outcome: string, begin: number): void {
    const seconds = (performance.now() - begin) / 1000;
    this.trials.push({ fault, struck, outcome, seconds });
    this.log(`${fault} (${struck}): ${outcome}, ${seconds.toFixed(0)} s`);
  }

  async sweep(name: string, values: Readonly<Record<string, string>>, local = false): Promise<Sweep> {
    const sweep = await makeSweep(`${this.folder}/${name}`, text(values), local ? {} : this.cluster.env);
    await this.start(sweep, local ? [] : ["--slurm"]);
    return sweep;
  }

  start(sweep: Sweep, how: readonly string[] = ["--slurm"]): Promise<string> {
    return sweep.tedi("sweep", "sweep.toml", ...how, "--backend", "wasm", "--quiet");
  }

  /** Waits until a cell of a sweep is being trained, and has a checkpoint. */
  async underWay({ folder }: Sweep): Promise<void> {
    await until(120, "a cell is under way", async () => {
      return (await workers(folder)).length > 0 && (await running(this.cluster)).length > 0 &&
        await hasCheckpoint(folder).catch(() => false);
    });
  }

  async strike(fault: Fault, sweep: Sweep): Promise<void> {
    await this.underWay(sweep);
    const begin = performance.now(), { what, over } = await fault.strike(this.cluster, sweep);
    let outcome = "over";
    await until(60, "it is over", over).catch((error) => {
      outcome = error.message;
      this.broken++;
    });
    this.say(fault.name, what, outcome, begin);
  }

  /** Waits for the end of a sweep, and compares it with one without Slurm. */
  async compare(name: string, struck: string, sweep: Sweep, reference: Sweep, begin: number): Promise<void> {
    const { cluster } = this, local = await reference.finished();
    let most = new Map<string, string>() as ReadonlyMap<string, string>, lost = 0;
    try {
      await until(300, "all cells are finished", async () => {
        const now = await sweep.finished();
        for (const [file, value] of most) if (now.get(file) !== value) lost++;
        most = now;
        // A task that was starting on a node when that failed is held by Slurm until somebody lets it go.
        if (/held/.test(await cluster.command("squeue", "--noheader", "--format", "%R"))) await this.start(sweep);
        return now.size >= local.size && (await cluster.command("squeue", "--noheader")).trim() === "";
      });
    } catch (error) {
      console.error(`${(error as Error).message}\n${await cluster.command("squeue")}`);
    }
    const different = [...local].filter(([file, value]) => most.get(file) !== value).length;
    const bad = lost + different + Number(local.size === 0 || most.size !== local.size);
    this.broken += bad;
    const outcome = bad === 0 ? `all ${local.size} cells, the same bits` : `${lost} lost, ${different} others`;
    this.say(name, struck, outcome, begin);
    await sweep.tedi("sweep", "collect", "sweep.toml", "--quiet");
  }
}

/** The sweep that all faults strike, one after the other. */
async function faults(lab: Laboratory, name: string, chosen: readonly Fault[], values: Values, reference: Sweep) {
  const begin = performance.now(), sweep = await lab.sweep(name, values);
  for (const fault of chosen) await lab.strike(fault, sweep);
  await lab.compare("a sweep with all of these", `${chosen.length} faults`, sweep, reference, begin);
}

/** One task, whose time limit strikes in the middle: it goes on. */
async function timeLimit(lab: Laboratory, values: Values) {
  const long = { ...values, TIME: "1:00", PER_TASK: "12", STOP: "45", "[0.5, 1]": "1", "[0.003, 0.01]": "0.01" };
  const reference = await lab.sweep("alone", long, true), begin = performance.now();
  const sweep = await lab.sweep("limited", long);
  await until(90, "the limit struck", async () => await queuedAgain(sweep.folder) > 0);
  lab.log("the limit struck");
  await lab.compare("a time limit in the middle", "SIGUSR1 45 s before it", sweep, reference, begin);
}

/** Cancelled, it stays so, and goes on when it is submitted again. */
async function cancelled(lab: Laboratory, values: Values, reference: Sweep) {
  const begin = performance.now(), sweep = await lab.sweep("cancelled", values), { cluster } = lab;
  await lab.underWay(sweep);
  await sweep.tedi("sweep", "cancel", "sweep.toml");
  await until(60, "the queue is empty", async () => (await cluster.command("squeue", "--noheader")).trim() === "");
  await lab.start(sweep);
  await lab.compare("cancelled, and submitted again", "the job", sweep, reference, begin);
}

/** What srun needs of a library of MPI, and where Debian has it. */
const LIBRARIES = [
  { name: "MPICH", pmi: "pmi2", files: ["libmpich.so.12"], packages: "mpich" },
  {
    name: "Open MPI",
    pmi: "pmix",
    files: ["libmpi.so.40", "pmix2/lib/libpmix.so"],
    packages: "openmpi-bin, libpmix-dev",
  },
] as const;

/** A training on two ranks that srun starts, by each library that is there, has the bits of one rank. */
async function ranks(lab: Laboratory) {
  const options = "train --setting U-3-2-cp1-cd0 --iterations 20 --profiles 16 --chains 4 --steps 2 --groups 4 " +
    "--test-profiles 200 --backend wasm --quiet --mpi --out";
  const { cluster } = lab, folder = `${lab.folder}/ranks`, tedi = [Deno.execPath(), "run", "-A", "--quiet", MODULE];
  await Deno.mkdir(folder);
  await run(tedi[0], [...tedi.slice(1), ...options.split(" "), "one"], { cwd: folder });
  const bits = async (out: string) => await hex(await Deno.readFile(`${folder}/${out}/mechanism.safetensors`));
  for (const { name, pmi, files, packages } of LIBRARIES) {
    const begin = performance.now(), how = ["--ntasks=2", `--mpi=${pmi}`, "--kill-on-bad-exit", "--chdir", folder];
    const installed = await run("dpkg", ["-S", ...files.map((file) => `*/${file}`)]).then(() => true, () => false);
    if (!installed) {
      lab.say("none: two ranks by srun", name, `not tried: needs ${packages}`, begin);
      continue;
    }
    let outcome = "the bits of one rank";
    try {
      await run("srun", [...how, ...tedi, ...options.split(" "), pmi], { env: { ...cluster.env }, cwd: folder });
      if (await bits(pmi) !== await bits("one")) throw new Error("other bits than one rank");
    } catch (error) {
      outcome = (error as Error).message;
      lab.broken++;
    }
    lab.say("none: two ranks by srun", name, outcome, begin);
  }
}

if (import.meta.main) {
  const { short, trials } = parseArgs(Deno.args, { boolean: ["short"], string: ["trials"] });
  const folder = await Deno.makeTempDir({ prefix: "tedi-cluster-" }), cluster = await startCluster(folder);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void cluster.close().finally(() => Deno.exit(130)));
  }
  const lab = new Laboratory(cluster, folder);
  try {
    lab.log("Slurm runs");
    const values = { ITERATIONS: short ? "600" : "1000", TIME: "10:00", PER_TASK: "2", STOP: "30" };
    const reference = await lab.sweep("reference", values, true);
    lab.log("the sweep without Slurm is done");
    const chosen = FAULTS.filter((fault) => !short || fault.short);
    for (let k = 0; k < (Number(trials) || 1); k++) await faults(lab, `faults${k}`, chosen, values, reference);
    if (!short) {
      await timeLimit(lab, { ...values, ITERATIONS: "3000" });
      await cancelled(lab, values, reference);
      await ranks(lab);
    }
  } catch (error) {
    lab.broken++;
    console.error(error);
  } finally {
    await cluster.close();
    if (lab.broken === 0) await Deno.remove(folder, { recursive: true });
    else console.error(`Logs are in ${folder}`);
  }
  const rows = [
    ["fault", "struck", "what came of it", "seconds"],
    ...lab.trials.map(({ fault, struck, outcome, seconds }) => [fault, struck, outcome, seconds.toFixed(0)]),
  ];
  const widths = rows[0].map((_, j) => Math.max(...rows.map((row) => row[j].length)));
  for (const row of rows) console.log(row.map((cell, j) => cell.padEnd(widths[j])).join("  ").trimEnd());
  lab.log("all done");
  if (lab.broken > 0) Deno.exit(1);
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
