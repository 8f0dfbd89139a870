/**
 * Times training iterations of a file, and prints one line of JSON as the peers do.
 *
 *     deno run -A bench/iteration_process.ts IN.safetensors [OPTIONS]
 *
 * Options: `--kernels wasm|reference|webgpu`, `--iterations N`, `--warmup N`, `--threads N`.
 */
import { parseArgs } from "@std/cli";
import { tf } from "../src/deps/tfjs.ts";
import { type KernelName, KERNELS, openKernels, priceKernels } from "../src/kernels/select.ts";
import { openDevice } from "../src/runtime/device.ts";
import { iterate } from "../src/training/algorithm1.ts";
import { trainingPlan } from "../src/training/plan.ts";
import { disposeState, restoreState } from "../src/training/state.ts";
import { trainingRules } from "../src/training/train.ts";
import { VERSION } from "../src/version.ts";
import { decodeIteration } from "./iteration_file.ts";

const { _: [path], ...flags } = parseArgs(Deno.args, { string: ["kernels", "iterations", "warmup", "threads", "_"] });
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
const { problem, options, checkpoint } = decodeIteration(Deno.readFileSync(String(path)));
const rules = trainingRules(problem, options);
await openKernels(rules.network); // starts the threads
const kernels = priceKernels(rules.network, name);
let state = restoreState(problem, rules, options, checkpoint);
const idleBytes = Deno.memoryUsage().rss;
const iterationMs: number[] = [];
for (let k = 0; k < warmup + iterations; k++) {
  const begin = performance.now();
  const next = await iterate(problem, rules, kernels, options, state);
  if (name === "webgpu") await next.state.chains.data();
  if (k >= warmup) iterationMs.push(performance.now() - begin);
  disposeState(state, next.state);
  state = next.state;
}
device.check();
console.log(JSON.stringify({
  framework: `tedi-${name}`,
  version: VERSION,
  device: device.adapter,
  backend: tf.getBackend(),
  threads: name === "reference" ? 1 : Number(flags.threads ?? navigator.hardwareConcurrency),
  iterationMs,
  flop: trainingPlan(rules, kernels, options).flop,
  peakBytes: peakBytes() ?? Deno.memoryUsage().rss,
  idleBytes,
}));
device.close();
Deno.exit(0);

/** The process's largest resident set, where the system tells. */
function peakBytes(): number | undefined {
  try {
    const kibibytes = /VmHWM:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    return kibibytes === undefined ? undefined : 1024 * Number(kibibytes);
  } catch {
    return undefined;
  }
}
