/**
 * The charts of a report. Each is an SVG of its own, about as wide as a phone, with a caption and an alternative text.
 *
 * @module
 */
import { chartSvg, type VegaLiteSpec } from "../deps/vega.ts";
import { short } from "../display.ts";
import { optimumInWords, referenceMechanisms } from "../problems/reference_mechanisms.ts";
import type { ContextView, Grid, Metrics, ReportedRun, StartedRun } from "./data.ts";

/** A chart that is drawn. */
export interface Chart {
  /** The name of its file, without ending. */
  readonly name: string;
  readonly caption: string;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
  /** The text of an SVG file. */
  readonly svg: string;
}

/**
 * The parts of a chart's SVG, to be put into a page or another SVG: the attributes of its root, and everything behind
 * them with ids that no other chart has.
 */
export function svgParts({ name, svg }: Chart): { readonly attributes: string; readonly body: string } {
  const [, attributes, rest] = /^<svg([^>]*)>([\s\S]*)$/.exec(svg)!;
  const body = rest.replace(/\bid="([^"]*)"/g, `id="${name}-$1"`).replace(/url\(#([^)]*)\)/g, `url(#${name}-$1)`);
  return { attributes, body };
}

/** Colours that a page replaces by those of its theme. */
export const INK = "#24292f", FAINT = "#d0d7de", PAPER = "#ffffff";
/** Colours of runs: told apart by people who see colours differently, on light and on dark paper. */
export const COLOURS = ["#3b82c4", "#d9822b", "#2a9d8f", "#c2528b", "#8a6fd1", "#a08a2c", "#cf4f43", "#5f8f3a"];
/** The width of a chart with its axes, and the height without: side by side, charts have one scale. */
const WIDTH = 360, HEIGHT = 190;
/** The side of a square of values. */
const SQUARE = 280;
/** Points of a curve, at most. */
const POINTS = 240;
/**
 * The share of a run, at its beginning, that the scale of a curve may leave out: the leap there would flatten the rest.
 */
const SETTLED = 0.03;
/** Pixels of a line of words at a rule, and of a letter in it. */
const LINE_HEIGHT = 24, LETTER_WIDTH = 7;
/** Bars of a histogram. */
const BINS = 30;
/** How far a cell of a map reaches under the next ones, so that no paper shows between them. */
const OVERLAP = 0.15;
/** Levels of colour in a map of a grid. */
const LEVELS = 48;

/** The frame of a square of values. */
const SQUARE_FRAME = { width: SQUARE, height: SQUARE, autosize: { type: "pad" } };

/** The specification that all charts share. */
function frame(spec: VegaLiteSpec): VegaLiteSpec {
  return {
    width: WIDTH,
    height: HEIGHT,
    autosize: { type: "fit-x", contains: "padding" },
    background: PAPER,
    padding: 8,
    ...spec,
    config: {
      font: "system-ui, sans-serif",
      aria: false,
      view: { stroke: FAINT },
      axisY: { minExtent: 40 }, // plots below each other begin below each other
      axis: {
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: "normal",
        labelColor: INK,
        titleColor: INK,
        gridColor: FAINT,
        domainColor: FAINT,
        tickColor: FAINT,
        gridOpacity: 0.6,
      },
      legend: {
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: "normal",
        labelColor: INK,
        titleColor: INK,
        labelLimit: 260,
        titleLimit: 300,
        orient: "bottom",
        gradientLength: SQUARE,
        gradientThickness: 10,
      },
      text: { color: INK, fontSize: 12 },
    },
  };
}

/** Draws a chart. */
export async function draw(name: string, caption: string, alt: string, spec: VegaLiteSpec): Promise<Chart> {
  return { name, caption, alt, svg: await chartSvg(frame(spec)) };
}

/** A name that is a file's in every file system. */
export function slug(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "") || "run";
}

/** What may be drawn over iterations. */
type Curve = Exclude<keyof Metrics, "iteration">;

const CURVES: readonly { field: Curve; title: string; caption: string; log?: boolean; smooth: boolean }[] = [
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
    caption: "How far the chains are below the best utility, in units of m / beta: stationary chains are below 1.",
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
  for (const { field, title, caption, log = false, smooth } of CURVES) {
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
        y: { field: "value", type: "quantitative", title, scale, axis },
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
  return charts;
}

const SUBOPTIMALITY_LINE = { value: 1, words: "stationary: below this" };

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
  const known = metrics.filter((one) => one[field] !== undefined);
  const count = Math.min(POINTS, known.length), half = smooth ? Math.ceil(known.length / 60) : 0;
  return Array.from({ length: count }, (_, k) => {
    const at = count > 1 ? Math.round(k * (known.length - 1) / (count - 1)) : 0;
    const reach = Math.min(half, at, known.length - 1 - at); // the same on both sides: no bias at the ends
    const near = known.slice(at - reach, at + reach + 1).map((one) => one[field]!);
    const value = field === "milliseconds"
      ? near.sort((a, b) => a - b)[near.length >> 1]
      : near.reduce((sum, one) => sum + one, 0) / near.length;
    return { iteration: known[at].iteration, value };
  });
}

/** Charts that belong together. */
export interface ChartGroup {
  readonly title: string;
  readonly charts: readonly Chart[];
  /** Whether they are four that are read side by side. */
  readonly row?: boolean;
}

/**
 * The charts of a run's mechanism.
 *
 * @param prefix What the names of their files begin with; no other run's do.
 */
export async function mechanismCharts(run: ReportedRun, prefix: string): Promise<ChartGroup[]> {
  const { mechanism: view, problem } = run, { goods: m, participants: n } = problem;
  const groups: ChartGroup[] = [], charts: Chart[] = [];
  for (const context of view.contexts) {
    groups.push({
      title: context.others === undefined
        ? "Prices, and what they lead to"
        : `Where the others value every good at ${short(context.others)}`,
      charts: await contextCharts(prefix, context, m, view.contexts),
      row: m > 1,
    });
  }
  if (m > 1) charts.push(await goodsChart(prefix, run));
  if (view.outcomes.length > 0) charts.push(await outcomesChart(prefix, run));
  const unit = problem.unit === undefined ? "" : ` (${problem.unit})`;
  const who = n > 1 ? "participants" : "buyers";
  charts.push(await histogram(`${prefix}-payments`, `payment${unit}`, `What ${who} pay`, view.payments, COLOURS[0]));
  charts.push(
    await histogram(`${prefix}-utilities`, `utility${unit}`, `What ${who} are left with`, view.utilities, COLOURS[2]),
  );
  return [...groups, { title: "On held-out profiles", charts }];
}

/**
 * The charts of one context.
 *
 * @param m How many goods there are.
 * @param contexts Those that share scales of colours.
 */
export async function contextCharts(
  prefix: string,
  context: ContextView,
  m: number,
  contexts: readonly ContextView[] = [context],
): Promise<Chart[]> {
  if (m === 1) return await contextCurves(prefix, context);
  return await contextMaps(prefix, context, m, {
    price: span(contexts, "prices"),
    payment: span(contexts, "payments"),
  });
}

/** A scale of colours, of nothing to the largest value in all contexts. */
type Span = readonly [number, number];

/** The least and the largest value of a grid in all contexts, and 0. */
function span(contexts: readonly ContextView[], grid: "prices" | "payments"): Span {
  let low = 0, high = 0;
  for (const context of contexts) {
    for (const value of context[grid].values) low = Math.min(low, value), high = Math.max(high, value);
  }
  return [low, high];
}

/** `the others value every good at 0.5`, or nothing. */
function given({ others }: ContextView): string {
  return others === undefined ? "" : `, where the others value every good at ${short(others)}`;
}

/** The name of a context in the names of files. */
function contextName({ others }: ContextView): string {
  return others === undefined ? "" : `-others-${short(others).replace(".", "_")}`;
}

/** Maps over two goods. */
async function contextMaps(
  prefix: string,
  context: ContextView,
  m: number,
  scales: Readonly<Record<"price" | "payment", Span>>,
): Promise<Chart[]> {
  const end = contextName(context), further = m > 2 ? ", all further goods" : "";
  const [first, second] = context.goods, named = first === "good 1" ? "goods 1 and 2" : `${first} and ${second}`;
  const types = `by the values of ${named}${further && `${further} valued at ${short(context.level)}`}${
    given(context)
  }`;
  const outcome = [`probability of ${first}`, `probability of ${second}`];
  const type = [`value of ${first}`, `value of ${second}`];
  return [
    await map(`${prefix}-price${end}`, {
      what: "Price",
      caption: `Price of the outcome (x1, x2${m > 2 ? ", 0, ..." : ""})${given(context)}.`,
      grid: context.prices,
      axes: outcome,
      domain: scales.price,
    }),
    await map(`${prefix}-good1${end}`, {
      what: `Probability of ${first}`,
      caption: `Probability of ${first} ${types}.`,
      grid: context.firstGood,
      axes: type,
      domain: [0, 1],
    }),
    await map(`${prefix}-good2${end}`, {
      what: `Probability of ${second}`,
      caption: `Probability of ${second} ${types}.`,
      grid: context.secondGood!,
      axes: type,
      domain: [0, 1],
    }),
    await map(`${prefix}-payment${end}`, {
      what: "Payment",
      caption: `Payment ${types}.`,
      grid: context.payments,
      axes: type,
      domain: scales.payment,
    }),
  ];
}

/** A grid in colours. Neighbours of the same colour become one rectangle, so that the file stays small. */
async function map(
  name: string,
  { what, caption, grid: { size, largest, values }, axes, domain }: {
    readonly what: string;
    readonly caption: string;
    readonly grid: Grid;
    readonly axes: readonly string[];
    readonly domain: Span;
  },
): Promise<Chart> {
  const [low, high] = [domain[0], domain[1] > domain[0] ? domain[1] : domain[0] + 1], half = 0.5 / (size - 1);
  const level = (value: number) => low + Math.round((value - low) / (high - low) * LEVELS) / LEVELS * (high - low);
  const edge = (k: number) => largest * Math.min(1, Math.max(0, k / (size - 1) - half));
  const cells: { x: number; x2: number; y: number; y2: number; value: number }[] = [];
  for (let row = 0; row < size; row++) {
    for (let from = 0, to = 0; from < size; from = to) {
      const value = level(values[row * size + from]);
      while (to < size && level(values[row * size + to]) === value) to++;
      cells.push({ x: edge(from), x2: edge(to + OVERLAP), y: edge(row), y2: edge(row + 1 + OVERLAP), value });
    }
  }
  const at = (x: number, y: number) => short(values[y * (size - 1) * size + x * (size - 1)]);
  const end = short(largest),
    alt = `Map of ${what.toLowerCase()} over ${axes[0]} and ${axes[1]}: ` +
      `${at(0, 0)} at (0, 0), ${at(1, 0)} at (${end}, 0), ${at(0, 1)} at (0, ${end}), ${at(1, 1)} at (${end}, ${end}).`;
  const scale = { domain: [0, largest], nice: false }, axis = { tickCount: 5, grid: false };
  const chart = await draw(name, caption, alt, {
    ...SQUARE_FRAME,
    data: { values: cells },
    mark: { type: "rect", stroke: null },
    encoding: {
      x: { field: "x", type: "quantitative", title: axes[0], scale, axis },
      x2: { field: "x2" },
      y: { field: "y", type: "quantitative", title: axes[1], scale, axis },
      y2: { field: "y2" },
      color: {
        field: "value",
        type: "quantitative",
        title: what.toLowerCase(),
        scale: { scheme: "viridis", domain: [low, high], nice: false },
      },
    },
  });
  // Where cells meet, smoothed edges would show as lines.
  return {
    ...chart,
    svg: chart.svg.replace('<g class="mark-rect', '<g shape-rendering="crispEdges" class="mark-rect'),
  };
}

/** Curves of one good. */
async function contextCurves(prefix: string, context: ContextView): Promise<Chart[]> {
  const end = contextName(context), { prices, firstGood, payments } = context;
  const points = ({ size, largest, values }: Grid, curve: string) =>
    Array.from(values, (value, k) => ({ x: largest * k / (size - 1), value, curve }));
  const curves = async (name: string, caption: string, axis: string, title: string, values: readonly unknown[]) =>
    await draw(`${prefix}-${name}${end}`, `${caption}${given(context)}.`, `Curves: ${caption}${given(context)}.`, {
      data: { values },
      mark: { type: "line", strokeWidth: 2 },
      encoding: {
        x: { field: "x", type: "quantitative", title: axis, axis: { grid: false } },
        y: { field: "value", type: "quantitative", title },
        color: { field: "curve", type: "nominal", title: null, scale: { range: COLOURS } },
      },
    });
  return [
    await curves("price", "Price of getting the good", "probability", "price", points(prices, "price")),
    await curves("sale", "Probability of the good, and payment", "value of the good", "", [
      ...points(firstGood, "probability"),
      ...points(payments, "payment"),
    ]),
  ];
}

/** How often every good is sold. */
async function goodsChart(prefix: string, { mechanism: { sold, received, profiles } }: ReportedRun): Promise<Chart> {
  const values = sold.flatMap((share, j) => [
    { good: j + 1, share, of: "sold to anybody" },
    { good: j + 1, share: received[j], of: "mean probability to get it" },
  ]);
  const list = sold.slice(0, 10).map((share) => `${(share * 100).toFixed(0)}%`).join(", ");
  return await draw(
    `${prefix}-goods`,
    `Which goods are sold: the share of ${profiles} held-out profiles in which somebody gets a good with a probability ` +
      "of 1/2 or more, and the mean probability that a participant gets it.",
    `Bars: goods are sold in ${list}${sold.length > 10 ? ", ..." : ""} of profiles.`,
    {
      data: { values },
      mark: { type: "bar" },
      encoding: {
        x: { field: "good", type: "ordinal", title: "good", axis: { labelAngle: 0, labelOverlap: true } },
        xOffset: { field: "of", sort: null },
        y: { field: "share", type: "quantitative", title: "share", scale: { domain: [0, 1] }, axis: { format: "%" } },
        color: {
          ...{ field: "of", type: "nominal", title: null, sort: null },
          ...{ scale: { range: COLOURS }, legend: { columns: 1 } },
        },
      },
    },
  );
}

/** Figure 1's kind of view. */
async function outcomesChart(prefix: string, { mechanism: { outcomes }, problem: { goods } }: ReportedRun) {
  const half = Math.ceil(goods / 2), unit = { domain: [-0.02, 1.02], nice: false };
  const [most] = [...outcomes].sort((a, b) => b.share - a.share);
  return await draw(
    `${prefix}-outcomes`,
    `Outcomes that are taken, by how much of goods 1 to ${half} and ${half + 1} to ${goods}, and their mean payment, ` +
      "as in Figure 1 (b) of the paper. Larger circles are taken more often.",
    `Circles: ${outcomes.length} kinds of outcomes are taken; the most frequent, by ${
      (most.share * 100).toFixed(0)
    }% ` +
      `of participants, is (${most.x}, ${most.y}) for ${short(most.price)}.`,
    {
      ...SQUARE_FRAME,
      data: { values: outcomes },
      mark: { type: "circle", opacity: 0.85 },
      encoding: {
        x: { field: "x", type: "quantitative", title: `mean of goods 1 to ${half}`, scale: unit },
        y: { field: "y", type: "quantitative", title: `mean of goods ${half + 1} to ${goods}`, scale: unit },
        color: { field: "price", type: "quantitative", title: "mean payment", scale: { scheme: "viridis" } },
        size: { field: "share", type: "quantitative", legend: null, scale: { range: [16, 420] } },
      },
    },
  );
}

/** Shares of values. */
async function histogram(
  name: string,
  title: string,
  words: string,
  values: Float64Array,
  colour: string,
): Promise<Chart> {
  let low = Infinity, high = -Infinity, sum = 0;
  for (const value of values) low = Math.min(low, value), high = Math.max(high, value), sum += value;
  low = Math.min(0, low);
  const width = high > low ? (high - low) / BINS : 1, counts = new Array<number>(BINS).fill(0);
  for (const value of values) counts[Math.min(BINS - 1, Math.floor((value - low) / width))] += 1 / values.length;
  const bars = counts.map((share, k) => ({ start: low + k * width, end: low + (k + 1) * width, share }));
  const nothing = values.filter((value) => value < 1e-6).length / values.length, mean = short(sum / values.length);
  const summary = `mean ${mean}, largest ${short(high)}, ${(nothing * 100).toFixed(0)}% at 0`;
  return await draw(name, `${words}: ${summary}.`, `Histogram. ${words}: ${summary}.`, {
    data: { values: bars },
    mark: { type: "bar", color: colour },
    encoding: {
      x: { field: "start", type: "quantitative", bin: "binned", title, axis: { tickCount: 6, grid: false } },
      x2: { field: "end" },
      y: { field: "share", type: "quantitative", title: "share", axis: { format: "~%", tickCount: 5 } },
    },
  });
}
