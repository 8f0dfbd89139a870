/**
 * What a mechanism earns on validation profiles while training goes on, and which of them is kept.
 *
 * @module
 */
import type { VegaLiteSpec } from "../deps/vega.ts";
import { short } from "../display.ts";
import { type Chart, draw, INK, PAPER } from "./chart.ts";
import type { Metrics } from "./data.ts";

/** What the chart needs of a run. */
interface MeasuredRun {
  readonly name: string;
  readonly metrics: readonly Metrics[];
}

/** What is measured, as the legend has it. */
const MEASURED = {
  validationRevenue: "validation",
  trainingRevenue: "training rows",
} as const;

/**
 * The chart of measurements; undefined where there are none.
 *
 * @param colour The scale of colours of runs, and its legend.
 */
export async function validationChart(runs: readonly MeasuredRun[], colour: VegaLiteSpec): Promise<Chart | undefined> {
  const points = runs.flatMap(({ name: run, metrics }) =>
    Object.entries(MEASURED).flatMap(([field, of]) =>
      metrics.flatMap((one) => {
        const value = one[field as keyof typeof MEASURED];
        return value === undefined ? [] : [{ run, of, iteration: one.iteration, value }];
      })
    )
  );
  if (points.length === 0) return undefined;
  const onRows = points.some(({ of }) => of === MEASURED.trainingRevenue), several = runs.length > 1;
  const kept = runs.flatMap(({ name, metrics }) => {
    const iteration = metrics.findLast((one) => one.keptIteration !== undefined)?.keptIteration;
    const there = points.find((one) =>
      one.run === name && one.iteration === iteration && one.of === MEASURED.validationRevenue
    );
    return there ? [there] : [];
  });
  const at = {
    x: {
      ...{ field: "iteration", type: "quantitative", title: "iteration" },
      axis: { tickCount: 5, tickMinStep: 1, grid: false },
    },
    y: {
      ...{ field: "value", type: "quantitative", title: "revenue so far" },
      ...{ scale: { zero: false, nice: true }, axis: { tickCount: 5 } },
    },
    color: { field: "run", type: "nominal", title: null, ...colour },
  };
  const layer: VegaLiteSpec[] = [{
    data: { values: points },
    mark: { type: "line", strokeWidth: 1.8 },
    encoding: {
      ...at,
      strokeDash: {
        ...{ field: "of", type: "nominal", title: null, sort: null },
        scale: { domain: Object.values(MEASURED), range: [[1, 0], [5, 4]] },
        legend: onRows ? { columns: 2, symbolType: "stroke", symbolStrokeColor: INK, symbolSize: 300 } : null,
      },
    },
  }, {
    data: { values: points },
    mark: { type: "point", filled: true, size: 18, opacity: 1 },
    encoding: at,
  }];
  if (kept.length > 0) {
    layer.push({
      data: { values: kept },
      mark: { type: "point", shape: "circle", size: 140, strokeWidth: 2, color: INK, fill: null },
      encoding: { x: { field: "iteration", type: "quantitative" }, y: { field: "value", type: "quantitative" } },
    });
  }
  if (kept.length > 0 && !several) {
    const [{ iteration }] = kept, last = Math.max(...points.map((one) => one.iteration)), left = iteration > 0.6 * last;
    layer.push({
      data: { values: [{ ...kept[0], words: "kept" }] },
      encoding: {
        ...{ x: { field: "iteration", type: "quantitative" }, y: { field: "value", type: "quantitative" } },
        text: { field: "words", type: "nominal" },
      },
      layer: [{ stroke: PAPER, strokeWidth: 4, strokeJoin: "round" }, {}].map((more) => ({
        mark: { type: "text", align: left ? "right" : "left", dx: left ? -10 : 10, dy: 12, color: INK, ...more },
      })),
    });
  }
  const words = kept.map(({ run, iteration, value }) =>
    `${several ? `${run}: ` : ""}that after iteration ${iteration} is kept, ${short(value)}`
  );
  const ends = runs.flatMap(({ name }) => {
    const own = points.filter(({ run, of }) => run === name && of === MEASURED.validationRevenue);
    if (own.length === 0) return [];
    const span = `from ${short(own[0].value)} to ${short(own.at(-1)!.value)}`;
    return [several ? `${name}: ${span}` : span];
  });
  return await draw(
    "training-validation-revenue",
    `What the mechanism so far earns with best responses on validation ${onRows ? "rows" : "profiles"}` +
      `${onRows ? " and, dashed, on training rows" : ""}.` +
      (kept.length > 0
        ? " The ring is around what is kept; measurements in the first half of the iterations do not count for that."
        : " The last is kept."),
    `Curve of validation revenue over iterations, ${[...ends, ...words].join("; ")}.`,
    { layer },
  );
}
