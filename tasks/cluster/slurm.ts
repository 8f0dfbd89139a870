/**
 * A Slurm cluster on this machine: munge, a controller, and two nodes, all with files in one folder of their own.
 *
 * @module
 */

/** Debian's packages. */
const PACKAGES = ["slurm-wlm", "munge"];
/** The nodes. */
export const NODES = ["alpha", "beta"] as const;

/** A running cluster. */
export interface Cluster {
  /** The variables by which Slurm's commands find it. */
  readonly env: Readonly<Record<string, string>>;
  /** The output of one of Slurm's commands. */
  command(name: string, ...args: string[]): Promise<string>;
  /** Ends a daemon and, if it is a node's, all that runs there: as if the power went. */
  kill(daemon: Daemon): Promise<void>;
  /** Starts a daemon again. */
  start(daemon: Daemon): Promise<void>;
  /** Ends everything that was started. */
  close(): Promise<void>;
}

/** A part of the cluster that can fail. */
export type Daemon = "controller" | typeof NODES[number];

/** Runs a program to its end; fails with what it wrote where it fails. */
export async function run(name: string, args: readonly string[], options: Deno.CommandOptions = {}): Promise<string> {
  const { success, code, stdout, stderr } = await new Deno.Command(name, { args: args as string[], ...options })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`${name} ${args.join(" ")} ended with ${code}: ${text(stdout)}${text(stderr)}`);
  return text(stdout);
}

const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;
/** A command line as root. */
const asRoot = (name: string, args: readonly string[]): [string, string[]] =>
  isRoot ? [name, [...args]] : ["sudo", ["--preserve-env", name, ...args]];

async function install(): Promise<void> {
  const there = await new Deno.Command("dpkg", { args: ["-s", ...PACKAGES], stdout: "null", stderr: "null" }).output();
  if (there.success) return;
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run(...asRoot("apt-get", ["update"]));
  await run(...asRoot("apt-get", ["install", "-y", "--no-install-recommends", ...PACKAGES]), { env });
}

/** Ports that nobody listens to. */
function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  return listeners.map((listener) => {
    using open = listener;
    return open.addr.port;
  });
}

/** Installs Slurm where it is missing, and starts a cluster with its files in a folder. */
export async function startCluster(folder: string): Promise<Cluster> {
  await install();
  const [port, ...nodePorts] = freePorts(1 + NODES.length),
    host = Deno.hostname(),
    cores = navigator.hardwareConcurrency;
  const memory = Math.floor(Deno.systemMemoryInfo().total / 2 ** 20 / NODES.length);
  const socket = `${folder}/munge/socket`, conf = `${folder}/slurm.conf`;
  for (const name of ["munge", "controller", ...NODES]) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  for (const path of [folder, `${folder}/munge`]) await Deno.chmod(path, 0o755);
  await Deno.writeFile(`${folder}/munge/key`, crypto.getRandomValues(new Uint8Array(128)), { mode: 0o600 });
  await Deno.writeTextFile(
    conf,
    [
      "ClusterName=test",
      `SlurmctldHost=${host}(127.0.0.1)`,
      `SlurmctldPort=${port}`,
      ...["SlurmUser=root", "SlurmdUser=root", "AuthType=auth/munge", "CredType=cred/munge"],
      // A task that was queued again may start after cred_expire seconds.
      `AuthInfo=socket=${socket},cred_expire=5`,
      `StateSaveLocation=${folder}/controller`,
      `SlurmdSpoolDir=${folder}/%n`,
      `SlurmctldPidFile=${folder}/controller.pid`,
      `SlurmdPidFile=${folder}/%n.pid`,
      `SlurmctldLogFile=${folder}/controller.log`,
      `SlurmdLogFile=${folder}/%n.log`,
      ...["ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "SwitchType=switch/none", "MpiDefault=none"],
      ...["SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU", "SchedulerType=sched/backfill"],
      ...["SchedulerParameters=bf_interval=2,sched_interval=2,batch_sched_delay=1", "ReturnToService=2"],
      ...["SlurmdTimeout=8", "SlurmctldTimeout=10", "InactiveLimit=0", "KillWait=10", "MinJobAge=300", "JobRequeue=1"],
      ...["AccountingStorageType=accounting_storage/none", "JobAcctGatherType=jobacct_gather/none"],
      ...NODES.map((name, k) => (
        `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${
          nodePorts[k]
        } CPUs=${cores} RealMemory=${memory} State=UNKNOWN`
      )),
      `PartitionName=main Nodes=${NODES.join(",")} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO`,
      "",
    ].join("\n"),
  );
  const env = { SLURM_CONF: conf };
  const children = new Map<string, Deno.ChildProcess>();
  const spawn = (name: string, program: string, args: readonly string[]): void => {
    const [command, all] = asRoot(program, args);
    const child = new Deno.Command(command, { args: all, env, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    children.set(name, child);
  };
  const command = (name: string, ...args: string[]) => run(name, args, { env });
  const end = async (name: string): Promise<void> => {
    const child = children.get(name);
    if (!child) return;
    children.delete(name);
    for (const pid of NODES.some((node) => node === name) ? await stepsOf(folder, name) : []) {
      await new Deno.Command(...commandOf(asRoot("kill", ["-9", String(pid)]))).output();
    }
    try {
      if (isRoot) child.kill("SIGKILL");
      else await run(...asRoot("kill", ["-9", String(child.pid)]));
    } catch { /* it has ended */ }
    await child.status;
  };
  const start = async (daemon: Daemon): Promise<void> => {
    if (daemon === "controller") spawn(daemon, "/usr/sbin/slurmctld", ["-D", "-i", "-f", conf]);
    else spawn(daemon, "/usr/sbin/slurmd", ["-D", "-N", daemon, "-f", conf]);
    await new Promise((resolve) => setTimeout(resolve, 500));
  };
  spawn("munge", "/usr/sbin/munged", [
    ...["--foreground", "--force", `--socket=${socket}`, `--key-file=${folder}/munge/key`],
    ...[`--pid-file=${folder}/munge/pid`, `--log-file=${folder}/munge/log`, `--seed-file=${folder}/munge/seed`],
  ]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const cluster: Cluster = {
    ...{ env, command, start, kill: end },
    async close() {
      for (const name of [...NODES, "controller", "munge"]) await end(name);
    },
  };
  try {
    await start("controller");
    for (const node of NODES) await start(node);
    await until(30, "both nodes are idle", async () => {
      const states = await command("sinfo", "--noheader", "--Node", "--format", "%t").catch(() => "");
      return states.trim().split(/\s+/).filter((state) => state === "idle").length === NODES.length;
    });
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** The arguments of `new Deno.Command`. */
function commandOf([name, args]: [string, string[]]): [string, Deno.CommandOptions] {
  return [name, { args, stdout: "null", stderr: "null" }];
}

/** The processes of a node other than its daemon: those of its steps, and all below them. */
async function stepsOf(folder: string, node: string): Promise<number[]> {
  const processes: { pid: number; parent: number; words: string }[] = [];
  for (const line of (await run("ps", ["-eo", "pid,ppid,args"])).split("\n").slice(1)) {
    const [, pid, parent, words] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (pid !== undefined) processes.push({ pid: Number(pid), parent: Number(parent), words });
  }
  // A script lies in the spool folder of its node.
  const scripts = processes.filter(({ words }) => words.includes(`${folder}/${node}/job`));
  const found = new Set(scripts.flatMap(({ pid, parent }) => [parent, pid]));
  for (const { pid, words } of processes) if (found.has(pid) && !/slurmstepd|job/.test(words)) found.delete(pid);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const { pid, parent } of processes) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** Waits until something is so; fails after some seconds. */
export async function until(seconds: number, what: string, so: () => Promise<boolean>): Promise<void> {
  for (const begin = performance.now(); performance.now() - begin < seconds * 1000;) {
    if (await so()) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error(`after ${seconds} seconds it is not so that ${what}`);
}
