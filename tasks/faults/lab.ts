/**
 * Where faults are tried: runs the command line as a child process in temporary folders, and reads what it leaves.
 *
 * @module
 */

/** What a trial found. */
export interface Finding {
  /** Whether the fault came in the middle of the work, and not before or after it. */
  readonly struck: boolean;
  /** What was finished and is gone, or came out otherwise; empty where all is well. */
  readonly broken: readonly string[];
}

/** A fault. */
export interface Fault {
  /** What happens to whom. */
  readonly name: string;
  /** Why it cannot be tried on this machine; undefined where it can. */
  unavailable?(): Promise<string | undefined> | string | undefined;
  /** Tries it once. */
  trial(lab: Lab): Promise<Finding>;
}

/** What a process ended with. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a process. */
export interface ProcessOptions {
  /** Told the whole of stdout whenever there is more of it. */
  readonly onOutput?: (stdout: string, child: Deno.ChildProcess) => void;
  /** Milliseconds after which it is killed. */
  readonly killAfter?: number;
  /** A file of more bytes cannot be written. */
  readonly largestFile?: number;
}

/** Where trials are made. */
export interface Lab {
  /** Uniform on [0, 1), from the lab's seed. */
  random(): number;
  /** A path that does not exist yet, in a folder that goes with the lab. */
  path(): string;
  /** Runs `tedi`. */
  tedi(args: readonly string[], options?: ProcessOptions): Promise<Ended>;
  /** Computes something once for all trials. */
  once<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Removes what was made. */
  close(): void;
}

const MODULE = new URL("../../mod.ts", import.meta.url).href;

/** A lab with a folder of its own. */
export function openLab(seed: number): Lab {
  const folder = Deno.makeTempDirSync({ prefix: "tedi-faults-" }), known = new Map<string, Promise<unknown>>();
  let paths = 0, state = seed;
  return {
    random() { // mulberry32
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    },
    path: () => `${folder}/${++paths}`,
    tedi,
    once<T>(name: string, work: () => Promise<T>): Promise<T> {
      if (!known.has(name)) known.set(name, work());
      return known.get(name) as Promise<T>;
    },
    close: () => Deno.removeSync(folder, { recursive: true }),
  };
}

async function tedi(
  args: readonly string[],
  { onOutput, killAfter, largestFile }: ProcessOptions = {},
): Promise<Ended> {
  const line = [Deno.execPath(), "run", "-A", "--quiet", MODULE, ...args];
  // A limit in blocks of 512 bytes; beyond it the system sends a signal, which is ignored, and then an error.
  const limited = `trap '' XFSZ; ulimit -f ${Math.floor((largestFile ?? 0) / 512)}; exec "$@"`;
  const [command, ...rest] = largestFile === undefined ? line : ["sh", "-c", limited, "sh", ...line];
  const env = { NO_COLOR: "1" };
  const child = new Deno.Command(command, { args: rest, stdin: "null", stdout: "piped", stderr: "piped", env }).spawn();
  const timer = killAfter === undefined ? undefined : setTimeout(() => {
    try {
      child.kill("SIGKILL");
    } catch { /* it has ended */ }
  }, killAfter);
  const stderr = new Response(child.stderr).text();
  let stdout = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    stdout += part;
    onOutput?.(stdout, child);
  }
  const { code } = await child.status;
  clearTimeout(timer);
  return { code, stdout, stderr: await stderr };
}

/** The objects of the JSON lines that are whole. */
export function events(stdout: string): Record<string, unknown>[] {
  return stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** The text of a JSON value without the fields that are measured times. */
export function timeless(value: unknown): string {
  const times = ["seconds", "profilesPerSecond", "evaluationSeconds"];
  return JSON.stringify(value, (key, inner) => times.includes(key) ? undefined : inner);
}

/** The files of a folder by name, as text of their bytes. */
export function contents(folder: string): Map<string, string> {
  const files = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();
  return new Map(files.map((name) => [name, Deno.readFileSync(`${folder}/${name}`).toHex()]));
}

export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
