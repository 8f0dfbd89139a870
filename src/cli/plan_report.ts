/**
 * Reports what a training will take, for `tedi train --dry-run`.
 *
 * @module
 */
import { count as nouns } from "../display.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import type { Device } from "../runtime/device.ts";
import type { TrainingOptions } from "../training/options.ts";
import { chainIterations } from "../training/phase.ts";
import { inMebibytes, type TrainingPlan } from "../training/plan.ts";
import type { GpuIteration, GpuWork } from "./gpu_iteration.ts";
import type { Table } from "./option_file.ts";
import type { Output } from "./output.ts";
import { configToml } from "./train_config.ts";

/** What a line is about, how much it is, and what else is to be said. */
type Line = [what: string, value: string, more: string];

/** Prints a plan, as comments above what a configuration file says. */
export function reportPlan(
  plan: TrainingPlan,
  problem: MechanismProblem,
  training: TrainingOptions,
  device: Device,
  config: Table,
  output: Output,
  gpu?: GpuIteration,
): void {
  const { iterations, profiles, chains, polishProfiles } = training, polished = iterations - chainIterations(training);
  const { bytes, flop } = plan, { backend, adapter } = device;
  output.event("plan", { setting: problem.name, backend, adapter, iterations, ...plan, ...gpu && { gpu }, config });
  const count = (value: number) => value.toLocaleString("en");
  const work = (flop: number) =>
    flop < 1e12 ? `${(flop / 1e9).toPrecision(3)} GFLOP` : `${(flop / 1e12).toPrecision(3)} TFLOP`;
  const lines: Line[] = [
    ["Problem", problem.name, `${nouns(problem.participants, "participant")}, ${nouns(problem.goods, "good")}`],
    ["Device", backend, adapter],
    ["Parameters", count(plan.parameters), `${count(plan.rawWeights)} raw weights for each pricing rule`],
    ["Pricing rules", count(plan.rows), `at a time; ${count(profiles)} profiles are trained on, others warm up`],
    ["Chains", count(plan.chains), `${chains} for each pricing rule`],
    ["Memory", inMebibytes(bytes.total), "at the peak, besides what the process itself takes:"],
    ["  parameters", inMebibytes(bytes.parameters), "with average, moments and gradient"],
    ["  chains", inMebibytes(bytes.chains), ""],
    ["  kernels", inMebibytes(bytes.kernels), `of at most ${inMebibytes(device.largestBuffer)} in one piece`],
    ["  polishing", inMebibytes(bytes.polishing), "in the place of kernels, in iterations that polish"],
    ["An iteration", work(flop.total), "without best responses:"],
    ["  hypernetwork", work(flop.hypernetwork), "raw weights, and the gradient through them"],
    ["  chains", work(flop.chains), "Langevin steps and line moves"],
    ["  prices", work(flop.prices), "and their gradients"],
    ...gpu ? gpuLines(gpu) : [],
    [
      "Polishing",
      count(polished),
      polished > 0 ? `iterations, the last, with ${count(polishProfiles)} profiles` : "iterations",
    ],
    ...polished > 0 ? [["  one of them", work(flop.polishing), "without best responses"] as Line] : [],
    ["All", work(flop.all), `${count(iterations)} iterations`],
  ];
  output.text(planText(lines, config));
}

/** Lines about what iterations ask of a GPU. */
function gpuLines({ peakFlops, shareOfPeak, polishing, ...chains }: GpuIteration): Line[] {
  const short = (value: number) => String(Number(value.toPrecision(3)));
  const peak = peakFlops < 1e11 ? `${short(peakFlops / 1e9)} GFLOP/s` : `${short(peakFlops / 1e12)} TFLOP/s`;
  const work = (
    title: string,
    what: string,
    { iterations, dispatches, submissions, bytesReadBack, milliseconds }: GpuWork,
  ): Line[] => [
    [title, `${short(milliseconds)} ms`, `${what}, measured in ${nouns(iterations, "iteration")}`],
    ["  dispatches", short(dispatches), `in ${short(submissions)} submissions`],
    ["  read back", `${short(bytesReadBack)} B`, "metrics and measurements among them"],
  ];
  return [
    ...work("On the GPU", "an iteration", chains),
    ["  share of peak", `${short(100 * shareOfPeak)}%`, `of the ${peak} that it does at most`],
    ...polishing ? work("On it, polishing", "an iteration that polishes", polishing) : [],
  ];
}

/** Lines of a plan as comments above what a configuration file says. */
export function planText(lines: readonly (readonly [string, string, string])[], config: Table): string {
  const widths = [0, 1].map((column) => Math.max(...lines.map((line) => line[column].length)));
  const comments = lines.map(([what, value, more]) =>
    `# ${what.padEnd(widths[0])}  ${value.padStart(widths[1])}  ${more}`.trimEnd()
  );
  return [...comments, "", configToml(config)].join("\n");
}
