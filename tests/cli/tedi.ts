/**
 * Runs the real command line as a child process.
 *
 * @module
 */

/** Arguments of a training that takes half a second. */
export const SMALL: readonly string[] = [
  ..."--iterations 3 --profiles 16 --chains 4 --steps 2 --groups 4 --test-profiles 200 --backend wasm".split(" "),
];

/** The columns of metrics that are measured times. */
const TIMES = ["seconds", "profilesPerSecond"];

const MODULE = new URL("../../mod.ts", import.meta.url).href;

/** What a process ended with. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the command line. */
export function spawn(args: readonly string[], options: Deno.CommandOptions = {}): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MODULE, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
    env: { NO_COLOR: "1", ...options.env },
  }).spawn();
}

/** Runs `tedi` with arguments and, if given, text on stdin. */
export async function tedi(args: readonly string[], options: Deno.CommandOptions = {}, stdin?: string): Promise<Ended> {
  const child = spawn(args, { ...options, stdin: stdin === undefined ? "null" : "piped" });
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** The objects of JSON lines; fails where a line is anything else. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** The first of the JSON lines that a process writes, as soon as it is there, and the others once it has ended. */
export async function firstEvent(
  child: Deno.ChildProcess,
): Promise<{ event: Record<string, unknown>; rest: Promise<Record<string, unknown>[]>; stderr: Promise<string> }> {
  const stderr = new Response(child.stderr).text(),
    reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`it ended without a line: ${await stderr}`);
    text += value;
    if (text.includes("\n")) break;
  }
  const rest = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    return jsonLines(text).slice(1);
  })();
  return { event: jsonLines(text.slice(0, text.indexOf("\n") + 1))[0], rest, stderr };
}

/** The metrics of a run folder without what is measured in seconds. */
export async function metricsOf(folder: string): Promise<Record<string, unknown>[]> {
  const lines = jsonLines(await Deno.readTextFile(`${folder}/metrics.jsonl`));
  return lines.map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => !TIMES.includes(name))));
}

/** A folder for the tests of a file. It goes when the process ends. */
export function testFolder(): string {
  const folder = Deno.makeTempDirSync({ prefix: "tedi-cli-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  return folder;
}

/** A small run, trained once for all tests of a file. */
export function smallRun(folder: string): () => Promise<string> {
  let run: Promise<string> | undefined;
  return () =>
    run ??= (async () => {
      const out = `${folder}/small`;
      const { code, stderr } = await tedi(["train", ...SMALL, "--out", out, "--quiet"]);
      if (code !== 0) throw new Error(stderr);
      return out;
    })();
}
