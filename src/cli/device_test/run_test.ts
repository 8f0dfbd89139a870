/**
 * Tests an adapter: whether kernels and training compute what they do on the CPU, and how fast it is.
 *
 * @module
 */
import { MachineError } from "../../errors.ts";
import { caseNetwork, type KernelCase, type KernelResults, runKernels } from "../../kernels/comparison/cases.ts";
import { caseCuts, cutDifferences } from "../../kernels/comparison/cuts.ts";
import { type Difference, differences } from "../../kernels/comparison/differences.ts";
import type { PriceKernels } from "../../kernels/kernels.ts";
import { referenceKernels } from "../../kernels/reference.ts";
import { priceKernels } from "../../kernels/select.ts";
import type { ConvexNetwork } from "../../networks/network.ts";
import { openDevice } from "../../runtime/device.ts";
import { type GpuThroughput, measureThroughput } from "../../runtime/gpu_throughput.ts";
import type { Device } from "../../runtime/types.ts";
import { openWebgpu } from "../../runtime/webgpu.ts";
import { iterationTime } from "../../training/iteration_time.ts";
import type { IterationMetrics } from "../../training/metrics.ts";
import { train } from "../../training/train.ts";
import { type AdapterFacts, adapterFacts, type MachineFacts, machineFacts } from "./adapter_facts.ts";
import type { PlannedTraining, TestPlan } from "./plan.ts";
import { type Polished, polishedDifferences, polishOnce } from "./polishing.ts";

/** What came of a comparison. */
export interface Comparison {
  /** The shape or setting that was computed. */
  readonly name: string;
  /** How far each result was off, and how far it might be; none where it failed. */
  readonly differences: readonly Difference[];
  /** Why it failed, where it did. */
  readonly error?: string;
}

/** What was found of an adapter. */
export interface DeviceTest extends AdapterFacts {
  readonly machine: MachineFacts;
  /** Whether all comparisons are as they should be. */
  readonly right: boolean;
  /** Kernels, by shape. */
  readonly kernels: readonly Comparison[];
  /** Iterations of training with chains. */
  readonly training: Comparison;
  /** An iteration that polishes. */
  readonly polishing: Comparison;
  /** What it does at most; undefined where that could not be measured. */
  readonly throughput?: GpuThroughput;
  /**
   * Milliseconds of a training iteration, in the mean over those with chains and those that polish; undefined where that could
   * not be measured.
   */
  readonly iteration?:
    & {
      readonly setting: string;
      readonly profiles: number;
      readonly polishShare: number;
      readonly polishProfiles: number;
    }
    & Readonly<
      Record<"gpuMilliseconds" | "wasmMilliseconds", number>
    >;
  /** Why figures are missing, where they are. */
  readonly error?: string;
}

/** Told what is being done: `done` of `all` of a stage. */
export type OnStage = (stage: string, done: number, all: number) => void;

/** Whether a comparison is as it should be. */
export function isRight({ differences, error }: Comparison): boolean {
  return error === undefined && differences.every(({ off, allowed }) => off <= allowed);
}

/**
 * Tests an adapter. What goes wrong on it is in the result, and nothing is thrown for it.
 *
 * @param kernelsOf The kernels under test.
 */
export async function testAdapter(
  adapter: GPUAdapter,
  plan: TestPlan,
  onStage: OnStage = () => {},
  kernelsOf: (network: ConvexNetwork) => PriceKernels = priceKernels,
): Promise<DeviceTest> {
  const facts = adapterFacts(adapter), machine = machineFacts();
  const { cases, compared, timed } = plan;

  // All that is right is known before the adapter is opened, as TensorFlow.js has one backend at a time.
  const wasm = await openDevice({ backend: "wasm" });
  const expected: KernelResults[] = [];
  for (const [k, one] of cases.entries()) {
    onStage("the kernels' reference, on the CPU", k, cases.length);
    expected.push(await runKernels(referenceKernels(caseNetwork(one)), one));
  }
  onStage("iterations of training on the CPU", 0, 1);
  const expectedMetrics = await firstMetrics(compared, wasm), expectedPolished = await polishOnce(compared);
  const wasmMilliseconds = timed && await timeOf(timed, wasm);

  const device = await openWebgpu(adapter, "webgpu: it is tested");
  try {
    const kernels: Comparison[] = [];
    for (const [k, one] of cases.entries()) {
      onStage("kernels", k, cases.length);
      kernels.push(await compareKernels(kernelsOf(caseNetwork(one)), one, expected[k], device));
    }
    onStage("iterations of training", 0, 1);
    const training = await compareTraining(compared, expectedMetrics, device);
    onStage("an iteration that polishes", 0, 1);
    const polishing = await comparePolishing(compared, expectedPolished, device);
    const right = [...kernels, training, polishing].every(isRight);
    const found = { ...facts, machine, right, kernels, training, polishing };
    if (!timed || wasmMilliseconds === undefined) return found;
    try {
      onStage("what it does at most", 0, 1);
      const throughput = await measureThroughput();
      onStage("the time of an iteration", 0, 1);
      const gpuMilliseconds = await timeOf(timed, device);
      device.check();
      const { problem: { name: setting }, options: { profiles, polishShare, polishProfiles } } = timed;
      const iteration = { setting, profiles, polishShare, polishProfiles, gpuMilliseconds, wasmMilliseconds };
      return { ...found, throughput, iteration };
    } catch (error) {
      return { ...found, right: false, error: messageOf(error) };
    }
  } finally {
    device.close();
  }
}

/** Kernels on a shape, compared with what is right. */
async function compareKernels(
  kernels: PriceKernels,
  one: KernelCase,
  expected: KernelResults,
  device: Device,
): Promise<Comparison> {
  const { resident } = kernels;
  return await compared(one.name, device, async () => [
    ...differences(one, await runKernels(kernels, one), expected),
    ...resident ? await cutDifferences(resident, caseCuts(one)) : [],
  ]);
}

/**
 * Most that the metrics of the first two iterations may differ, relative to what is right, as chains part by rounding. On a
 * GPU the suboptimality is not that of every iteration.
 */
const METRICS: readonly (readonly [name: keyof IterationMetrics, iterations: number, allowed: number])[] = [
  ["softRevenue", 2, 1e-3],
  ["gradientNorm", 2, 1e-2],
  ["relativeChainSuboptimality", 1, 1e-2],
];

/** The first two iterations of a training, compared with what they are on wasm. */
async function compareTraining(
  planned: PlannedTraining,
  expected: readonly IterationMetrics[],
  device: Device,
): Promise<Comparison> {
  return await compared(planned.problem.name, device, async () => {
    const got = await firstMetrics(planned, device);
    return METRICS.flatMap(([name, iterations, allowed]) =>
      expected.slice(0, iterations).map((one, k) => {
        const right = one[name]!, off = Math.abs((got[k]?.[name] ?? NaN) - right) / Math.max(1e-3, Math.abs(right));
        return { what: `${name} of iteration ${k + 1}`, off: Number.isNaN(off) ? Infinity : off, allowed };
      })
    );
  });
}

/** An iteration that polishes, compared with what best responses of the host make of it. */
async function comparePolishing(planned: PlannedTraining, expected: Polished, device: Device): Promise<Comparison> {
  return await compared(
    planned.problem.name,
    device,
    async () => polishedDifferences(await polishOnce(planned), expected),
  );
}

/**
 * The metrics of the first iterations of a training: the second one shows what the first made of the parameters. beta stays,
 * as a GPU lets it grow by later measurements.
 */
async function firstMetrics({ problem, options }: PlannedTraining, device: Device) {
  const { initialBeta: finalBeta } = options;
  return (await train(problem, { ...options, finalBeta, iterations: 2, polishShare: 0 }, { device })).history;
}

function timeOf({ problem, options }: PlannedTraining, device: Device): Promise<number> {
  return iterationTime(problem, options, device);
}

/** A comparison, in which an error of the GPU is a wrong result. */
async function compared(
  name: string,
  device: Device,
  compare: () => Promise<readonly Difference[]>,
): Promise<Comparison> {
  try {
    const differences = await compare();
    await new Promise((resolve) => setTimeout(resolve)); // errors of the GPU arrive by events
    device.check();
    return { name, differences };
  } catch (error) {
    return { name, differences: [], error: messageOf(error) };
  }
}

/** What an error of the machine says. Others are ours, and are thrown. */
function messageOf(error: unknown): string {
  if (error instanceof TypeError || error instanceof RangeError) throw error;
  if (error instanceof MachineError || error instanceof Error) return error.message;
  throw error;
}
