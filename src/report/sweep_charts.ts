/**
 * The charts of a sweep: what each choice of training options earned, and how that depends on each option.
 *
 * @module
 */
import { short } from "../display.ts";
import { type Chart, COLOURS, draw, slug } from "./chart.ts";
import { logTicks } from "./training_charts.ts";

/** The seeds of one method with one choice of training options, for one problem. */
export interface SweptChoice {
  readonly problem: string;
  /** What tells it from the others of the problem. */
  readonly label: string;
  /** The training options that differ among those of the problem, with their values. */
  readonly options: Readonly<Record<string, string>>;
  /** Mean over held-out profiles and seeds, and its standard error over profiles. */
  readonly revenue: number;
  readonly standardError: number;
  /** That of each seed. */
  readonly ofSeeds: readonly number[];
  /** Whether it is the best by validation. */
  readonly best: boolean;
}

/** Choices of a chart, at most. */
const MOST = 40;
/** Pixels of a choice, and of the chart's width. */
const STEP = 20, WIDTH = 680;
/** A scale with a larger ratio of its ends is a logarithmic one. */
const DECADE = 10;
/** Values that a number must have to be drawn as an axis. */
const LEAST_VALUES = 3;

/** The charts of a problem. */
export interface SweptProblem {
  readonly problem: string;
  /** What each choice earned; nothing where there is one choice with one seed. */
  readonly choices?: Chart;
  /** One for each training option that is a number and differs. */
  readonly options: readonly Chart[];
}

/** The charts, problem by problem. */
export async function sweepCharts(choices: readonly SweptChoice[]): Promise<SweptProblem[]> {
  const problems: SweptProblem[] = [];
  for (const [problem, own] of Map.groupBy(choices, ({ problem }) => problem)) {
    const options: Chart[] = [];
    for (const option of Object.keys(own[0].options)) {
      const values = own.map(({ options }) => Number(options[option]));
      if (values.some((value) => !Number.isFinite(value)) || new Set(values).size < LEAST_VALUES) continue;
      options.push(await optionChart(problem, option, own, values));
    }
    const several = own.length > 1 || own[0].ofSeeds.length > 1;
    problems.push({ problem, ...several && { choices: await choicesChart(problem, own) }, options });
  }
  return problems;
}

/** Marks for the best choice are in a colour of their own. */
const byBest = { condition: { test: "datum.best", value: COLOURS[1] }, value: COLOURS[0] };

async function choicesChart(problem: string, all: readonly SweptChoice[]): Promise<Chart> {
  const sorted = [...all].sort((a, b) => b.revenue - a.revenue).slice(0, MOST), [first] = sorted, last = sorted.at(-1)!;
  const values = sorted.map(({ label, revenue, standardError, best }) => ({
    ...{ label, revenue, best, low: revenue - standardError, high: revenue + standardError },
  }));
  const seeds = sorted.flatMap(({ label, ofSeeds }) => ofSeeds.map((revenue) => ({ label, revenue })));
  const y = {
    ...{ field: "label", type: "nominal", title: null, sort: sorted.map(({ label }) => label) },
    axis: { labelLimit: 380, ticks: false },
  };
  const x = (field: string) => ({
    ...{ field, type: "quantitative", title: "revenue", scale: { zero: false }, axis: { tickCount: 5 } },
  });
  const some = all.length > MOST ? `The ${MOST} of ${all.length} choices that earn the most` : "All choices";
  const best = all.some((one) => one.best) ? "; the best by validation is in another colour" : "";
  return await draw(
    `sweep-${slug(problem)}`,
    `${some}: mean revenue on held-out profiles and its standard error; a faint dot is a seed${best}.`,
    `Revenue of ${sorted.length} choices in ${problem}, from ${short(last.revenue)} (${last.label}) to ` +
      `${short(first.revenue)} (${first.label}).`,
    {
      ...{ width: WIDTH, height: STEP * sorted.length },
      layer: [
        {
          data: { values: seeds },
          mark: { type: "point", filled: true, size: 22, opacity: 0.35, color: COLOURS[0] },
          encoding: { y, x: x("revenue") },
        },
        {
          data: { values },
          mark: { type: "rule", strokeWidth: 2 },
          encoding: { y, x: x("low"), x2: { field: "high" }, color: byBest },
        },
        {
          data: { values },
          mark: { type: "point", filled: true, size: 70, opacity: 1 },
          encoding: { y, x: x("revenue"), color: byBest },
        },
      ],
    },
  );
}

async function optionChart(
  problem: string,
  option: string,
  choices: readonly SweptChoice[],
  values: readonly number[],
): Promise<Chart> {
  const low = Math.min(...values), high = Math.max(...values), log = low > 0 && high / low >= DECADE;
  const scale = log ? { type: "log", domain: [low / 1.1, high * 1.1], nice: false } : { zero: false, padding: 8 };
  const points = choices.map(({ revenue, best }, k) => ({ value: values[k], revenue, best }));
  const top = choices.reduce((most, one, k) => one.revenue > choices[most].revenue ? k : most, 0);
  return await draw(
    `sweep-${slug(problem)}-${slug(option)}`,
    `Revenue by --${option}; each dot is the mean over the seeds of a choice.`,
    `Revenue of ${choices.length} choices in ${problem} by ${option}, which is from ${short(low)} to ${short(high)}; ` +
      `the highest, ${short(choices[top].revenue)}, is at ${short(values[top])}.`,
    {
      data: { values: points },
      mark: { type: "point", filled: true, size: 60, opacity: 0.8 },
      encoding: {
        x: {
          ...{ field: "value", type: "quantitative", title: option, scale },
          axis: log ? { values: logTicks(low / 1.1, high * 1.1) } : { tickCount: 5 },
        },
        y: { field: "revenue", type: "quantitative", title: "revenue", scale: { zero: false }, axis: { tickCount: 5 } },
        color: byBest,
      },
    },
  );
}
