/**
 * Full training iterations, ours beside the peers' in the same run: `deno task bench-peers`.
 *
 *   --sizes 3x10,1x10,3x30,10x10   participants x goods; with --gpu 3x10,3x30,10x10,3x100
 *   --profiles 512                 type profiles of an iteration, several with commas; with --gpu 512,4096
 *   --python /usr/bin/python3,...  interpreters with PyTorch, each a peer of its own
 *   --gpu                          WebGPU against PyTorch on CUDA, eager and compiled, on the same card
 *   --compile reduce-overhead      the mode of torch.compile, with --gpu
 *   --rounds 3                     turns of each; the least time of all turns counts
 *   --json                         one JSON object instead of tables
 *
 * Each turn is a process of its own, so that memory is measured apart. Iterations are as the peers' README says. Exit code 2
 * where what is to be compared is not there.
 */
import { parseArgs } from "@std/cli";
import { InvalidInputError, MachineError } from "../src/errors.ts";
import type { GpuThroughput } from "../src/runtime/gpu_throughput.ts";
import { adapterName, findAdapters, isSoftware } from "../src/runtime/webgpu.ts";
import { encodeIteration, type IterationSize } from "./iteration_file.ts";
import { simdPeak } from "./simd_peak.ts";

/** What a process reports. */
interface Report {
  readonly framework: string;
  readonly version: string;
  readonly device: string;
  readonly iterationMs: readonly number[];
  readonly peakBytes: number;
  readonly idleBytes: number;
  readonly flop?: { readonly total: number };
  /** On WebGPU: of an iteration, and what the card does at most. */
  readonly dispatches?: number;
  readonly gpuMs?: number;
  readonly peak?: GpuThroughput;
}

/** One of those that are compared. */
interface Contestant {
  readonly name: string;
  readonly command: string;
  readonly args: (file: string, profiles: number) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A contestant's row of a table; without times where it failed. */
interface Row {
  readonly name: string;
  readonly version?: string;
  readonly device?: string;
  readonly least?: number;
  readonly median?: number;
  readonly gflops?: number;
  readonly peakBytes?: number;
  readonly idleBytes?: number;
  readonly dispatches?: number;
  readonly gpuMs?: number;
  readonly error?: string;
}

const flags = parseArgs(Deno.args, {
  string: ["sizes", "profiles", "python", "rounds", "compile"],
  boolean: ["json", "gpu"],
  default: { python: "/usr/bin/python3", rounds: "3", compile: "reduce-overhead" },
});
const sizes = flags.sizes ?? (flags.gpu ? "3x10,3x30,10x10,3x100" : "3x10,1x10,3x30,10x10");
const profileCounts = (flags.profiles ?? (flags.gpu ? "512,4096" : "512")).split(",").map(Number);
const pythons: string[] = flags.python.split(",");
const here = (path: string) => new URL(path, import.meta.url).pathname;
const script = here("peers/pytorch/training_iteration.py");
const ours = (kernels: string, iterations: number): Contestant => ({
  name: `tedi, ${kernels === "reference" ? "op by op" : kernels}`,
  command: Deno.execPath(),
  args: (file) => [
    ...["run", "-A", "--no-check", here("iteration_process.ts"), file, "--kernels", kernels],
    ...["--iterations", String(iterations), "--warmup", kernels === "reference" ? "1" : "5"],
    ...(flags.gpu ? ["--peak"] : []),
  ],
});
/** PyTorch; on the CPU all profiles at once or in batches that fit the caches, on CUDA all at once. */
const peer = (python: string, { whole = false, compiled = false } = {}): Contestant => ({
  name: `PyTorch, ${python}${whole ? ", all profiles at once" : ""}${
    compiled ? `, torch.compile ${flags.compile}` : flags.gpu ? ", eager" : ""
  }`,
  command: python,
  args: (file, profiles) => [
    ...[script, "time", file, "--iterations", flags.gpu ? "50" : "10", "--warmup", compiled ? "10" : "3"],
    ...(flags.gpu ? ["--device", "cuda"] : []),
    ...(compiled ? ["--compile", flags.compile] : []),
    ...(whole ? ["--batch", String(profiles)] : []),
  ],
  // Debian's PyTorch calls OpenBLAS for many small products, which its own threads make slower.
  env: { OPENBLAS_NUM_THREADS: "1" },
});
const contestants = [
  ...(flags.gpu ? [ours("webgpu", 20)] : [ours("wasm", 20), ours("reference", 2)]),
  ...pythons.flatMap((python) => [peer(python), peer(python, flags.gpu ? { compiled: true } : { whole: true })]),
];

/** Runs a process; what it wrote, if it ended well. */
async function output(command: string, args: readonly string[], env?: Readonly<Record<string, string>>) {
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  try {
    const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args], env }).output();
    return { code, stdout: decode(stdout), stderr: decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { code: 127, stdout: "", stderr: `there is no ${command}` };
  }
}

/** A turn of a contestant; why it failed, if it did: another card may have less memory than it wants. */
async function turn({ command, args, env }: Contestant, file: string, profiles: number): Promise<Report | string> {
  const { code, stdout, stderr } = await output(command, args(file, profiles), env);
  return code === 0 ? JSON.parse(stdout.split("\n").at(-1)!) : stderr.split("\n").at(-1) || `exit code ${code}`;
}

/**
 * The card's name, as WebGPU and PyTorch say it.
 *
 * @throws {InvalidInputError} where one of the two has none.
 */
async function requireCard(): Promise<{ webgpu: string; cuda: string }> {
  const cannot = "Cannot compare on a GPU";
  let cuda = "";
  for (const python of pythons) {
    const { code, stdout, stderr } = await output(python, [script, "cuda"]);
    if (code === 0) cuda = JSON.parse(stdout).device;
    else {
      const reason = /No module named '(torch|numpy)'/.exec(stderr)?.[0] ?? stderr.split("\n").at(-1);
      throw new InvalidInputError(
        `${cannot}: --python must be an interpreter whose PyTorch has a CUDA device, got ${python} (${reason})`,
      );
    }
  }
  const adapter = (await findAdapters()).find(({ info }) => !isSoftware(info));
  if (!adapter) throw new InvalidInputError(`${cannot}: WebGPU finds no hardware adapter; see tedi devices`);
  return { webgpu: adapterName(adapter.info), cuda };
}

/** The measurements of a size. */
async function compare(task: IterationSize, file: string) {
  const { participants, goods, profiles } = task;
  Deno.writeFileSync(file, encodeIteration(task, false));
  const reports = contestants.map((): (Report | string)[] => []);
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const [k, contestant] of contestants.entries()) {
      if (typeof reports[k][0] === "string") continue;
      console.error(`n = ${participants}, m = ${goods}, ${profiles} profiles, round ${round + 1}: ${contestant.name}`);
      reports[k].push(await turn(contestant, file, profiles));
    }
  }
  const [own] = reports[0];
  if (typeof own === "string") throw new MachineError(`Cannot compare: ${contestants[0].name} failed: ${own}`);
  const flop = own.flop!.total;
  const rows = contestants.map(({ name }, k): Row => {
    const failed = reports[k].find((one) => typeof one === "string");
    if (failed) return { name, error: failed };
    const done = reports[k] as Report[], all = done.flatMap(({ iterationMs }) => iterationMs), least = Math.min(...all);
    const peakBytes = Math.min(...done.map((report) => report.peakBytes));
    const { version, device, idleBytes, dispatches, gpuMs } = done[0];
    return {
      ...{ name, version, device, least, median: median(all), gflops: flop / least / 1e6, peakBytes, idleBytes },
      ...{ dispatches, gpuMs },
    };
  });
  return { ...task, flop, rows, gpuPeak: own.peak };
}

/** A size's measurements as a table. */
function table({ participants, goods, profiles, flop, rows, gpuPeak }: Awaited<ReturnType<typeof compare>>): string {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const share = (gflops: number) => gpuPeak ? ` (${(100 * gflops * 1e9 / gpuPeak.multiplyAddFlops).toFixed(0)}%)` : "";
  return [
    `\nn = ${participants}, m = ${goods}, ${profiles} profiles; ${(flop / 1e9).toFixed(2)} GFLOP\n`,
    `| | least | median | ratio | GFLOPS${gpuPeak ? " (share of peak)" : ""} | peak memory | beyond idle |`,
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map(({ name, version, least, median, gflops, peakBytes, idleBytes, error }) =>
      error !== undefined
        ? `| ${name} | failed: ${error} | | | | | |`
        : `| ${name} (${version}) | ${least!.toFixed(1)} ms | ${median!.toFixed(1)} ms | ` +
          `${(least! / rows[0].least!).toFixed(2)} | ${gflops!.toFixed(1)}${share(gflops!)} | ${
            mebibytes(peakBytes!)
          } | ${mebibytes(peakBytes! - idleBytes!)} |`
    ),
    ...(gpuPeak
      ? [
        `\nOf the GPU, in an iteration: ${rows[0].dispatches!.toFixed(0)} dispatches` +
        (rows[0].gpuMs === undefined ? "" : `, ${rows[0].gpuMs.toFixed(2)} ms by its own clock`) +
        `; at most ${(gpuPeak.multiplyAddFlops / 1e12).toFixed(2)} TFLOP/s, ${
          (gpuPeak.bandwidth / 1e9).toFixed(0)
        } GB/s, ${(gpuPeak.matrixFlops / 1e12).toFixed(2)} TFLOP/s in a product of matrices`,
      ]
      : []),
  ].join("\n");
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function main(): Promise<void> {
  const card = flags.gpu ? await requireCard() : undefined;
  if (card) console.error(`WebGPU computes on ${card.webgpu}, PyTorch on ${card.cuda}: they should be the same card`);
  const folder = await Deno.makeTempDir();
  const peak = flags.gpu ? undefined : await simdPeak();
  const results = [];
  try {
    for (const size of sizes.split(",")) {
      for (const profiles of profileCounts) {
        const [participants, goods] = size.split("x").map(Number);
        const result = await compare({ participants, goods, profiles }, `${folder}/${size}.safetensors`);
        results.push(result);
        if (!flags.json) console.log(table(result));
      }
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  const cores = navigator.hardwareConcurrency;
  if (flags.json) {
    console.log(JSON.stringify({ date: new Date().toISOString(), cores, card, simdPeakGflops: peak, results }));
  } else if (peak !== undefined) {
    console.log(`\nSIMD128 peak of one core, measured: ${peak.toFixed(1)} GFLOPS; ${cores} cores`);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof InvalidInputError || error instanceof MachineError)) throw error;
  console.error(error.message);
  Deno.exit(error instanceof InvalidInputError ? 2 : 1);
}
