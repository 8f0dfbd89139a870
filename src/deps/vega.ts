/**
 * Vega 6.4.0 and Vega-Lite 6.5.0: charts from a description of the data and how it is to be seen.
 * Chosen because they make SVG without a browser and without anything native, from specifications that others can edit.
 *
 * They take half a second to load, so nothing loads them until something is drawn.
 *
 * @module
 */

/** A Vega-Lite specification: plain data, as <https://vega.github.io/vega-lite/docs/spec.html> describes it. */
export type VegaLiteSpec = Readonly<Record<string, unknown>>;

/** The part of Vega that is used here. */
interface Vega {
  readonly Error: number;
  parse(spec: unknown): unknown;
  View: new (dataflow: unknown, options: { renderer: string; logLevel: number; loader: unknown }) => {
    toSVG(): Promise<string>;
    finalize(): unknown;
  };
}

/** The part of Vega-Lite that is used here. */
interface VegaLite {
  compile(spec: unknown, options: { logger: unknown }): { readonly spec: unknown };
}

/** A loader of data that loads none: everything drawn is in the specification. */
const LOADS_NOTHING = {
  load: (uri: string) => Promise.reject(new Error(`A chart must hold its data, but its specification names ${uri}`)),
  sanitize: (uri: string) => Promise.reject(new Error(`A chart must hold all it shows, but it names ${uri}`)),
};
