/**
 * `--backend auto` of commands that train: a GPU is taken where it is faster than the CPU for the problem's size, which is
 * measured once and remembered.
 *
 * @module
 */
import { InvalidInputError, MachineError } from "../errors.ts";
import { readCached, writeCached } from "../io/user_cache.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import { chooseAdapter, type Device, type DeviceOptions, openDevice } from "../runtime/device.ts";
import { threadCount } from "../runtime/threads.ts";
import { openWasm } from "../runtime/wasm.ts";
import { adapterName, findAdapters, openWebgpu } from "../runtime/webgpu.ts";
import { iterationTime } from "../training/iteration_time.ts";
import { carriedProfiles, type TrainingOptions } from "../training/options.ts";
import { polishedShare } from "../training/phase.ts";
import { trainingRules } from "../training/train.ts";
import { adapterFacts, machineFacts } from "./device_test/adapter_facts.ts";
import type { Output } from "./output.ts";

/** Milliseconds of a training iteration on a GPU and on wasm. */
export interface IterationTimes {
  /** On the GPU; where `atLeast`, it takes at least that long. */
  readonly gpu: number;
  readonly wasm: number;
  /** Whether the GPU was measured with a few profiles only, as these took longer than all of them on wasm. */
  readonly atLeast?: boolean;
}

/** The file of the cache. */
export const CACHE_FILE = "iteration_times.json";
/** Profiles that a GPU is tried with first. */
const FEW_PROFILES = 16;

/**
 * Opens the device to train on: as {@linkcode openDevice} does, but for `auto` only a GPU that is faster than wasm in an
 * iteration of this training. A GPU that cannot be measured is not taken.
 *
 * @param measure Measures the two, and leaves wasm open.
 */
export async function openFasterDevice(
  problem: MechanismProblem,
  training: TrainingOptions,
  options: DeviceOptions,
  output: Output,
  measure: typeof measureIterations = measureIterations,
): Promise<Device> {
  const { backend = "auto", allowSoftware = false } = options;
  if (backend !== "auto") return await openDevice(options);
  const adapters = await findAdapters(), { index } = chooseAdapter(adapters.map(({ info }) => info), allowSoftware);
  if (index < 0) return await openDevice(options);

  const wasm = await openDevice({ ...options, backend: "wasm" }); // sets the number of threads, too
  const name = adapterName(adapters[index].info), key = cacheKey(adapters[index], problem, training);
  let times = timesIn((await readCached(CACHE_FILE))[key]);
  const known = times !== undefined;
  if (!times) {
    output.log(`Measuring, once for such problems, whether ${name} is faster than the CPU (--backend overrules it)`);
    try {
      times = await measure(adapters[index], problem, training, wasm);
    } catch (error) {
      // It fails, or the problem does not fit on it.
      if (!(error instanceof MachineError || error instanceof InvalidInputError)) throw error;
      return await openWasm(`wasm: the GPU could not be used (${error.message})`);
    }
    await writeCached(CACHE_FILE, key, { ...times, date: new Date().toISOString() });
  }
  const reason = reasonOf(times, name, known);
  if (times.gpu >= times.wasm) return await openWasm(reason);
  // Adapters give one device each.
  return await openWebgpu((await findAdapters())[index], reason);
}

/** Why the faster one is taken. */
export function reasonOf({ gpu, wasm, atLeast }: IterationTimes, name: string, known: boolean): string {
  const figure = (milliseconds: number) => `${Number(milliseconds.toPrecision(3))} ms`;
  const when = known ? "measured before, for a problem of this size" : "measured just now";
  const ofGpu = atLeast ? `more than ${figure(gpu)} with ${FEW_PROFILES} profiles` : figure(gpu);
  return `${gpu < wasm ? "webgpu" : "wasm"}: an iteration takes ${ofGpu} on ${name} and ${
    figure(wasm)
  } on wasm, ${when}`;
}

/** Measures an iteration on wasm, which is open and is open afterwards, and on the GPU. */
export async function measureIterations(
  adapter: GPUAdapter,
  problem: MechanismProblem,
  training: TrainingOptions,
  wasm: Device,
): Promise<IterationTimes> {
  const ofWasm = await iterationTime(problem, training, wasm);
  const gpu = await openWebgpu(adapter, "webgpu: it is measured");
  try {
    const atMost = (profiles: number) => Math.min(FEW_PROFILES, profiles);
    const few = {
      ...{ ...training, profiles: atMost(training.profiles) },
      ...{ polishProfiles: atMost(training.polishProfiles) },
    };
    const ofFew = await iterationTime(problem, few, gpu);
    gpu.check();
    const isLess = few.profiles < training.profiles || few.polishProfiles < training.polishProfiles;
    if (isLess && ofFew >= ofWasm) return { gpu: ofFew, wasm: ofWasm, atLeast: true };
    const ofGpu = await iterationTime(problem, training, gpu);
    gpu.check();
    return { gpu: ofGpu, wasm: ofWasm };
  } finally {
    gpu.close();
    await openWasm("wasm: it was asked for");
  }
}

/**
 * What a measurement is valid for: the adapter and its driver, the machine and its programs, the number of threads, and the
 * size of the problem: where weights come from, and how many multiplications moving chains takes, in powers of two; and the
 * share of iterations that polishes, in tenths, with the size of these.
 */
export function cacheKey(adapter: GPUAdapter, problem: MechanismProblem, training: TrainingOptions): string {
  const { info, driver } = adapterFacts(adapter), { version, deno, os, release } = machineFacts();
  const { network: { weightCount: P }, parameterShapes } = trainingRules(problem, training);
  const weights = !("output.weight" in parameterShapes)
    ? "shared"
    : "output.slopes" in parameterShapes
    ? "set"
    : "dense";
  const work = carriedProfiles(training) * problem.participants * training.chains * training.steps * P;
  const inTwos = (count: number) => Math.round(Math.log2(count)), share = polishedShare(training);
  return JSON.stringify({
    ...{ ...info, driver, version, deno, os, release, threads: threadCount(), weights },
    ...{ moves: training.lineMoveEvery > 0, utility: isReproducibleGoods(problem.principalUtility) ? "goods" : "own" },
    size: inTwos(work),
    ...share > 0 && {
      polishing: { share: Math.ceil(10 * share), size: inTwos(training.polishProfiles * problem.participants * P) },
    },
  });
}

/** The times of an entry of the cache, if that is what it is. */
function timesIn(entry: Readonly<Record<string, unknown>> = {}): IterationTimes | undefined {
  const { gpu, wasm, atLeast } = entry;
  const isTime = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;
  return isTime(gpu) && isTime(wasm) ? { gpu, wasm, ...atLeast === true && { atLeast } } : undefined;
}
