/**
 * Times training iterations of a file, and prints one line of JSON as the peers do.
 *
 *     deno run -A bench/iteration_process.ts IN.safetensors [OPTIONS]
 *
 * Options: `--kernels wasm|reference|webgpu`, `--iterations N`, `--warmup N`, `--threads N`, `--peak`.
 *
 * On a GPU, which does not wait for the host, each time is the mean of several iterations, the clock of the GPU is read, too,
 * and `--peak` measures what it does at most.
 */
import { parseArgs } from "@std/cli";
import { tf } from "../src/deps/tfjs.ts";
import { type KernelName, KERNELS, openKernels, priceKernels } from "../src/kernels/select.ts";
import { openDevice } from "../src/runtime/device.ts";
import { profileGpu } from "../src/runtime/gpu_profile.ts";
import { measureThroughput } from "../src/runtime/gpu_throughput.ts";
import { openGpu } from "../src/runtime/webgpu.ts";
import { iterate } from "../src/training/algorithm1.ts";
import { iterationTime, shortTraining } from "../src/training/iteration_time.ts";
import { trainingPlan } from "../src/training/plan.ts";
import { disposeState, restoreState } from "../src/training/state.ts";
import { trainingRules } from "../src/training/train.ts";
import { VERSION } from "../src/version.ts";
import { decodeIteration } from "./iteration_file.ts";

/** Times measured in a process on a GPU, and iterations that its clock is read of. */
const TURNS_ON_GPU = 3, ITERATIONS_OF_PROFILE = 4;

const { _: [path], ...flags } = parseArgs(Deno.args, {
  string: ["kernels", "iterations", "warmup", "threads", "_"],
  boolean: ["peak"],
});
const name = (flags.kernels ?? "wasm") as KernelName;
if (path === undefined || !KERNELS.includes(name)) {
  console.error(`Cannot time iterations: give a file, and --kernels as one of ${KERNELS.join(", ")}`);
  Deno.exit(2);
}
const [iterations, warmup] = [Number(flags.iterations ?? 10), Number(flags.warmup ?? 3)];
const device = await openDevice({
  backend: name === "webgpu" ? "webgpu" : "wasm",
  allowSoftware: true,
  threads: flags.threads === undefined ? undefined : Number(flags.threads),
});
const { problem, checkpoint, ...decoded } = decodeIteration(Deno.readFileSync(String(path)));
/** With chains: peers do not polish. */
const options = { ...decoded.options, polishShare: 0 };
const rules = trainingRules(problem, options);
await openKernels(rules.network); // starts the threads
const kernels = priceKernels(rules.network, name);
const idleBytes = Deno.memoryUsage().rss;
const iterationMs: number[] = [];
/** What the GPU did in an iteration. */
let gpu: { readonly dispatches: number; readonly gpuMs?: number } | undefined;
if (name === "webgpu") {
  for (let turn = 0; turn < TURNS_ON_GPU; turn++) {
    iterationMs.push(await iterationTime(problem, options, device, checkpoint));
  }
  gpu = await onGpu();
} else {
  let state = restoreState(problem, rules, options, checkpoint);
  for (let k = 0; k < warmup + iterations; k++) {
    const begin = performance.now();
    const next = await iterate(problem, rules, kernels, options, state);
    if (k >= warmup) iterationMs.push(performance.now() - begin);
    disposeState(state, next.state);
    state = next.state;
  }
}
device.check();
const peak = flags.peak && name === "webgpu" ? await measureThroughput() : undefined;
console.log(JSON.stringify({
  framework: `tedi-${name}`,
  version: VERSION,
  device: device.adapter,
  backend: tf.getBackend(),
  threads: name === "reference" ? 1 : Number(flags.threads ?? navigator.hardwareConcurrency),
  iterationMs,
  ...gpu,
  ...peak && { peak },
  flop: trainingPlan(problem, rules, kernels, options).flop,
  peakBytes: peakBytes() ?? Deno.memoryUsage().rss,
  idleBytes,
}));
device.close();
Deno.exit(0);

/** An iteration on the GPU: the difference between trainings of one and of several. */
async function onGpu(): Promise<{ dispatches: number; gpuMs?: number }> {
  const run = shortTraining(problem, options, device, { resume: checkpoint });
  const profiles = [];
  for (const count of [1, 1 + ITERATIONS_OF_PROFILE]) {
    const end = profileGpu(openGpu()!);
    await run(count);
    profiles.push(await end());
  }
  const [one, more] = profiles;
  const each = (of: (profile: typeof one) => number) => (of(more) - of(one)) / ITERATIONS_OF_PROFILE;
  const dispatches = each((profile) => profile.dispatches);
  return one.milliseconds === undefined
    ? { dispatches }
    : { dispatches, gpuMs: each(({ milliseconds = 0 }) => milliseconds) };
}

/** The process's largest resident set, where the system tells. */
function peakBytes(): number | undefined {
  try {
    const kibibytes = /VmHWM:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    return kibibytes === undefined ? undefined : 1024 * Number(kibibytes);
  } catch {
    return undefined;
  }
}
