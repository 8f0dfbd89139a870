/**
 * Reports what an evaluation found: as text, or as JSON.
 *
 * @module
 */
import { comparedWithBest, type Comparison, comparisonInWords } from "../baselines/compared_with_best.ts";
import { measuredReferences, type ReferenceUtility } from "../baselines/reference_utilities.ts";
import { count } from "../display.ts";
import type { CrossValidation } from "../training/cross_validation.ts";
import type { Device } from "../runtime/device.ts";
import { TIE_BREAK } from "../kernels/best_responses/best_response.ts";
import { gapInWords } from "../mechanisms/certificate.ts";
import {
  dataRows,
  type EachUtility,
  evaluateEach,
  type Evaluation,
  revenueName,
  sampleInWords,
  termRows,
} from "../mechanisms/evaluate.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import { amount, plainAmount } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import {
  optimumInWords,
  referenceFields,
  referenceMechanisms,
  shareInWords,
} from "../problems/reference_mechanisms.ts";
import { scaleOf } from "../problems/scaled.ts";
import { helpWidth, wrap } from "./help.ts";
import { colour, type Output } from "./output.ts";
import { duration } from "./progress.ts";
import { remarksOn } from "./remarks.ts";

/** Evaluates with a progress bar. */
export async function evaluateShown(
  problem: MechanismProblem,
  mechanism: Mechanism,
  options: { readonly profiles: number; readonly seed: number },
  output: Output,
): Promise<{ evaluation: Evaluation; each: EachUtility; seconds: number }> {
  const start = performance.now(), progress = output.progress("evaluating");
  try {
    const onProgress = (done: number, all: number): void => progress.update(done, all);
    const each = await evaluateEach(problem, mechanism, { ...options, onProgress });
    return { evaluation: each.evaluation, each, seconds: (performance.now() - start) / 1000 };
  } finally {
    progress.end();
  }
}

/** What an evaluation is held against. */
export interface Beside {
  /** What simple mechanisms earn on the same test profiles. */
  readonly references: readonly ReferenceUtility[];
  /** How it compares with the best of them. */
  readonly comparison?: Comparison;
  /** What is not as one expects, in words. */
  readonly remarks: readonly string[];
}

/**
 * Measures simple mechanisms on the test profiles of an evaluation, and compares it with them. Where the problem's
 * Separable-OPT is known exactly, its estimate from a sample is left out.
 */
export async function besideSimpleMechanisms(
  problem: MechanismProblem,
  each: EachUtility,
  test: { readonly profiles: number; readonly seed: number },
): Promise<Beside> {
  const itemWise = referenceMechanisms(problem).separable === undefined;
  const references = await measuredReferences(problem, { ...test, itemWise });
  const comparison = comparedWithBest(each, references);
  return { references, comparison, remarks: remarksOn(problem, each.evaluation, comparison) };
}

/** What is reported besides the evaluation. */
export interface ReportContext extends Beside {
  readonly device: Device;
  readonly profileSeed: number;
  /** Seconds that the work took. */
  readonly seconds: number;
  /** The name of the problem that the mechanism was trained for. */
  readonly trainedFor?: string;
  /** What training so earns with every row held out once. */
  readonly crossValidation?: CrossValidation;
  /** After training: what it was. */
  readonly training?: {
    readonly iterations: number;
    /** Iterations that were to be done; fewer were where patience ran out. */
    readonly planned: number;
    /** Measurements in a row without more after which training stops; 0 where it does not. */
    readonly patience?: number;
    /** The measurement on validation profiles after which the mechanism was taken, where training has a patience. */
    readonly best?: { readonly iteration: number; readonly validationRevenue: number };
    readonly out: string;
    readonly evaluationSeconds: number;
  };
}

/** Reports an evaluation: a block of text, or a JSON object; gives the object. */
export function reportEvaluation(
  problem: MechanismProblem,
  evaluation: Evaluation,
  context: ReportContext,
  output: Output,
): Readonly<Record<string, unknown>> {
  const result = resultObject(problem, evaluation, context);
  output.event("result", result);
  output.text(resultText(problem, evaluation, context));
  return result;
}

function resultObject(
  problem: MechanismProblem,
  evaluation: Evaluation,
  {
    device,
    profileSeed,
    seconds,
    training,
    remarks,
    trainedFor = problem.name,
    crossValidation,
    references,
    comparison,
  }: ReportContext,
): Record<string, unknown> {
  const { revenue, standardError, profiles, worstGap, worstRounding, participantsUtility, allocated } = evaluation;
  const { rows, trainingRows, trainingRevenue } = evaluation;
  return {
    setting: problem.name,
    ...trainedFor !== problem.name && { trainedFor },
    revenue,
    standardError,
    ...problem.unit !== undefined && { unit: problem.unit },
    interval: evaluation.interval,
    profiles,
    ...rows !== undefined && { rows, trainingRows, trainingRevenue },
    profileSeed,
    seconds: round(seconds),
    backend: device.backend,
    adapter: device.adapter,
    ...training && {
      iterations: training.iterations,
      stoppedBy: training.iterations < training.planned ? "patience" : "iterations",
      evaluationSeconds: round(training.evaluationSeconds),
    },
    ...training?.best && { best: training.best },
    ...referenceFields(referenceMechanisms(problem)),
    references: references.map(({ name, utility, standardError, upperBound }) => ({
      name,
      utility,
      standardError,
      upperBound,
    })),
    ...comparison && {
      comparison: {
        name: comparison.best.name,
        ...{
          difference: comparison.difference,
          standardError: comparison.standardError,
          interval: comparison.interval,
        },
      },
    },
    worstGap,
    ...worstRounding !== undefined && { worstRounding },
    ...evaluation.unusual !== undefined && { unusual: evaluation.unusual },
    ...problem.supply !== "unit" && { tieBreak: TIE_BREAK },
    participantsUtility,
    ...evaluation.terms && { terms: evaluation.terms },
    allocated,
    ...crossValidation && { crossValidation },
    ...remarks.length > 0 && { remarks },
    ...training && { out: training.out },
  };
}

function resultText(
  problem: MechanismProblem,
  evaluation: Evaluation,
  { device, seconds, training, remarks, trainedFor = problem.name, crossValidation, references, comparison }:
    ReportContext,
): string {
  const { optimum, separable, paperTedi } = referenceMechanisms(problem);
  const { participants: n, goods: m } = problem;
  const { revenue, standardError, worstGap, worstRounding } = evaluation;
  const value = (number: number): string => plainAmount(problem, number);
  const share = (number: number): string => shareInWords(number, revenue);
  const rows: (readonly [string, string, string?])[] = [
    [
      revenueName(problem),
      `${value(revenue)} +- ${amount(problem, standardError)}`,
      `mean and standard error, ${sampleInWords(evaluation, "test ")}`,
    ],
    ...termRows(problem, evaluation),
    ...dataRows(problem, evaluation),
    ...crossValidation
      ? [
        [
          `${crossValidation.folds.length} folds`,
          `${value(crossValidation.revenue)} +- ${amount(problem, crossValidation.standardError)}`,
          `the same by ${crossValidation.folds.length} trainings: each of ${crossValidation.rows} rows held out once`,
        ] as const,
      ]
      : [],
  ];
  if (trainedFor !== problem.name) rows.push(["trained for", trainedFor]);
  if (optimum) {
    rows.push([optimumInWords(optimum), value(optimum.value), share(optimum.value)]);
    rows.push(["", "", optimum.name]);
  }
  if (separable !== undefined) rows.push(["item-wise optimum", value(separable), "Separable-OPT: each good by itself"]);
  if (paperTedi !== undefined) rows.push(["TEDI in the paper", value(paperTedi), "Table 1"]);
  const referenceRow = ({ name, remark, utility, standardError, upperBound }: ReferenceUtility) => (
    [upperBound ? `${name} (bound)` : name, `${value(utility)} +- ${amount(problem, standardError)}`, remark] as const
  );
  rows.push(...references.filter(({ upperBound }) => !upperBound).map(referenceRow));
  if (comparison) rows.push(comparisonInWords(problem, comparison));
  rows.push(...references.filter(({ upperBound }) => upperBound).map(referenceRow));
  rows.push(["largest gap", ...gapInWords(worstGap, worstRounding, scaleOf(problem))]);
  if (evaluation.unusual !== undefined) rows.push(["results", "", evaluation.unusual]);
  if (problem.supply !== "unit") rows.push(["", "", `ties (utilities within ${TIE_BREAK}) go to the highest payment`]);
  if (training) {
    const { iterations, planned, patience, best, evaluationSeconds } = training;
    const stopped = iterations < planned
      ? `stopped after ${iterations} of ${planned} iterations, as ${patience} measurements in a row brought no more`
      : `all ${iterations} iterations`;
    rows.push(["training", duration(seconds), `${stopped}; evaluation ${duration(evaluationSeconds)}`]);
    if (best) {
      const validationRows = problem.distribution.data?.rows("validation");
      const sample = validationRows === undefined ? "validation profiles" : count(validationRows, "validation row");
      rows.push([
        "kept",
        `iteration ${best.iteration}`,
        `the best on ${sample}: ${amount(problem, best.validationRevenue)}`,
      ]);
    }
  } else rows.push(["evaluation", duration(seconds)]);
  rows.push(["device", device.backend, device.adapter]);
  rows.push(["", "", device.reason]);
  if (training) rows.push(["run folder", training.out]);
  const notes = remarks.map((remark) => colour(Deno.stdout, "yellow", `  ${wrap(`Note: ${remark}.`, 2, helpWidth())}`));
  const width = Math.max(NAME_WIDTH, ...rows.map(([name]) => name.length + 2));
  const title = `${problem.name}, ${count(n, "participant")}, ${count(m, "good")}`;
  return [colour(Deno.stdout, "bold", title), ...rows.map(([a, b, c = ""]) => table(a.padEnd(width), b, c)), ...notes]
    .join("\n");
}

/** Places for the name of a row, unless one is longer. */
const NAME_WIDTH = 19;

function table(name: string, value: string, remark: string): string {
  const start = `  ${name}${value.length < 18 ? value.padEnd(19) : `${value}  `}`;
  return (start + wrap(remark, start.length, helpWidth())).trimEnd();
}

/** Milliseconds are as exact as a time is. */
export function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
