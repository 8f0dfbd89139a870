/// <reference lib="dom" />
/**
 * Curves over [0, 1], or over reported types, as an SVG.
 *
 * @module
 */
import { html, svg } from "./dom.ts";

/** A curve. */
export interface Curve {
  readonly name: string;
  /** Its colour: 1, 2 or 3; 2 is dashed, too, and shows what is below it. */
  readonly colour: number;
  readonly xs: ArrayLike<number>;
  readonly ys: ArrayLike<number>;
}

/** What a plot shows. */
export interface Plot {
  /** Says it in words. */
  readonly alt: string;
  readonly xTitle: string;
  /** Where the horizontal axis ends, 1 unless given; it begins at 0. */
  readonly largest?: number;
  readonly curves: readonly Curve[];
  /** The least range of the vertical axis. */
  readonly range: readonly [number, number];
  /** A place along x, and a point there. */
  readonly mark: { readonly x: number; readonly y?: number; readonly text: string };
}

/** The size of all pictures, and where their axes are. */
export const WIDTH = 320, HEIGHT = 270, LEFT = 46, RIGHT = 10, TOP = 22, BOTTOM = 40;

/** Half the width of what a mark says. */
const HALF_LABEL = 42;

/** Draws curves, with what they are called above them. */
export function plot({ alt, xTitle, largest = 1, curves, range, mark }: Plot): Node[] {
  let [low, high] = range;
  for (const { ys } of curves) {
    for (let k = 0; k < ys.length; k++) low = Math.min(low, ys[k]), high = Math.max(high, ys[k]);
  }
  const ticks = niceTicks(low, high);
  low = Math.min(low, ticks[0]), high = Math.max(high, ticks[ticks.length - 1]);
  const x = (value: number) => acrossPlot(value / largest);
  const y = (value: number) => HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM);

  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": alt });
  for (const tick of ticks) {
    picture.append(
      svg("line", { class: tick === 0 ? "axis" : "grid", x1: x(0), x2: x(largest), y1: y(tick), y2: y(tick) }),
      svg("text", { x: x(0) - 8, y: y(tick) + 4, "text-anchor": "end" }, label(tick)),
    );
  }
  picture.append(...xAxis(xTitle, largest));
  const middle = Math.min(Math.max(x(mark.x), x(0) + HALF_LABEL), x(largest) - HALF_LABEL);
  picture.append(
    svg("line", { class: "mark", x1: x(mark.x), x2: x(mark.x), y1: TOP, y2: HEIGHT - BOTTOM }),
    svg("text", { x: middle, y: TOP - 7, "text-anchor": "middle" }, mark.text),
  );
  if (mark.y !== undefined) {
    picture.append(svg("line", { class: "mark", x1: x(0), x2: x(largest), y1: y(mark.y), y2: y(mark.y) }));
  }
  for (const { colour, xs, ys } of curves) {
    const d = Array.from(ys, (value, k) => `${k === 0 ? "M" : "L"}${x(xs[k]).toFixed(2)} ${y(value).toFixed(2)}`);
    picture.append(svg("path", { class: `curve c${colour}`, d: d.join("") }));
  }
  if (mark.y !== undefined) picture.append(svg("circle", { class: "point", cx: x(mark.x), cy: y(mark.y), r: 5 }));
  const names = curves.map(({ name, colour }) => html("li", {}, html("i", { class: `c${colour}` }), name));
  return [html("ul", { class: "legend" }, ...names), picture];
}

/** A place along [0, 1] in a picture. */
export function acrossPlot(value: number): number {
  return LEFT + value * (WIDTH - LEFT - RIGHT);
}

/** The axis below a picture. */
export function xAxis(title: string, largest = 1): SVGElement[] {
  const bottom = HEIGHT - BOTTOM;
  const ticks = largest === 1 ? [0, 0.25, 0.5, 0.75, 1] : niceTicks(0, largest).filter((tick) => tick <= largest);
  return [
    ...ticks.map((tick) =>
      svg("text", { x: acrossPlot(tick / largest), y: bottom + 16, "text-anchor": "middle" }, label(tick))
    ),
    svg("text", { x: acrossPlot(0.5), y: bottom + 33, "text-anchor": "middle" }, title),
  ];
}

/** Round numbers from at most `low` to at least `high`, with at most `most` gaps between the two. */
export function niceTicks(low: number, high: number, most = 5): number[] {
  const span = Math.max(high - low, 1e-9), power = 10 ** Math.floor(Math.log10(span / most));
  const step = power * [1, 2, 5, 10].find((factor) => span / (factor * power) <= most)!;
  const first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

/** A tick's number. */
export function label(value: number): string {
  return String(Number(value.toPrecision(6))).replace("-", "\u2212");
}
