/**
 * A chart: an SVG of its own, about as wide as a phone, with a caption and an alternative text.
 *
 * @module
 */
import { chartSvg, type VegaLiteSpec } from "../deps/vega.ts";

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
export const WIDTH = 360, HEIGHT = 190;
/** The side of a square of values. */
export const SQUARE = 280;
/** The frame of a square of values. */
export const SQUARE_FRAME = { width: SQUARE, height: SQUARE, autosize: { type: "pad" } };

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
