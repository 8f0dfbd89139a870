/**
 * The charts of a mechanism: slices of it, and what happens on held-out profiles.
 *
 * @module
 */
import { short } from "../display.ts";
import { goodName } from "../mechanisms/units.ts";
import { type Chart, COLOURS, draw, SQUARE_FRAME } from "./chart.ts";
import type { ContextView, Grid, ReportedRun } from "./data.ts";
import { histogram } from "./histogram.ts";

/** How far a cell of a map reaches under the next ones, so that no paper shows between them. */
const OVERLAP = 0.15;
/** Levels of colour in a map of a grid. */
const LEVELS = 48;

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
  charts.push(
    await histogram(`${prefix}-payments`, `payment${unit}`, `What ${who} pay`, view.payments, COLOURS[0], problem),
  );
  charts.push(
    await histogram(
      `${prefix}-utilities`,
      `utility${unit}`,
      `What ${who} are left with`,
      view.utilities,
      COLOURS[2],
      problem,
    ),
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
async function goodsChart(
  prefix: string,
  { mechanism: { sold, received, profiles }, problem: { goodNames } }: ReportedRun,
): Promise<Chart> {
  const name = (j: number) => goodNames?.[j] ?? j + 1;
  const values = sold.flatMap((share, j) => [
    { good: name(j), share, of: "sold to anybody" },
    { good: name(j), share: received[j], of: "mean probability to get it" },
  ]);
  const list = sold.slice(0, 10).map((share, j) => `${goodName({ goods: goodNames }, j)} ${(share * 100).toFixed(0)}%`)
    .join(", ");
  return await draw(
    `${prefix}-goods`,
    `Which goods are sold: the share of ${profiles} held-out profiles in which somebody gets a good with a probability ` +
      "of 1/2 or more, and the mean probability that a participant gets it.",
    `Bars: shares of profiles in which goods are sold: ${list}${sold.length > 10 ? ", ..." : ""}.`,
    {
      data: { values },
      mark: { type: "bar" },
      encoding: {
        x: { field: "good", type: "ordinal", title: "good", sort: null, axis: { labelAngle: 0, labelOverlap: true } },
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

/** Goods `from` to before `to`, counted from 0: `writing and drawing`, `good 3`, `goods 1 to 5`. */
function partOfGoods(names: readonly string[] | undefined, from: number, to: number): string {
  if (to - from === 1) return goodName({ goods: names }, from);
  return names && to - from === 2 ? `${names[from]} and ${names[from + 1]}` : `goods ${from + 1} to ${to}`;
}

/** Figure 1's kind of view. */
async function outcomesChart(prefix: string, { mechanism: { outcomes }, problem }: ReportedRun) {
  const { goods, goodNames } = problem, half = Math.ceil(goods / 2), unit = { domain: [-0.02, 1.02], nice: false };
  const first = partOfGoods(goodNames, 0, half), second = partOfGoods(goodNames, half, goods);
  const axis = (part: string, size: number) => size === 1 ? part : `mean of ${part}`;
  const [most] = [...outcomes].sort((a, b) => b.share - a.share);
  return await draw(
    `${prefix}-outcomes`,
    `Outcomes that are taken, by how much of ${first}, and of ${second}, and their mean payment, ` +
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
        x: { field: "x", type: "quantitative", title: axis(first, half), scale: unit },
        y: { field: "y", type: "quantitative", title: axis(second, goods - half), scale: unit },
        color: { field: "price", type: "quantitative", title: "mean payment", scale: { scheme: "viridis" } },
        size: { field: "share", type: "quantitative", legend: null, scale: { range: [16, 420] } },
      },
    },
  );
}
