/**
 * How the cost of a full training iteration grows with goods and participants: `deno task bench-scaling`, about two
 * minutes.
 *
 *   --profiles 64    type profiles of an iteration
 *   --rounds 2       turns of each size; the least time of all turns counts
 *   --seconds 3      of each turn
 *   --svg FOLDER     writes plots of cost against m and against n there
 *   --json           one JSON object instead of tables
 *
 * Iterations are those of `deno task bench-peers`, by the fused kernels on WASM, each from the same state.
 */
import { parseArgs } from "@std/cli";
import { chartSvg, type VegaLiteSpec } from "../src/deps/vega.ts";
import { InvalidInputError } from "../src/errors.ts";
import { kernelName, openKernels } from "../src/kernels/select.ts";
import { openDevice } from "../src/runtime/device.ts";
import { iterate } from "../src/training/algorithm1.ts";
import { trainingPlan } from "../src/training/plan.ts";
import { disposeState, restoreState } from "../src/training/state.ts";
import { trainingRules } from "../src/training/train.ts";
import { decodeIteration, encodeIteration, type IterationSize } from "./iteration_file.ts";

/** The cost of an iteration of one size. */
interface Cost extends IterationSize {
  /** The least and the median of all measured iterations, in milliseconds. */
  readonly least: number;
  readonly median: number;
  /** How many were measured. */
  readonly iterations: number;
  /** Floating-point operations of an iteration, as planned. */
  readonly flop: number;
  /** Trained numbers. */
  readonly parameters: number;
}

/** A power law `y = factor x^exponent`. */
interface Power {
  readonly exponent: number;
  readonly factor: number;
}

/** Power laws along one axis, through the sizes from `least` on. */
interface Fit {
  readonly axis: "goods" | "participants";
  readonly least: number;
  /** Of milliseconds. */
  readonly time: Power;
  /** Of floating-point operations. */
  readonly flop: Power;
}

/** One of the two ways in which sizes grow. */
interface Series {
  readonly axis: Fit["axis"];
  /** m or n. */
  readonly symbol: string;
  readonly name: string;
  /** What stays as it is. */
  readonly fixed: string;
  readonly sizes: readonly { readonly participants: number; readonly goods: number }[];
  /** From where on there is a fit of its own, besides the one through all sizes, and why. */
  readonly from: number;
  readonly why: string;
}

const SERIES: readonly Series[] = [
  {
    axis: "goods",
    symbol: "m",
    name: "goods",
    fixed: "n = 3 participants",
    sizes: [2, 3, 5, 10, 20, 30, 50, 100].map((goods) => ({ participants: 3, goods })),
    from: 10,
    why: "what does not depend on m matters less",
  },
  {
    axis: "participants",
    symbol: "n",
    name: "participants",
    fixed: "m = 10 goods",
    sizes: [1, 2, 3, 5, 7, 10].map((participants) => ({ participants, goods: 10 })),
    from: 2,
    why: "a single participant has no context, and so one row of weights for all profiles",
  },
];

/** Iterations that go before those that are measured. */
const WARMUP = 3;

/** Measures an iteration of one size for some seconds. */
async function measure(size: IterationSize, seconds: number): Promise<Cost> {
  const { problem, options, checkpoint } = decodeIteration(encodeIteration(size, false));
  const rules = trainingRules(problem, options), kernels = await openKernels(rules.network);
  if (kernelName(rules.network) !== "wasm") throw new Error("Cannot measure: this machine's WASM must have SIMD");
  const state = restoreState(problem, rules, options, checkpoint), times: number[] = [];
  for (let k = 0, end = Infinity; k < WARMUP + 4 || performance.now() < end; k++) {
    if (k === WARMUP) end = performance.now() + 1000 * seconds;
    const begin = performance.now();
    const next = await iterate(problem, rules, kernels, options, state);
    if (k >= WARMUP) times.push(performance.now() - begin);
    disposeState(next.state, state);
  }
  disposeState(state);
  const { flop, parameters } = trainingPlan(problem, rules, kernels, options);
  return { ...size, ...summary(times), flop: flop.total, parameters };
}

function summary(times: readonly number[]): Pick<Cost, "least" | "median" | "iterations"> {
  const sorted = times.toSorted((a, b) => a - b);
  return { least: sorted[0], median: sorted[sorted.length >> 1], iterations: sorted.length };
}

/** The power law through points, by least squares in the logarithms of both. */
function powerLaw(points: readonly (readonly [x: number, y: number])[]): Power {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (k: number) => logs.reduce((sum, log) => sum + log[k], 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const square = logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const exponent = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / square;
  return { exponent, factor: Math.exp(meanY - exponent * meanX) };
}

/** The fits of a series: through all sizes, and through the larger ones. */
function fitsOf({ axis, from }: Series, costs: readonly Cost[]): Fit[] {
  return [Math.min(...costs.map((cost) => cost[axis])), from].map((least) => {
    const within = costs.filter((cost) => cost[axis] >= least);
    return {
      axis,
      least,
      time: powerLaw(within.map((cost) => [cost[axis], cost.least])),
      flop: powerLaw(within.map((cost) => [cost[axis], cost.flop])),
    };
  });
}

/** A number with about three digits, without an exponent. */
const short = (value: number) => value >= 100 ? value.toFixed(0) : value.toPrecision(3);

/** A series as Markdown. */
function report(series: Series, costs: readonly Cost[], fits: readonly Fit[]): string {
  const { axis, symbol, name, fixed, why } = series;
  const rows = costs.map((cost) =>
    `| ${cost[axis]} | ${short(cost.least)} ms | ${short(cost.median)} ms | ${cost.iterations} | ` +
    `${short(cost.flop / 1e9)} | ${short(cost.flop / cost.least / 1e6)} |`
  );
  const laws = fits.map(({ least, time, flop }, k) =>
    `| ${symbol} >= ${least} | ${time.exponent.toFixed(2)} | ${flop.exponent.toFixed(2)} | ${k === 0 ? "" : why} |`
  );
  return [
    `\nCost against ${name}, ${fixed}\n`,
    `| ${symbol} | least | median | iterations | GFLOP | GFLOPS |`,
    "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
    `\n| fit | exponent of time | exponent of FLOP | |`,
    "| --- | ---: | ---: | --- |",
    ...laws,
  ].join("\n");
}

/** A series as a plot: points and fitted lines, both axes logarithmic. */
function plot(series: Series, costs: readonly Cost[], fits: readonly Fit[], profiles: number): VegaLiteSpec {
  const { axis, symbol, name, fixed } = series;
  const xs = costs.map((cost) => cost[axis]), most = Math.max(...xs);
  const lines = fits.flatMap(({ least, time: { exponent, factor } }, k) =>
    [least, most].map((x) => ({
      x,
      milliseconds: factor * x ** exponent,
      line: `${symbol}^${exponent.toFixed(2)}, ${k === 0 ? "all" : `${symbol} ≥ ${least}`}`,
    }))
  );
  const shown = [...costs.map(({ least }) => least), ...lines.map(({ milliseconds }) => milliseconds)];
  const ticks = [0.01, 0.1, 1, 10, 100, 1000, 10_000].flatMap((ten) => [ten, 2 * ten, 5 * ten]);
  const low = ticks.findLast((tick) => tick <= Math.min(...shown))!;
  const high = ticks.find((tick) => tick >= Math.max(...shown))!;
  const x = {
    field: "x",
    type: "quantitative",
    title: `${symbol}, ${name}`,
    scale: { type: "log", domain: [Math.min(...xs), most], nice: false, padding: 12 },
    axis: { values: xs, format: "d", grid: false },
  };
  const y = {
    field: "milliseconds",
    type: "quantitative",
    title: "milliseconds",
    scale: { type: "log", domain: [low, high], nice: false },
    axis: { values: ticks.filter((tick) => tick >= low && tick <= high), format: "~r" },
  };
  const line = {
    field: "line",
    type: "nominal",
    title: "Fitted",
    sort: null,
    scale: { range: ["#999999", "#c0392b"] },
    legend: { orient: "top-left", offset: 10 },
  };
  return {
    title: {
      text: `Cost of a training iteration against ${name}`,
      subtitle: `${fixed}, ${profiles} profiles, WASM on ${navigator.hardwareConcurrency} cores, least of several`,
      anchor: "start",
    },
    width: 420,
    height: 300,
    padding: 10,
    config: {
      font: "Helvetica, Arial, sans-serif",
      view: { stroke: null },
      axis: { labelFontSize: 12, titleFontSize: 13, titleFontWeight: "normal", gridColor: "#eeeeee" },
      title: { fontSize: 15, subtitleFontSize: 12, subtitleColor: "#555555", offset: 12 },
      legend: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
    },
    layer: [
      {
        data: { values: lines },
        mark: { type: "line", strokeWidth: 2 },
        encoding: { x, y, color: line, strokeDash: { ...line, scale: { range: [[5, 4], [1, 0]] } } },
      },
      {
        data: { values: costs.map((cost) => ({ x: cost[axis], milliseconds: cost.least })) },
        mark: { type: "point", filled: true, size: 70, opacity: 1, color: "#2c3e50" },
        encoding: { x, y },
      },
    ],
  };
}

/** A positive number of the command line. */
function positive(name: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value) && (!whole || Number.isSafeInteger(value))) return value;
  throw new InvalidInputError(
    `Cannot measure: --${name} must be a positive ${whole ? "integer" : "number"}, got ${text}`,
  );
}

async function main(): Promise<void> {
  const flags = parseArgs(Deno.args, {
    string: ["profiles", "rounds", "seconds", "svg"],
    boolean: ["json"],
    default: { profiles: "64", rounds: "2", seconds: "3" },
    unknown: (argument: string) => {
      throw new InvalidInputError(`Cannot measure: there is no ${argument}`);
    },
  });
  const profiles = positive("profiles", flags.profiles, true), rounds = positive("rounds", flags.rounds, true);
  const seconds = positive("seconds", flags.seconds, false);

  await openDevice({ backend: "wasm" });
  const turns = new Map<string, Cost[]>();
  for (let round = 1; round <= rounds; round++) {
    const sizes = new Map(SERIES.flatMap((series) => series.sizes).map((size) => [JSON.stringify(size), size]));
    for (const [key, size] of sizes) {
      console.error(`round ${round} of ${rounds}: n = ${size.participants}, m = ${size.goods}`);
      turns.set(key, [...turns.get(key) ?? [], await measure({ ...size, profiles }, seconds)]);
    }
  }
  /** All turns of a size as one; the median is that of the fastest turn. */
  const costOf = (size: Series["sizes"][number]): Cost => {
    const all = turns.get(JSON.stringify(size))!.toSorted((a, b) => a.least - b.least);
    return { ...all[0], iterations: all.reduce((sum, { iterations }) => sum + iterations, 0) };
  };

  const results = SERIES.map((series) => {
    const costs = series.sizes.map(costOf);
    return { series, costs, fits: fitsOf(series, costs) };
  });
  if (flags.json) {
    const machine = { deno: Deno.version.deno, cores: navigator.hardwareConcurrency };
    const found = results.map(({ series: { axis }, costs, fits }) => ({ axis, costs, fits }));
    console.log(JSON.stringify({ date: new Date().toISOString(), ...machine, profiles, results: found }));
  } else {
    console.log(`${profiles} profiles, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}`);
    for (const { series, costs, fits } of results) console.log(report(series, costs, fits));
  }
  if (flags.svg === undefined) return;
  await Deno.mkdir(flags.svg, { recursive: true });
  for (const { series, costs, fits } of results) {
    const path = `${flags.svg}/cost_against_${series.name}.svg`;
    await Deno.writeTextFile(path, `${await chartSvg(plot(series, costs, fits, profiles))}\n`);
    console.error(`wrote ${path}`);
  }
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
