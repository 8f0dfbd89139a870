/**
 * Full training iterations, ours beside the peers' in the same run: `deno task bench-peers`.
 *
 *   --sizes 3x10,1x10,3x30,10x10   participants x goods
 *   --profiles 512                 type profiles of an iteration
 *   --python /usr/bin/python3,...  interpreters with PyTorch, each a peer of its own
 *   --gpu                          WebGPU against PyTorch on CUDA, instead of the CPU
 *   --rounds 3                     turns of each; the least time of all turns counts
 *   --json                         one JSON object instead of tables
 *
 * Each turn is a process of its own, so that memory is measured apart. Iterations are as the peers' README says.
 */
import { parseArgs } from "@std/cli";
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
}

/** One of those that are compared. */
interface Contestant {
  readonly name: string;
  readonly command: string;
  readonly args: (file: string) => readonly string[];
  /** Timed iterations of a turn. */
  readonly iterations: number;
  readonly env?: Readonly<Record<string, string>>;
}

const flags = parseArgs(Deno.args, {
  string: ["sizes", "profiles", "python", "rounds"],
  boolean: ["json", "gpu"],
  default: { sizes: "3x10,1x10,3x30,10x10", profiles: "512", python: "/usr/bin/python3", rounds: "3" },
});
const here = (path: string) => new URL(path, import.meta.url).pathname;
const ours = (kernels: string, iterations: number): Contestant => ({
  name: `tedi, ${kernels === "reference" ? "op by op" : kernels}`,
  command: Deno.execPath(),
  args: (file) => [
    ...["run", "-A", "--no-check", here("iteration_process.ts"), file, "--kernels", kernels],
    ...["--iterations", String(iterations), "--warmup", kernels === "reference" ? "1" : "5"],
  ],
  iterations,
});
const peer = (python: string, batch?: string): Contestant => ({
  name: `PyTorch, ${python}${batch ? ", all profiles at once" : ""}`,
  command: python,
  args: (file) => [
    ...[here("peers/pytorch/training_iteration.py"), "time", file, "--iterations", "10", "--warmup", "3"],
    ...(flags.gpu ? ["--device", "cuda"] : []),
    ...(batch ? ["--batch", batch] : []),
  ],
  iterations: 10,
  // Debian's PyTorch calls OpenBLAS for many small products, which its own threads make slower.
  env: { OPENBLAS_NUM_THREADS: "1" },
});
const contestants = [
  ...(flags.gpu ? [ours("webgpu", 20)] : [ours("wasm", 20), ours("reference", 2)]),
  ...flags.python.split(",").flatMap((python: string) =>
    flags.gpu ? [peer(python)] : [peer(python), peer(python, flags.profiles)]
  ),
];

async function turn({ name, command, args, env }: Contestant, file: string): Promise<Report> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args(file)], env }).output();
  const text = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
  if (code !== 0) throw new Error(`${name} failed with code ${code}: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(text);
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const folder = await Deno.makeTempDir();
const peak = flags.gpu ? undefined : await simdPeak();
const results = [];
try {
  for (const size of flags.sizes.split(",")) {
    const [participants, goods] = size.split("x").map(Number);
    const task: IterationSize = { participants, goods, profiles: Number(flags.profiles) };
    const file = `${folder}/${size}.safetensors`;
    Deno.writeFileSync(file, encodeIteration(task, false));
    const reports = contestants.map((): Report[] => []);
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [k, contestant] of contestants.entries()) {
        console.error(`n = ${participants}, m = ${goods}, round ${round + 1}: ${contestant.name}`);
        reports[k].push(await turn(contestant, file));
      }
    }
    const flop = reports[0][0].flop!.total;
    const rows = contestants.map(({ name }, k) => {
      const all = reports[k].flatMap(({ iterationMs }) => iterationMs), least = Math.min(...all);
      const peakBytes = Math.min(...reports[k].map((report) => report.peakBytes));
      const { version, device, idleBytes } = reports[k][0];
      return { name, version, device, least, median: median(all), gflops: flop / least / 1e6, peakBytes, idleBytes };
    });
    results.push({ ...task, flop, rows });
    if (flags.json) continue;
    console.log(`\nn = ${participants}, m = ${goods}, ${task.profiles} profiles; ${(flop / 1e9).toFixed(2)} GFLOP\n`);
    console.log("| | least | median | ratio | GFLOPS | peak memory | beyond idle |");
    console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
    for (const row of rows) {
      console.log(
        `| ${row.name} (${row.version}) | ${row.least.toFixed(1)} ms | ${row.median.toFixed(1)} ms | ` +
          `${(row.least / rows[0].least).toFixed(2)} | ${row.gflops.toFixed(1)} | ${mebibytes(row.peakBytes)} | ` +
          `${mebibytes(row.peakBytes - row.idleBytes)} |`,
      );
    }
  }
} finally {
  Deno.removeSync(folder, { recursive: true });
}
const cores = navigator.hardwareConcurrency;
if (flags.json) console.log(JSON.stringify({ date: new Date().toISOString(), cores, simdPeakGflops: peak, results }));
else if (peak !== undefined) {
  console.log(`\nSIMD128 peak of one core, measured: ${peak.toFixed(1)} GFLOPS; ${cores} cores`);
}
