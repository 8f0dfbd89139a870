/// <reference lib="dom" />
/**
 * Maps of a function of two numbers in [0, 1]: colours, contours and a marked point.
 *
 * @module
 */
import { contours } from "../contours.ts";
import { fixed, html, svg } from "./dom.ts";
import { acrossPlot, BOTTOM, HEIGHT, label, LEFT, niceTicks, RIGHT, TOP, WIDTH, xAxis } from "./plot.ts";

/** What a map shows. */
export interface HeatMap {
  /** Says it in words. */
  readonly alt: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly size: number;
  /** `[size, size]`, x along rows. */
  readonly values: Float64Array;
  /** The marked point. */
  readonly point: readonly [number, number];
}

/** Colours from low to high, even to the eye, dark to bright. */
const SCALE = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b"];
const RGB = SCALE.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));

/** Draws a map, with its scale above it. */
export function heatMap({ alt, xTitle, yTitle, size, values, point }: HeatMap): Node[] {
  let low = Infinity, high = -Infinity;
  for (const value of values) low = Math.min(low, value), high = Math.max(high, value);
  const span = high - low || 1, bottom = HEIGHT - BOTTOM, y = (value: number) => bottom - value * (bottom - TOP);

  const canvas = html("canvas", { width: size, height: size, "aria-hidden": "true" });
  paint(canvas, size, (column, row) => (values[(size - 1 - row) * size + column] - low) / span);
  const percent = (part: number, whole: number) => `${part / whole * 100}%`;
  Object.assign(canvas.style, {
    left: percent(LEFT, WIDTH),
    top: percent(TOP, HEIGHT),
    width: percent(WIDTH - LEFT - RIGHT, WIDTH),
    height: percent(HEIGHT - TOP - BOTTOM, HEIGHT),
  });

  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": alt });
  const levels = niceTicks(low, high, 10).filter((level) => level > low && level < high);
  for (const level of levels) {
    const d = contours(values, size, level).map(([x1, y1, x2, y2]) =>
      `M${acrossPlot(x1).toFixed(1)} ${y(y1).toFixed(1)}L${acrossPlot(x2).toFixed(1)} ${y(y2).toFixed(1)}`
    );
    picture.append(svg("path", { class: "contour", d: d.join("") }));
  }
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
    picture.append(svg("text", { x: LEFT - 9, y: y(tick) + 4, "text-anchor": "end" }, label(tick)));
  }
  const turned = { x: 12, y: y(0.5), "text-anchor": "middle", transform: `rotate(-90 12 ${y(0.5)})` };
  picture.append(...xAxis(xTitle), svg("text", turned, yTitle));
  picture.append(svg("circle", { class: "point", cx: acrossPlot(point[0]), cy: y(point[1]), r: 6 }));

  const strip = html("canvas", { width: 64, height: 1, "aria-hidden": "true" });
  paint(strip, 64, (column) => column / 63, 1);
  const scale = html("p", { class: "scale" }, fixed(low, 2), strip, fixed(high, 2));
  const step = levels.length > 1 ? html("span", {}, `lines every ${label(levels[1] - levels[0])}`) : "";
  scale.append(step);
  return [scale, html("div", { class: "map" }, canvas, picture)];
}

/** Colours a canvas by numbers from 0 to 1. */
function paint(
  canvas: HTMLCanvasElement,
  width: number,
  value: (column: number, row: number) => number,
  height: number = width,
): void {
  const context = canvas.getContext("2d")!, image = context.createImageData(width, height);
  for (let k = 0; k < width * height; k++) {
    const at = Math.min(1, Math.max(0, value(k % width, Math.floor(k / width)))) * (RGB.length - 1);
    const from = Math.min(RGB.length - 2, Math.floor(at)), share = at - from;
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = RGB[from][c] + share * (RGB[from + 1][c] - RGB[from][c]);
    image.data[4 * k + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
