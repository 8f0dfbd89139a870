/**
 * What an iteration of a training asks of a GPU, counted and measured in some iterations of it.
 *
 * @module
 */
import type { MechanismProblem } from "../problems/problem.ts";
import { countGpuWork } from "../runtime/gpu_counts.ts";
import { profileGpu } from "../runtime/gpu_profile.ts";
import { measureThroughput } from "../runtime/gpu_throughput.ts";
import type { Device } from "../runtime/types.ts";
import { openGpu } from "../runtime/webgpu.ts";
import { shortTraining } from "../training/iteration_time.ts";
import type { TrainingOptions } from "../training/options.ts";
import { polishedShare } from "../training/phase.ts";
import { MEASURED_EVERY } from "../training/resident.ts";

/** What an iteration asks of a GPU: means over {@linkcode GpuIteration.iterations}. */
export interface GpuWork {
  /** How many were counted. */
  readonly iterations: number;
  readonly dispatches: number;
  readonly submissions: number;
  /** Bytes that are read back, those of metrics and measurements among them. */
  readonly bytesReadBack: number;
  /** By the GPU's own clock, or else the time that passed. */
  readonly milliseconds: number;
}

/** What an iteration with chains asks of a GPU, and one that polishes. */
export interface GpuIteration extends GpuWork {
  /** The most that the GPU was measured to do, in floating-point operations a second. */
  readonly peakFlops: number;
  /** The share of that which the operations of an iteration with chains are. */
  readonly shareOfPeak: number;
  /** One that polishes; undefined where none does. */
  readonly polishing?: GpuWork;
}

/**
 * Runs some iterations of each kind on the GPU that is open, and keeps nothing of them.
 *
 * @param flop Floating-point operations of an iteration with chains.
 */
export async function measureGpuIteration(
  problem: MechanismProblem,
  options: TrainingOptions,
  device: Device,
  flop: number,
): Promise<GpuIteration> {
  const of = (polishing: boolean) => measureWork(shortTraining(problem, options, device, { polishing }), device);
  const chains = await of(false), polishing = polishedShare(options) > 0 ? await of(true) : undefined;
  const { multiplyAddFlops: peakFlops } = await measureThroughput();
  return {
    ...{ ...chains, peakFlops, shareOfPeak: flop / (chains.milliseconds / 1e3) / peakFlops },
    ...polishing && { polishing },
  };
}

/**
 * The difference between a training of one iteration and of more. They are enough for metrics to be read once, but where the
 * GPU is emulated: there it is one.
 *
 * @param run Runs so many iterations.
 */
async function measureWork(run: (iterations: number) => Promise<void>, device: Device): Promise<GpuWork> {
  const iterations = device.software ? 1 : MEASURED_EVERY, gpu = openGpu()!;
  await run(2); // compiles shaders
  const measured = async (count: number) => {
    const endProfile = profileGpu(gpu), work = countGpuWork(), begin = performance.now();
    await run(count);
    const passed = performance.now() - begin, { submissions, bytesReadBack } = work.stop();
    const profile = await endProfile(); // reads, too
    return { ...profile, submissions, bytesReadBack, milliseconds: profile.milliseconds ?? passed };
  };
  const one = await measured(1), more = await measured(1 + iterations);
  device.check();
  const each = (of: Exclude<keyof typeof one, "passes">) => (more[of] - one[of]) / iterations;
  return {
    ...{ iterations, dispatches: each("dispatches"), submissions: each("submissions") },
    ...{ bytesReadBack: each("bytesReadBack"), milliseconds: each("milliseconds") },
  };
}
