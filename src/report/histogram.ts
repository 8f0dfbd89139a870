/**
 * Histograms of amounts.
 *
 * @module
 */
import { amount } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { scaleOf } from "../problems/scaled.ts";
import { type Chart, draw } from "./chart.ts";

/** The colour of what is nothing. */
const NOTHING_COLOUR = "#8c959f";
/** Bars of a histogram. */
const BINS = 30;

/** What counts as nothing, as a share of the largest value of a good. */
const NOTHING = 1e-3;

/** Shares of amounts. Those who pay, or are left with, nothing are a part of the bar at 0 with a colour of its own. */
export async function histogram(
  name: string,
  title: string,
  words: string,
  values: Float64Array,
  colour: string,
  problem: MechanismProblem,
): Promise<Chart> {
  const { bars, nothing } = amountBars(values, NOTHING * scaleOf(problem));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const percent = `${(nothing * 100).toFixed(0)}%`, limit = amount(problem, NOTHING * scaleOf(problem));
  const summary = `mean ${amount(problem, mean)}, largest ${amount(problem, high)}; ${percent} nothing ` +
    `(grey: less than ${limit})`;
  return await draw(name, `${words}: ${summary}.`, `Histogram. ${words}: ${summary}.`, {
    data: { values: bars },
    mark: { type: "bar" },
    encoding: {
      x: {
        ...{ field: "start", type: "quantitative", bin: "binned", title, scale: { nice: false } },
        axis: { tickCount: 6, grid: false, labelFlush: 16 },
      },
      x2: { field: "end" },
      y: { field: "share", type: "quantitative", title: "share", axis: { format: "~%", tickCount: 5 } },
      color: {
        ...{ field: "of", type: "nominal", legend: null },
        scale: { domain: ["nothing", "amount"], range: [NOTHING_COLOUR, colour] },
      },
    },
  });
}

/** A bar of a histogram, or a part of one. */
interface Bar {
  readonly start: number;
  readonly end: number;
  readonly share: number;
  readonly of: "nothing" | "amount";
}

/**
 * The bars of a histogram of amounts, with 0 between two of them, and the share of amounts that are nothing: less than
 * `least` away from 0.
 */
export function amountBars(values: Float64Array, least: number): { readonly bars: Bar[]; readonly nothing: number } {
  let low = 0, high = 0;
  for (const value of values) low = Math.min(low, value), high = Math.max(high, value);
  if (low > -least) low = 0; // rounding
  const width = high > low ? (high - low) / BINS : 1, below = Math.ceil(-low / width - 1e-9);
  const counts = new Array<number>(BINS + below).fill(0);
  let nothing = 0;
  for (const value of values) {
    if (Math.abs(value) < least) nothing++;
    else counts[Math.min(counts.length - 1, Math.max(0, below + Math.floor(value / width)))]++;
  }
  const bar = (k: number, count: number, of: Bar["of"]): Bar => (
    { start: (k - below) * width, end: (k + 1 - below) * width, share: count / values.length, of }
  );
  const bars = counts.flatMap((count, k) => count > 0 ? [bar(k, count, "amount")] : []);
  return { bars: [bar(below, nothing, "nothing"), ...bars], nothing: nothing / values.length };
}
