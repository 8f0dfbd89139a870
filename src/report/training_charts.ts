/**
 * The curves of training.
 *
 * @module
 */
import type { VegaLiteSpec } from "../deps/vega.ts";
import { short } from "../display.ts";
import { optimumInWords, referenceMechanisms } from "../problems/reference_mechanisms.ts";
import { LARGEST_SUBOPTIMALITY } from "../training/options.ts";
import { type Chart, COLOURS, draw, HEIGHT, INK, PAPER, slug, SQUARE } from "./chart.ts";
import type { Metrics, StartedRun } from "./data.ts";
import { validationChart } from "./validation_chart.ts";

/** Points of a curve, at most. */
const POINTS = 240;
/** With fewer values than this all of a curve is drawn. */
const FEW = 60;
/**
 * The share of a run, at its beginning, that the scale of a curve may leave out: the leap there would flatten the rest.
 */
const SETTLED = 0.03;
/** Pixels of a line of words at a rule, and of a letter in it. */
const LINE_HEIGHT = 24, LETTER_WIDTH = 7;
/** What may be drawn over iterations. */
type Curve = Exclude<keyof Metrics, "iteration" | "validationRevenue" | "trainingRevenue" | "keptIteration">;

const CURVES: readonly {
  field: Curve;
  title: string;
  /** Beside the axis, where the title is longer than that is high. */
  axisTitle?: string;
  caption: string;
  log?: boolean;
  smooth: boolean;
}[] = [
  {
    field: "softRevenue",
    title: "soft revenue",
    caption:
      "Soft revenue: the principal's utility while participants choose softly, averaged over nearby iterations. " +
      "It may exceed what the mechanism earns.",
    smooth: true,
  },
  {
    field: "relativeChainSuboptimality",
    title: "relative chain suboptimality",
    axisTitle: "suboptimality (m / beta)",
    caption: "How far the chains are below the best utility, in units of m / beta, averaged over nearby iterations: " +
      "stationary chains are below 1.",
    smooth: true,
  },
  { field: "beta", title: "beta", caption: "beta: how sharply participants choose.", log: true, smooth: false },
  {
    field: "gradientNorm",
    title: "gradient norm",
    caption: "The norm of the gradient, averaged over nearby iterations.",
    log: true,
    smooth: true,
  },
  {
    field: "milliseconds",
    title: "ms an iteration",
    caption: "Milliseconds an iteration: the median of nearby iterations.",
    smooth: true,
  },
];

/** What curves of training need of a run. */
export type TrainedRun = Pick<StartedRun, "name" | "problem" | "metrics">;

/** The curves of training, those of all runs in one chart each. */
export async function trainingCharts(runs: readonly TrainedRun[]): Promise<Chart[]> {
  const charts: Chart[] = [], colour = runColours(runs);
  for (const { field, title, axisTitle = title, caption, log = false, smooth } of CURVES) {
    const values: Point[] = [], ends: string[] = [];
    for (const { name: run, metrics } of runs) {
      const points = thinned(metrics, field, smooth).filter(({ value }) => !log || value > 0);
      for (const point of points) values.push({ run, ...point });
      const [first, last] = [points[0], points.at(-1)];
      if (last) ends.push(`${runs.length > 1 ? `${run}: ` : ""}from ${short(first.value)} to ${short(last.value)}`);
    }
    if (values.length === 0) continue;
    const line = field === "softRevenue"
      ? revenueLine(runs)
      : field === "relativeChainSuboptimality"
      ? SUBOPTIMALITY_LINE
      : undefined;
    const shown = field === "softRevenue" ? settled(values) : values;
    const place = line && freePlace(line, values, shown);
    const bounds = [...shown.map(({ value }) => value), ...place ? [place.edge, line!.value] : []];
    const room = log ? 1.1 : 1, domain = [Math.min(...bounds) / room, Math.max(...bounds) * room];
    const scale = log
      ? { type: "log", domain, nice: false }
      : field === "milliseconds"
      ? { zero: true }
      : domain[0] < domain[1]
      ? { domain, nice: true }
      : { zero: false };
    const axis = log ? { values: logTicks(domain[0], domain[1]) } : { tickCount: 5 };
    const layer: VegaLiteSpec[] = [{
      data: { values },
      mark: { type: "line", strokeWidth: 1.8, clip: true, point: values.length <= 3 },
      encoding: {
        x: {
          ...{ field: "iteration", type: "quantitative", title: "iteration" },
          axis: { tickCount: 5, tickMinStep: 1, grid: false },
        },
        y: { field: "value", type: "quantitative", title: axisTitle, scale, axis },
        color: { field: "run", type: "nominal", title: null, ...colour },
      },
    }];
    if (line && place) {
      const { left, below } = place;
      layer.push({
        data: { values: [{ value: line.value }] },
        mark: { type: "rule", strokeDash: [5, 4], color: INK },
        encoding: { y: { field: "value", type: "quantitative" } },
      }, {
        data: { values: [{ value: line.value, words: line.words }] },
        encoding: {
          x: { value: left ? 0 : "width" },
          y: { field: "value", type: "quantitative" },
          text: { field: "words", type: "nominal" },
        },
        // Paper behind the words, so that they can be read over curves.
        layer: [{ stroke: PAPER, strokeWidth: 4, strokeJoin: "round" }, {}].map((more) => ({
          mark: {
            ...{ type: "text", align: left ? "left" : "right", dx: left ? 4 : -4, color: INK },
            ...{ baseline: below ? "top" : "bottom", dy: below ? 5 : -4, ...more },
          },
        })),
      });
    }
    const alt = `Curve of ${title} over iterations, ${ends.join("; ")}` +
      `${line ? `; a dashed line at ${short(line.value)}, ${line.words}` : ""}.`;
    charts.push(await draw(`training-${slug(title)}`, caption, alt, { layer }));
  }
  const validation = await validationChart(runs, colour);
  // Beside soft revenue, which it is to be compared with.
  return validation ? [...charts.slice(0, 1), validation, ...charts.slice(1)] : charts;
}

const SUBOPTIMALITY_LINE = { value: LARGEST_SUBOPTIMALITY, words: "beta waits above this" };

/** What the soft revenue is held against, where all runs have the same problem. */
function revenueLine(runs: readonly TrainedRun[]): { value: number; words: string } | undefined {
  const [{ problem }] = runs;
  if (runs.some((run) => run.problem.name !== problem.name)) return undefined;
  const { optimum, separable } = referenceMechanisms(problem);
  if (optimum) return { value: optimum.value, words: `${optimumInWords(optimum)} ${short(optimum.value)}` };
  return separable === undefined ? undefined : { value: separable, words: `item-wise optimum ${short(separable)}` };
}

/** A point of a curve. */
interface Point {
  readonly run: string;
  readonly iteration: number;
  readonly value: number;
}

/** Points without those of the beginning, whose leap would leave no room for what comes after it. */
function settled(points: readonly Point[]): readonly Point[] {
  const last = Math.max(...points.map(({ iteration }) => iteration));
  const later = points.filter(({ iteration }) => iteration >= SETTLED * last);
  return later.length >= 10 ? later : points;
}

/** Where words at a line hide the fewest pieces of curves, and how far they reach from the line. */
function freePlace(
  { value, words }: { readonly value: number; readonly words: string },
  points: readonly Point[],
  shown: readonly Point[],
) {
  const values = shown.map((point) => point.value), last = Math.max(...points.map(({ iteration }) => iteration));
  const height = (Math.max(value, ...values) - Math.min(value, ...values) || 1) * LINE_HEIGHT / HEIGHT;
  const width = words.length * LETTER_WIDTH / SQUARE * last;
  const places = [[false, false], [false, true], [true, true], [true, false]].map(([left, below]) => {
    const edge = below ? value - height : value + height, [low, high] = [Math.min(value, edge), Math.max(value, edge)];
    const hidden = points.filter((one, k) => {
      const next = points[k + 1]?.run === one.run ? points[k + 1] : one;
      return (left ? one.iteration <= width : next.iteration >= last - width) &&
        Math.max(one.value, next.value) >= low && Math.min(one.value, next.value) <= high;
    });
    return { left, below, edge, hidden: hidden.length };
  });
  return places.reduce((best, one) => one.hidden < best.hidden ? one : best);
}

/** What a logarithmic axis names: powers of ten; 1, 2, 5, 10, ..., or all digits where these are too few. */
export function logTicks(low: number, high: number): number[] {
  let ticks: number[] = [];
  for (const digits of [[1], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
    ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      for (const tick of digits.map((digit) => Number(`${digit}e${power}`))) {
        const room = HEIGHT * Math.log(tick / (ticks.at(-1) ?? 0)) / Math.log(high / low);
        if (tick >= low && tick <= high && room >= LINE_HEIGHT) ticks.push(tick);
      }
    }
    if (ticks.length > 2) break;
  }
  return ticks.length > 0 ? ticks : [Number(Math.sqrt(low * high).toPrecision(2))];
}

/** A scale of colours for runs, and its legend where there is more than one. */
function runColours(runs: readonly TrainedRun[]): VegaLiteSpec {
  const domain = runs.map(({ name }) => name), range = domain.map((_, k) => COLOURS[k % COLOURS.length]);
  return { scale: { domain, range }, legend: runs.length > 1 ? { columns: 1 } : null };
}

/** A curve at a few hundred iterations: each point is the mean, or of times the median, of those near to it. */
function thinned(metrics: readonly Metrics[], field: Curve, smooth: boolean): { iteration: number; value: number }[] {
  const known = metrics.filter((one) => one[field] !== undefined), half = smooth ? Math.ceil(known.length / 60) : 0;
  return places(known.length, half).map(({ at, reach }) => {
    const near = known.slice(at - reach, at + reach + 1).map((one) => one[field]!);
    const value = field === "milliseconds"
      ? near.sort((a, b) => a - b)[near.length >> 1]
      : near.reduce((sum, one) => sum + one, 0) / near.length;
    return { iteration: known[at].iteration, value };
  });
}

/**
 * Where the points of a curve over `length` values are, and over how many values on each side they are averaged: all over
 * the same number, so that neither end of the curve has noise that the rest has not, or a bias. A curve of few values goes
 * from its first to its last.
 */
export function places(length: number, half: number): { readonly at: number; readonly reach: number }[] {
  const from = length >= FEW ? half : 0, to = length - 1 - from, count = Math.min(POINTS, to - from + 1);
  return Array.from({ length: count }, (_, k) => {
    const at = count > 1 ? from + Math.round(k * (to - from) / (count - 1)) : from;
    return { at, reach: Math.min(half, at, length - 1 - at) };
  });
}
