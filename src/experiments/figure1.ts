/**
 * Figure 1 of the paper: what mechanisms for B_{1,10} sell to whom, and for how much.
 *
 * @module
 */
import { chartSvg } from "../deps/vega.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";

/** A mechanism under the name that it has in the figure. */
export interface FigureMechanism {
  readonly name: string;
  readonly mechanism: Mechanism;
}

/** The goods of the setting. */
const GOODS = 10;
/** The first goods of a type (x, x, x, x, x, x, y, y, y, y) in panel (a), and of an outcome in panel (b). */
const FIRST_OF_TYPE = 6, FIRST_OF_OUTCOME = 5;

/**
 * Panel (a), as an SVG: for the types (x, ..., x, y, ..., y) with x and y in {0, 1}, the probability of each good and
 * the payment.
 */
export async function panelA(mechanisms: readonly FigureMechanism[]): Promise<string> {
  const corners = [[0, 0], [1, 0], [0, 1], [1, 1]];
  const types = new Float32Array(
    corners.flatMap(([x, y]) => Array.from({ length: GOODS }, (_, j) => j < FIRST_OF_TYPE ? x : y)),
  );
  const goods: unknown[] = [], payments: unknown[] = [];
  for (const { name, mechanism } of mechanisms) {
    const result = await mechanism.run(types);
    corners.forEach(([x, y], row) => {
      const type = `(${x}, ${y})`;
      payments.push({ method: name, type, payment: result.payments[row] });
      for (let j = 0; j < GOODS; j++) {
        goods.push({ method: name, type, good: j + 1, probability: result.outcomes[row * GOODS + j] });
      }
    });
  }
  const order = mechanisms.map(({ name }) => name);
  return await chartSvg({
    ...FRAME,
    title: title("(a) Goods sold and payments", "for the types (x, x, x, x, x, x, y, y, y, y)"),
    vconcat: [
      {
        data: { values: goods },
        facet: { column: { field: "method", sort: order, title: null } },
        spec: {
          width: 230,
          height: 140,
          mark: { type: "bar" },
          encoding: {
            x: { field: "type", title: "type (x, y)", axis: { labelAngle: 0 }, sort: null },
            xOffset: { field: "good" },
            y: { field: "probability", type: "quantitative", title: "probability of each good", scale: UNIT },
            color: { field: "good", type: "ordinal", title: "good", scale: { scheme: "viridis" } },
          },
        },
      },
      {
        data: { values: payments },
        facet: { column: { field: "method", sort: order, title: null, header: { labels: false } } },
        spec: {
          width: 230,
          height: 110,
          layer: [
            { mark: { type: "bar", size: 26, color: "#4c78a8" } },
            {
              mark: { type: "text", dy: -6 },
              encoding: { text: { field: "payment", type: "quantitative", format: ".2f" } },
            },
          ],
          encoding: {
            x: { field: "type", title: "type (x, y)", axis: { labelAngle: 0 }, sort: null },
            y: { field: "payment", type: "quantitative", title: "payment", scale: { domain: [0, GOODS * 1.1] } },
          },
        },
      },
    ],
  });
}

/**
 * Panel (b), as an SVG: the outcomes that the buyer's 1024 types take, by how much of the first and of the last five
 * goods they get, and their prices.
 */
export async function panelB(mechanisms: readonly FigureMechanism[]): Promise<string> {
  const count = 2 ** GOODS;
  const types = Float32Array.from({ length: count * GOODS }, (_, at) => Math.floor(at / GOODS) >> (at % GOODS) & 1);
  const points: unknown[] = [];
  for (const { name, mechanism } of mechanisms) {
    const { outcomes, payments } = await mechanism.run(types);
    const seen = new Map<string, { x: number; y: number; price: number; types: number }>();
    for (let row = 0; row < count; row++) {
      let x = 0, y = 0;
      for (let j = 0; j < GOODS; j++) {
        const part = outcomes[row * GOODS + j] / FIRST_OF_OUTCOME;
        if (j < FIRST_OF_OUTCOME) x += part;
        else y += part;
      }
      const key = [x, y, payments[row]].map((value) => value.toFixed(2)).join();
      const point = seen.get(key) ?? { x, y, price: payments[row], types: 0 };
      seen.set(key, { ...point, types: point.types + 1 });
    }
    for (const point of seen.values()) points.push({ method: name, ...point });
  }
  return await chartSvg({
    ...FRAME,
    title: title("(b) Outcomes taken and their prices", "by the 1024 types of B_{1,10}; the optimal price is 5x + 5y"),
    data: { values: points },
    facet: { column: { field: "method", sort: mechanisms.map(({ name }) => name), title: null } },
    spec: {
      width: 230,
      height: 230,
      mark: { type: "circle", opacity: 0.85 },
      encoding: {
        x: { field: "x", type: "quantitative", title: "x: mean of goods 1 to 5", scale: UNIT },
        y: { field: "y", type: "quantitative", title: "y: mean of goods 6 to 10", scale: UNIT },
        color: { field: "price", type: "quantitative", title: "price", scale: { scheme: "viridis", domain: [0, 10] } },
        size: { field: "types", type: "quantitative", title: "types", scale: { range: [20, 260] } },
      },
    },
  });
}

const UNIT = { domain: [0, 1.02], nice: false };
const FRAME = {
  background: "white",
  padding: 12,
  config: { font: "sans-serif", header: { labelFontSize: 14, labelFontWeight: "bold" }, axis: { labelFontSize: 11 } },
};

function title(text: string, subtitle: string) {
  return { text, subtitle, anchor: "start", fontSize: 15, subtitleFontSize: 12, offset: 14 };
}
