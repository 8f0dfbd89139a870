/**
 * Vega 6.4.0 and Vega-Lite 6.5.0: draw charts from a description of the data and of how it is to be seen.
 * Chosen because they make SVG without a browser and without anything native, from plain data.
 *
 * Only reports draw charts, so nothing loads them until then.
 *
 * @module
 */

/** A Vega-Lite specification with its data in it, as <https://vega.github.io/vega-lite/docs/spec.html> says. */
export type VegaLiteSpec = Readonly<Record<string, unknown>>;

/** What Vega and Vega-Lite tell while they work. */
interface Logger {
  level(): number;
  error(...words: unknown[]): Logger;
  warn(...words: unknown[]): Logger;
  info(...words: unknown[]): Logger;
  debug(...words: unknown[]): Logger;
}

/** The part of Vega that is used here. */
interface Vega {
  parse(spec: unknown): unknown;
  View: new (
    dataflow: unknown,
    options: { renderer: "none"; logger: Logger; loader: Record<"load" | "sanitize", (uri: string) => Promise<never>> },
  ) => { toSVG(): Promise<string>; finalize(): unknown };
}

/** The part of Vega-Lite that is used here. */
interface VegaLite {
  compile(spec: unknown, options: { logger: Logger }): { readonly spec: unknown };
}

/** Loads both, which takes a second. */
export async function loadVega(): Promise<[Vega, VegaLite]> {
  return await Promise.all([
    import("npm:vega@6.4.0") as Promise<unknown> as Promise<Vega>,
    import("npm:vega-lite@6.5.0") as Promise<unknown> as Promise<VegaLite>,
  ]);
}

/**
 * Draws a chart, as the text of an SVG file. Nothing is read from files or the network.
 *
 * @throws {Error} if the specification is wrong, or names anything outside of it.
 */
export async function chartSvg(spec: VegaLiteSpec): Promise<string> {
  const [vega, vegaLite] = await loadVega();
  const wrong: string[] = [];
  const refuse = (uri: string) => {
    wrong.push(`it names ${uri}, which is outside of it`);
    return Promise.reject(new Error("charts load nothing"));
  };
  let svg = "";
  try {
    // What Vega-Lite warns of is in the specification; what Vega warns of is in the data, such as an empty chart.
    const compiled = vegaLite.compile(spec, { logger: logger(wrong, true) });
    const view = new vega.View(vega.parse(compiled.spec), {
      renderer: "none",
      logger: logger(wrong, false),
      loader: { load: refuse, sanitize: refuse },
    });
    svg = await view.toSVG().finally(() => view.finalize());
  } catch (error) {
    wrong.push((error as Error).message);
  }
  if (wrong.length > 0) throw new Error(`Cannot draw a chart: its specification must be right, but ${wrong[0]}`);
  return svg;
}

/** Keeps errors, and warnings if told so, in a list. */
function logger(wrong: string[], warnings: boolean): Logger {
  const keep = (...words: unknown[]) => {
    wrong.push(words.join(" "));
    return self;
  };
  const ignore = () => self;
  const self: Logger = { level: () => 0, error: keep, warn: warnings ? keep : ignore, info: ignore, debug: ignore };
  return self;
}
