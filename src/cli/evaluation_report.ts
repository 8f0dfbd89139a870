/**
 * Reports what an evaluation found: as text, or as JSON.
 *
 * @module
 */
import { referenceUtilities, type ReferenceUtility } from "../baselines/reference_utilities.ts";
import { count } from "../display.ts";
import type { Device } from "../runtime/device.ts";
import { TIE_BREAK } from "../kernels/best_responses/best_response.ts";
import { evaluate, type Evaluation } from "../mechanisms/evaluate.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import {
  optimumInWords,
  referenceFields,
  referenceMechanisms,
  shareInWords,
} from "../problems/reference_mechanisms.ts";
import { helpWidth, wrap } from "./help.ts";
import { colour, type Output } from "./output.ts";
import { duration } from "./progress.ts";

/** Evaluates with a progress bar. */
export async function evaluateShown(
  problem: MechanismProblem,
  mechanism: Mechanism,
  options: { readonly profiles: number; readonly seed: number },
  output: Output,
): Promise<{ evaluation: Evaluation; seconds: number }> {
  const start = performance.now(), progress = output.progress("evaluating");
  try {
    const onProgress = (done: number, all: number): void => progress.update(done, all);
    const evaluation = await evaluate(problem, mechanism, { ...options, onProgress });
    return { evaluation, seconds: (performance.now() - start) / 1000 };
  } finally {
    progress.end();
  }
}

/**
 * What simple mechanisms earn on the same test profiles. Where the problem's Separable-OPT is known exactly, its estimate
 * from a sample is left out.
 */
export async function simpleMechanisms(
  problem: MechanismProblem,
  options: { readonly profiles: number; readonly seed: number },
): Promise<readonly ReferenceUtility[]> {
  const { separable } = referenceMechanisms(problem);
  const all = await referenceUtilities(problem, options);
  return separable === undefined ? all : all.filter(({ name }) => name !== "item-wise Myerson");
}

/** What is reported besides the evaluation. */
export interface ReportContext {
  /** What simple mechanisms earn on the same test profiles. */
  readonly references: readonly ReferenceUtility[];
  readonly device: Device;
  readonly profileSeed: number;
  /** Seconds that the work took. */
  readonly seconds: number;
  /** After training: what it was. */
  readonly training?: { readonly iterations: number; readonly out: string; readonly evaluationSeconds: number };
}

/** Reports an evaluation: a block of text, or a JSON object. */
export function reportEvaluation(
  problem: MechanismProblem,
  evaluation: Evaluation,
  context: ReportContext,
  output: Output,
): void {
  output.event("result", resultObject(problem, evaluation, context));
  output.text(resultText(problem, evaluation, context));
}

function resultObject(
  problem: MechanismProblem,
  evaluation: Evaluation,
  { device, profileSeed, seconds, training, references }: ReportContext,
): Record<string, unknown> {
  const { revenue, standardError, profiles, worstGap, participantsUtility, allocated } = evaluation;
  return {
    setting: problem.name,
    revenue,
    standardError,
    profiles,
    profileSeed,
    seconds: round(seconds),
    backend: device.backend,
    adapter: device.adapter,
    ...training && { iterations: training.iterations, evaluationSeconds: round(training.evaluationSeconds) },
    ...referenceFields(referenceMechanisms(problem)),
    references: references.map(({ name, utility, standardError, upperBound }) => ({
      name,
      utility,
      standardError,
      upperBound,
    })),
    worstGap,
    tieBreak: TIE_BREAK,
    participantsUtility,
    allocated,
    ...training && { out: training.out },
  };
}

function resultText(
  problem: MechanismProblem,
  evaluation: Evaluation,
  { device, seconds, training, references }: ReportContext,
): string {
  const { optimum, separable, paperTedi } = referenceMechanisms(problem);
  const { participants: n, goods: m } = problem;
  const { revenue, standardError, profiles, worstGap } = evaluation;
  const value = (number: number): string => number.toFixed(4);
  const share = (number: number): string => shareInWords(number, revenue);
  const rows: (readonly [string, string, string?])[] = [
    ["revenue", `${value(revenue)} +- ${value(standardError)}`, `mean and standard error, ${profiles} test profiles`],
  ];
  if (optimum) {
    rows.push([optimumInWords(optimum), value(optimum.value), share(optimum.value)]);
    rows.push(["", "", optimum.name]);
  }
  if (separable !== undefined) rows.push(["item-wise optimum", value(separable), "Separable-OPT: each good by itself"]);
  if (paperTedi !== undefined) rows.push(["TEDI in the paper", value(paperTedi), "Table 1"]);
  for (const { name, remark, utility, standardError, upperBound } of references) {
    const shown = `${value(utility)} +- ${value(standardError)}`;
    rows.push([upperBound ? `${name} (bound)` : name, shown, remark]);
  }
  const certified = Number.isFinite(worstGap);
  const gapRemark = certified
    ? "certified: nobody gains more by lying"
    : "prices are not convex: best responses come from a search";
  rows.push(["largest gap", certified ? worstGap.toExponential(1) : "not known", gapRemark]);
  rows.push(["", "", `ties (utilities within ${TIE_BREAK}) go to the highest payment`]);
  if (training) {
    const { iterations, evaluationSeconds } = training;
    rows.push(["training", duration(seconds), `${iterations} iterations; evaluation ${duration(evaluationSeconds)}`]);
  } else rows.push(["evaluation", duration(seconds)]);
  rows.push(["device", device.backend, device.adapter]);
  rows.push(["", "", device.reason]);
  if (training) rows.push(["run folder", training.out]);
  const width = Math.max(NAME_WIDTH, ...rows.map(([name]) => name.length + 2));
  const title = `${problem.name}, ${count(n, "participant")}, ${count(m, "good")}`;
  return [colour(Deno.stdout, "bold", title), ...rows.map(([a, b, c = ""]) => table(a.padEnd(width), b, c))].join("\n");
}

/** Places for the name of a row, unless one is longer. */
const NAME_WIDTH = 19;

function table(name: string, value: string, remark: string): string {
  const start = `  ${name}${value.padEnd(19)}`;
  return (start + wrap(remark, start.length, helpWidth())).trimEnd();
}

/** Milliseconds are as exact as a time is. */
export function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
