/** Charts are drawn without a browser, and read nothing. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { chartSvg, type VegaLiteSpec } from "../../src/deps/vega.ts";

const spec: VegaLiteSpec = {
  title: "Revenue",
  data: { values: [{ goods: 1, revenue: 0.25 }, { goods: 10, revenue: 3.46 }] },
  mark: "point",
  encoding: {
    x: { field: "goods", type: "quantitative", scale: { type: "log" } },
    y: { field: "revenue", type: "quantitative" },
  },
};

Deno.test("a chart is an SVG with its title, axes and marks, the same each time", async () => {
  const svg = await chartSvg(spec);
  assert(svg.startsWith("<svg "));
  for (const text of [">Revenue</text>", ">goods</text>", ">revenue</text>"]) assertStringIncludes(svg, text);
  assertEquals(svg.match(/<path aria-label="goods: [^"]*"/g)?.length, 2);
  assertEquals(await chartSvg(spec), svg);
});

Deno.test("a chart without data is an empty chart", async () => {
  assert((await chartSvg({ ...spec, data: { values: [] } })).startsWith("<svg "));
});

Deno.test("a wrong specification, or one that names a file, is an error", async () => {
  const file = { ...spec, data: { url: "file:///etc/hostname", format: { type: "csv" } } };
  await assertRejects(() => chartSvg(file), Error, "it names file:///etc/hostname");
  const encoding = { x: { field: "goods", type: "quantity" } };
  await assertRejects(() => chartSvg({ ...spec, encoding }), Error, "Cannot draw a chart: its specification must");
});
